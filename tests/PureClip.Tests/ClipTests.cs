using PureClip.Imaging;
using PureClip.Tokenization;

namespace PureClip.Tests;

public class ClipTests(ClipTests.Shared shared) : IClassFixture<ClipTests.Shared>
{
    private readonly Clip _clip = shared.Clip;

    [Fact]
    public void A_text_has_the_same_bits_alone_in_a_batch_and_with_any_number_of_threads()
    {
        string[] texts = ["hat", "", "a red apple on a table", "x", .. Enumerable.Range(0, 300).Select(i => $"number {i} of many")];
        float[][] expected = [.. texts.Select(_clip.EncodeText)];
        foreach (int threads in (int[])[1, 2, 5])
        {
            using Clip clip = ShippedModel.Load(threads);
            float[][] found = clip.EncodeTexts(texts);
            for (int i = 0; i < texts.Length; i++)
                TensorAssert.SameBits(expected[i], found[i], $"\"{texts[i]}\", {threads} threads");
        }
    }

    [Fact]
    public void A_picture_has_the_same_bits_alone_in_a_batch_and_with_any_number_of_threads()
    {
        ImageSource[] pictures = [.. ShippedModel.Gallery.Take(40).Select(path => (ImageSource)path)];
        float[][] expected = [.. pictures.Select(_clip.EncodeImage)];
        foreach (int threads in (int[])[1, 2, 5])
        {
            using Clip clip = ShippedModel.Load(threads);
            float[][] found = clip.EncodeImages(pictures);
            for (int i = 0; i < pictures.Length; i++)
                TensorAssert.SameBits(expected[i], found[i], $"{pictures[i]}, {threads} threads");
        }
    }

