using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using PureClip.Simd;

namespace PureClip.Scan;

/// <summary>
/// The inner product of a query with rows of one type. The query is prepared once, so that a row costs as little as can be.
/// </summary>
internal unsafe interface IRowProduct
{
    /// <summary>Floats that a prepared query takes.</summary>
    static abstract int PreparedLength(int width);

    /// <summary>Puts a query into the order and the type in which <see cref="Of"/> reads it.</summary>
    /// <param name="query">[width]</param>
    /// <param name="prepared">[<see cref="PreparedLength"/>]</param>
    static abstract void Prepare<V>(ReadOnlySpan<float> query, float* prepared)
        where V : unmanaged, ISimd<V>;

    /// <summary>query · row.</summary>
    /// <param name="prepared">What <see cref="Prepare"/> made, with the same vectors.</param>
    /// <param name="row">A stored row.</param>
    /// <param name="width">Numbers of the row.</param>
    static abstract float Of<V>(float* prepared, byte* row, int width)
        where V : unmanaged, ISimd<V>;
}

/// <summary>Rows of floats.</summary>
internal readonly unsafe struct F32Product : IRowProduct
{
    public static int PreparedLength(int width) => width;

    public static void Prepare<V>(ReadOnlySpan<float> query, float* prepared)
        where V : unmanaged, ISimd<V> =>
        query.CopyTo(new Span<float>(prepared, query.Length));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Of<V>(float* prepared, byte* row, int width)
        where V : unmanaged, ISimd<V>
    {
        float* numbers = (float*)row;
        V s0 = V.Zero, s1 = V.Zero, s2 = V.Zero, s3 = V.Zero;
        int i = 0;
        for (; i <= width - 4 * V.Count; i += 4 * V.Count)
        {
            V.MultiplyAdd(ref s0, V.Load(prepared + i), V.Load(numbers + i));
            V.MultiplyAdd(ref s1, V.Load(prepared + i + V.Count), V.Load(numbers + i + V.Count));
            V.MultiplyAdd(ref s2, V.Load(prepared + i + 2 * V.Count), V.Load(numbers + i + 2 * V.Count));
            V.MultiplyAdd(ref s3, V.Load(prepared + i + 3 * V.Count), V.Load(numbers + i + 3 * V.Count));
        }
        float sum = V.Sum((s0 + s1) + (s2 + s3));
        for (; i < width; i++)
            sum += prepared[i] * numbers[i];
        return sum;
    }
}

/// <summary>
/// Rows of halves. .NET 10 does not offer the processor's conversion, so a half is shifted into place and is then a float that is 2¹¹² too
/// small; the query is that much larger, which costs nothing and rounds nothing.
/// </summary>
internal readonly unsafe struct F16Product : IRowProduct
{
    public static int PreparedLength(int width) => width;

    /// <remarks>Blocks of 2·Count numbers, those of even index first; the rest of the row, less than two blocks, as it is.</remarks>
    public static void Prepare<V>(ReadOnlySpan<float> query, float* prepared)
        where V : unmanaged, ISimd<V>
    {
        int inBlocks = InBlocks<V>(query.Length);
        for (int i = 0; i < query.Length; i++)
        {
            int inBlock = i % (2 * V.Count);
            int to = i < inBlocks ? i - inBlock + inBlock / 2 + inBlock % 2 * V.Count : i;
            prepared[to] = query[i] * HalfBits.Restore;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Of<V>(float* prepared, byte* row, int width)
        where V : unmanaged, ISimd<V>
    {
        ushort* halves = (ushort*)row;
        V s0 = V.Zero, s1 = V.Zero, s2 = V.Zero, s3 = V.Zero;
        int i = 0;
        for (; i < InBlocks<V>(width); i += 4 * V.Count)
        {
            V.LoadHalves(halves + i, out V even, out V odd);
            V.MultiplyAdd(ref s0, V.Load(prepared + i), even);
            V.MultiplyAdd(ref s1, V.Load(prepared + i + V.Count), odd);
            V.LoadHalves(halves + i + 2 * V.Count, out even, out odd);
            V.MultiplyAdd(ref s2, V.Load(prepared + i + 2 * V.Count), even);
            V.MultiplyAdd(ref s3, V.Load(prepared + i + 3 * V.Count), odd);
        }
        float sum = V.Sum((s0 + s1) + (s2 + s3));
        for (; i < width; i++)
            sum += prepared[i] * HalfBits.ToSmallSingle(halves[i]);
        return sum;
    }

    /// <summary>Numbers that are computed two blocks at a time.</summary>
    private static int InBlocks<V>(int width)
        where V : unmanaged, ISimd<V> =>
        width - width % (4 * V.Count);
}

/// <summary>
/// Rows of signed bytes with a scale. The query becomes 16-bit numbers with one scale: 2¹⁵ steps against the row's 2⁷, so that its
/// rounding is lost in theirs, and bytes are multiplied as fast as they are read.
/// </summary>
internal readonly unsafe struct Int8Product : IRowProduct
{
    private const float LargestNumber = short.MaxValue;

    public static int PreparedLength(int width) => ScaleAt(width) + 1;

    /// <remarks>Blocks of 4·Count numbers, those of even index first; the rest of the row as it is; then the scale.</remarks>
    public static void Prepare<V>(ReadOnlySpan<float> query, float* prepared)
        where V : unmanaged, ISimd<V>
    {
        short* numbers = (short*)prepared;
        float largest = query.IsEmpty ? 0f : MathF.Abs(TensorPrimitives.MaxMagnitude(query));
        int inBlocks = InBlocks<V>(query.Length);
        for (int i = 0; i < query.Length; i++)
        {
            int inBlock = i % (4 * V.Count);
            int to = i < inBlocks ? i - inBlock + inBlock / 2 + inBlock % 2 * (2 * V.Count) : i;
            numbers[to] = largest > 0f ? (short)MathF.Round(query[i] / largest * LargestNumber) : (short)0;
        }
        prepared[ScaleAt(query.Length)] = largest / LargestNumber;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Of<V>(float* prepared, byte* row, int width)
        where V : unmanaged, ISimd<V>
    {
        short* numbers = (short*)prepared;
        sbyte* bytes = (sbyte*)row;
        V s0 = V.Zero, s1 = V.Zero;
        int i = 0;
        for (; i < InBlocks<V>(width); i += 8 * V.Count)
        {
            s0 += V.MultiplyBytes(bytes + i, numbers + i);
            s1 += V.MultiplyBytes(bytes + i + 4 * V.Count, numbers + i + 4 * V.Count);
        }
        float sum = V.Sum(s0 + s1);
        for (; i < width; i++)
            sum += bytes[i] * numbers[i];
        return sum * Unsafe.ReadUnaligned<float>(row + width) * prepared[ScaleAt(width)];
    }

    /// <summary>Numbers that are computed two blocks at a time.</summary>
    private static int InBlocks<V>(int width)
        where V : unmanaged, ISimd<V> =>
        width - width % (8 * V.Count);

    /// <summary>Where the query's scale is, in floats: behind its 16-bit numbers.</summary>
    private static int ScaleAt(int width) => (width + 1) / 2;
}
