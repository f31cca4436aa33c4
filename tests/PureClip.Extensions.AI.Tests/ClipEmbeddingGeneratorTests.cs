using Microsoft.Extensions.AI;
using PureClip.Extensions.AI.Tests.Support;
using PureClip.Imaging;

namespace PureClip.Extensions.AI.Tests;

public sealed class ClipEmbeddingGeneratorTests(SharedClip shared) : IClassFixture<SharedClip>
{
    private readonly Clip _clip = shared.Clip;
    private readonly IEmbeddingGenerator<string, Embedding<float>> _texts = shared.Clip.AsIEmbeddingGenerator();
    private readonly IEmbeddingGenerator<DataContent, Embedding<float>> _pictures = shared.Clip.AsImageEmbeddingGenerator();

    [Fact]
    public async Task Texts_have_the_bits_that_the_model_gives_in_their_order()
    {
        string[] texts = ["hat", "", "a red apple on a table", "hat"];
        GeneratedEmbeddings<Embedding<float>> found = await _texts.GenerateAsync(texts);
        Assert.Equal(texts.Length, found.Count);
        for (int i = 0; i < texts.Length; i++)
            TensorAssert.SameBits(_clip.EncodeText(texts[i]), found[i].Vector.Span, texts[i]);
    }

    [Fact]
    public async Task Pictures_have_the_bits_that_the_model_gives_in_their_order()
    {
        string[] files = [.. ShippedModel.Gallery.Take(30).Reverse()];
        GeneratedEmbeddings<Embedding<float>> found = await _pictures.GenerateAsync(files.Select(Picture));
        Assert.Equal(files.Length, found.Count);
        for (int i = 0; i < files.Length; i++)
            TensorAssert.SameBits(_clip.EncodeImage(files[i]), found[i].Vector.Span, files[i]);
    }

    [Fact]
    public async Task A_picture_may_come_as_a_data_uri()
    {
        string file = ShippedModel.Picture("rocket.png");
        DataContent content = new($"data:image/png;base64,{Convert.ToBase64String(File.ReadAllBytes(file))}");
        Embedding<float> found = (await _pictures.GenerateAsync([content]))[0];
        TensorAssert.SameBits(_clip.EncodeImage(file), found.Vector.Span);
    }

    [Fact]
    public async Task Embeddings_say_when_and_by_which_model_they_were_made()
    {
        DateTimeOffset before = DateTimeOffset.UtcNow;
        Embedding<float> embedding = (await _texts.GenerateAsync(["hat"]))[0];
        Assert.InRange(embedding.CreatedAt!.Value, before, DateTimeOffset.UtcNow);
        Assert.Equal("pictogram-mini", embedding.ModelId);
        Assert.Equal(_clip.EmbeddingWidth, embedding.Dimensions);
        Assert.Equal("other", (await _clip.AsIEmbeddingGenerator("other").GenerateAsync(["hat"]))[0].ModelId);
    }

    [Fact]
    public async Task Usage_of_texts_is_their_tokens_with_start_and_end()
    {
        string[] texts = ["hat", "", "a red apple on a table"];
        UsageDetails usage = (await _texts.GenerateAsync(texts)).Usage!;
        Assert.Equal(texts.Sum(text => _clip.Tokenizer!.Encode(text).Ids.Length), usage.InputTokenCount);
        Assert.Equal(usage.InputTokenCount, usage.TotalTokenCount);
        Assert.Equal(2, (await _texts.GenerateAsync([""])).Usage!.InputTokenCount);
    }

    [Fact]
    public async Task Usage_of_pictures_is_their_patches_with_the_class_token_and_their_number()
    {
        UsageDetails usage = (await _pictures.GenerateAsync(ShippedModel.Gallery.Take(3).Select(Picture))).Usage!;
        Assert.Equal(3 * (1 + 8 * 8), usage.InputTokenCount); // 64 pixels in patches of 8
        Assert.Equal(usage.InputTokenCount, usage.TotalTokenCount);
        Assert.Equal(3, usage.AdditionalCounts![ClipExtensions.PictureCountKey]);
    }

    [Fact]
    public async Task Nothing_gives_nothing()
    {
        GeneratedEmbeddings<Embedding<float>> texts = await _texts.GenerateAsync(Array.Empty<string>()),
            pictures = await _pictures.GenerateAsync(Array.Empty<DataContent>());
        Assert.Empty(texts);
        Assert.Empty(pictures);
        Assert.Equal(0, texts.Usage!.TotalTokenCount);
        Assert.Equal(0, pictures.Usage!.TotalTokenCount);
    }

