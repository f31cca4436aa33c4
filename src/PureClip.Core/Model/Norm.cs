using PureClip.Memory;

namespace PureClip.Model;

/// <summary>y = (x − mean) / √(variance + eps) · weight + bias over each row.</summary>
/// <remarks>Ba, Kiros and Hinton 2016.</remarks>
internal sealed class Norm(Scope at, int width, float eps)
{
    private readonly Parameter _weight = at.Declare("weight", [width]), _bias = at.Declare("bias", [width]);

    /// <summary>y = norm(x); y may be x.</summary>
    public void Run(Pass p, MatrixView x, MatrixView y) => p.Compute.LayerNorm(x, _weight.Numbers, _bias.Numbers, eps, y);
}
