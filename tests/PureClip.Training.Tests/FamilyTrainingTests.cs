using PureClip.Checkpoints;
using PureClip.Model;
using PureClip.Training.Tests.Support;

namespace PureClip.Training.Tests;

/// <summary>
/// Towers of every family that inference knows: their embeddings and the gradients of every tensor, against plain loops in double and their
/// slopes. And the published layouts through both halves of the engine.
/// </summary>
public class FamilyTrainingTests
{
    private const int Width = 8, Embedding = 6, Vocabulary = 12, Context = 6, PadId = 1;

    private static readonly TransformerConfig Plain = new(Width, 2, 2, 10, GeluKind.Erf, 1e-5f);

    private static readonly VisionTransformerConfig Picture = new(Plain, 6, 2);

    private static readonly TextConfig Words = new(Plain, Context, Vocabulary) { EndOfTextId = Vocabulary - 1 };

    private static readonly RotaryConfig Rotary = new(ColumnsFirst: true, FirstPlace: 1, TrainedGrid: 2);

    private static readonly Dictionary<string, (VisionTransformerConfig Vision, TextConfig Text)> Families = new()
    {
        ["clip"] = (Picture, Words),
        ["siglip"] = (
            Picture with
            {
                Transformer = Plain with { Gelu = GeluKind.Tanh },
                HasClassToken = false,
                HasPatchBias = true,
                HasPreNorm = false,
                ReadAt = VisionReadOut.AttentionHead,
                Projection = VisionProjection.None,
                PoolHeads = 4,
                PoolMlpWidth = 7,
            },
            Words with { ReadAt = TextReadOut.LastPosition, IsCausal = false, Projection = TextProjection.LinearWithBias }),
        ["naflex"] = (
            Picture with
            {
                HasClassToken = false,
                HasPatchBias = true,
                HasPreNorm = false,
                ReadAt = VisionReadOut.AttentionHead,
                Projection = VisionProjection.None,
                PoolHeads = 2,
                PoolMlpWidth = 5,
                MostPatches = 9,
                PositionRule = PositionRule.BilinearAntialiased,
            },
            Words with { ReadAt = TextReadOut.LastPosition, IsCausal = false, Projection = TextProjection.None }),
        ["eva02"] = (
            Picture with
            {
                Transformer = Plain with { IsGated = true, HasInnerNorms = true, Rotary = Rotary },
                HasPatchBias = true,
                HasPreNorm = false,
                Projection = VisionProjection.LinearWithBias,
            },
            Words),
        ["eva02-e"] = (
            Picture with
            {
                Transformer = Plain with { Norms = NormPlace.Branch },
                HasPatchBias = true,
                HasPreNorm = false,
                Projection = VisionProjection.LinearWithBias,
            },
            Words),
        ["perception encoder"] = (
            Picture with
            {
                Transformer = Plain with { Rotary = Rotary with { ColumnsFirst = false } },
                ReadAt = VisionReadOut.AttentionHead,
                Projection = VisionProjection.LinearWithBias,
                PoolHeads = 2,
                PoolMlpWidth = 9,
            },
            Words),
        ["coca"] = (
            Picture with { ReadAt = VisionReadOut.Queries, PoolHeads = 3, PoolQueries = 4 },
            Words with { ReadAt = TextReadOut.ClassToken }),
        ["clipa"] = (
            Picture with { ReadAt = VisionReadOut.MeanOfPatches },
            Words with { ReadAt = TextReadOut.LastPosition, IsCausal = false }),
        ["xlm-r"] = (
            Picture,
            Words with
            {
                Transformer = Plain with { Norms = NormPlace.After },
                ReadAt = TextReadOut.MeanOfTokens,
                Projection = TextProjection.TwoLayers,
                Bert = new(Context + 2, 2, 1, PadId) { ProjectionWidth = 7 },
            }),
        ["altclip"] = (
            Picture,
            Words with
            {
                Transformer = Plain with { Norms = NormPlace.After },
                ReadAt = TextReadOut.FirstToken,
                Projection = TextProjection.Transformed,
                Bert = new(Context, 0, 2, PadId) { HasFinalNorm = true, ProjectionWidth = 9 },
            }),
        ["larger pictures"] = (Picture with { TrainedImageSize = 4, PositionRule = PositionRule.BicubicAntialiased }, Words),
    };

