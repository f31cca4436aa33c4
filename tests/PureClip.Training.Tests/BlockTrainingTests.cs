using PureClip.Model;
using PureClip.Threading;
using PureClip.Training.Tests.Support;

namespace PureClip.Training.Tests;

/// <summary>
/// A whole block against central differences of plain loops in double: norms, attention with and without mask, one query a sequence, each
/// GELU.
/// </summary>
public class BlockTrainingTests
{
    private const int Width = 6, Heads = 2, Hidden = 10;
    private const float Eps = 1e-5f;

    // Texts of different lengths, end to end; one of them a single token.
    private static readonly int[] Lengths = [3, 1, 4];

    [Theory]
    [MemberData(nameof(Cases))]
    public void GradientsAreTheSlopes(string tier, bool causal, string reads, string kind)
    {
        Reads read = Enum.Parse<Reads>(reads);
        Nonlinearity f = Enum.Parse<Nonlinearity>(kind);
        using TrainingCompute compute = Numbers.Machine(tier);
        using TrainedNumbers model = Model(compute);
        Sequences s = Sequences.Of(Lengths);
        int outputs = (read == Reads.Every ? s.Rows : s.Count) * Width;
        float[] x = Numbers.Random(s.Rows * Width, 21), upstream = Numbers.Random(outputs, 22);

        BlockTraining block = new(model, "b", new(Heads, Eps, f, causal ? Sight.Back : Sight.All), read);
        model.Pack();
        using BlockScratch t = new();
        using BlockTraining.Memory m = new();
        using TrainingMatrix input = Numbers.Matrix(s.Rows, Width, x), d = Numbers.Matrix(outputs / Width, Width, upstream);
        float[] y = Numbers.ToArray(block.Forward(input.View, s, m, t)), dx = Numbers.ToArray(block.Backward(d.View, s, m, t));

        Dictionary<string, double[]> parameters = model.List.All.ToDictionary(
            l => l.Name, l => Array.ConvertAll(model.Numbers[l].ToArray(), static n => (double)n));
        double[] Forward(double[] at) => ReferenceBlock.Run(at, Lengths, parameters, Heads, Eps, f, causal, read);
        NearAssert.Equal(Forward(Slope.Doubles(x)), y, 4e-6, "output");
        NearAssert.Equal(Slope.Of(at => Slope.Weighted(Forward(at), upstream), Slope.Doubles(x)), dx, 1e-5, "gradient by the input");
        foreach (Learned learned in model.List.All)
        {
            double[] start = parameters[learned.Name];
            double[] slope = Slope.Of(
                at => { parameters[learned.Name] = at; return Slope.Weighted(Forward(Slope.Doubles(x)), upstream); }, start);
            parameters[learned.Name] = start;
            float[] found = model.Gradients[learned].ToArray();
            if (learned.Name == "b.attn.qkv.bias")
            {
                // Softmax does not see what is added to all keys: their bias has no gradient, only rounding.
                Assert.All(found[Width..(2 * Width)], g => Assert.InRange(g, -1e-5f, 1e-5f));
                slope.AsSpan(Width, Width).Clear();
                found.AsSpan(Width, Width).Clear();
            }
            NearAssert.Equal(slope, found, 1e-5, learned.Name);
        }
    }

    public static IEnumerable<object[]> Cases =>
        from tier in Tiers.Names
        from how in ((bool Causal, string Reads, string Kind)[])
        [
            (false, "Every", "QuickGelu"), (true, "Every", "Gelu"), (false, "First", "GeluTanh"), (true, "Last", "QuickGelu"),
            (true, "Every", "Silu"),
        ]
        select (object[])[tier, how.Causal, how.Reads, how.Kind];

    [Fact]
    public void BitsDependOnNeitherThreadsNorMicroBatches()
    {
        (float[] expected, float[] gradients) = Run(threads: 1, together: true);
        foreach (int threads in (int[])[2, 3, 5])
        {
            (float[] dx, float[] g) = Run(threads, together: true);
            NearAssert.SameBits(expected, dx, $"dx, {threads} threads");
            NearAssert.SameBits(gradients, g, $"gradients, {threads} threads");
        }
        (float[] apart, float[] added) = Run(threads: 2, together: false);
        NearAssert.SameBits(expected, apart, "dx, one sequence at a time");
        NearAssert.SameBits(gradients, added, "gradients, one sequence at a time");
    }

    private static (float[] DX, float[] Gradients) Run(int threads, bool together)
    {
        using WorkerPool pool = new(threads);
        using TrainingCompute compute = Numbers.Machine("avx2", pool);
        using TrainedNumbers model = Model(compute);
        BlockTraining block = new(model, "b", new(Heads, Eps, Nonlinearity.QuickGelu, Sight.Back), Reads.Every);
        model.Pack();
        int rows = Lengths.Sum();
        float[] x = Numbers.Random(rows * Width, 31), upstream = Numbers.Random(rows * Width, 32);
        List<float> dx = [];
        int first = 0;
        foreach (int[] lengths in together ? [Lengths] : Lengths.Select(static length => (int[])[length]))
        {
            Sequences s = Sequences.Of(lengths);
            using BlockScratch t = new();
            using BlockTraining.Memory m = new();
            using TrainingMatrix input = Numbers.Matrix(s.Rows, Width, x.AsSpan(first * Width, s.Rows * Width));
            using TrainingMatrix d = Numbers.Matrix(s.Rows, Width, upstream.AsSpan(first * Width, s.Rows * Width));
            block.Forward(input.View, s, m, t);
            dx.AddRange(Numbers.ToArray(block.Backward(d.View, s, m, t)));
            first += s.Rows;
        }
        return ([.. dx], [.. model.List.All.SelectMany(l => model.Gradients[l].ToArray())]);
    }

    private static TrainedNumbers Model(TrainingCompute compute)
    {
        LearnedList list = new();
        foreach ((string name, long[] shape) in ((string, long[])[])
        [
            ("ln_1.weight", [Width]), ("ln_1.bias", [Width]), ("attn.qkv.weight", [3 * Width, Width]), ("attn.qkv.bias", [3 * Width]),
            ("attn.out.weight", [Width, Width]), ("attn.out.bias", [Width]), ("ln_2.weight", [Width]), ("ln_2.bias", [Width]),
            ("mlp.fc.weight", [Hidden, Width]), ("mlp.fc.bias", [Hidden]), ("mlp.proj.weight", [Width, Hidden]), ("mlp.proj.bias", [Width]),
        ])
            list.Add($"b.{name}", shape, default);
        TrainedNumbers model = new(list, compute);
        int seed = 100;
        foreach (Learned learned in list.All)
            Numbers.Random((int)learned.Count, seed++, 0.8f).CopyTo(model.Numbers[learned]);
        return model;
    }
}
