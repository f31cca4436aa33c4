using PureClip.Training.Tests.Support;

namespace PureClip.Training.Tests;

/// <summary>Every loss against its formula in double and that formula's slopes.</summary>
public class LossTests
{
    private const int N = 5, Width = 4;

    private static readonly bool[] Several =
    [
        true, true, false, false, false,
        true, true, false, false, false,
        false, false, true, false, false,
        false, false, true, true, false,
        false, false, false, false, false, // a picture of which nothing is true says nothing
    ];

    [Theory]
    [MemberData(nameof(Tiers.All), MemberType = typeof(Tiers))]
    public void Contrastive(string tier) => Check(tier, compute => new ContrastiveLoss(compute), 0, (l, _) =>
    {
        double loss = 0;
        for (int i = 0; i < N; i++)
        {
            int inRow = Enumerable.Range(0, N).Count(j => Several[i * N + j]),
                inColumn = Enumerable.Range(0, N).Count(j => Several[j * N + i]);
            double row = Math.Log(Enumerable.Range(0, N).Sum(j => Math.Exp(l[i, j]))),
                column = Math.Log(Enumerable.Range(0, N).Sum(j => Math.Exp(l[j, i])));
            for (int j = 0; j < N; j++)
            {
                loss -= Several[i * N + j] ? (l[i, j] - row) / inRow : 0;
                loss -= Several[j * N + i] ? (l[j, i] - column) / inColumn : 0;
            }
        }
        return loss / (2 * N);
    });

    [Theory]
    [MemberData(nameof(Tiers.All), MemberType = typeof(Tiers))]
    public void Sigmoid(string tier) => Check(tier, compute => new SigmoidLoss(compute), -1.5, (l, bias) =>
    {
        double loss = 0;
        for (int i = 0; i < N; i++)
            for (int j = 0; j < N; j++)
                loss += Math.Log(1 + Math.Exp((Several[i * N + j] ? -1 : 1) * (l[i, j] + bias)));
        return loss / N;
    });

    [Fact]
    public void TheFloorIsTheLossOfPerfectAnswers()
    {
        // Two captions are true of both of two pictures: no scores tell them apart, and each can get half of what there is.
        using TrainingCompute compute = Numbers.Machine("avx2");
        using ContrastiveLoss loss = new(compute);
        using TrainingMatrix a = Numbers.Matrix(2, 2, [1, 0, 1, 0]), b = Numbers.Matrix(2, 2, [1, 0, 1, 0]), dA = Numbers.Matrix(2, 2),
            dB = Numbers.Matrix(2, 2);
        LossValue value = loss.Run(a.View, b.View, 1, 0, [true, true, true, true], dA.View, dB.View);
        Assert.Equal(Math.Log(2), value.Loss, 1e-12);
        Assert.Equal(Math.Log(2), value.Floor, 1e-12);
        Assert.Equal(1, value.Recall);
    }

    [Theory]
    [MemberData(nameof(Tiers.All), MemberType = typeof(Tiers))]
    public void PrototypesAndDifferences(string tier)
    {
        const int Facts = 7;
        const double LogScale = 1.2, Factor = 0.7;
        (int Fact, float Weight)[][] targets = [[(0, 0.5f), (3, 0.5f)], [], [(6, 1f)], [(1, 0.25f), (2, 0.75f)], [(3, 1f)]];
        (int U, int V)[] pairs = [(0, 1), (2, 1), (3, 4)];
        (int Fact, float Weight)[][] differences = [[(0, 1f)], [(2, 0.5f), (5, 0.5f)], [(1, 1f)]];
        float[] q = Units(N, Width, 1), w = Numbers.Random(Facts * Width, 2);

        double Reference(double[] q, double[] w, double logScale)
        {
            double Of(double[] rows, (int Fact, float Weight)[][] targets)
            {
                double loss = 0;
                for (int i = 0; i < targets.Length; i++)
                {
                    double[] logits = [.. Enumerable.Range(0, Facts).Select(v =>
                    {
                        double dot = 0, length = 0;
                        for (int c = 0; c < Width; c++)
                            (dot, length) = (dot + rows[i * Width + c] * w[v * Width + c], length + w[v * Width + c] * w[v * Width + c]);
                        return Math.Exp(logScale) * dot / Math.Sqrt(length);
                    })];
                    double sum = Math.Log(logits.Sum(Math.Exp));
                    loss -= targets[i].Sum(target => target.Weight * (logits[target.Fact] - sum));
                }
                return Factor * loss / targets.Length;
            }
            double[] apart = [.. pairs.SelectMany(pair =>
            {
                double[] d = [.. Enumerable.Range(0, Width).Select(c => q[pair.U * Width + c] - q[pair.V * Width + c] + 1e-6)];
                double length = Math.Sqrt(d.Sum(x => x * x));
                return d.Select(x => x / length);
            })];
            return Of(q, targets) + Of(apart, differences);
        }

        using TrainingCompute compute = Numbers.Machine(tier);
        LearnedList list = new();
        Learned learned = list.Add("prototypes", [Facts, Width], default);
        using NumberSet numbers = new(list), gradients = new(list);
        w.CopyTo(numbers[learned]);
        using PrototypeLoss loss = new(compute, numbers.At(learned), gradients.At(learned), Facts, Width);
        using TrainingMatrix rows = Numbers.Matrix(N, Width, q), dq = Numbers.Matrix(N, Width);
        loss.Begin();
        LossValue first = loss.Run(rows.View, Targets(targets), LogScale, Factor, dq.View);
        LossValue second = loss.RunDifferences(rows.View, pairs, Targets(differences), LogScale, Factor, dq.View);
        loss.End();
        double[] exactQ = Slope.Doubles(q), exactW = Slope.Doubles(w);
        Assert.Equal(Reference(exactQ, exactW, LogScale), first.Loss + second.Loss, 1e-6);
        NearAssert.Equal(Slope.Of(at => Reference(at, exactW, LogScale), exactQ), Numbers.ToArray(dq.View), 5e-6, "rows");
        NearAssert.Equal(Slope.Of(at => Reference(exactQ, at, LogScale), exactW), gradients[learned], 5e-6, "prototypes");
        NearAssert.Equal(
            Slope.Of(at => Reference(exactQ, exactW, at[0]), [LogScale]), [(float)(first.LogScaleGradient + second.LogScaleGradient)], 5e-6,
            "scale");
    }

