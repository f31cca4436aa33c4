using PureClip.Files;
using PureClip.Generation;
using PureClip.Imaging;
using PureClip.Imaging.Png;
using PureClip.Tests.Cli;

namespace PureClip.Tests.Generation;

public sealed class PictureGeneratorTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Clip _clip = Clip.Load(TestData.Weights("pictogram-mini"), new() { Threads = 1 });

    public void Dispose()
    {
        _clip.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void The_same_seed_gives_the_same_bits_on_any_number_of_threads()
    {
        DrawingOptions options = new() { Steps = 4, Count = 3, Seed = 7, Style = "NOTO" };
        using Clip three = Clip.Load(TestData.Weights("pictogram-mini"), new() { Threads = 3 });
        using PictureGenerator generator = Load(), other = PictureGenerator.Load(_folder["net"], three);
        IReadOnlyList<DrawnPicture> first = generator.Draw(DrawingPrompt.FromText("a red hat"), options),
            again = other.Draw(DrawingPrompt.FromText("a red hat"), options);
        Assert.Equal(first.Select(picture => picture.ToPng()), again.Select(picture => picture.ToPng()));
        Assert.NotEqual(first[0].ToPng(), first[1].ToPng());
        // Each by itself, by the seed that it tells.
        Assert.Equal(
            first[2].ToPng(), generator.Draw(DrawingPrompt.FromText("a red hat"), options with { Count = 1, Seed = first[2].Seed })[0].ToPng());
    }

    [Fact]
    public void Prompt_style_guidance_and_steps_count()
    {
        using PictureGenerator generator = Load();
        byte[] Of(DrawingPrompt prompt, DrawingOptions options) => generator.Draw(prompt, options)[0].ToPng();
        DrawingOptions usual = new() { Steps = 3 };
        DrawingPrompt hat = DrawingPrompt.FromText("a red hat"), dog = DrawingPrompt.FromPicture(TestData.PathOf("gallery/dog.png"));
        byte[][] all =
        [
            Of(hat, usual), Of(DrawingPrompt.FromText("a dog"), usual), Of(dog, usual), Of(hat, usual with { Style = "inky" }),
            Of(hat, usual with { Guidance = 1 }), Of(hat, usual with { Steps = 4 }),
            Of(DrawingPrompt.Sum([(1, dog), (-1, DrawingPrompt.FromText("a dog")), (0.5f, hat)]), usual),
            Of(DrawingPrompt.FromVector(_clip.EncodeText("a red hat"), isOfPictures: false), usual),
        ];
        Assert.Equal(all.Length, all.Select(Convert.ToHexString).Distinct().Count());
        Assert.Equal(all[2], Of(DrawingPrompt.Sum([(1, dog)]), usual));
    }

    [Fact]
    public void The_best_of_several_is_what_the_model_finds_nearest()
    {
        using PictureGenerator generator = Load();
        DrawingPrompt prompt = DrawingPrompt.FromText("a tree");
        DrawingOptions options = new() { Steps = 3, Seed = 5 };
        IReadOnlyList<DrawnPicture> all = generator.Draw(prompt, options with { Count = 6 });
        IReadOnlyList<DrawnPicture> best = generator.Draw(prompt, options with { Count = 2, BestOf = 3 });
        Assert.Equal(all.Take(3).MaxBy(picture => picture.Score)!.Seed, best[0].Seed);
        Assert.Equal(all.Skip(3).MaxBy(picture => picture.Score)!.Seed, best[1].Seed);
        Assert.Equal(
            Similarity.Cosine(_clip.EncodeImage(best[0].OnWhite()), _clip.EncodeText("a tree")), best[0].Score!.Value, 1e-6f);
    }

    [Fact]
    public void Steps_are_kept_when_asked_for_and_the_last_is_the_picture()
    {
        using PictureGenerator generator = Load();
        List<DrawingProgress> steps = [];
        DrawnPicture picture = generator.Draw(
            DrawingPrompt.FromText("x"), new() { Steps = 5, KeepSteps = true, Count = 1 }, new Listed(steps))[0];
        Assert.Equal(5, picture.Steps.Count);
        Assert.Equal(picture.ToPng(), picture.Steps[4].ToPng());
        Assert.NotEqual(picture.ToPng(), picture.Steps[0].ToPng());
        Assert.Equal(Enumerable.Range(1, 5).Select(i => new DrawingProgress(i, 5)), steps);
        DrawnPicture sheet = DrawnPicture.Sheet(picture.Steps, 2);
        Assert.Equal((128, 192), (sheet.Width, sheet.Height));
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        using PictureGenerator generator = Load();
        DrawingPrompt prompt = DrawingPrompt.FromText("x");
        string Refused(DrawingOptions options) => Assert.Throws<ArgumentException>(() => generator.Draw(prompt, options)).Message;
        Assert.Contains("inky, noto", Refused(new() { Style = "oil" }));
        Assert.Contains("Steps is 0", Refused(new() { Steps = 0 }));
        Assert.Contains("Guidance is -1", Refused(new() { Guidance = -1 }));
        Assert.Contains("cancel out", Assert.Throws<ArgumentException>(
            () => generator.Draw(DrawingPrompt.Sum([(1, prompt), (-1, DrawingPrompt.FromText("x"))]), new() { Steps = 1 })).Message);
        Assert.Throws<OperationCanceledException>(() => generator.Draw(prompt, new() { Steps = 2 }, null, new CancellationToken(true)));
        TinyGenerator.Write(_folder["other"], "0123456789abcdef0123456789abcdef");
        Assert.Contains("space", Assert.Throws<InvalidDataException>(() => PictureGenerator.Load(_folder["other"], _clip)).Message);
        Assert.Contains("no network that draws", Assert.Throws<InvalidDataException>(
            () => PictureGenerator.Load(Path.Combine(TestData.Weights("pictogram-mini"), "model.safetensors"), _clip)).Message);
        generator.Dispose();
        Assert.Throws<ObjectDisposedException>(() => generator.Draw(prompt));
    }

    [Theory]
    [InlineData("[")]
    [InlineData("[null, null]")]
    [InlineData("7")]
    [InlineData("null")]
    public void Styles_that_are_no_names_are_an_error_that_says_so(string styles)
    {
        Dictionary<string, string> metadata;
        using (SafetensorsFile file = SafetensorsFile.Open(TinyGenerator.Write(_folder["net"], _clip.Fingerprint)))
            metadata = new(file.Metadata) { ["styles"] = styles };
        SafetensorsWriter.Write(_folder["damaged"], [TensorSource.FromFloats("a", [1], new[] { 1f })], metadata);
        Assert.Contains("list of names", Assert.Throws<InvalidDataException>(() => PictureGenerator.Load(_folder["damaged"], _clip)).Message);
    }

    [Fact]
    public void Written_pictures_are_read_with_the_same_pixels()
    {
        Random random = new(3);
        foreach ((int width, int height) in new[] { (1, 1), (7, 5), (64, 64) })
        {
            byte[] rgba = new byte[4 * width * height];
            random.NextBytes(rgba);
            using MemoryStream stream = new();
            PngWriter.Write(stream, rgba, width, height);
            RasterImage read = ImageSource.FromBytes(stream.ToArray()).Decode();
            Assert.Equal((width, height), (read.Width, read.Height));
            Assert.Equal(rgba, read.Pixels.ToArray());
        }
    }

    [Fact]
    public void Enlarged_pictures_keep_what_is_flat()
    {
        float[] flat = new float[4 * 64 * 64];
        flat.AsSpan(0, 64 * 64).Fill(0.5f);
        flat.AsSpan(64 * 64).Fill(-1);
        flat.AsSpan(3 * 64 * 64).Fill(1);
        DrawnPicture picture = DrawnPicture.Of(flat, 64, 1), large = picture.Enlarge(3);
        Assert.Equal((192, 192), (large.Width, large.Height));
        Assert.All(large.Rgba.ToArray().Chunk(4), pixel => Assert.Equal([191, 0, 0, 255], pixel));
        Assert.Throws<ArgumentOutOfRangeException>(() => picture.Enlarge(0));
        Assert.All(picture.OnWhite().Pixels.ToArray().Chunk(3), pixel => Assert.Equal([191, 0, 0], pixel));
    }

    private PictureGenerator Load() => PictureGenerator.Load(TinyGenerator.Write(_folder["net"], _clip.Fingerprint), _clip);

    private sealed class Listed(List<DrawingProgress> steps) : IProgress<DrawingProgress>
    {
        public void Report(DrawingProgress value) => steps.Add(value);
    }
}
