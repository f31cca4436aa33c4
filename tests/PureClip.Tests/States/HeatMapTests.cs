using PureClip.Imaging;
using ShippedClip = PureClip.Tests.Cli.ShippedModel;

namespace PureClip.Tests.States;

public sealed class HeatMapTests(ShippedClip model) : IClassFixture<ShippedClip>
{
    // Sums over 128 numbers of up to 9, divided by lengths of about 9.
    private static readonly Tolerance Cosines = Tolerance.Absolute(2e-6, "as PyTorch's single precision is off from double");

    private const int Pairs = 200, Side = 32;

    public static IEnumerable<object[]> AllTiers => Tiers.With([["f_rgb"], ["h_palette"]]);

    [FixtureTheory("conditioning/attention.safetensors"), MemberData(nameof(AllTiers))]
    public void Maps_are_those_of_the_reference(string tier, string picture)
    {
        string path = Fixtures.PathOf("conditioning/attention.safetensors"), prefix = $"picture/{picture}/";
        Dictionary<string, float[]> expected = ConditioningFixture.Tensors(path);
        using Clip clip = Clip.Load(Fixtures.PathOf("checkpoints/tiny/hf"), new() { Runtime = new(2, Enum.Parse<VectorWidth>(tier, ignoreCase: true)) });
        float[] pixels = expected[prefix + "pixels"];
        float[][] texts = [.. Enumerable.Range(0, 3).Select(i => expected[$"text/{i}/vector"])];
        foreach ((HeatMapMethod method, string name) in new[]
                 { (HeatMapMethod.ValuePath, "value_path_map"), (HeatMapMethod.Surgery, "surgery_map"), (HeatMapMethod.Occlusion, "occlusion") })
        {
            IReadOnlyList<HeatMap> maps = clip.ExplainPixels(pixels, texts, new() { Method = method, Window = 1 });
            TensorAssert.Equal(expected[prefix + name], maps.SelectMany(map => map.Values).ToArray(), Cosines, name);
            float[] vector = expected[prefix + "vector"];
            for (int i = 0; i < texts.Length; i++)
                Assert.Equal(Similarity.Cosine(vector, texts[i]), maps[i].Cosine, 2e-6f);
        }
        // [text, layer, token]: summed over layers, without the class token.
        float[] parts = expected[prefix + "decomposition"];
        IReadOnlyList<HeatMap> added = clip.ExplainPixels(pixels, texts);
        for (int text = 0; text < texts.Length; text++)
            for (int patch = 0; patch < 16; patch++)
                Assert.Equal(
                    parts[text * 34 + 1 + patch] + parts[text * 34 + 18 + patch], added[text].Values[patch], 2e-6f);
    }

    /// <summary>Drawings side by side on white, one of them named: the half with the larger mean has to be its half.</summary>
    [Theory]
    [InlineData(HeatMapMethod.Decomposition, Pairs, 0.95)]
    [InlineData(HeatMapMethod.ValuePath, 50, 0.75)]
    [InlineData(HeatMapMethod.Surgery, 50, 0.75)]
    [InlineData(HeatMapMethod.Occlusion, 20, 0.95)]
    public void The_half_that_is_named_is_found(HeatMapMethod method, int pairs, double least)
    {
        Assert.InRange(ShareOfHalves(model.Clip, method, pairs), least, 1);
    }

    [Fact]
    public void One_encoding_of_parts_and_the_whole()
    {
        // The first token is the class token's own part; with it, the biases and the MLPs, parts sum to the cosine. So they follow it: a map of
        // the sum of two texts is the sum of theirs.
        float[] cat = model.Clip.EncodeText("cat"), dog = model.Clip.EncodeText("dog");
        float[] both = [.. cat.Zip(dog, (a, b) => a + b)];
        float length = MathF.Sqrt(both.Sum(number => number * number));
        IReadOnlyList<HeatMap> maps = model.Clip.ExplainPixels(Pixels("cat"), [cat, dog, both]);
        for (int i = 0; i < maps[0].Values.Length; i++)
            Assert.Equal(maps[0].Values[i] + maps[1].Values[i], maps[2].Values[i] * length, 1e-5f);
        IReadOnlyList<HeatMap> explained = model.Clip.Explain(TestData.PathOf("gallery/cat.png"), ["cat", "dog"]);
        Assert.Equal(maps[0].Values, explained[0].Values);
        Assert.Equal((8, 8), (explained[1].Rows, explained[1].Columns));
    }

    [Fact]
    public void Asking_changes_no_bit_of_what_is_encoded_later()
    {
        ImageSource cat = TestData.PathOf("gallery/cat.png");
        float[] before = model.Clip.EncodeImage(cat);
        foreach (HeatMapMethod method in Enum.GetValues<HeatMapMethod>())
            model.Clip.Explain(cat, ["a cat"], new() { Method = method });
        TensorAssert.SameBits(before, model.Clip.EncodeImage(cat), "after heat maps");
    }