    [Fact]
    public void Concurrent_callers_get_what_each_would_get_alone()
    {
        string[] texts = ["hat", "a dog", "three cats in a box"];
        float[][] expected = [.. texts.Select(_clip.EncodeText)];
        float[] picture = _clip.EncodeImage(shared.Picture);
        Parallel.For(0, 24, i =>
        {
            TensorAssert.SameBits(expected[i % 3], _clip.EncodeText(texts[i % 3]));
            TensorAssert.SameBits(picture, _clip.EncodeImage(shared.Picture));
        });
        Parallel.For(0, 6, _ => Assert.All(
            _clip.EncodeImages([.. Enumerable.Repeat((ImageSource)shared.Picture, 25)]), found => TensorAssert.SameBits(picture, found)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Encoding_allocates_nothing_once_it_is_warm(int threads)
    {
        using Clip clip = ShippedModel.Load(threads);
        float[] pixels = new float[20 * clip.Preprocessor!.OutputLength], embeddings = new float[100 * clip.EmbeddingWidth];
        ReadOnlyMemory<int> ids = clip.Tokenizer!.Encode("a photo of a cat").Ids;
        ReadOnlyMemory<int>[] texts = [.. Enumerable.Repeat(ids, 100)];
        foreach (int pictures in (int[])[1, 3, 20])
            NoAllocation.Assert(() => clip.EncodePixels(pixels.AsSpan(0, pictures * clip.Preprocessor.OutputLength), pictures,
                embeddings.AsSpan(0, pictures * clip.EmbeddingWidth)));
        NoAllocation.Assert(() => clip.EncodeTokens(ids.Span, embeddings.AsSpan(0, clip.EmbeddingWidth)));
        NoAllocation.Assert(() => clip.EncodeTokens(texts, embeddings));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_disposed_model_says_so(int threads)
    {
        Clip clip = ShippedModel.Load(threads);
        float[] pixels = new float[clip.Preprocessor!.OutputLength], embedding = new float[clip.EmbeddingWidth];
        clip.EncodePixels(pixels, 1, embedding);
        IEnumerable<ImageResult> late = clip.EncodeEach([shared.Picture]);
        clip.Dispose();
        Assert.Throws<ObjectDisposedException>(() => clip.EncodePixels(pixels, 1, embedding));
        Assert.Throws<ObjectDisposedException>(() => clip.EncodeText("hat"));
        Assert.Throws<ObjectDisposedException>(late.ToArray);
    }

    [Theory]
    [InlineData(1, 3)]
    [InlineData(2, 3)]
    [InlineData(2, 40)]
    public void What_a_decoder_throws_reaches_the_caller_and_the_model_goes_on(int threads, int pictures)
    {
        using Clip clip = Clip.Load(
            ShippedModel.Path, new() { Threads = threads, Decoders = [new ThrowingDecoder(), .. ImageFormats.BuiltIn] });
        ImageSource[] sources =
            [.. Enumerable.Repeat((ImageSource)shared.Picture, pictures - 1), ImageSource.FromBytes("throw"u8.ToArray(), "bad")];
        for (int i = 0; i < 3; i++)
            Assert.Equal("from the decoder", Assert.Throws<NotSupportedException>(() => clip.EncodeImages(sources)).Message);
        Assert.All(clip.EncodeImages(sources[..^1]), found => TensorAssert.SameBits(_clip.EncodeImage(shared.Picture), found));
    }

    [Fact]
    public void The_entry_of_a_list_that_is_null_is_named()
    {
        Assert.StartsWith("texts[1] is null.", Assert.Throws<ArgumentException>(() => _clip.EncodeTexts(["ok", null!])).Message,
            StringComparison.Ordinal);
        Assert.StartsWith("images[1] is null.",
            Assert.Throws<ArgumentException>(() => _clip.EncodeImages([shared.Picture, null!])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Work_on_pictures_counts_up_and_can_be_cancelled_in_the_middle()
    {
        ImageSource[] pictures = [.. Enumerable.Repeat((ImageSource)shared.Picture, 100)];
        List<int> seen = [];
        _clip.EncodeImages(pictures, new Recorder(seen));
        Assert.Equal(Enumerable.Range(1, 100), seen);

        using CancellationTokenSource source = new();
        int done = 0;
        Assert.Throws<OperationCanceledException>(() =>
        {
            foreach (ImageResult _ in _clip.EncodeEach(pictures, source.Token))
                if (++done == 1)
                    source.Cancel();
        });
        Assert.Equal(_clip.ImagesPerRound, done);
    }

    [Theory]
    [InlineData(WeightType.BF16)]
    [InlineData(WeightType.Int8)]
    public void Smaller_weights_give_the_same_bits_in_any_batch_and_with_any_number_of_threads(WeightType weights)
    {
        ImageSource[] pictures = [.. ShippedModel.Gallery.Take(25).Select(path => (ImageSource)path)];
        using Clip alone = Clip.Load(ShippedModel.Path, new() { Threads = 1, Weights = weights });
        float[][] expected = [.. pictures.Select(alone.EncodeImage)];
        foreach (int threads in (int[])[1, 2, 3])
        {
            using Clip clip = Clip.Load(ShippedModel.Path, new() { Threads = threads, Weights = weights });
            float[][] found = clip.EncodeImages(pictures);
            for (int i = 0; i < pictures.Length; i++)
                TensorAssert.SameBits(expected[i], found[i], $"{pictures[i]}, {threads} threads");
        }
    }

    [Fact]
    public void A_picture_may_come_as_path_bytes_stream_or_pixels()
    {
        float[] expected = _clip.EncodeImage(shared.Picture);
        byte[] bytes = File.ReadAllBytes(shared.Picture);
        TensorAssert.SameBits(expected, _clip.EncodeImage(bytes));
        using FileStream stream = File.OpenRead(shared.Picture);
        TensorAssert.SameBits(expected, _clip.EncodeImage(ImageSource.FromStream(stream)));
        RasterImage raster = ImageFormats.Decode(bytes);
        TensorAssert.SameBits(expected, _clip.EncodeImage(ImageSource.FromPixels(raster)));
        TensorAssert.SameBits(expected, _clip.EncodeImage(_clip.Preprocessor!.Decoded(raster)));
        float[] pixels = new float[_clip.Preprocessor.OutputLength], embedding = new float[_clip.EmbeddingWidth];
        _clip.Preprocessor.Preprocess(raster, pixels);
        _clip.EncodePixels(pixels, 1, embedding);
        TensorAssert.SameBits(expected, embedding);
    }

    [Fact]
    public void Embeddings_have_length_one_unless_that_is_turned_off()
    {
        using Clip raw = Clip.Load(ShippedModel.Path, new() { Normalize = false });
        float[] normal = _clip.EncodeText("hat"), original = raw.EncodeText("hat");
        Assert.Equal(1, normal.Sum(x => (double)x * x), 1e-6);
        Assert.NotEqual(1, original.Sum(x => (double)x * x), 1e-2);
        Assert.Equal(1, Similarity.Cosine(normal, original), 1e-6);
    }

    [Fact]
    public void Padding_after_the_end_token_changes_nothing()
    {
        TokenizedText padded = _clip.Tokenizer!.Encode("hat", pad: true);
        float[] embedding = new float[_clip.EmbeddingWidth];
        _clip.EncodeTokens(padded.Ids.Span, embedding);
        TensorAssert.SameBits(_clip.EncodeText("hat"), embedding);
    }

    [Fact]
    public async Task Awaited_tokens_give_the_texts_bits()
    {
        string[] texts = [.. Enumerable.Range(0, 300).Select(i => string.Concat(Enumerable.Repeat("hat ", 1 + i % 20)))];
        float[][] embeddings = await _clip.EncodeTokensAsync([.. texts.Select(text => _clip.Tokenizer!.Encode(text).Ids)]);
        for (int i = 0; i < texts.Length; i++)
            TensorAssert.SameBits(_clip.EncodeText(texts[i]), embeddings[i]);
        Assert.Empty(await _clip.EncodeTokensAsync([]));
        await Assert.ThrowsAsync<ArgumentNullException>(() => _clip.EncodeTokensAsync(null!));
        await Assert.ThrowsAsync<ArgumentException>(() => _clip.EncodeTokensAsync([new int[] { 1_000_000 }]));
        await Assert.ThrowsAsync<ArgumentException>(() => _clip.EncodeTokensAsync([ReadOnlyMemory<int>.Empty]));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => _clip.EncodeTokensAsync([_clip.Tokenizer!.Encode("hat").Ids], new CancellationToken(canceled: true)));
    }

    [Fact]
    public void A_text_that_is_too_long_is_refused_or_cut()
    {
        string text = string.Join(' ', Enumerable.Repeat("word", 200));
        ArgumentException e = Assert.Throws<ArgumentException>(() => _clip.EncodeText(text));
        Assert.Contains(_clip.Config.Text!.ContextLength.ToString(), e.Message);
        using Clip cutting = Clip.Load(ShippedModel.Path, new() { Truncation = Truncation.KeepEnd });
        Assert.Equal(_clip.EmbeddingWidth, cutting.EncodeText(text).Length);
    }

    [Fact]
    public void Empty_lists_give_empty_lists()
    {
        Assert.Empty(_clip.EncodeTexts([]));
        Assert.Empty(_clip.EncodeImages([]));
        _clip.EncodePixels([], 0, []);
    }

    [Fact]
    public void A_broken_picture_among_many_is_named_and_the_others_are_encoded()
    {
        ImageSource[] few = [shared.Picture, ImageSource.FromBytes(new byte[100], "broken.png"), "/nowhere/missing.png", shared.Picture];
        foreach (ImageSource[] pictures in (ImageSource[][])[few, [.. few, .. Enumerable.Repeat((ImageSource)shared.Picture, 50)]])
        {
            Assert.Contains("broken.png", Assert.Throws<InvalidDataException>(() => _clip.EncodeImages(pictures)).Message);
            ImageResult[] results = [.. _clip.EncodeEach(pictures)];
            Assert.Equal(Enumerable.Range(0, pictures.Length), results.Select(r => r.Index));
            Assert.Equal(pictures, results.Select(r => r.Source));
            Assert.IsType<InvalidDataException>(results[1].Error);
            Assert.IsAssignableFrom<IOException>(results[2].Error);
            Assert.Equal([1, 2], results.Where(r => r.IsError).Select(r => r.Index));
            Assert.All(results.Where(r => !r.IsError), r => TensorAssert.SameBits(results[0].Embedding, r.Embedding));
        }
    }

    [Fact]
    public void Progress_counts_up_and_cancellation_ends_the_work()
    {
        List<int> seen = [];
        _clip.EncodeTexts([.. Enumerable.Range(0, 500).Select(i => $"text {i}")], new Recorder(seen));
        Assert.Equal(500, seen[^1]);
        Assert.Equal(seen.Order(), seen);
        using CancellationTokenSource cancelled = new();
        cancelled.Cancel();
        Assert.Throws<OperationCanceledException>(() => _clip.EncodeTexts(["hat"], cancellationToken: cancelled.Token));
        Assert.Throws<OperationCanceledException>(() => _clip.EncodeImages([shared.Picture], cancellationToken: cancelled.Token));
    }

    [Fact]
    public void Wrong_arguments_are_named()
    {
        Assert.Throws<ArgumentException>(() => _clip.EncodeText("hat", new float[3]));
        Assert.Throws<ArgumentException>(() => _clip.EncodePixels(new float[5], 1, new float[_clip.EmbeddingWidth]));
        Assert.Throws<ArgumentException>(() => _clip.EncodeTokens(ReadOnlySpan<int>.Empty, new float[_clip.EmbeddingWidth]));
        Assert.Throws<ArgumentException>(() => _clip.EncodeTokens([-1], new float[_clip.EmbeddingWidth]));
        Assert.Throws<ArgumentException>(() => _clip.EncodeTokens([1_000_000], new float[_clip.EmbeddingWidth]));
        Assert.Throws<ArgumentNullException>(() => _clip.EncodeTexts(null!));
        Assert.Contains("1024", Assert.Throws<ArgumentException>(() => Clip.Load(ShippedModel.Path, new() { Threads = 0 })).Message);
        Assert.Throws<ArgumentException>(() => Clip.Load(ShippedModel.Path, new() { Vectors = (VectorWidth)99 }));
        Assert.Throws<DirectoryNotFoundException>(() => Clip.Load("/nowhere/at/all"));
    }

    [Fact]
    public void A_picture_beyond_the_pixel_limit_is_refused()
    {
        using Clip clip = Clip.Load(ShippedModel.Path, new() { MaxPixels = 100 });
        Assert.Contains("100", Assert.Throws<InvalidDataException>(() => clip.EncodeImage(shared.Picture)).Message);
    }

    private sealed class ThrowingDecoder : IImageDecoder
    {
        public string FormatName => "none";

        public bool Recognizes(ReadOnlySpan<byte> head) => head.StartsWith("throw"u8);

        public RasterImage Decode(ReadOnlySpan<byte> file, ImageDecoderOptions options) =>
            throw new NotSupportedException("from the decoder");
    }

    private sealed class Recorder(List<int> seen) : IProgress<int>
    {
        public void Report(int value) => seen.Add(value);
    }

    public sealed class Shared : IDisposable
    {
        public Clip Clip { get; } = ShippedModel.Load();

        public string Picture { get; } = ShippedModel.Picture("birthday-cake.png");

        public void Dispose() => Clip.Dispose();
    }
}