    public static TheoryData<string> All => [.. Families.Keys];

    [Theory]
    [MemberData(nameof(All))]
    public void GradientsAreTheSlopesOfPlainLoopsInDouble(string family)
    {
        (VisionTransformerConfig vision, TextConfig text) = Families[family];
        int embedding = vision.Projection == VisionProjection.None ? Width : Embedding;
        if (text.Projection == TextProjection.None)
            embedding = Width;
        ClipConfig config = new(embedding, vision, text);
        using TrainingCompute compute = Numbers.Machine("avx2");
        using ClipTraining model = new(config, compute);
        Dictionary<string, double[]> numbers = Fill(model);
        (float[][] pictures, int[][] texts) = Inputs(vision, text);
        float[] upstream = Numbers.Random(pictures.Length * embedding, 5), upstreamOfTexts = Numbers.Random(texts.Length * embedding, 6);

        using BlockScratch t = new();
        using VisionTraining.Memory ofPictures = new(model.Vision);
        using TextTraining.Memory ofTexts = new(model.Text);
        using TrainingMatrix a = Numbers.Matrix(pictures.Length, embedding), b = Numbers.Matrix(texts.Length, embedding),
            dA = Numbers.Matrix(pictures.Length, embedding, upstream), dB = Numbers.Matrix(texts.Length, embedding, upstreamOfTexts);
        float[] pixels = [.. pictures.SelectMany(static picture => picture)];
        model.Text.PadId = PadId;
        model.Vision.Forward(pixels, null, ofPictures, t, a.View);
        model.Vision.Backward(dA.View, ofPictures, t);
        model.Text.Forward(texts, ofTexts, t, b.View);
        model.Text.Backward(dB.View, ofTexts, t);

        PlainTowers plain = new(config, numbers);
        double[] Pictures() => [.. pictures.SelectMany(plain.Picture)];
        double[] Texts() => [.. texts.SelectMany(ids => plain.Text(ids, PadId))];
        NearAssert.Equal(Pictures(), Numbers.ToArray(a.View), 1e-5, $"{family}: pictures");
        NearAssert.Equal(Texts(), Numbers.ToArray(b.View), 1e-5, $"{family}: texts");
        bool isFixed = vision.MostPatches is not null || vision.Grid != vision.TrainedGrid;
        int seed = 100;
        foreach (Learned learned in model.Numbers.List.All)
        {
            string name = learned.Name;
            if (name is ClipTraining.LogitScale or ClipTraining.LogitBias)
                continue;
            double[] found = Array.ConvertAll(model.Numbers.Gradients[learned].ToArray(), static g => (double)g);
            if (isFixed && name == "vision.positional_embedding")
            {
                Assert.All(found, static g => Assert.Equal(0, g)); // what is interpolated for each picture stays as it is
                continue;
            }
            // A number for the whole tensor: the slope along a random direction, which shows whatever is wrong in it.
            double[] start = numbers[name], direction = [.. Numbers.Random(start.Length, seed++).Select(static x => (double)x)];
            bool isOfPictures = name.StartsWith("vision.", StringComparison.Ordinal);
            double At(double offset)
            {
                numbers[name] = [.. start.Zip(direction, (x, d) => x + offset * d)];
                double value = isOfPictures ? Slope.Weighted(Pictures(), upstream) : Slope.Weighted(Texts(), upstreamOfTexts);
                numbers[name] = start;
                return value;
            }
            const double Step = 1e-4;
            double slope = (8 * (At(Step) - At(-Step)) - (At(2 * Step) - At(-2 * Step))) / (12 * Step);
            double along = found.Zip(direction, static (g, d) => g * d).Sum(), size = Math.Sqrt(found.Sum(static g => g * g));
            Assert.True(
                Math.Abs(along - slope) <= 2e-5 * (1 + size * Math.Sqrt(start.Length)),
                $"{family}, {name}: gradient {along}, slope {slope}");
        }
    }