    [Fact]
    public void Maps_are_read_between_patches()
    {
        HeatMap map = new(HeatMapMethod.Occlusion, 2, 2, [0, 1, 2, 3], 0.5f);
        Assert.Equal((0f, 1f, 2f, 3f), (map.At(0, 0), map.At(1, 0), map.At(0, 1), map.At(1, 1)));
        Assert.Equal(1.5f, map.At(0.5, 0.5), 1e-6f);
        Assert.Equal(0.5f, map.At(0.5, 0.25), 1e-6f);
    }

    [Fact]
    public void What_cannot_be_explained_is_refused()
    {
        Clip clip = model.Clip;
        float[] pixels = Pixels("cat");
        Assert.Throws<ArgumentException>("vectors", () => clip.ExplainPixels(pixels, []));
        Assert.Throws<ArgumentException>("vectors", () => clip.ExplainPixels(pixels, [[1f]]));
        Assert.Throws<ArgumentException>("vectors", () => clip.ExplainPixels(pixels, [new float[clip.EmbeddingWidth]]));
        Assert.Throws<ArgumentException>("pixels", () => clip.ExplainPixels([1f], [clip.EncodeText("cat")]));
        Assert.Throws<ArgumentException>("options", () => clip.ExplainPixels(pixels, [clip.EncodeText("cat")], new() { Window = 0 }));
        Assert.Throws<ArgumentException>("options", () => clip.ExplainPixels(pixels, [clip.EncodeText("cat")], new() { SurgeryDepth = 0 }));
        Assert.Throws<OperationCanceledException>(() => clip.ExplainPixels(
            pixels, [clip.EncodeText("cat")], new() { Method = HeatMapMethod.Occlusion }, new CancellationToken(true)));
        using Clip siglip = Clip.Load(TestData.PathOf("families/siglip-hf"));
        float[] noise = new float[siglip.Preprocessor!.OutputLength], direction = new float[siglip.EmbeddingWidth];
        direction[0] = 1;
        Assert.Contains("only occlusion", Assert.Throws<InvalidOperationException>(() => siglip.ExplainPixels(noise, [direction])).Message);
        Assert.NotEmpty(Assert.Single(siglip.ExplainPixels(noise, [direction], new() { Method = HeatMapMethod.Occlusion })).Values);
    }

    /// <summary>Share of the questions, two a pair, whose half has the larger mean.</summary>
    private static double ShareOfHalves(Clip clip, HeatMapMethod method, int pairs)
    {
        string[] names = [.. Directory.EnumerateFiles(TestData.PathOf("gallery"), "*.png").Order(StringComparer.Ordinal)];
        Random random = new(7);
        int right = 0;
        for (int pair = 0; pair < pairs; pair++)
        {
            string[] two = random.GetItems(names, 2);
            float[] pixels = new float[clip.Preprocessor!.OutputLength];
            clip.Preprocessor.Preprocess(SideBySide(two), pixels);
            float[][] texts = clip.EncodeTexts(
                [.. two.Select(path => $"a picture of {Path.GetFileNameWithoutExtension(path).Replace('-', ' ')}")]);
            IReadOnlyList<HeatMap> maps = clip.ExplainPixels(pixels, texts, new() { Method = method, Cover = RgbColor.White });
            for (int i = 0; i < 2; i++)
            {
                HeatMap map = maps[i];
                double Mean(bool isRight) => map.Values.Where((_, at) => at % map.Columns >= map.Columns / 2 == isRight).Average();
                right += Mean(i == 1) > Mean(i == 0) ? 1 : 0;
            }
        }
        return right / (2.0 * pairs);
    }

    private static RgbImage SideBySide(string[] paths)
    {
        byte[] rgb = new byte[4 * Side * Side * 3];
        Array.Fill(rgb, (byte)255);
        for (int i = 0; i < 2; i++)
        {
            RasterImage raster = ImageSource.FromFile(paths[i]).Decode();
            ImagePreprocessor smaller = new(new()
            {
                ResizeMode = ResizeMode.Squash,
                DoCenterCrop = false,
                OutputHeight = Side,
                OutputWidth = Side,
                Background = RgbColor.White,
            });
            RgbImage half = smaller.Resized(raster);
            for (int row = 0; row < Side; row++)
                half.Pixels.AsSpan(row * Side * 3, Side * 3).CopyTo(rgb.AsSpan(((row + Side / 2) * 2 * Side + i * Side) * 3));
        }
        return new(2 * Side, 2 * Side, rgb);
    }

    private float[] Pixels(string name)
    {
        float[] pixels = new float[model.Clip.Preprocessor!.OutputLength];
        model.Clip.Preprocessor.Preprocess(ImageSource.FromFile(TestData.PathOf($"gallery/{name}.png")).Decode(), pixels);
        return pixels;
    }
}
