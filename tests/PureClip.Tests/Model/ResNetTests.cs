using System.Text.Json.Nodes;
using PureClip.Checkpoints;
using PureClip.Imaging;
using PureClip.Model;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip.Tests.Model;

/// <summary>
/// A CLIP with a ResNet: a small random one against plain loops in double precision, published ones' structure against their reference
/// code.
/// </summary>
public sealed class ResNetTests : IDisposable
{
    // Sums of some hundred terms in single precision, through eleven convolutions; embeddings are of length 1.
    private const float Tolerance = 5e-6f;

    private readonly TinyResNet _model = new();

    public static TheoryData<string> AllTiers => [.. Tiers.Names.Where(name => Tiers.Of(name).IsSupported)];

    [Theory, MemberData(nameof(AllTiers))]
    public void Embeddings_equal_the_double_precision_loops(string tier)
    {
        float[] pixels = Matrices.Random(3 * _model.PixelsPerPicture, 5, 2f), actual = new float[3 * TinyResNet.EmbeddingWidth];
        foreach (int threads in (int[])[1, 2])
        {
            using Clip clip = Clip.Load(_model.Path,
                new() { Vectors = Enum.Parse<VectorWidth>(tier, ignoreCase: true), Threads = threads });
            clip.EncodePixels(pixels, 3, actual);
            for (int i = 0; i < 3; i++)
            {
                double[] expected = ReferenceResNet.Embed(_model, pixels.AsSpan(i * _model.PixelsPerPicture, _model.PixelsPerPicture));
                for (int j = 0; j < expected.Length; j++)
                    Assert.True(Math.Abs(expected[j] - actual[i * expected.Length + j]) <= Tolerance,
                        $"picture {i}, number {j}: expected {expected[j]:R}, found {actual[i * expected.Length + j]:R}");
            }
        }
    }

    [Fact]
    public void A_picture_alone_has_the_bits_that_it_has_in_company_and_takes_no_memory()
    {
        using Clip clip = Clip.Load(_model.Path, new() { Threads = 1 });
        float[] pixels = Matrices.Random(5 * _model.PixelsPerPicture, 6), together = new float[5 * clip.EmbeddingWidth],
            alone = new float[clip.EmbeddingWidth];
        clip.EncodePixels(pixels, 5, together);
        clip.EncodePixels(pixels.AsSpan(3 * _model.PixelsPerPicture, _model.PixelsPerPicture), 1, alone);
        TensorAssert.SameBits(together.AsSpan(3 * alone.Length, alone.Length), alone);
        NoAllocation.Assert(() => clip.EncodePixels(pixels, 5, together));
    }

    /// <summary>8 bits change an embedding by what 8 bits are worth; 16 by less.</summary>
    [Theory]
    [InlineData(WeightType.BF16, 0.02f)]
    [InlineData(WeightType.F16, 0.002f)]
    [InlineData(WeightType.Int8, 0.1f)]
    public void Narrow_weights_are_near(WeightType type, float most)
    {
        float[] pixels = Matrices.Random(_model.PixelsPerPicture, 7), exact = new float[TinyResNet.EmbeddingWidth],
            narrow = new float[TinyResNet.EmbeddingWidth];
        using Clip clip = Clip.Load(_model.Path), other = Clip.Load(_model.Path, new() { Weights = type });
        clip.EncodePixels(pixels, 1, exact);
        other.EncodePixels(pixels, 1, narrow);
        Assert.InRange(exact.Zip(narrow, (a, b) => MathF.Abs(a - b)).Max(), 1e-7f, most);
    }

    [Fact]
    public void A_packed_file_gives_the_same_bits()
    {
        float[] pixels = Matrices.Random(_model.PixelsPerPicture, 8), expected = new float[TinyResNet.EmbeddingWidth],
            actual = new float[TinyResNet.EmbeddingWidth];
        using (Clip clip = Clip.Load(_model.Path))
        {
            clip.EncodePixels(pixels, 1, expected);
            clip.WritePacked(CancellationToken.None);
        }
        using Clip packed = Clip.Load(_model.Path);
        Assert.NotNull(packed.PackedPath);
        packed.EncodePixels(pixels, 1, actual);
        Assert.Equal(expected, actual);
    }

    [Fact]
    public void A_missing_statistic_is_named()
    {
        _model.Tensors.Remove("visual.layer2.0.bn2.running_var");
        _model.Save();
        Assert.Contains("1 missing tensors (OpenClip names):\n    visual.layer2.0.bn2.running_var",
            Assert.Throws<InvalidDataException>(() => Clip.Load(_model.Path)).Message);
    }

    [Fact]
    public void RN50_takes_the_known_number_of_operations_and_parameters()
    {
        using ResNet tower = new(new(64, (3, 4, 6, 3), 32, 224), 1024);
        Assert.Equal(38_316_896, tower.Parameters.Where(p => p.Use != Use.Folded || p.Name.EndsWith("weight") || p.Name.EndsWith("bias"))
            .Sum(p => p.Count));
        Assert.InRange(tower.Flops(tower.RowsPerPicture), 2 * 5.3e9,
            2 * 6.2e9); // some 5.4 G multiply-adds of convolutions, 0.4 of the pool
    }