    /// <summary>What is published, through the forward pass of training and through inference.</summary>
    [Theory]
    [MemberData(nameof(Published))]
    public void PublishedModelsGiveTheEmbeddingsOfInference(string path)
    {
        using Clip clip = Clip.Load(path, new() { Truncation = Truncation.KeepEnd, Threads = 1, Weights = WeightType.F32 });
        ModelDirectory directory = ModelDirectory.Open(path);
        using Checkpoint checkpoint = Checkpoint.Open(directory);
        using TrainingCompute compute = TrainingCompute.Of(clip.Runtime.Tier, clip.Runtime.Pool);
        using ClipTraining model = new(directory.Config, compute);
        model.Text.PadId = clip.Tokenizer!.PadId;
        model.Load(checkpoint);
        CaptionedPicture[] pictures = [.. Directory.GetFiles(TestData.PathOf("families/inputs"), "*.png").Order(StringComparer.Ordinal)
            .Select(static file => new CaptionedPicture(file, Path.GetFileNameWithoutExtension(file)))];
        PictureBank bank = new(clip, pictures, cancellation: default);
        using Measure measure = new(model);
        int[] all = [.. Enumerable.Range(0, bank.Count)];
        (float[][] a, float[][] b) = measure.Embed(bank, all);
        for (int i = 0; i < bank.Count; i++)
        {
            NearAssert.Equal(Slope.Doubles(clip.EncodeImage(pictures[i].Picture)), a[i], 2e-5, $"{path}: {pictures[i].Caption}");
            NearAssert.Equal(Slope.Doubles(clip.EncodeText(pictures[i].Caption)), b[i], 2e-5, $"{path}: {pictures[i].Caption}");
        }
    }

    /// <summary>Adapters change what they are to, are written as files of the same layout, and say the same when loaded anew.</summary>
    [Theory]
    [MemberData(nameof(Published))]
    public void PublishedModelsLearnAndAreWritten(string path)
    {
        using Workshop shop = new();
        FineTuningResult result = FineTuning.Run(path, Workshop.Pictures(), shop.Output, new()
        {
            Method = FineTuningMethod.Adapters,
            Targets = LoraTargets.All,
            Epochs = 8,
            BatchSize = 18,
            Rate = 0.02,
            MostForgotten = 1,
        });
        using Clip before = Clip.Load(path, new() { Threads = 1 }), after = Clip.Load(shop.Output, new() { Threads = 1 });
        string folder = Path.Combine(shop.Output, "adapter");
        using Clip adapted = Clip.Load(path, new() { Threads = 1, Adapter = folder });
        string picture = TestData.PathOf("classes/vehicle/bus.png");
        float[] was = before.EncodeImage(picture), now = after.EncodeImage(picture);
        if (result.Chosen.Share > 0)
            Assert.False(was.AsSpan().SequenceEqual(now), "nothing has changed");
        NearAssert.Equal(Slope.Doubles(now), adapted.EncodeImage(picture), 1e-3, "merged and as an adapter");
        NearAssert.Equal(Slope.Doubles(after.EncodeText("zorp")), adapted.EncodeText("zorp"), 1e-3, "a text");
        Assert.Equal(FineTuningMethod.Adapters, result.Method);
    }

    /// <summary>A head needs no gradients: of any model, also of one that cannot learn itself, which says so.</summary>
    [Theory]
    [MemberData(nameof(WithVectors))]
    public void EveryModelTakesAHead(string path)
    {
        using Workshop shop = new();
        FineTuningResult result = FineTuning.Run(path, Workshop.Pictures(), shop.Output, new() { Method = FineTuningMethod.Head });
        Assert.Equal((FineTuningMethod.Head, 11), (result.Method, result.Blends.Count));
        if (!path.Contains("families-conv", StringComparison.Ordinal))
            return;
        NotSupportedException refused = Assert.Throws<NotSupportedException>(() => FineTuning.Run(
            path, Workshop.Pictures(), shop.Other, new() { Method = FineTuningMethod.Adapters }));
        Assert.Matches("This model has (a ResNet|a convolutional tower|convolutions before the transformer) for pictures", refused.Message);
        Assert.Contains("A head", refused.Message);
    }

