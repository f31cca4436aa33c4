using System.Runtime.CompilerServices;
using PureClip.Simd;

namespace PureClip.Search;

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
