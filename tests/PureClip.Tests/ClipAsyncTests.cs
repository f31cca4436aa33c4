using System.Runtime.CompilerServices;

namespace PureClip.Tests;

/// <summary>Calls that await: streams that must not be read synchronously, many pictures as they come, and ends in the middle.</summary>
public sealed class ClipAsyncTests : IDisposable
{
    private static readonly string Picture = ShippedModel.Picture("birthday-cake.png");

    private readonly Clip _clip = ShippedModel.Load();

    [Fact]
    public async Task Single_inputs_have_the_bits_of_calls_that_block()
    {
        using Clip loaded = await Clip.LoadAsync(ShippedModel.Path, new() { Threads = 2 });
        Assert.InRange(loaded.AllocatedBytes, 1, long.MaxValue);
        TensorAssert.SameBits(await loaded.EncodeTextAsync("hat"), _clip.EncodeText("hat"));
        TensorAssert.SameBits(await loaded.EncodeImageAsync(Picture), _clip.EncodeImage(Picture));
        AsyncOnly body = new(File.ReadAllBytes(Picture), 700);
        TensorAssert.SameBits(await loaded.EncodeImageAsync(ImageSource.FromStream(body)), _clip.EncodeImage(Picture));
        await Assert.ThrowsAsync<DirectoryNotFoundException>(() => Clip.LoadAsync("/nowhere/at/all"));
    }

    [Fact]
    public async Task Many_inputs_have_the_bits_of_calls_that_block()
    {
        string[] texts = [.. Enumerable.Range(0, 300).Select(i => $"number {i} of many")];
        ImageSource[] pictures = [.. ShippedModel.Gallery.Take(40).Select(ImageSource.FromFile)];
        List<int> textsSeen = [], picturesSeen = [];
        float[][] foundTexts = await _clip.EncodeTextsAsync(texts, new Recorder(textsSeen)),
            foundPictures = await _clip.EncodeImagesAsync(pictures, new Recorder(picturesSeen));
        Assert.Equal(300, textsSeen[^1]);
        Assert.Equal(Enumerable.Range(1, 40), picturesSeen);
        float[][] expectedTexts = _clip.EncodeTexts(texts), expectedPictures = _clip.EncodeImages(pictures);
        Assert.All(Enumerable.Range(0, 300), i => TensorAssert.SameBits(expectedTexts[i], foundTexts[i]));
        Assert.All(Enumerable.Range(0, 40), i => TensorAssert.SameBits(expectedPictures[i], foundPictures[i]));
        Assert.Empty(await _clip.EncodeTextsAsync([]));
        Assert.Empty(await _clip.EncodeImagesAsync([]));
    }

