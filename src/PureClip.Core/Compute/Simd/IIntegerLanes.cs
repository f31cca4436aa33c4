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

    /// <summary>What is added to the left operand before it is stored, so that it is positive where the processor takes it unsigned; else 0.</summary>
    static abstract int Offset { get; }
}
