using PureClip.Kernels;
using PureClip.Memory;
using PureClip.Simd;

namespace PureClip.Tests.Kernels;

public class L2NormalizeTests
{
    public static IEnumerable<object[]> Cases => Tiers.With(((int[])[1, 3, 8, 16, 17, 100, 512]).Select(n => new object[] { n }));

    [Theory, MemberData(nameof(Cases))]
    public void A_row_gets_length_one_and_keeps_its_direction(string tier, int count) => Tiers.Run(tier, (Action<int>)Check<F32x1>, count);

    [Fact]
    public void A_row_of_zeros_stays()
    {
        using Arena arena = Matrices.Allocate(out MatrixView[] v, (1, 20));
        L2Normalize.Row<F32x8>(v[0], 0);
        Assert.All(v[0].RowSpan(0).ToArray(), x => Assert.Equal(0f, x));
    }

    private static void Check<V>(int count)
        where V : unmanaged, ISimd<V>
    {
        float[] x = Matrices.Random(count, count, 10f);
        double norm = Math.Sqrt(x.Sum(v => (double)v * v));
        using Arena arena = Matrices.Allocate(out MatrixView[] m, (1, count));
        Matrices.Fill(m[0], x);
        L2Normalize.Row<V>(m[0], 0);
        TensorAssert.Equal(Array.ConvertAll(x, v => v / norm), m[0].RowSpan(0),
            Tolerance.Absolute(2e-7, "as stated in L2Normalize's comment"));
    }
}
