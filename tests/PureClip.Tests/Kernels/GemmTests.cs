using PureClip.Kernels;
using PureClip.Memory;
using PureClip.Simd;
using PureClip.Tests.Reference;
using PureClip.Threading;

namespace PureClip.Tests.Kernels;

public unsafe class GemmTests
{
    // Around the tile heights 6 and 12, the panel widths 2 to 32 and the depth 256 of a block; then the shapes of real models.
    private static readonly (int M, int K, int N)[] Sizes =
    [
        (1, 1, 1), (1, 5, 3), (2, 7, 33), (5, 16, 16), (6, 15, 31), (7, 17, 32), (11, 64, 63), (12, 255, 16), (13, 256, 17), (25, 257, 40),
        (3, 513, 9), (50, 96, 48), (241, 30, 20), (490, 12, 10),
    ];

    public static IEnumerable<object[]> Cases => Tiers.With(Sizes.Select(s => new object[] { s.M, s.K, s.N }));

    public static TheoryData<string> AllTiers => Tiers.All;

    public static TheoryData<int, int, int> RealSizes => new()
    {
        { 50, 768, 2304 }, { 50, 3072, 768 }, { 77, 512, 2048 }, { 197, 768, 768 }, { 257, 1024, 1024 }, { 1, 768, 3072 }, { 7, 512, 1536 },
            { 577, 1024, 512 },
    };

    [Theory, MemberData(nameof(Cases))]
    public void Product_equals_the_double_precision_loop(string tier, int m, int k, int n) =>
        Tiers.Run(tier, (Action<int, int, int>)CheckProduct<F32x1>, m, k, n);

    [Theory, MemberData(nameof(RealSizes))]
    public void Product_of_a_real_size_equals_the_double_precision_loop(int m, int k, int n) =>
        Tiers.Run(SimdTier.Active.Name, (Action<int, int, int>)CheckProduct<F32x1>, m, k, n);

    [Fact]
    public void Product_is_bit_identical_for_every_tier_and_thread_count()
    {
        float[] expected = (float[])Tiers.Run("scalar", (Func<int, int, int, int, int, float[]>)Multiply<F32x1>, 61, 300, 70, 1, 61)!;
        foreach (string tier in Tiers.Names)
            foreach (int threads in (int[])[1, 2, 3, 7])
            {
                float[] found = (float[])Tiers.Run(tier, (Func<int, int, int, int, int, float[]>)Multiply<F32x1>, 61, 300, 70, threads,
                    61)!;
                TensorAssert.SameBits(expected, found, $"{tier}, {threads} threads");
            }
    }

    [Theory, MemberData(nameof(AllTiers))]
    public void A_row_has_the_same_bits_in_any_batch(string tier)
    {
        float[] all = (float[])Tiers.Run(tier, (Func<int, int, int, int, int, float[]>)Multiply<F32x1>, 500, 40, 24, 2, 500)!;
        foreach (int rows in (int[])[1, 2, 5, 6, 7, 12, 13, 50, 200, 241])
        {
            float[] some = (float[])Tiers.Run(tier, (Func<int, int, int, int, int, float[]>)Multiply<F32x1>, 500, 40, 24, 2, rows)!;
            TensorAssert.SameBits(all.AsSpan(0, rows * 24), some, $"{rows} rows");
        }
    }

    [Theory, MemberData(nameof(AllTiers))]
    public void Epilogues_add_bias_activate_and_add_to_the_residual(string tier) => Tiers.Run(tier, (Action)CheckEpilogues<F32x1>);

    [Theory, MemberData(nameof(AllTiers))]
    public void Parts_of_a_matrix_are_products_of_their_own(string tier) => Tiers.Run(tier, (Action)CheckParts<F32x1>);

    [Fact]
    public void No_rows_are_no_work() =>
        Assert.Empty((float[])Tiers.Run("avx2", (Func<int, int, int, int, int, float[]>)Multiply<F32x1>, 4, 8, 8, 2, 0)!);

    [Fact]
    public void A_product_allocates_nothing()
    {
        using WorkerPool pool = new(2);
        using PackedMatrix b = new(64, 96, 1, PanelLayout.Of<F32x8>(WeightType.F32));
        using Arena arena = Matrices.Allocate(out MatrixView[] v, (50, 64), (50, 96), (2, GemmScratch<F32x8>.Floats));
        NoAllocation.Assert(() => Gemm.Run<F32x8, AddBias>(v[0], b, v[1], new(b.Bias, v[1]), v[2], pool));
    }

    private static PackedMatrix Pack<V>(float[] weights, int k, int n, int parts = 1)
        where V : unmanaged, ISimd<V>
    {
        PackedMatrix packed = new(k, n, parts, PanelLayout.Of<V>(WeightType.F32));
        for (int part = 0; part < parts; part++)
            packed.SetWeights(part, weights.AsSpan(part * k * n, k * n), WeightOrder.OutputsByInputs);
        return packed;
    }

