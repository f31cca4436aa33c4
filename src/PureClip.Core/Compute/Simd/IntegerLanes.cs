using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.Wasm;
using System.Runtime.Intrinsics.X86;

namespace PureClip.Simd;

/// <summary>Lanes that sum products of small integers: of 2 with 16 bits or 4 with 8 bits a lane. Sums are exact.</summary>
/// <typeparam name="V">The implementing register itself.</typeparam>
internal unsafe interface IIntegerLanes<V> : ILanes<V>
    where V : unmanaged, IIntegerLanes<V>
{
    /// <summary>Products that one multiply-add puts into a lane: 2 or 4, consecutive in k.</summary>
    static abstract int Values { get; }

    /// <summary>Largest magnitude of the left operand: 127, or less where its products would overflow on their way.</summary>
    static abstract int Largest { get; }

    /// <summary>
    /// What is added to the left operand before it is stored, so that it is positive where the processor takes it unsigned; else 0.
    /// </summary>
    static abstract int Offset { get; }
}

/// <summary>A piece of work that is compiled once for each pair of a float vector and the integer lanes beside it.</summary>
internal interface IIntegerAction
{
    /// <summary>Does the work with vectors of type <typeparamref name="V"/> and integer lanes of type <typeparamref name="I"/>.</summary>
    void InvokeIntegers<V, I>()
        where V : unmanaged, ISimd<V>
        where I : unmanaged, IIntegerLanes<I>;
}

/// <summary>Which integer lanes go with which vectors.</summary>
internal static class IntegerTier
{
    /// <summary>
    /// Bits of the left operand with a tier's lanes: 8, or 7 where the processor's sums of byte products would overflow. Vectors made with
    /// the one and the other stand apart by as much as either stands from those of float weights.
    /// </summary>
    public static int OperandBits(SimdTier tier) => tier.Bits >= 256 && !AvxVnni.IsSupported ? 7 : 8;

    /// <summary>
    /// Runs <paramref name="action"/> with the fastest lanes that this machine has and <typeparamref name="V"/>'s width allows.
    /// </summary>
    public static void Dispatch<V, TAction>(ref TAction action)
        where V : unmanaged, ISimd<V>
        where TAction : struct, IIntegerAction
    {
        if (V.Count >= 8 && AvxVnni.IsSupported)
            action.InvokeIntegers<V, U8QuadX8>();
        else if (V.Count >= 8)
            action.InvokeIntegers<V, U7QuadX8>();
        else if (V.Count == 4 && Dp.IsSupported)
            action.InvokeIntegers<V, I8QuadX4>();
        else if (V.Count == 4)
            action.InvokeIntegers<V, I16PairX4>();
        else
            action.InvokeIntegers<V, I16PairX1>();
    }
}

/// <summary>
/// Products of 16-bit numbers, two neighbours added to a 32-bit one: an instruction on x86, shifts and multiplications elsewhere.
/// </summary>
internal static class PairProducts
{
    /// <summary>128 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Sum(Vector128<short> a, Vector128<short> b) => Sse2.IsSupported
        ? Sse2.MultiplyAddAdjacent(a, b)
        : PackedSimd.IsSupported
        ? PackedSimd.Dot(a, b)
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

/// <summary>
/// Products of an unsigned and a signed byte, four neighbours added to a 32-bit number, where the processor has no instruction for it.
/// </summary>
internal static class ByteProducts
{
    /// <summary>256 bits.</summary>
    public static Vector256<int> Sum(Vector256<int> unsigned, Vector256<int> signed) =>
        One(unsigned, signed, 0) + One(unsigned, signed, 8) + One(unsigned, signed, 16) + One(unsigned, signed, 24);

    private static Vector256<int> One(Vector256<int> unsigned, Vector256<int> signed, int bit) =>
        (unsigned.AsUInt32() << (24 - bit) >> 24).AsInt32() * (signed << (24 - bit) >> 24);
}
