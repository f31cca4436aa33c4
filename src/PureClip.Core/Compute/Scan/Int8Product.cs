using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using PureClip.Simd;

namespace PureClip.Search;

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
