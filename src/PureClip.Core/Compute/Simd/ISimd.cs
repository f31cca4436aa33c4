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
    /// Reads 2·<see cref="ILanes{V}.Count"/> bfloat16 numbers, widened exactly: those of even index to one vector, those of odd index to the other.
    /// </summary>
    static abstract void LoadBFloat16(ushort* source, out V even, out V odd);

    /// <summary>Reads <see cref="ILanes{V}.Count"/> 32-bit integers twice and gives their differences as floats, rounded to nearest.</summary>
    static abstract V LoadDifference(float* minuend, float* subtrahend);

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
    /// Reads 2·<see cref="ILanes{V}.Count"/> finite halves: those of even index to one vector, those of odd index to the other, both times 2⁻¹¹², so
    /// that nothing but shifts is needed (the exponent's bias is 15 in a half, 127 in a float). Whoever multiplies next makes up for it.
    /// </summary>
    static abstract void LoadHalves(ushort* source, out V even, out V odd);

    /// <summary>
    /// Σ of four products in each lane: 4·<see cref="ILanes{V}.Count"/> bytes with as many 16-bit numbers, of which the first half belongs to the bytes
    /// of even index and the second half to those of odd index.
    /// </summary>
    static abstract V MultiplyBytes(sbyte* bytes, short* numbers);
}
