namespace PureClip.Simd;

/// <summary>
/// What the innermost loop of a matrix product needs: a register of 32-bit lanes that accumulate products. A lane's operand is one float, or
/// several small integers side by side in the same 32 bits, which travel through memory as floats without being touched.
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

    /// <summary>accumulator ← a·b + accumulator, rounded once where the processor fuses. By reference, so that the register stays put.</summary>
    static abstract void MultiplyAdd(ref V accumulator, V a, V b);
}
