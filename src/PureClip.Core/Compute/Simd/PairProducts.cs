using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PureClip.Simd;

/// <summary>Products of 16-bit numbers, two neighbours added to a 32-bit one: an instruction on x86, shifts and multiplications elsewhere.</summary>
internal static class PairProducts
{
    /// <summary>128 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Sum(Vector128<short> a, Vector128<short> b) => Sse2.IsSupported
        ? Sse2.MultiplyAddAdjacent(a, b)
        : Even(a.AsInt32()) * Even(b.AsInt32()) + (a.AsInt32() >> 16) * (b.AsInt32() >> 16);

    /// <summary>256 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Sum(Vector256<short> a, Vector256<short> b) => Avx2.IsSupported
        ? Avx2.MultiplyAddAdjacent(a, b)
        : Even(a.AsInt32()) * Even(b.AsInt32()) + (a.AsInt32() >> 16) * (b.AsInt32() >> 16);

    /// <summary>512 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Sum(Vector512<short> a, Vector512<short> b) => Avx512BW.IsSupported
        ? Avx512BW.MultiplyAddAdjacent(a, b)
        : Even(a.AsInt32()) * Even(b.AsInt32()) + (a.AsInt32() >> 16) * (b.AsInt32() >> 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Even(Vector128<int> pairs) => (pairs << 16) >> 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Even(Vector256<int> pairs) => (pairs << 16) >> 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Even(Vector512<int> pairs) => (pairs << 16) >> 16;
}
