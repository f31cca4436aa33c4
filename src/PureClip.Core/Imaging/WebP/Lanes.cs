using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace PureClip.Imaging.WebP;

/// <summary>
/// Vector operations that video codecs are made of and that the portable vector API leaves out. Each is one instruction where the
/// processor has it, and says the same in portable terms elsewhere.
/// </summary>
internal static class Lanes
{
    /// <summary>The upper half of each product: (a * b) >> 16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<short> MultiplyHigh(Vector128<short> a, Vector128<short> b)
    {
        if (Sse2.IsSupported)
            return Sse2.MultiplyHigh(a, b);
        (Vector128<int> a0, Vector128<int> a1) = Vector128.Widen(a);
        (Vector128<int> b0, Vector128<int> b1) = Vector128.Widen(b);
        return Vector128.Narrow((a0 * b0) >> 16, (a1 * b1) >> 16);
    }

    /// <inheritdoc cref="MultiplyHigh(Vector128{short}, Vector128{short})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ushort> MultiplyHigh(Vector128<ushort> a, Vector128<ushort> b)
    {
        if (Sse2.IsSupported)
            return Sse2.MultiplyHigh(a, b);
        (Vector128<uint> a0, Vector128<uint> a1) = Vector128.Widen(a);
        (Vector128<uint> b0, Vector128<uint> b1) = Vector128.Widen(b);
        return Vector128.Narrow((a0 * b0) >> 16, (a1 * b1) >> 16);
    }

    /// <summary>(a + b + 1) / 2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Average(Vector128<byte> a, Vector128<byte> b)
    {
        if (Sse2.IsSupported)
            return Sse2.Average(a, b);
        return AdvSimd.IsSupported ? AdvSimd.FusedAddRoundedHalving(a, b) : (a | b) - ((a ^ b) >>> 1);
    }

    /// <summary>(a + b) / 2, rounded down.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> AverageDown(Vector128<byte> a, Vector128<byte> b) => (a & b) + ((a ^ b) >>> 1);

    /// <summary>The values as bytes, those outside 0 to 255 limited to that: the first eight, then the others.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> NarrowToBytes(Vector128<short> low, Vector128<short> high)
    {
        if (Sse2.IsSupported)
            return Sse2.PackUnsignedSaturate(low, high);
        return Vector128.Narrow(Limit(low), Limit(high));

        static Vector128<ushort> Limit(Vector128<short> value) =>
            Vector128.Min(Vector128.Max(value, Vector128<short>.Zero), Vector128.Create((short)255)).AsUInt16();
    }

    /// <summary>|a - b|.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Distance(Vector128<byte> a, Vector128<byte> b) => Vector128.Max(a, b) - Vector128.Min(a, b);

    /// <summary>a0 b0 a1 b1 ... of the lower halves.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> ZipLow(Vector128<byte> a, Vector128<byte> b)
    {
        if (Sse2.IsSupported)
            return Sse2.UnpackLow(a, b);
        if (AdvSimd.Arm64.IsSupported)
            return AdvSimd.Arm64.ZipLow(a, b);
        Vector128<ushort> wide = Vector128.WidenLower(a) | Vector128.WidenLower(b) << 8;
        return (BitConverter.IsLittleEndian ? wide : wide << 8 | wide >>> 8).AsByte();
    }

    /// <summary>a0 b0 a1 b1 ... of the upper halves.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> ZipHigh(Vector128<byte> a, Vector128<byte> b)
    {
        if (Sse2.IsSupported)
            return Sse2.UnpackHigh(a, b);
        if (AdvSimd.Arm64.IsSupported)
            return AdvSimd.Arm64.ZipHigh(a, b);
        Vector128<ushort> wide = Vector128.WidenUpper(a) | Vector128.WidenUpper(b) << 8;
        return (BitConverter.IsLittleEndian ? wide : wide << 8 | wide >>> 8).AsByte();
    }

    /// <inheritdoc cref="ZipLow(Vector128{byte}, Vector128{byte})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<short> ZipLow(Vector128<short> a, Vector128<short> b)
    {
        if (Sse2.IsSupported)
            return Sse2.UnpackLow(a, b);
        if (AdvSimd.Arm64.IsSupported)
            return AdvSimd.Arm64.ZipLow(a, b);
        return Vector128.Create(a[0], b[0], a[1], b[1], a[2], b[2], a[3], b[3]);
    }

    /// <inheritdoc cref="ZipHigh(Vector128{byte}, Vector128{byte})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<short> ZipHigh(Vector128<short> a, Vector128<short> b)
    {
        if (Sse2.IsSupported)
            return Sse2.UnpackHigh(a, b);
        if (AdvSimd.Arm64.IsSupported)
            return AdvSimd.Arm64.ZipHigh(a, b);
        return Vector128.Create(a[4], b[4], a[5], b[5], a[6], b[6], a[7], b[7]);
    }
}
