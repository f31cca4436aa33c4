using PureClip.Imaging;

namespace PureClip.Tests;

/// <summary>A model that is disposed beside running calls, while others wait, and from what a call calls back.</summary>
public class ClipLifetimeTests
{
    private static readonly string Picture = ShippedModel.Picture("birthday-cake.png");

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Calls_beside_disposal_finish_with_their_bits_or_say_that_the_model_is_gone(int threads)
    {
        using Clip alone = ShippedModel.Load(1);
        float[] text = alone.EncodeText("hat"), picture = alone.EncodeImage(Picture);
        ImageSource[] pictures = [.. Enumerable.Repeat((ImageSource)Picture, 20)];
        for (int round = 0; round < 5; round++)
        {
            Clip clip = ShippedModel.Load(threads);
            int begun = 0;
            Func<float[]>[] calls =
            [
                () => clip.EncodeText("hat"),
                () => clip.EncodeTexts(["hat", "a dog"])[0],
                () => clip.EncodeImage(Picture),
                () => clip.EncodeImages(pictures)[^1],
                () => clip.EncodeImageAsync(Picture).AsTask().GetAwaiter().GetResult(),
            ];
            Task[] running = [.. calls.Select((call, i) => Task.Factory.StartNew(
                () => UntilItIsGone(call, i is 0 or 1 ? text : picture, ref begun), TaskCreationOptions.LongRunning))];
            Until.True(() => Volatile.Read(ref begun) == calls.Length);
            await Task.Delay(round);
            if (round % 2 == 0)
                clip.Dispose();
            else
                await clip.DisposeAsync();
            await Task.WhenAll(running);
            Assert.Equal(0, clip.AllocatedBytes);
        }
    }