    [Fact]
    public void Services_are_metadata_the_model_and_the_texts_itself()
    {
        EmbeddingGeneratorMetadata metadata = ((IEmbeddingGenerator)_texts).GetService<EmbeddingGeneratorMetadata>()!;
        Assert.Equal(("pureclip", null, "pictogram-mini", 256),
            (metadata.ProviderName, metadata.ProviderUri, metadata.DefaultModelId, metadata.DefaultModelDimensions));
        Assert.Same(metadata, _texts.GetService(typeof(EmbeddingGeneratorMetadata)));
        Assert.Same(_clip, _texts.GetService(typeof(Clip)));
        Assert.Same(_texts, _texts.GetService(typeof(IEmbeddingGenerator<string, Embedding<float>>)));
        Assert.Same(_pictures, _pictures.GetService(typeof(IEmbeddingGenerator<DataContent, Embedding<float>>)));
        Assert.Null(_texts.GetService(typeof(IEmbeddingGenerator<DataContent, Embedding<float>>)));
        Assert.Same(_texts, _texts.GetService(typeof(IEmbeddingGenerator)));
        Assert.Null(_texts.GetService(typeof(string)));
        Assert.Null(_texts.GetService(typeof(Clip), "key"));
        Assert.Throws<ArgumentNullException>(() => _texts.GetService(null!));
    }

    [Fact]
    public async Task Options_may_say_what_the_model_is_and_nothing_else()
    {
        Assert.Single(await _texts.GenerateAsync(["hat"], new() { Dimensions = 256, ModelId = "pictogram-mini" }));
        Task Shorter() => _texts.GenerateAsync(["hat"], new() { Dimensions = 128 });
        string message = (await Assert.ThrowsAsync<NotSupportedException>(Shorter)).Message;
        Assert.Contains("256 dimensions, but 128", message);
        message = (await Assert.ThrowsAsync<NotSupportedException>(
            () => _pictures.GenerateAsync([Picture(ShippedModel.Gallery[0])], new() { ModelId = "ViT-B/32" }))).Message;
        Assert.Contains("pictogram-mini, but ViT-B/32", message);
    }

    [Fact]
    public async Task A_wrong_value_is_named_by_its_index_and_name()
    {
        DataContent good = Picture(ShippedModel.Gallery[0]);
        DataContent broken = new(new byte[100], "image/png") { Name = "broken.png" };
        DataContent prose = new("words"u8.ToArray(), "text/plain") { Name = "notes.txt" };
        Assert.Contains("values[1] (broken.png)",
            (await Assert.ThrowsAsync<InvalidDataException>(() => _pictures.GenerateAsync([good, broken, good]))).Message);
        Assert.Contains("values[2] (notes.txt) is text/plain",
            (await Assert.ThrowsAsync<ArgumentException>(() => _pictures.GenerateAsync([good, good, prose]))).Message);
        Assert.Contains(
            "values[1] is null", (await Assert.ThrowsAsync<ArgumentException>(() => _pictures.GenerateAsync([good, null!]))).Message);
        Assert.Contains(
            "values[1] is null", (await Assert.ThrowsAsync<ArgumentException>(() => _texts.GenerateAsync(["hat", null!]))).Message);
        string tooLong = string.Join(' ', Enumerable.Repeat("word", 200));
        Assert.Contains("values[1]: The text has 200 tokens",
            (await Assert.ThrowsAsync<ArgumentException>(() => _texts.GenerateAsync(["hat", tooLong]))).Message);
        await Assert.ThrowsAsync<ArgumentNullException>(() => _texts.GenerateAsync((string[])null!));
        await Assert.ThrowsAsync<ArgumentNullException>(() => _pictures.GenerateAsync((DataContent[])null!));
    }

    [Fact]
    public async Task Bytes_of_unknown_kind_are_told_by_what_they_are()
    {
        DataContent picture = new(File.ReadAllBytes(ShippedModel.Gallery[0]), "application/octet-stream"),
            noise = new(new byte[8], "application/octet-stream");
        Embedding<float> found = (await _pictures.GenerateAsync([picture]))[0];
        TensorAssert.SameBits(_clip.EncodeImage(ShippedModel.Gallery[0]), found.Vector.Span);
        Assert.Contains("values[0]", (await Assert.ThrowsAsync<InvalidDataException>(() => _pictures.GenerateAsync([noise]))).Message);
    }

