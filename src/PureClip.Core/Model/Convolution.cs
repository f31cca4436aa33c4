using PureClip.Kernels;
using PureClip.Memory;

namespace PureClip.Model;

/// <summary>
/// y = act(norm(conv(x))) on feature maps whose rows are pixels. The batch norm is folded into the convolution when its numbers are read.
/// </summary>
/// <remarks>Ioffe and Szegedy 2015; folding is exact up to rounding, since both are linear.</remarks>
internal sealed class Convolution
{
    private const float Eps = 1e-5f; // of every published one

    // Neighbours of so many pixels are gathered at a time that they stay in the caches: 2 MB.
    private const int MostGathered = 1 << 19;

    private readonly int _places;
    private readonly WeightMatrix _matrix;

    /// <param name="at">Where it stands.</param>
    /// <param name="name">What stands behind <c>conv</c> and <c>bn</c> in its names.</param>
    /// <param name="inputs">Channels of x.</param>
    /// <param name="outputs">Channels of y.</param>
    /// <param name="kernel">1 or 3 pixels.</param>
    /// <param name="gathered">Whether x already has rows of neighbours, channel by channel.</param>
    /// <param name="use">Inside a tower, or at an end of it.</param>
    public Convolution(Scope at, string name, int inputs, int outputs, int kernel, bool gathered = false, Use use = Use.Inner)
    {
        _places = gathered ? 1 : kernel * kernel;
        _matrix = new(kernel * kernel * inputs, outputs, 1, hasBias: true);
        Scope norm = at[$"bn{name}"];
        Parameter Part(string leaf) => norm.Declare(leaf, [outputs], Use.Folded, _matrix);
        FoldedNorm folded = new(Part("weight"), Part("bias"), Part("running_mean"), Part("running_var"), Eps);
        at[$"conv{name}"].Declare("weight", [outputs, inputs, kernel, kernel], use, _matrix, folded, channelsLast: _places > 1);
    }

    /// <summary>y = act(norm(conv(x))); a 3x3 convolution has zeros around its picture.</summary>
    /// <param name="p">The pass.</param>
    /// <param name="x">[pictures · side², inputs]</param>
    /// <param name="side">Pixels of a side.</param>
    /// <param name="y">[pictures · side², outputs]</param>
    /// <param name="act">What is done to each number.</param>
    public void Run(Pass p, MatrixView x, int side, MatrixView y, Act act = Act.Relu)
    {
        if (_places == 1)
        {
            p.Compute.Product(x, _matrix, y, act);
            return;
        }
        long mark = p.Mark();
        int step = Math.Clamp(MostGathered / _matrix.Inputs, 1, x.Rows);
        MatrixView gathered = p.Take("neighbours", step, _matrix.Inputs); // [some pixels, 9 · inputs]
        for (int first = 0; first < x.Rows; first += step)
        {
            MatrixView some = gathered.Top(Math.Min(step, x.Rows - first));
            p.Compute.Gather(x, side, first, some);
            p.Compute.Product(some, _matrix, y.Range(first, some.Rows), act);
        }
        p.Release(mark);
    }

    /// <summary>residual = max(residual + norm(conv(x)), 0) for one of 1x1.</summary>
    public void AddTo(Pass p, MatrixView x, MatrixView residual) => p.Compute.AddProduct(x, _matrix, residual, Act.Relu);
}
