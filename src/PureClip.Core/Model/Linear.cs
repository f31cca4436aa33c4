using PureClip.Kernels;
using PureClip.Memory;

namespace PureClip.Model;

/// <summary>y = act(x · Wᵀ + b)</summary>
internal sealed class Linear
{
    private readonly WeightMatrix _matrix;

    /// <param name="at">Where it stands. Without a bias, its weight has this very name.</param>
    /// <param name="inputs">Columns of x.</param>
    /// <param name="outputs">Columns of one part of y.</param>
    /// <param name="use">Inside a tower, or at an end of it.</param>
    /// <param name="bias">Whether there is one.</param>
    /// <param name="parts">Parts of W, stacked: query, key and value.</param>
    /// <param name="shape">The weight's shape where it is not [parts · outputs, inputs].</param>
    public Linear(Scope at, int inputs, int outputs, Use use = Use.Inner, bool bias = true, int parts = 1, long[]? shape = null)
    {
        _matrix = new(inputs, outputs, parts, bias);
        at.Declare(bias ? "weight" : "", shape ?? [parts * outputs, inputs], use, _matrix);
        if (bias)
            at.Declare("bias", [parts * outputs], Use.Bias, _matrix);
    }

    /// <summary>y = act(x · Wᵀ + b)</summary>
    public void Run(Pass p, MatrixView x, MatrixView y, Act act = Act.None) => p.Compute.Product(x, _matrix, y, act);

    /// <summary>The same for some parts of W.</summary>
    public void Run(Pass p, MatrixView x, Range parts, MatrixView y, Act act = Act.None) => p.Compute.Product(x, _matrix, parts, y, act);

    /// <summary>residual = residual + (x · Wᵀ + b)</summary>
    public void AddTo(Pass p, MatrixView x, MatrixView residual) => p.Compute.AddProduct(x, _matrix, residual);
}

/// <summary>y = (x − mean) / √(variance + eps) · weight + bias over each row.</summary>
/// <remarks>Ba, Kiros and Hinton 2016.</remarks>
internal sealed class Norm(Scope at, int width, float eps)
{
    private readonly Parameter _weight = at.Declare("weight", [width]), _bias = at.Declare("bias", [width]);

    /// <summary>What the normed numbers are multiplied by; empty before it has been read.</summary>
    public ReadOnlySpan<float> Weight => _weight.Numbers;

    /// <summary>What is added to them.</summary>
    public ReadOnlySpan<float> Bias => _bias.Numbers;

    /// <summary>Added to the variance.</summary>
    public float Eps => eps;

    /// <summary>y = norm(x); y may be x.</summary>
    public void Run(Pass p, MatrixView x, MatrixView y) => p.Compute.LayerNorm(x, _weight.Numbers, _bias.Numbers, eps, y);
}