    private static float[] Multiply<V>(int m, int k, int n, int threads, int rows)
        where V : unmanaged, ISimd<V>
    {
        float[] a = Matrices.Random(m * k, 1), w = Matrices.Random(n * k, 2);
        using WorkerPool pool = new(threads);
        using PackedMatrix b = Pack<V>(w, k, n);
        using Arena arena = Matrices.Allocate(out MatrixView[] v, (m, k), (m, n), (threads, GemmScratch<V>.Floats));
        Matrices.Fill(v[0], a);
        Gemm.Run<V, Store>(v[0].Top(rows), b, v[1].Top(rows), new(v[1]), v[2], pool);
        return Matrices.ToArray(v[1].Top(rows));
    }

    private static void CheckProduct<V>(int m, int k, int n)
        where V : unmanaged, ISimd<V>
    {
        float[] a = Matrices.Random(m * k, 1), w = Matrices.Random(n * k, 2);
        double[] expected = ReferenceKernels.MultiplyTransposed(a, w, m, k, n);
        foreach (int threads in (int[])[1, 2])
            TensorAssert.Equal(expected, Multiply<V>(m, k, n, threads, m),
                Tolerance.Absolute(Math.Sqrt(k) * k * 5.96e-8 / 3 + 1e-7, "√K · 2⁻²⁴ · Σ|a·b|, with |a·b| a third on average"),
                    $"{m} x {k} x {n}");
    }

    private static void CheckEpilogues<V>()
        where V : unmanaged, ISimd<V>
    {
        const int m = 9, k = 20, n = 37;
        float[] a = Matrices.Random(m * k, 1), w = Matrices.Random(n * k, 2), bias = Matrices.Random(n, 3),
            residual = Matrices.Random(m * n, 4);
        double[] sums = ReferenceKernels.MultiplyTransposed(a, w, m, k, n);
        for (int i = 0; i < sums.Length; i++)
            sums[i] += bias[i % n];
        using PackedMatrix b = Pack<V>(w, k, n);
        b.SetBias(0, bias);
        using Arena arena = Matrices.Allocate(out MatrixView[] v, (m, k), (m, n), (m, n), (1, GemmScratch<V>.Floats));
        Matrices.Fill(v[0], a);
        Tolerance tolerance = Tolerance.Absolute(4e-6, "20 products of numbers below 1 in single precision");

        Gemm.Run<V, AddBias>(v[0], b, v[1], new(b.Bias, v[1]), v[3], WorkerPool.Serial);
        TensorAssert.Equal(sums, Matrices.ToArray(v[1]), tolerance, "bias");

        Gemm.Run<V, AddBiasActivate<Gelu>>(v[0], b, v[1], new(b.Bias, v[1]), v[3], WorkerPool.Serial);
        TensorAssert.Equal(Array.ConvertAll(sums, ReferenceKernels.Gelu), Matrices.ToArray(v[1]), tolerance, "bias, GELU");

        Matrices.Fill(v[2], residual);
        Gemm.Run<V, AddBiasToResidual>(v[0], b, v[1], new(b.Bias, v[2]), v[3], WorkerPool.Serial);
        TensorAssert.Equal([.. sums.Zip(residual, (s, r) => s + r)], Matrices.ToArray(v[2]), tolerance, "bias, residual");
    }

    private static void CheckParts<V>()
        where V : unmanaged, ISimd<V>
    {
        const int m = 5, k = 12, n = 9; // 9 columns never fill a panel, so each part is padded
        float[] a = Matrices.Random(m * k, 1), w = Matrices.Random(3 * n * k, 2);
        double[] expected = ReferenceKernels.MultiplyTransposed(a, w.AsSpan(n * k), m, k, 2 * n);
        using PackedMatrix b = Pack<V>(w, k, n, parts: 3);
        int padded = b.PaddedColumns / 3;
        using Arena arena = Matrices.Allocate(out MatrixView[] v, (m, k), (m, 2 * padded), (1, GemmScratch<V>.Floats));
        Matrices.Fill(v[0], a);
        Gemm.Run<V, Store>(v[0], b, 1..3, v[1], new(v[1]), v[2], WorkerPool.Serial);
        float[] found = [.. Enumerable.Range(0, m)
            .SelectMany(i => v[1].RowSpan(i)[..n].ToArray().Concat(v[1].RowSpan(i).Slice(padded, n).ToArray()))];
        TensorAssert.Equal(expected, found, Tolerance.Absolute(3e-6, "12 products of numbers below 1 in single precision"));
    }
}
