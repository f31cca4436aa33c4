using PureClip.Threading;
using PureClip.Training.Tests.Support;

namespace PureClip.Training.Tests;

/// <summary>Optimisers against their formulas in double, and what random decisions promise.</summary>
public class OptimiserTests
{
    [Fact]
    public void AdamWIsItsFormula()
    {
        const int Steps = 15;
        LearnedList list = new();
        list.Add("matrix", [5, 7], new(Decays: true));
        list.Add("bias", [3], default);
        using NumberSet p = new(list), g = new(list), m = new(list), v = new(list);
        foreach (Learned learned in list.All)
            Numbers.Random((int)learned.Count, 5).CopyTo(p[learned]);
        double[][] expected = [.. list.All.Select(learned => Formula(Slope.Doubles(p[learned].ToArray()), learned.Rule.Decays, Steps))];
        AdamW adamw = new(list, WorkerPool.Serial, new(0.9, 0.98, 1e-8, 0.1));
        for (int k = 1; k <= Steps; k++)
        {
            foreach (Learned learned in list.All)
                for (int i = 0; i < (int)learned.Count; i++)
                    g[learned][i] = Gradient(i, k);
            adamw.Step(p, g, m, v, Rate(k), k);
        }
        for (int i = 0; i < list.All.Count; i++)
            NearAssert.Equal(expected[i], p[list.All[i]], 1e-6, list.All[i].Name);
    }

    private static double[] Formula(double[] p, bool decays, int steps)
    {
        double[] mean = new double[p.Length], square = new double[p.Length];
        for (int k = 1; k <= steps; k++)
            for (int i = 0; i < p.Length; i++)
            {
                double gradient = Gradient(i, k);
                p[i] *= decays ? 1 - Rate(k) * 0.1 : 1;
                mean[i] += 0.1 * (gradient - mean[i]);
                square[i] += 0.02 * (gradient * gradient - square[i]);
                p[i] -= Rate(k) / (1 - Math.Pow(0.9, k)) * mean[i] / (Math.Sqrt(square[i]) / Math.Sqrt(1 - Math.Pow(0.98, k)) + 1e-8);
            }
        return p;
    }

    private static double Rate(int k) => 0.01 / k;

    /// <summary>A gradient of which the first number never has one.</summary>
    private static float Gradient(int i, int k) => i == 0 ? 0f : MathF.Sin(i * 12.9898f + k * 78.233f);

    [Theory]
    [InlineData(12, 20)]
    [InlineData(20, 12)]
    [InlineData(16, 16)]
    public void OrthogonalMatricesNeitherStretchNorShrinkMuch(int rows, int columns)
    {
        using TrainingCompute compute = Numbers.Machine("avx2");
        using Muon muon = new(new(), compute, new());
        float[] matrix = Numbers.Random(rows * columns, 3);
        muon.Orthogonalize(matrix, rows, columns);
        // The rows of the wide form keep lengths: xᵀ·M for every x, up to what five steps leave.
        for (int trial = 0; trial < 20; trial++)
        {
            int few = Math.Min(rows, columns), many = Math.Max(rows, columns);
            float[] x = Numbers.Random(few, 100 + trial);
            double[] y = new double[many];
            for (int i = 0; i < few; i++)
                for (int j = 0; j < many; j++)
                    y[j] += x[i] * (rows <= columns ? matrix[i * columns + j] : matrix[j * columns + i]);
            double stretch = Math.Sqrt(y.Sum(value => value * value) / x.Sum(value => (double)value * value));
            Assert.InRange(stretch, 0.6, 1.25);
        }
    }

    [Fact]
    public void StackedMatricesAreTurnedApart()
    {
        using TrainingCompute compute = Numbers.Machine("avx2");
        LearnedList stacked = new(), alone = new();
        stacked.Add("qkv", [9, 3], new(Decays: true, Parts: 3));
        for (int part = 0; part < 3; part++)
            alone.Add($"part{part}", [3, 3], new(Decays: true, Parts: 1));
        using NumberSet p = new(stacked), g = new(stacked), m = new(stacked), q = new(alone), h = new(alone), n = new(alone);
        Numbers.Random(27, 1).CopyTo(p["qkv"]);
        Numbers.Random(27, 2).CopyTo(g["qkv"]);
        for (int part = 0; part < 3; part++)
        {
            p["qkv"].Slice(part * 9, 9).CopyTo(q[$"part{part}"]);
            g["qkv"].Slice(part * 9, 9).CopyTo(h[$"part{part}"]);
        }
        using Muon one = new(stacked, compute, new()), other = new(alone, compute, new());
        one.Step(p, g, m, 0.02);
        other.Step(q, h, n, 0.02);
        for (int part = 0; part < 3; part++)
            NearAssert.SameBits(q[$"part{part}"], p["qkv"].Slice(part * 9, 9), $"part {part}");
    }

