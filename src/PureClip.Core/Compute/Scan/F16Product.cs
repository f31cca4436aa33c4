using System.Runtime.CompilerServices;
using PureClip.Simd;

namespace PureClip.Search;

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
