using System.Numerics;

namespace PureClip.Simd;

/// <summary>
/// The vector contract: a fixed number of 32-bit floats and the operations that a transformer needs on them.
/// Every kernel is written once against it and compiled once for each implementation, so a width is a type argument.
/// </summary>
/// <typeparam name="V">The implementing vector itself.</typeparam>
internal unsafe interface ISimd<V> :
    IAdditionOperators<V, V, V>, ISubtractionOperators<V, V, V>, IMultiplyOperators<V, V, V>, IDivisionOperators<V, V, V>,
    IUnaryNegationOperators<V, V>, ILanes<V>
    where V : unmanaged, ISimd<V>
{
    /// <summary>
    /// Reads 2·<see cref="ILanes{V}.Count"/> bfloat16 numbers, widened exactly: those of even index to one vector, those of odd index to
    /// the other.
    /// </summary>
    static abstract void LoadBFloat16(ushort* source, out V even, out V odd);

    /// <summary>
    /// Reads <see cref="ILanes{V}.Count"/> 32-bit integers twice and gives their differences as floats, rounded to nearest.
    /// </summary>
    static abstract V LoadDifference(float* minuend, float* subtrahend);

    /// <summary>Reads half of <see cref="ILanes{V}.Count"/> floats, at least one, each into two neighbouring lanes.</summary>
    static abstract V LoadTwice(float* source);

    /// <summary>Lane-wise larger value.</summary>
    static abstract V Max(V a, V b);

    /// <summary>Lane-wise smaller value.</summary>
    static abstract V Min(V a, V b);

    /// <summary>Lane-wise absolute value.</summary>
    static abstract V Abs(V value);

    /// <summary>Lane-wise nearest integer, ties to even.</summary>
    static abstract V Round(V value);

    /// <summary>value · 2^exponent for integral exponents that keep the result a normal number.</summary>
    static abstract V ScaleByPowerOfTwo(V value, V exponent);

    /// <summary>Sum of all lanes, pairwise.</summary>
    static abstract float Sum(V value);

    /// <summary>Largest lane.</summary>
    static abstract float MaxAcross(V value);

    /// <summary>
    /// Reads 2·<see cref="ILanes{V}.Count"/> finite halves: those of even index to one vector, those of odd index to the other, both times
    /// 2⁻¹¹², so that nothing but shifts is needed (the exponent's bias is 15 in a half, 127 in a float). Whoever multiplies next makes up
    /// for it.
    /// </summary>
    static abstract void LoadHalves(ushort* source, out V even, out V odd);

    /// <summary>
    /// Σ of four products in each lane: 4·<see cref="ILanes{V}.Count"/> bytes with as many 16-bit numbers, of which the first half belongs
    /// to the bytes of even index and the second half to those of odd index.
    /// </summary>
    static abstract V MultiplyBytes(sbyte* bytes, short* numbers);
}

/// <summary>
/// What the innermost loop of a matrix product needs: a register of 32-bit lanes that accumulate products. A lane's operand is one float,
/// or several small integers side by side in the same 32 bits, which travel through memory as floats without being touched.
/// </summary>
/// <typeparam name="V">The implementing register itself.</typeparam>
internal unsafe interface ILanes<V>
    where V : unmanaged, ILanes<V>
{
    /// <summary>Lanes of one register.</summary>
    static abstract int Count { get; }

    /// <summary>Vector registers of the architecture: what a Gemm tile may occupy.</summary>
    static abstract int Registers { get; }

    /// <summary>All lanes zero.</summary>
    static abstract V Zero { get; }

    /// <summary>All lanes <paramref name="value"/>.</summary>
    static abstract V Broadcast(float value);

    /// <summary>Reads <see cref="Count"/> lanes; no alignment is needed.</summary>
    static abstract V Load(float* source);

    /// <summary>Writes <see cref="Count"/> lanes; no alignment is needed.</summary>
    static abstract void Store(V value, float* destination);

    /// <summary>
    /// accumulator ← a·b + accumulator, rounded once where the processor fuses. By reference, so that the register stays put.
    /// </summary>
    static abstract void MultiplyAdd(ref V accumulator, V a, V b);
}

/// <summary>
/// How the bits of a half become those of a float 2¹¹² times smaller: sign, 5 bits of exponent and 10 of mantissa move three places down
/// from the top of the word. The shift is arithmetic; the mask removes the copies of the sign that it leaves.
/// </summary>
internal static class HalfBits
{
    /// <summary>By how much a half in the upper 16 bits of a word is shifted, with its sign.</summary>
    public const int Shift = 3;

    /// <summary>Sign, and the 15 other bits of the half in their new place.</summary>
    public const int MaskInSingle = unchecked((int)0x8FFF_E000);

    /// <summary>What makes up for the smaller numbers: 2¹¹².</summary>
    public const float Restore = 5.192296858534827628530496329220096e33f;

    /// <summary>One finite half, times 2⁻¹¹².</summary>
    public static float ToSmallSingle(ushort half) => BitConverter.Int32BitsToSingle(((half << 16) >> Shift) & MaskInSingle);
}
