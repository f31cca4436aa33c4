using PureClip.Kernels;
using PureClip.Memory;
using PureClip.Simd;
using PureClip.Tests.Reference;
using PureClip.Threading;

namespace PureClip.Tests.Kernels;

/// <summary>Products with weights of 16 and 8 bits.</summary>
public sealed unsafe class GemmWeightTypeTests
{
    public static TheoryData<string, int, int, int> Sizes()
    {
        TheoryData<string, int, int, int> sizes = [];
        foreach (string tier in Tiers.All)
            foreach ((int m, int k, int n) in ((int, int, int)[])[(1, 1, 1), (1, 7, 33), (5, 31, 8), (7, 300, 65), (13, 1027, 40),
                (50, 257, 96), (125, 2050, 10)])
                sizes.Add(tier, m, k, n);
        return sizes;
    }

    [Theory, MemberData(nameof(Sizes))]
    public void Sixteen_bit_weights_give_the_bits_of_the_widened_ones(string tier, int m, int k, int n) =>
        Tiers.Run(tier, (Action<int, int, int>)CheckWidened<F32x1>, m, k, n);

    [Theory, MemberData(nameof(Sizes))]
    public void Integer_weights_give_the_products_of_the_rounded_operands(string tier, int m, int k, int n) =>
        Tiers.Run(tier, (Action<int, int, int>)CheckIntegers<F32x1>, m, k, n);

    [Fact]
    public void Every_type_of_integer_lanes_with_eight_bits_gives_the_same_bits()
    {
        const int m = 14, k = 1531, n = 70;
        float[] a = Matrices.Random(m * k, 1), w = Matrices.Random(n * k, 2);
        float[] expected = Multiply<F32x8, U8QuadX8>(a, w, m, k, n);
        Assert.Equal(expected, Multiply<F32x8, I16PairX4>(a, w, m, k, n, columnUnit: 8));
        Assert.Equal(expected, Multiply<F32x4, I16PairX4>(a, w, m, k, n));
        Assert.Equal(expected, Multiply<F32x4, I8QuadX4>(a, w, m, k, n));
        Assert.Equal(expected, Multiply<F32x16, U8QuadX8>(a, w, m, k, n));
    }

    [Fact]
    public void Sums_of_the_largest_integers_neither_saturate_nor_round()
    {
        const int m = 7, k = 1024, n = 33;
        float[] a = Enumerable.Repeat(1f, m * k).ToArray(), w = Enumerable.Range(0, n * k).Select(i => i / k % 2 == 0 ? 1f : -1f).ToArray();
        foreach (float[] found in (float[][])[Multiply<F32x8, U7QuadX8>(a, w, m, k, n), Multiply<F32x8, U8QuadX8>(a, w, m, k, n),
            Multiply<F32x4, I16PairX4>(a, w, m, k, n)])
            Assert.All(found.Select((number, i) => (number, i)), x =>
                Assert.Equal(x.i % n % 2 == 0 ? k : -k, x.number, 2e-7f * k)); // two scales, each off by 2^-24
    }

    [Fact]
    public void One_outlier_spoils_no_other_block()
    {
        const int block = 1024, k = 2 * block, n = 16;
        float[] a = Matrices.Random(k, 1), w = Matrices.Random(n * k, 2);
        a[3] = 1000f; // in the first block: the second keeps its precision
        for (int column = 0; column < n; column++)
            Array.Clear(w, column * k, block);
        double[] expected = ReferenceKernels.MultiplyTransposed(a, w, 1, k, n);
        TensorAssert.Equal(expected, Multiply<F32x8, U8QuadX8>(a, w, 1, k, n),
            Tolerance.Absolute(0.3, "1,024 products of numbers below 1, each off by up to 1/127"));
    }

    [Fact]
    public void Rows_of_zeros_and_columns_of_zeros_stay_zero()
    {
        float[] found = Multiply<F32x8, U8QuadX8>(new float[20], Matrices.Random(30 * 10, 2), 2, 10, 30);
        Assert.All(found, number => Assert.Equal(0f, number));
        Assert.All(Multiply<F32x8, U8QuadX8>(Matrices.Random(20, 1), new float[300], 2, 10, 30), number => Assert.Equal(0f, number));
    }

    [Theory]
    [InlineData(WeightType.BF16)]
    [InlineData(WeightType.F16)]
    [InlineData(WeightType.Int8)]
    public void A_product_allocates_nothing(WeightType type)
    {
        using WorkerPool pool = new(2);
        using PackedMatrix b = new(64, 96, 1, PanelLayout.Of<F32x8>(type));
        using Arena arena = Matrices.Allocate(out MatrixView[] v, (50, 64), (50, 96), (2, GemmScratch<F32x8>.Floats));
        NoAllocation.Assert(() => Gemm.Run<F32x8, AddBias>(v[0], b, v[1], new(b.Bias, v[1]), v[2], pool));
    }

