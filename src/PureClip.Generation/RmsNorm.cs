using System.Numerics.Tensors;

namespace PureClip.Generation;

/// <summary>Numbers divided by their root mean square, part by part of a row; without weights (Zhang and Sennrich 2019).</summary>
internal static class RmsNorm
{
    private const float Eps = 1e-6f;

    /// <summary>x ← x/√(mean x² + ε) in each part.</summary>
    /// <param name="row">Whole parts, overwritten.</param>
    /// <param name="part">Numbers of a part.</param>
    /// <param name="inverses">[parts]: receives 1/√(mean x² + ε); empty for nowhere.</param>
    public static void Run(Span<float> row, int part, Span<float> inverses = default)
    {
        for (int i = 0; i < row.Length / part; i++)
        {
            Span<float> x = row.Slice(i * part, part);
            float inverse = 1f / MathF.Sqrt(TensorPrimitives.SumOfSquares<float>(x) / part + Eps);
            TensorPrimitives.Multiply(x, inverse, x);
            if (!inverses.IsEmpty)
                inverses[i] = inverse;
        }
    }

    /// <summary>Gradient by x from that by y = x/√(mean x² + ε), in place: (d − y · mean(d ⊙ y))/√(mean x² + ε).</summary>
    /// <param name="normed">y</param>
    /// <param name="part">Numbers of a part.</param>
    /// <param name="inverses">What <see cref="Run"/> has said.</param>
    /// <param name="d">Gradient by y; receives that by x.</param>
    public static void Backward(ReadOnlySpan<float> normed, int part, ReadOnlySpan<float> inverses, Span<float> d)
    {
        for (int i = 0; i < d.Length / part; i++)
        {
            ReadOnlySpan<float> y = normed.Slice(i * part, part);
            Span<float> of = d.Slice(i * part, part);
            TensorPrimitives.MultiplyAdd(y, -TensorPrimitives.Dot(y, of) / part, of, of);
            TensorPrimitives.Multiply(of, inverses[i], of);
        }
    }
}