    [Theory]
    [InlineData(63, 64, "The vision width is 63; a ResNet's is even.")]
    [InlineData(64, 100, "The image size is 100; a ResNet's is a multiple of 32.")]
    [InlineData(512, 4096, "more than 67108864 numbers")]
    public void Impossible_sizes_are_refused_by_name(int width, int size, string message) => Assert.Contains(message,
        Assert.Throws<ArgumentException>(() => new ClipConfig(16, new ResNetConfig(width, (1, 1, 1, 1), 32, size), null).Validate())
            .Message);

    [Fact]
    public void Only_the_pool_can_be_read()
    {
        using ResNet tower = new(new(4, (1, 1, 1, 1), 2, 32), 16);
        Assert.Contains("reads Pooled",
            Assert.Throws<NotSupportedException>(() => Pass.Create(tower, SimdTier.Active, WorkerPool.Serial, 1, 256, new(ReadOut.First)))
            .Message);
    }

    /// <summary>
    /// Structure of the published files, random weights; the truth is the reference code in float64 (tolerance in the file).
    /// </summary>
    [FixtureFact("families-conv/rn50-openclip")]
    public void The_published_layout_gives_the_reference_embeddings()
    {
        string folder = Fixtures.PathOf("families-conv/rn50-openclip");
        JsonNode expected = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "expected.json")))!;
        float tolerance = expected["tolerance"]!.GetValue<float>();
        using Clip clip = Clip.Load(folder, new() { Truncation = Truncation.KeepEnd });
        foreach ((string name, JsonNode? embedding) in expected["images"]!.AsObject())
            AssertClose(embedding!, clip.EncodeImage(Fixtures.PathOf($"checkpoints/tiny/inputs/{name}")), tolerance, name);
        foreach (JsonNode? text in expected["texts"]!.AsArray())
            AssertClose(text!["embedding"]!, clip.EncodeText(text["text"]!.GetValue<string>()), tolerance,
                text["text"]!.GetValue<string>());
        Assert.Equal(expected["logit_scale"]!.GetValue<float>(), clip.LogitScale, 1e-3f);
    }

    /// <summary>Each layer's output for the first picture.</summary>
    [FixtureFact("families-conv/rn50-openclip")]
    public void Layers_give_the_reference_states()
    {
        string folder = Fixtures.PathOf("families-conv/rn50-openclip");
        using Clip clip = Clip.Load(folder);
        JsonNode stages = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "stages.json")))!;
        float[] pixels = new float[clip.Preprocessor!.OutputLength];
        clip.Preprocessor.Preprocess(
            ImageFormats.Decode(File.ReadAllBytes(Fixtures.PathOf($"checkpoints/tiny/inputs/{stages["picture"]}"))), pixels);
        List<(int Channels, float[] Rows)> seen = [];
        using Towers towers = Towers.Of(clip.Config);
        using Checkpoint checkpoint = Checkpoint.Open(Path.Combine(folder, "open_clip_model.safetensors"), clip.Config);
        checkpoint.Load(towers.Vision!, SimdTier.Active, null, WorkerPool.Serial);
        Taps taps = new((_, _) => true, (_, _, state) => seen.Add((state.Columns, Matrices.ToArray(state))));
        using Pass pass = Pass.Create(towers.Vision!, SimdTier.Active, WorkerPool.Serial, 1, towers.Vision!.MostRows, new(Taps: taps));
        pass.Begin();
        towers.Vision.Add(pixels, pass);
        towers.Vision.Forward(pass);
        for (int i = 0; i < 5; i++)
        {
            float[] first = [.. stages["stages"]![i]!["first"]!.AsArray().Select(number => number!.GetValue<float>())];
            // Channel by channel there: the first pixels of channel 0, then of channel 1 where there are few.
            for (int j = 0; j < first.Length; j++)
            {
                int pixelCount = seen[i].Rows.Length / seen[i].Channels, channel = j / pixelCount, pixel = j % pixelCount;
                Assert.Equal(first[j], seen[i].Rows[pixel * seen[i].Channels + channel], 2e-5f);
            }
        }
    }

    public void Dispose() => _model.Dispose();

    private static void AssertClose(JsonNode expected, float[] actual, float tolerance, string what)
    {
        float[] numbers = [.. expected.AsArray().Select(number => number!.GetValue<float>())];
        Assert.Equal(numbers.Length, actual.Length);
        float worst = numbers.Zip(actual, (e, a) => MathF.Abs(e - a)).Max();
        Assert.True(worst <= tolerance, $"{what}: the embedding is {worst:R} away from the reference; allowed is {tolerance:R}.");
    }
}
