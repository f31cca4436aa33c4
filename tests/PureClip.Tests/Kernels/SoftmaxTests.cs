using PureClip.Kernels;
using PureClip.Simd;
using PureClip.Tests.Reference;

namespace PureClip.Tests.Kernels;

public unsafe class SoftmaxTests
{
    public static IEnumerable<object[]> Cases =>
        Tiers.With(((int[])[1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 50, 77, 257, 577]).Select(n => new object[] { n }));

    [Theory, MemberData(nameof(Cases))]
    public void Numerators_over_their_sum_equal_the_double_precision_softmax(string tier, int count) =>
        Tiers.Run(tier, (Action<int>)Check<F32x1>, count);

    private static void Check<V>(int count)
        where V : unmanaged, ISimd<V>
    {
        foreach (float scale in (float[])[1f, 40f, 1e-3f])
        {
            float[] x = Matrices.Random(count, count, scale);
            double[] expected = ReferenceKernels.Softmax(Array.ConvertAll(x, v => (double)v));
            float sum;
            fixed (float* p = x)
                sum = Softmax.Numerators<V>(p, count);
            TensorAssert.Equal(expected, Array.ConvertAll(x, e => e / sum),
                Tolerance.Relative(1e-6 + 2 * scale * 6e-8,
                    "2 ULP of exp, the sum and the division; x − max, at most twice the scale, is rounded to 2⁻²⁴ of itself"),
                    $"{count}, scale {scale}");
        }
    }
}
