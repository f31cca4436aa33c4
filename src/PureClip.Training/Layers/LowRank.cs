using PureClip.Memory;

namespace PureClip.Training;

/// <summary>
/// A low-rank adapter of some rows of a matrix: W = W₀ + (α/r)·B·A, of which A and B alone learn. Its gradients need neither the gradient of W
/// nor that of W₀: with dY that of the layer's output, dB = (α/r)·dYᵀ·(X·Aᵀ) and dA = (α/r)·(dY·B)ᵀ·X, a product of r in place of the
/// matrix's own size.
/// </summary>
/// <param name="down">A: [rank, inputs].</param>
/// <param name="up">Bᵀ: [rank, outputs]. Turned, so that both gradients have few rows and long ones.</param>
/// <param name="first">The first of the matrix's outputs that it changes.</param>
/// <remarks>Hu et al. 2021 (arXiv 2106.09685). The factor α/r is left out here: whoever steps A and B multiplies by it.</remarks>
internal sealed class LowRank(TrainedMatrix down, TrainedMatrix up, int first) : IDisposable
{
    private readonly TrainingMatrix _ofX = new(), _ofY = new();

    /// <summary>The first of the matrix's outputs that it changes.</summary>
    public int First => first;

    /// <summary>How many it changes.</summary>
    public int Outputs => up.Inputs;

    /// <summary>Adds the gradients of A and B.</summary>
    /// <param name="dy">[rows, outputs of the whole matrix]</param>
    /// <param name="x">[rows, inputs]</param>
    /// <param name="compute">Who computes.</param>
    public void AddGradients(MatrixView dy, MatrixView x, TrainingCompute compute)
    {
        MatrixView own = dy.ColumnRange(first, Outputs);
        MatrixView ofX = _ofX.Shape(x.Rows, down.Outputs), ofY = _ofY.Shape(x.Rows, down.Outputs);
        compute.Product(x, down.Forward, ofX);
        compute.Product(own, up.Forward, ofY);
        compute.AddTransposedProduct(ofX, own, up.Gradient);
        compute.AddTransposedProduct(ofY, x, down.Gradient);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ofX.Dispose();
        _ofY.Dispose();
    }
}