    [Fact]
    public async Task Disposal_waits_for_calls_and_those_that_wait_say_that_the_model_is_gone()
    {
        Clip clip = ShippedModel.Load();
        clip.EncodeText("hat");
        Task call, awaited, disposal;
        using (clip.Runtime.Pool.Turn.Take())
        {
            call = Task.Factory.StartNew(() => clip.EncodeText("hat"), TaskCreationOptions.LongRunning);
            awaited = clip.EncodeTextAsync("hat").AsTask();
            Until.True(() => clip.TextEngine!.Waiting == 2);
            disposal = clip.DisposeAsync().AsTask();
            Assert.False(IsOver(disposal));
        }
        await Assert.ThrowsAsync<ObjectDisposedException>(() => call);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => awaited);
        await disposal;
    }

    [Fact]
    public async Task Every_call_of_a_disposed_model_says_so()
    {
        Clip clip = ShippedModel.Load(), cold = ShippedModel.Load();
        IEnumerable<ImageResult> late = clip.EncodeEach([Picture]);
        IAsyncEnumerable<ImageResult> lateToo = clip.EncodeEachAsync([Picture]);
        clip.Warm();
        Parallel.For(0, 8, _ => clip.Dispose());
        await clip.DisposeAsync();
        cold.Dispose();
        float[] embedding = new float[clip.EmbeddingWidth];
        Action[] calls =
        [
            clip.Warm, cold.Warm, () => _ = cold.Fingerprint,
            () => clip.EncodeText("hat"), () => clip.EncodeText("hat", embedding), () => clip.EncodeTexts([]),
            () => clip.EncodeTokens([1], embedding),
            () => clip.EncodeImage(Picture), () => clip.EncodeImage(Picture, embedding), () => clip.EncodeImages([]),
            () => clip.EncodeEach([]), () => late.Count(), () => clip.EncodePixels([], 0, []), () => clip.EncodeTextAsync("hat").AsTask(),
            () => clip.EncodeTextsAsync([]), () => clip.EncodeImageAsync(Picture).AsTask(), () => clip.EncodeImagesAsync([]),
            () => clip.EncodeEachAsync([Picture]),
        ];
        Assert.All(calls, call => Assert.Throws<ObjectDisposedException>(call));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await lateToo.CountAsync());
    }

    [Fact]
    public async Task What_a_call_calls_back_may_dispose_the_model_which_ends_the_call()
    {
        string[] texts = [.. Enumerable.Range(0, 2000).Select(i => $"text {i}")];
        Clip first = ShippedModel.Load();
        Assert.Throws<ObjectDisposedException>(() => first.EncodeTexts(texts, new Call(first.Dispose)));

        Clip second = ShippedModel.Load();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => second.EncodeTextsAsync(texts, new Call(second.Dispose)));

        using Clip third = WithDecoder(clip => clip.Dispose());
        Assert.Throws<ObjectDisposedException>(() => third.EncodeImage(Guest));

        using Clip fourth = WithDecoder(clip => clip.Dispose());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => fourth.EncodeImageAsync(Guest).AsTask());

        Clip fifth = ShippedModel.Load();
        int seen = 0;
        Assert.Throws<ObjectDisposedException>(() =>
        {
            foreach (ImageResult _ in fifth.EncodeEach([.. Enumerable.Repeat((ImageSource)Picture, 100)]))
                if (++seen == 3)
                    fifth.Dispose();
        });
        Assert.Equal(fifth.ImagesPerRound, seen);
    }

    [Fact]
    public async Task A_decoder_may_use_the_model_it_works_for()
    {
        float[]? nested = null;
        using Clip clip = WithDecoder(clip => nested = clip.EncodeImage(Picture));
        ImageSource[] pictures = [.. Enumerable.Range(0, 30).Select(i => i % 3 == 0 ? Guest : (ImageSource)Picture)];
        float[] expected = clip.EncodeImage(Picture), guest = clip.EncodeImage(Guest);
        TensorAssert.SameBits(expected, nested!);
        TensorAssert.SameBits((await clip.EncodeImagesAsync(pictures))[27], guest);
        TensorAssert.SameBits(guest, clip.EncodeImages(pictures)[27]);

        using Clip waiting = WithDecoder(clip => nested = clip.EncodeImageAsync(Picture).AsTask().GetAwaiter().GetResult());
        TensorAssert.SameBits(guest, waiting.EncodeImages(pictures)[27]);
        TensorAssert.SameBits(await waiting.EncodeImageAsync(Guest), guest);
        TensorAssert.SameBits((await waiting.EncodeImagesAsync(pictures))[27], guest);
    }

    private static ImageSource Guest => ImageSource.FromBytes("guest"u8.ToArray(), "guest");

    private static Clip WithDecoder(Action<Clip> act)
    {
        GuestDecoder decoder = new();
        Clip clip = Clip.Load(ShippedModel.Path, new() { Threads = 2, Decoders = [decoder, .. ImageFormats.BuiltIn] });
        decoder.Act = () => act(clip);
        return clip;
    }

    private static bool IsOver(Task task) => task.Wait(20);

    private static void UntilItIsGone(Func<float[]> call, float[] expected, ref int begun)
    {
        try
        {
            for (bool isFirst = true; ; isFirst = false)
            {
                TensorAssert.SameBits(expected, call());
                if (isFirst)
                    Interlocked.Increment(ref begun);
            }
        }
        catch (ObjectDisposedException)
        {
        }
    }

    private sealed class Call(Action act) : IProgress<int>
    {
        public void Report(int value) => act();
    }

    private sealed class GuestDecoder : IImageDecoder
    {
        public Action Act { get; set; } = () => { };

        public string FormatName => "guest";

        public bool Recognizes(ReadOnlySpan<byte> head) => head.StartsWith("guest"u8);

        public RasterImage Decode(ReadOnlySpan<byte> file, ImageDecoderOptions options)
        {
            Act();
            return new(PixelMode.Rgb, 8, 8, new byte[8 * 8 * 3]);
        }
    }
}
