using PureClip.Kernels;
using PureClip.Memory;

namespace PureClip.Training;

/// <summary>
/// Where a layer's numbers and their gradients lie: somebody else's memory, as long as the model lives. The bias may be missing; a gradient
/// that is missing is not wanted.
/// </summary>
/// <param name="Weight">[outputs, inputs], row-major.</param>
/// <param name="Bias">[outputs], or null.</param>
/// <param name="WeightGradient">[outputs, inputs], or null for a matrix that does not learn.</param>
/// <param name="BiasGradient">[outputs], or null.</param>
internal readonly unsafe record struct MatrixPlace(nint Weight, nint Bias, nint WeightGradient, nint BiasGradient);

/// <summary>
/// A matrix that learns, as its products read it: packed for Y = X·Wᵀ + b and for dX = dY·W, packed anew after each step.
/// </summary>
/// <remarks>Any rows of a stacked matrix may be one of these; several may share rows.</remarks>
internal sealed unsafe class TrainedMatrix : IDisposable
{
    private readonly MatrixPlace _at;

    /// <param name="at">Where its numbers are.</param>
    /// <param name="outputs">Rows of W.</param>
    /// <param name="inputs">Columns of W.</param>
    /// <param name="layout">Panels of 32-bit numbers.</param>
    public TrainedMatrix(MatrixPlace at, int outputs, int inputs, PanelLayout layout)
    {
        _at = at;
        Forward = new(inputs, outputs, 1, layout);
        Backward = new(outputs, inputs, 1, layout);
    }

    /// <summary>Columns of Y.</summary>
    public int Outputs => Forward.Outputs;

    /// <summary>Columns of X.</summary>
    public int Inputs => Forward.Inputs;

    /// <summary>Wᵀ, with the bias.</summary>
    public PackedMatrix Forward { get; }

    /// <summary>W.</summary>
    public PackedMatrix Backward { get; }

    /// <summary>Whether it has a bias.</summary>
    public bool HasBias => _at.Bias != 0;

    /// <summary>Whether it learns.</summary>
    public bool Learns => _at.WeightGradient != 0;

    /// <summary>What learns in its place where it does not.</summary>
    public IReadOnlyList<LowRank> Adapters { get; init; } = [];

    /// <summary>[outputs, inputs]: the gradient.</summary>
    public MatrixView Gradient => new((float*)_at.WeightGradient, Outputs, Inputs, Inputs);

    /// <summary>[outputs]: the bias's gradient; null where it has none.</summary>
    public float* BiasGradient => (float*)_at.BiasGradient;

    /// <summary>Takes the numbers as they are now.</summary>
    public void Pack()
    {
        ReadOnlySpan<float> weights = new((float*)_at.Weight, Outputs * Inputs);
        Forward.SetWeights(0, weights, WeightOrder.OutputsByInputs);
        Backward.SetWeights(0, weights, WeightOrder.InputsByOutputs);
        if (_at.Bias != 0)
            Forward.SetBias(0, new((float*)_at.Bias, Outputs));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Forward.Dispose();
        Backward.Dispose();
    }
}

/// <summary>Scale and shift of a layer norm that learns, and where their gradients go.</summary>
/// <param name="Weight">[width]</param>
/// <param name="Bias">[width]</param>
/// <param name="WeightGradient">[width], or null.</param>
/// <param name="BiasGradient">[width], or null.</param>
/// <param name="Eps">Added to the variance.</param>
internal readonly record struct TrainedNorm(nint Weight, nint Bias, nint WeightGradient, nint BiasGradient, float Eps);