    [Fact]
    public async Task Pictures_are_encoded_as_they_come_and_few_are_taken_ahead()
    {
        float[] expected = _clip.EncodeImage(Picture);
        int taken = 0, seen = 0;
        await foreach (ImageResult result in _clip.EncodeEachAsync(Endless()))
        {
            Assert.Equal(seen++, result.Index);
            TensorAssert.SameBits(expected, result.Embedding);
            if (seen == 100)
                break;
        }
        Assert.InRange(taken, 100, 100 + 4 * _clip.ImagesPerRound);
        int ended = taken;
        await Task.Delay(20);
        Assert.Equal(ended, taken); // nobody takes more once the enumeration has ended

        async IAsyncEnumerable<ImageSource> Endless([EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            for (; ; taken++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return ImageSource.FromStream(new AsyncOnly(File.ReadAllBytes(Picture), 3000));
            }
        }
    }

    [Fact]
    public async Task A_result_is_delivered_although_the_next_picture_has_not_come()
    {
        TaskCompletionSource more = new();
        await using IAsyncEnumerator<ImageResult> results = _clip.EncodeEachAsync(Slow()).GetAsyncEnumerator();
        Assert.True(await results.MoveNextAsync().AsTask().WaitAsync(Until.Patience));
        more.SetResult();
        Assert.True(await results.MoveNextAsync());
        Assert.False(await results.MoveNextAsync());

        async IAsyncEnumerable<ImageSource> Slow()
        {
            yield return Picture;
            await more.Task;
            yield return Picture;
        }
    }

    [Fact]
    public async Task What_goes_wrong_with_a_picture_is_its_own_and_what_the_enumeration_throws_ends_it()
    {
        ImageSource[] mixed = [Picture, ImageSource.FromBytes(new byte[50], "zeros"), ImageSource.FromStream(new Broken(), "broken"),
            "/nowhere/missing.png", Picture];
        List<ImageResult> results = await _clip.EncodeEachAsync(mixed).ToListAsync();
        Assert.Equal([false, true, true, true, false], results.Select(result => result.IsError));
        Assert.IsType<InvalidDataException>(results[1].Error);
        Assert.IsType<NotSupportedException>(results[2].Error);
        Assert.IsAssignableFrom<IOException>(results[3].Error);
        Assert.Throws<NotSupportedException>(() => results[2].Embedding);
        Assert.Equal(("broken", "2: broken: on purpose"), (results[2].Name, results[2].ToString()));
        TensorAssert.SameBits(results[0].Embedding, results[4].Embedding);
        Assert.Equal(results.Select(result => result.IsError), _clip.EncodeEach(
            [Picture, mixed[1], ImageSource.FromStream(new Broken()), mixed[3], Picture]).Select(result => result.IsError));

        int seen = 0;
        await Assert.ThrowsAsync<TimeoutException>(async () =>
        {
            await foreach (ImageResult _ in _clip.EncodeEachAsync(Failing()))
                seen++;
        });
        Assert.Equal(1, seen);
        Assert.Contains(
            "images[1] is null", (await Assert.ThrowsAsync<ArgumentException>(() => _clip.EncodeImagesAsync([Picture, null!]))).Message);
        await Assert.ThrowsAsync<InvalidDataException>(() => _clip.EncodeImagesAsync(mixed));

        async IAsyncEnumerable<ImageSource> Failing()
        {
            yield return Picture;
            await Task.Delay(50);
            throw new TimeoutException();
        }
    }

    [Fact]
    public async Task Cancellation_ends_reading_waiting_and_computing()
    {
        using CancellationTokenSource source = new();
        Hanging stream = new();
        Task<float[]> reading = _clip.EncodeImageAsync(ImageSource.FromStream(stream), source.Token).AsTask();
        Task<float[][]> many = _clip.EncodeImagesAsync(
            [.. Enumerable.Repeat((ImageSource)Picture, 50), ImageSource.FromStream(new Hanging())], null, source.Token);
        Until.True(() => stream.IsRead);
        TensorAssert.SameBits(await _clip.EncodeTextAsync("hat"), _clip.EncodeText("hat")); // a stream that hangs stops nobody else
        source.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => many);

        string[] texts = [.. Enumerable.Range(0, 100_000).Select(i => $"a photograph of {i} cats on {i} chairs")];
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _clip.EncodeTextsAsync(texts, null, source.Token));
        Assert.ThrowsAny<OperationCanceledException>(() => _clip.EncodeTexts(texts, null, source.Token));
        Assert.ThrowsAny<OperationCanceledException>(() => _clip.EncodeText("hat", source.Token));
        Assert.ThrowsAny<OperationCanceledException>(() => _clip.EncodeImage(Picture, source.Token));
        Assert.ThrowsAny<OperationCanceledException>(() => _clip.Warm(source.Token));
        Assert.ThrowsAny<OperationCanceledException>(() => Clip.Load(ShippedModel.Path, null, source.Token));
        using CancellationTokenSource later = new();
        int rounds = 0;
        Assert.ThrowsAny<OperationCanceledException>(
            () => _clip.EncodeTexts(texts, new Call(() => { if (++rounds == 2) later.Cancel(); }), later.Token));
        Assert.Equal(2, rounds); // texts of later rounds were not even tokenised
    }

    public void Dispose() => _clip.Dispose();

    private sealed class Recorder(List<int> seen) : IProgress<int>
    {
        public void Report(int value) => seen.Add(value);
    }

    private sealed class Call(Action act) : IProgress<int>
    {
        public void Report(int value) => act();
    }

    /// <summary>A stream as Kestrel's request bodies are: in pieces, of unknown length, and never synchronously.</summary>
    private sealed class AsyncOnly(byte[] bytes, int most) : MemoryStream
    {
        private int _at;

        public override bool CanSeek => false;

        public override int Read(Span<byte> buffer) => throw new InvalidOperationException("Synchronous operations are disallowed.");

        public override int Read(byte[] buffer, int offset, int count) =>
            throw new InvalidOperationException("Synchronous operations are disallowed.");

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            int count = Math.Min(Math.Min(most, buffer.Length), bytes.Length - _at);
            bytes.AsMemory(_at, count).CopyTo(buffer);
            _at += count;
            return count;
        }
    }

    private sealed class Broken() : MemoryStream(new byte[10])
    {
        public override int Read(Span<byte> buffer) => throw new NotSupportedException("on purpose");

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("on purpose");

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException("on purpose");
    }

    /// <summary>A client that sends nothing.</summary>
    private sealed class Hanging() : MemoryStream(new byte[10])
    {
        private volatile bool _isRead;

        public bool IsRead => _isRead;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _isRead = true;
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return 0;
        }
    }
}
