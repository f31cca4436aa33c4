using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using PureClip.Simd;

namespace PureClip.Kernels;

/// <summary>Floats to small integers and back to wider ones, many at a time.</summary>
internal static unsafe class IntegerRow
{
    /// <summary>Largest magnitude of a rounded weight: symmetric, so -128 is not used.</summary>
    public const float LargestWeight = 127f;

    /// <summary>Rounds floats to integers in units of their largest magnitude divided by <see cref="IIntegerLanes{I}.Largest"/>.</summary>
    /// <param name="source">[count]</param>
    /// <param name="count">Numbers; what is missing to a multiple of 4 counts as zero.</param>
    /// <param name="lanes">The integers plus <see cref="IIntegerLanes{I}.Offset"/>, <see cref="IIntegerLanes{I}.Values"/> to a 32-bit lane.</param>
    /// <returns>The unit.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Round<V, I>(float* source, int count, float* lanes)
        where V : unmanaged, ISimd<V>
        where I : unmanaged, IIntegerLanes<I>
    {
        float largest = LargestMagnitude<V>(source, count);
        float inverse = largest > 0f ? I.Largest / largest : 0f;
        int padded = (count + 3) / 4 * 4;
        if (I.Values == 2)
            RoundToInt16(source, count, padded, inverse, I.Offset, (short*)lanes);
        else
            RoundToBytes(source, count, padded, inverse, I.Offset, (byte*)lanes);
        return largest / I.Largest;
    }

    /// <summary>Widens bytes to 16 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Widen(sbyte* source, int count, short* destination)
    {
        int i = 0;
        if (Vector256.IsHardwareAccelerated)
            for (; i <= count - Vector256<short>.Count; i += Vector256<short>.Count)
                Vector256.WidenLower(Vector128.Load(source + i).ToVector256Unsafe()).Store(destination + i);
        else if (Vector128.IsHardwareAccelerated)
            for (; i <= count - Vector128<short>.Count; i += Vector128<short>.Count)
                Vector128.WidenLower(Vector64.Load(source + i).ToVector128Unsafe()).Store(destination + i);
        for (; i < count; i++)
            destination[i] = source[i];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float LargestMagnitude<V>(float* source, int count)
        where V : unmanaged, ISimd<V>
    {
        V largest = V.Zero;
        int i = 0;
        for (; i <= count - V.Count; i += V.Count)
            largest = V.Max(largest, V.Abs(V.Load(source + i)));
        float result = V.MaxAcross(largest);
        for (; i < count; i++)
            result = Math.Max(result, MathF.Abs(source[i]));
        return result;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RoundToInt16(float* source, int count, int padded, float inverse, int offset, short* to)
    {
        int i = 0;
        for (; Vector128.IsHardwareAccelerated && i <= count - 8; i += 8)
            (Round8(source + i, inverse) + Vector128.Create((short)offset)).Store(to + i);
        for (; i < padded; i++)
            to[i] = (short)((i < count ? (int)MathF.Round(source[i] * inverse) : 0) + offset);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RoundToBytes(float* source, int count, int padded, float inverse, int offset, byte* to)
    {
        int i = 0;
        for (; Vector128.IsHardwareAccelerated && i <= count - 16; i += 16)
        {
            Vector128<sbyte> rounded = Vector128.Narrow(Round8(source + i, inverse), Round8(source + i + 8, inverse));
            (rounded.AsByte() + Vector128.Create((byte)offset)).Store(to + i);
        }
        for (; i < padded; i++)
            to[i] = (byte)((i < count ? (int)MathF.Round(source[i] * inverse) : 0) + offset);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<short> Round8(float* source, float inverse) =>
        Vector128.Narrow(Round4(source, inverse), Round4(source + 4, inverse));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Round4(float* source, float inverse) =>
        Vector128.ConvertToInt32(Vector128.Round(Vector128.Load(source) * Vector128.Create(inverse)));
}
