using PureClip.Simd;

namespace PureClip.Search;

/// <summary>The inner product of a query with rows of one type. The query is prepared once, so that a row costs as little as can be.</summary>
internal unsafe interface IRowProduct
{
    /// <summary>Floats that a prepared query takes.</summary>
    static abstract int PreparedLength(int width);

    /// <summary>Puts a query into the order and the type in which <see cref="Of"/> reads it.</summary>
    /// <param name="query">[width]</param>
    /// <param name="prepared">[<see cref="PreparedLength"/>]</param>
    static abstract void Prepare<V>(ReadOnlySpan<float> query, float* prepared)
        where V : unmanaged, ISimd<V>;

    /// <summary>query · row.</summary>
    /// <param name="prepared">What <see cref="Prepare"/> made, with the same vectors.</param>
    /// <param name="row">A stored row.</param>
    /// <param name="width">Numbers of the row.</param>
    static abstract float Of<V>(float* prepared, byte* row, int width)
        where V : unmanaged, ISimd<V>;
}