    private static void CheckWidened<V>(int m, int k, int n)
        where V : unmanaged, ISimd<V>
    {
        float[] a = Matrices.Random(m * k, 1), w = Matrices.Random(n * k, 2);
        float[] half = Array.ConvertAll(w, x => (float)(Half)x), brain = Array.ConvertAll(w, ToBFloat16);
        Assert.Equal(Multiply<V>(a, half, m, k, n, WeightType.F32), Multiply<V>(a, w, m, k, n, WeightType.F16));
        Assert.Equal(Multiply<V>(a, brain, m, k, n, WeightType.F32), Multiply<V>(a, w, m, k, n, WeightType.BF16));
    }

    private static void CheckIntegers<V>(int m, int k, int n)
        where V : unmanaged, ISimd<V>
    {
        float[] a = Matrices.Random(m * k, 1), w = Matrices.Random(n * k, 2);
        double[] expected = ReferenceKernels.MultiplyTransposed(Rounded(a, m, k, 1024, LargestOf<V>()), Rounded(w, n, k, k, 127), m, k, n);
        TensorAssert.Equal(expected, Multiply<V>(a, w, m, k, n, WeightType.Int8),
            Tolerance.Absolute(2e-6 * Math.Sqrt(k), "scales and sums of a few blocks in single precision"));
    }

    /// <summary>The largest integer that the lanes beside <typeparamref name="V"/> round the left operand to.</summary>
    private static int LargestOf<V>()
        where V : unmanaged, ISimd<V>
    {
        FindLargest find = default;
        IntegerTier.Dispatch<V, FindLargest>(ref find);
        return find.Largest;
    }

    /// <summary>
    /// Numbers as the integers stand for them: each stretch of a row in units of its largest magnitude divided by the largest integer.
    /// </summary>
    private static float[] Rounded(float[] numbers, int rows, int columns, int stretch, int largestInteger)
    {
        float[] rounded = new float[numbers.Length];
        for (int row = 0; row < rows; row++)
            for (int first = 0; first < columns; first += stretch)
            {
                Span<float> from = numbers.AsSpan(row * columns + first, Math.Min(stretch, columns - first)),
                    to = rounded.AsSpan(row * columns + first, from.Length);
                float largest = 0f;
                foreach (float number in from)
                    largest = Math.Max(largest, Math.Abs(number));
                for (int i = 0; i < from.Length; i++)
                    to[i] = (float)(MathF.Round(from[i] * (largestInteger / largest)) * (
                        largest / (double)largestInteger)); // in single precision there are ties where doubles have none
            }
        return rounded;
    }

    private static float ToBFloat16(float number)
    {
        float down = BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(number) & 0xFFFF0000),
            up = BitConverter.UInt32BitsToSingle((BitConverter.SingleToUInt32Bits(number) & 0xFFFF0000) + 0x10000);
        double toDown = Math.Abs((double)number - down), toUp = Math.Abs((double)up - number);
        bool downIsEven = (BitConverter.SingleToUInt32Bits(number) & 0x10000) == 0;
        return toDown < toUp || (toDown == toUp && downIsEven) ? down : up;
    }

    private static float[] Multiply<V>(float[] a, float[] w, int m, int k, int n, WeightType type)
        where V : unmanaged, ISimd<V>
    {
        using PackedMatrix b = new(k, n, 1, PanelLayout.Of<V>(type));
        b.SetWeights(0, w, WeightOrder.OutputsByInputs);
        using WorkerPool pool = new(2);
        using Arena arena = Matrices.Allocate(out MatrixView[] v, (m, k), (m, n), (2, GemmScratch<V>.Floats));
        Matrices.Fill(v[0], a);
        Gemm.Run<V, Store>(v[0], b, v[1], new(v[1]), v[2], pool);
        return Matrices.ToArray(v[1]);
    }

    private static float[] Multiply<V, I>(float[] a, float[] w, int m, int k, int n, int? columnUnit = null)
        where V : unmanaged, ISimd<V>
        where I : unmanaged, IIntegerLanes<I>
    {
        PanelLayout layout = PanelLayout.OfIntegers<V, I>();
        using PackedMatrix b = new(k, n, 1, columnUnit is int unit ? layout with { ColumnUnit = unit } : layout);
        b.SetWeights(0, w, WeightOrder.OutputsByInputs);
        using Arena arena = Matrices.Allocate(out MatrixView[] v, (m, k), (m, n), (1, GemmScratch<V>.Floats));
        Matrices.Fill(v[0], a);
        Gemm.Product<V, Store> product = new()
        {
            A = v[0],
            B = b,
            Parts = ..,
            Sums = v[1],
            Epilogue = new(v[1]),
            Scratch = v[2],
            Pool = WorkerPool.Serial,
        };
        product.Run<IntegerWeights<V, I>>();
        return Matrices.ToArray(v[1]);
    }

    private struct FindLargest : IIntegerAction
    {
        public int Largest;

        public void InvokeIntegers<V, I>()
            where V : unmanaged, ISimd<V>
            where I : unmanaged, IIntegerLanes<I> =>
            Largest = I.Largest;
    }
}