    [Fact]
    public async Task The_call_returns_before_the_work_is_done()
    {
        using ManualResetEventSlim returned = new();
        using Clip clip = Clip.Load(ShippedModel.Path, new() { Threads = 1, Decoders = [new Decoder(returned.Wait)] });
        Task<GeneratedEmbeddings<Embedding<float>>> task = clip.AsImageEmbeddingGenerator().GenerateAsync(
            [Picture(ShippedModel.Gallery[0])]);
        Assert.False(task.IsCompleted);
        returned.Set();
        Assert.Single(await task);
    }

    [Fact]
    public async Task Cancellation_ends_the_work_before_and_during_it()
    {
        using CancellationTokenSource cancellation = new();
        using Clip clip = Clip.Load(ShippedModel.Path, new() { Threads = 1, Decoders = [new Decoder(cancellation.Cancel)] });
        IEmbeddingGenerator<DataContent, Embedding<float>> generator = clip.AsImageEmbeddingGenerator();
        Task<GeneratedEmbeddings<Embedding<float>>> task = generator.GenerateAsync(
            ShippedModel.Gallery.Take(60).Select(Picture), cancellationToken: cancellation.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task);
        Assert.True(task.IsCanceled);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => clip.AsIEmbeddingGenerator().GenerateAsync(["hat"], cancellationToken: cancellation.Token));
    }

    [Fact]
    public async Task Concurrent_callers_get_what_each_would_get_alone()
    {
        string file = ShippedModel.Gallery[0];
        float[] text = _clip.EncodeText("hat"), picture = _clip.EncodeImage(file);
        await Task.WhenAll(Enumerable.Range(0, 16).Select(async i =>
        {
            Embedding<float> ofText = (await _texts.GenerateAsync(["hat", $"text {i}"]))[0],
                ofPicture = (await _pictures.GenerateAsync([Picture(file)]))[0];
            TensorAssert.SameBits(text, ofText.Vector.Span);
            TensorAssert.SameBits(picture, ofPicture.Vector.Span);
        }));
    }

    [Fact]
    public async Task Disposal_of_a_generator_leaves_the_model_and_that_of_the_model_ends_the_generator()
    {
        Clip clip = ShippedModel.Load();
        IEmbeddingGenerator<string, Embedding<float>> generator = clip.AsIEmbeddingGenerator();
        generator.Dispose();
        Assert.Single(await generator.GenerateAsync(["hat"]));
        await clip.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => generator.GenerateAsync(["hat"]));
        Assert.Throws<ArgumentNullException>(() => ((Clip)null!).AsIEmbeddingGenerator());
    }

    [Fact]
    public async Task The_first_line_of_every_tutorial_compiles()
    {
        var generator = _clip.AsIEmbeddingGenerator();
        ReadOnlyMemory<float> vector = await generator.GenerateVectorAsync("hat");
        Embedding<float> embedding = await generator.GenerateAsync("hat");
        TensorAssert.SameBits(vector.ToArray(), embedding.Vector.Span);
    }

    [Fact]
    public async Task A_model_with_one_tower_says_what_it_lacks()
    {
        using TinyModel files = TinyModel.VisionOnly();
        using Clip clip = files.Load();
        Assert.Contains("vision tower only",
            (await Assert.ThrowsAsync<InvalidOperationException>(() => clip.AsIEmbeddingGenerator().GenerateAsync(["hat"]))).Message);
        using TinyModel words = TinyModel.TextOnly();
        using Clip reader = words.Load();
        DataContent picture = Picture(ShippedModel.Gallery[0]);
        Assert.Contains("text tower only", (await Assert.ThrowsAsync<InvalidOperationException>(
            () => reader.AsImageEmbeddingGenerator().GenerateAsync([picture]))).Message);
    }

    private static DataContent Picture(string file) => new(File.ReadAllBytes(file), "image/png") { Name = Path.GetFileName(file) };

    /// <summary>Every file is a grey square, after something has happened.</summary>
    private sealed class Decoder(Action first) : IImageDecoder
    {
        public string FormatName => "grey";

        public bool Recognizes(ReadOnlySpan<byte> head) => true;

        public RasterImage Decode(ReadOnlySpan<byte> file, ImageDecoderOptions options)
        {
            first();
            return new(PixelMode.Rgb, 8, 8, new byte[8 * 8 * 3]);
        }
    }
}
