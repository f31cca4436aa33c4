using PureClip.Kernels;
using PureClip.Memory;

namespace PureClip.Model;

/// <summary>
/// y = act(norm(conv(x))) on feature maps whose rows are pixels. The batch norm is folded into the convolution when its numbers are read.
/// </summary>
internal sealed class Convolution
{
    private readonly bool _isByTiles;
    private readonly FoldedLinear _product;

    /// <param name="at">Where it stands.</param>
    /// <param name="name">What stands behind <c>conv</c> and <c>bn</c> in its names.</param>
    /// <param name="inputs">Channels of x.</param>
    /// <param name="outputs">Channels of y.</param>
    /// <param name="kernel">Pixels of a side: 1 or 3; ReLU follows the latter.</param>
    /// <param name="gathered">Whether x already has rows of what is seen, channel by channel.</param>
    /// <param name="use">Inside a tower, or at an end of it.</param>
    public Convolution(Scope at, string name, int inputs, int outputs, int kernel, bool gathered = false, Use use = Use.Inner)
    {
        _isByTiles = kernel == 3 && !gathered;
        BatchNorm norm = new(at[$"bn{name}"], outputs);
        _product = new(
            at[$"conv{name}"], "weight", [outputs, inputs, kernel, kernel], (numbers, weights) => weights.Then(norm.Read(numbers)),
            use: use, order: _isByTiles ? KernelOrder.Tiles : KernelOrder.Stored);
    }

    /// <summary>y = act(norm(conv(x))); the picture has zeros around it, so that it keeps its size.</summary>
    /// <param name="p">The pass.</param>
    /// <param name="x">[pictures · side², inputs]</param>
    /// <param name="side">Pixels of a side.</param>
    /// <param name="y">[pictures · side², outputs]</param>
    /// <param name="act">What is done to each number.</param>
    public void Run(Pass p, MatrixView x, int side, MatrixView y, Act act = Act.Relu)
    {
        if (!_isByTiles)
            _product.Run(p, x, y, act);
        else
            _product.RunByTiles(p, x, side, y);
    }

    /// <summary>residual = max(residual + norm(conv(x)), 0) for one of 1x1.</summary>
    public void AddTo(Pass p, MatrixView x, MatrixView residual) => _product.AddTo(p, x, residual, Act.Relu);
}