    [Fact]
    public void AveragesForgetFastAtFirst()
    {
        LearnedList list = new();
        list.Add("x", [3], default);
        using NumberSet e = new(list), p = new(list);
        p["x"].Fill(1f);
        MovingAverage.Step(e, p, step: 0, most: 0.998, WorkerPool.Serial);
        Assert.Equal(1 - 1 / 20f, e["x"][1], 1e-6f);
        e["x"].Clear();
        MovingAverage.Step(e, p, step: 1_000_000, most: 0.998, WorkerPool.Serial);
        Assert.Equal(0.002f, e["x"][1], 1e-6f);
    }

    [Fact]
    public void ALongGradientIsCutAndAShortOneIsNot()
    {
        LearnedList list = new();
        list.Add("x", [2], default);
        using NumberSet g = new(list);
        ((ReadOnlySpan<float>)[3f, 4f]).CopyTo(g["x"]);
        Assert.Equal(5, GradientClip.Run(g, 10, WorkerPool.Serial), 1e-9);
        Assert.Equal([3f, 4f], g["x"].ToArray());
        Assert.Equal(5, GradientClip.Run(g, 2.5, WorkerPool.Serial), 1e-9);
        Assert.Equal(1.5f, g["x"][0], 1e-5f);
    }

    [Fact]
    public void RatesRiseAndFallByStep()
    {
        Schedule schedule = new(1000, WarmUp: 10, Floor: 0.01);
        Assert.Equal(0.1, schedule.At(0), 1e-3);
        Assert.Equal(0.505, schedule.At(500), 1e-9);
        Assert.Equal(0.01, schedule.At(1000), 1e-9);
        Assert.Equal(0.01, schedule.At(5000), 1e-9);
    }

    [Fact]
    public void DrawsAreAFunctionOfTheQuestion()
    {
        Assert.Equal(new Draws(1, 2, 3, 4).Bits(), new Draws(1, 2, 3, 4).Bits());
        ulong[] others =
            [new Draws(2, 2, 3, 4).Bits(), new Draws(1, 3, 3, 4).Bits(), new Draws(1, 2, 4, 4).Bits(), new Draws(1, 2, 3, 5).Bits(),
            new Draws(1, 2, 3, 4).Bits()];
        Assert.Equal(5, others.Distinct().Count());

        Draws draws = new(7, 0, 0, 0);
        double[] normal = [.. Enumerable.Range(0, 20_000).Select(_ => draws.Normal())];
        Assert.InRange(normal.Average(), -0.03, 0.03);
        Assert.InRange(normal.Average(x => x * x), 0.97, 1.03);

        int[] order = Draws.Permutation(7, 3, 100);
        Assert.Equal(Enumerable.Range(0, 100), order.Order());
        Assert.NotEqual(order, Draws.Permutation(7, 4, 100));
        Assert.Equal(order, Draws.Permutation(7, 3, 100));
    }

    [Fact]
    public void BusyPatchesAreKeptMoreOften()
    {
        // The first half of a picture of 16 patches is a board of black and white, the other is grey.
        float[] pixels = new float[3 * 16 * 16];
        for (int i = 0; i < pixels.Length; i++)
            pixels[i] = i % 256 < 128 ? i % 2 : 0.5f;
        int busy = 0;
        for (ulong slot = 0; slot < 200; slot++)
        {
            int[] kept = PatchChoice.Of(pixels, 16, 4, kept: 8, new(1, 0, slot, 0));
            Assert.Equal(kept.Order().Distinct(), kept);
            busy += kept.Count(patch => patch < 8);
        }
        Assert.InRange(busy / 1600.0, 0.6, 0.95);
    }
}
