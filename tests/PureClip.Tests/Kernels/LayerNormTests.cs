using PureClip.Kernels;
using PureClip.Memory;
using PureClip.Simd;
using PureClip.Tests.Reference;
using PureClip.Threading;

namespace PureClip.Tests.Kernels;

public unsafe class LayerNormTests
{
    public static IEnumerable<object[]> Cases =>
        Tiers.With(((int, int)[])[(1, 1), (1, 15), (2, 16), (3, 17), (7, 63), (5, 64), (2, 257), (50, 768)] is var sizes
            ? sizes.Select(s => new object[] { s.Item1, s.Item2 }) : []);

    public static TheoryData<string> AllTiers => Tiers.All;

    [Theory, MemberData(nameof(Cases))]
    public void Rows_equal_the_double_precision_loop(string tier, int rows, int width) =>
        Tiers.Run(tier, (Action<int, int, float>)Check<F32x1>, rows, width, 0f);

    [Theory, MemberData(nameof(AllTiers))]
    public void A_mean_far_from_zero_costs_no_more_than_its_own_rounding(string tier) =>
        Tiers.Run(tier, (Action<int, int, float>)Check<F32x1>, 4, 100, 30f);

    [Theory, MemberData(nameof(AllTiers))]
    public void A_constant_row_becomes_the_bias(string tier) => Tiers.Run(tier, (Action)CheckConstant<F32x1>);

    private static void Check<V>(int rows, int width, float mean)
        where V : unmanaged, ISimd<V>
    {
        float[] x = Array.ConvertAll(Matrices.Random(rows * width, 1), v => v + mean), weight = Matrices.Random(width, 2),
            bias = Matrices.Random(width, 3);
        double[] expected = ReferenceKernels.LayerNorm(x, weight, bias, 1e-5);
        foreach (int threads in (int[])[1, 3])
            TensorAssert.Equal(expected, Run<V>(x, rows, weight, bias, threads),
                Tolerance.OfOneOrLarger(1e-5 * Math.Max(1f, mean / 10),
                    "as stated in LayerNorm's comment; a mean of 30 is rounded to 2⁻²⁰"), $"{rows} x {width}");
    }

    private static void CheckConstant<V>()
        where V : unmanaged, ISimd<V>
    {
        float[] bias = Matrices.Random(40, 3);
        TensorAssert.SameBits(bias, Run<V>([.. Enumerable.Repeat(0.5f, 40)], 1, Matrices.Random(40, 2), bias, 1));
    }

    private static float[] Run<V>(float[] x, int rows, float[] weight, float[] bias, int threads)
        where V : unmanaged, ISimd<V>
    {
        using WorkerPool pool = new(threads);
        using Arena arena = Matrices.Allocate(out MatrixView[] v, (rows, weight.Length), (rows, weight.Length));
        Matrices.Fill(v[0], x);
        fixed (float* w = weight, b = bias)
            LayerNorm.Run<V>(v[0], w, b, 1e-5f, v[1], pool);
        return Matrices.ToArray(v[1]);
    }
}