    [Fact]
    public void Flow()
    {
        float[] x = Numbers.Random(12, 1), p = Numbers.Random(12, 2), times = [0.25f, 0.99f], dp = new float[12];
        double Reference(double[] p) =>
            p.Select((value, i) => Math.Pow((value - x[i]) / Math.Max(1 - (double)times[i / 6], 0.05), 2)).Average();
        Assert.Equal(Reference(Slope.Doubles(p)), FlowLoss.Run(p, x, times, 12, dp), 1e-9);
        NearAssert.Equal(Slope.Of(Reference, Slope.Doubles(p)), dp, 1e-6, "dp");
        float[] z = new float[12];
        FlowLoss.Mix(x, p, times, z);
        Assert.Equal(0.25f * x[1] + 0.75f * p[1], z[1], 1e-7f);
    }

    private static void Check(string tier, Func<TrainingCompute, PairLoss> make, double bias, Func<double[,], double, double> reference)
    {
        const double LogScale = 0.9;
        float[] a = Units(N, Width, 3), b = Units(N, Width, 4);
        double Reference(double[] a, double[] b, double logScale, double bias)
        {
            double[,] logits = new double[N, N];
            for (int i = 0; i < N; i++)
                for (int j = 0; j < N; j++)
                    for (int c = 0; c < Width; c++)
                        logits[i, j] += Math.Exp(logScale) * a[i * Width + c] * b[j * Width + c];
            return reference(logits, bias);
        }
        using TrainingCompute compute = Numbers.Machine(tier);
        using PairLoss loss = make(compute);
        using TrainingMatrix x = Numbers.Matrix(N, Width, a), y = Numbers.Matrix(N, Width, b), dA = Numbers.Matrix(N, Width),
            dB = Numbers.Matrix(N, Width);
        LossValue value = loss.Run(x.View, y.View, LogScale, bias, Several, dA.View, dB.View);
        double[] exactA = Slope.Doubles(a), exactB = Slope.Doubles(b);
        Assert.Equal(Reference(exactA, exactB, LogScale, bias), value.Loss, 1e-6);
        NearAssert.Equal(Slope.Of(at => Reference(at, exactB, LogScale, bias), exactA), Numbers.ToArray(dA.View), 5e-6, "dA");
        NearAssert.Equal(Slope.Of(at => Reference(exactA, at, LogScale, bias), exactB), Numbers.ToArray(dB.View), 5e-6, "dB");
        NearAssert.Equal(
            Slope.Of(at => Reference(exactA, exactB, at[0], bias), [LogScale]), [(float)value.LogScaleGradient], 5e-6, "scale");
        if (bias != 0)
            NearAssert.Equal(Slope.Of(at => Reference(exactA, exactB, LogScale, at[0]), [bias]), [(float)value.BiasGradient], 5e-6, "bias");
    }

    private static FactTargets Targets((int, float)[][] rows)
    {
        FactTargets targets = new();
        foreach ((int, float)[] row in rows)
            targets.Add(row);
        return targets;
    }

    private static float[] Units(int rows, int columns, int seed)
    {
        float[] numbers = Numbers.Random(rows * columns, seed);
        for (int row = 0; row < rows; row++)
        {
            Span<float> one = numbers.AsSpan(row * columns, columns);
            float length = MathF.Sqrt(System.Numerics.Tensors.TensorPrimitives.SumOfSquares<float>(one));
            System.Numerics.Tensors.TensorPrimitives.Divide(one, length, one);
        }
        return numbers;
    }
}