    [Fact]
    public void TowersThatAreNotOnlyTransformersAreRefusedByWhatTheyHave()
    {
        using TrainingCompute compute = Numbers.Machine("avx2");
        void Refuse(string reason, VisionTransformerConfig vision, TextConfig text) => Assert.Contains(
            reason, Assert.Throws<NotSupportedException>(() => new ClipTraining(new(Embedding, vision, text), compute)).Message);
        Refuse("convolutions before the transformer", Picture with { Stem = new(4, 0) }, Words);
        Refuse("convolutions in its tower for texts", Picture, Words with { Mixer = new(8, IsFused: false) });
        Refuse("no projection", Picture, Words with { Projection = TextProjection.Missing });
        Refuse("in the midst of its padding", Picture, Words with { IsCausal = false });
        Refuse("stretched", Picture, Words with { TrainedContextLength = Context - 1 });
    }

    [Fact]
    public void BiasesThatTheFileHasNotStayZero()
    {
        string path = TestData.PathOf("families/eva02e-openclip");
        ModelDirectory directory = ModelDirectory.Open(path);
        using Checkpoint checkpoint = Checkpoint.Open(directory);
        using TrainingCompute compute = Numbers.Machine("avx2");
        using ClipTraining model = new(directory.Config, compute);
        model.Load(checkpoint);
        Learned bias = model.Numbers.List["vision.blocks.0.attn.qkv.bias"];
        Assert.All(model.Numbers.Numbers[bias][(bias.Rows / 3)..(2 * bias.Rows / 3)].ToArray(), static x => Assert.Equal(0, x));
        model.Numbers.Gradients[bias].Fill(1);
        model.KeepUnstored();
        Assert.Equal(
            [1, 0, 1], ((int[])[0, bias.Rows / 2, bias.Rows - 1]).Select(i => model.Numbers.Gradients[bias][i]));
    }

    public static TheoryData<string> Published => [.. Paths];

    public static TheoryData<string> WithVectors =>
    [
        .. Paths, .. ((string[])["rn50-openclip", "convnext-openclip", "mobileclip-s0-openclip"])
            .Select(static family => Fixtures.PathOf($"families-conv/{family}")).Where(Directory.Exists),
    ];

    private static IEnumerable<string> Paths =>
    [
        .. ((string[])["siglip-hf", "eva02e-openclip", "chinese-clip"]).Select(static family => TestData.PathOf($"families/{family}")),
        .. ((string[])
        [
            "siglip-openclip", "siglip2-hf", "siglip2-openclip", "siglip2-naflex-hf", "eva02-openclip", "pe-openclip", "coca-openclip",
            "clipa-openclip", "altclip-hf", "xlmr-openclip", "metaclip2-hf",
        ]).Select(static family => Fixtures.PathOf($"families/{family}")).Where(Directory.Exists),
    ];

    /// <summary>Says what is skipped where the large fixtures are not.</summary>
    [FixtureFact("families")]
    public void AllFamiliesAreHere() => Assert.Equal(14, Paths.Count());

    private static Dictionary<string, double[]> Fill(ClipTraining model)
    {
        int seed = 1000;
        foreach (Learned learned in model.Numbers.List.All)
            Numbers.Random((int)learned.Count, seed++, 0.6f).CopyTo(model.Numbers.Numbers[learned]);
        model.Numbers.Pack();
        model.Numbers.Gradients.Clear();
        return model.Numbers.List.All.ToDictionary(
            static learned => learned.Name, learned => Slope.Doubles(model.Numbers.Numbers[learned].ToArray()));
    }

    private static (float[][] Pictures, int[][] Texts) Inputs(VisionTransformerConfig vision, TextConfig text)
    {
        int[][] texts = [[10, 3, 4, 11], [10, 5, 11], [10, 6, 7, 8, 11]];
        if (vision.MostPatches is not int most)
            return ([.. Enumerable.Range(0, 3).Select(i => Numbers.Random(3 * vision.ImageSize * vision.ImageSize, 50 + i))], texts);
        int numbers = 3 * vision.PatchSize * vision.PatchSize;
        (int Rows, int Columns)[] sizes = [(2, 4), (3, 3), (1, 5)];
        return ([.. sizes.Select((size, i) => (float[])[
            size.Rows, size.Columns, .. Numbers.Random(size.Rows * size.Columns * numbers, 50 + i),
            .. new float[(most - size.Rows * size.Columns) * numbers]])], texts);
    }
}
