using PureClip.Kernels;
using PureClip.Memory;

namespace PureClip.Model;

/// <summary>How the tensors of a convolution with branches lie in a file.</summary>
/// <param name="IsFused">Whether they are one kernel and a bias.</param>
/// <param name="HasScale">Whether a branch of 1x1 stands beside a larger kernel.</param>
/// <param name="HasIdentity">Whether a branch is the input itself, normed: where its shape stays.</param>
internal readonly record struct Branches(bool IsFused, bool HasScale, bool HasIdentity);

/// <summary>The branches of a convolution of MobileOne, and their sum.</summary>
/// <remarks>Vasu et al. 2023, "MobileOne", 3.2. norm(conv(x)) + norm(scale(x)) + norm(x), of which a convolution is made.</remarks>
internal sealed class MobileOneBranches
{
    private readonly BatchNorm? _norm, _scaleNorm, _identity;
    private readonly Parameter? _scale, _bias;
    private readonly int _outputs, _channels, _places;

    /// <param name="at">Where it stands.</param>
    /// <param name="shape">The kernel's: [outputs, channels that an output reads, height, width].</param>
    /// <param name="branches">Which there are.</param>
    public MobileOneBranches(Scope at, long[] shape, Branches branches)
    {
        (_outputs, _channels, _places) = ((int)shape[0], (int)shape[1], (int)(shape[2] * shape[3]));
        if (branches.IsFused)
        {
            _bias = at["fused"].Declare("bias", [_outputs], Use.Folded);
            return;
        }
        _norm = new(at["conv_bn"], _outputs);
        if (branches.HasScale)
        {
            _scale = at["scale"].Declare("weight", [_outputs, _channels, 1, 1], Use.Folded);
            _scaleNorm = new(at["scale_bn"], _outputs);
        }
        _identity = branches.HasIdentity ? new(at["identity"], _outputs) : null;
    }

    /// <summary>Last words of the name of the tensor that has the kernel.</summary>
    public static string KernelOf(Branches branches) => branches.IsFused ? "fused.weight" : "conv.weight";

    /// <summary>The sum, where the stored kernel has been read.</summary>
    public FoldedKernel Fold(INumbers numbers, FoldedKernel kernel)
    {
        if (_bias is not null)
            return kernel.AddBias(numbers.Read(_bias));
        kernel.Then(_norm!.Read(numbers));
        if (_scale is not null)
            kernel.Add(FoldedKernel.Of(numbers.Read(_scale), _outputs, _channels).Then(_scaleNorm!.Read(numbers)));
        if (_identity is not null)
            kernel.Add(FoldedKernel.Identity(_outputs, _channels, _places).Then(_identity.Read(numbers)));
        return kernel;
    }
}

/// <summary>y = act(x · W + b), a convolution of all channels with the branches of MobileOne: of 1x1, or of windows that were gathered.</summary>
internal sealed class MobileOne
{
    private readonly FoldedLinear _product;

    /// <param name="at">Where it stands.</param>
    /// <param name="inputs">Channels of x.</param>
    /// <param name="outputs">Channels of y.</param>
    /// <param name="kernel">Pixels of a side.</param>
    /// <param name="branches">Which branches there are.</param>
    /// <param name="use">Inside a tower, or at an end of it.</param>
    public MobileOne(Scope at, int inputs, int outputs, int kernel, Branches branches, Use use = Use.Inner)
    {
        long[] shape = [outputs, inputs, kernel, kernel];
        MobileOneBranches sum = new(at, shape, branches);
        _product = new(at, MobileOneBranches.KernelOf(branches), shape, sum.Fold, use: use);
    }

    /// <summary>y = GELU(conv(x) + b)</summary>
    public void Run(Pass p, MatrixView x, MatrixView y) => _product.Run(p, x, y, Act.Gelu);
}

/// <summary>y = act(depthwise(x) + b) with kernels that are folded of several tensors when they are read.</summary>
internal sealed class DepthwiseLayer
{
    private readonly DepthwiseKernel _kernel;

    /// <param name="at">Where it stands.</param>
    /// <param name="leaf">Last words of the name of the tensor that has the kernels.</param>
    /// <param name="shape">That tensor's: [outputs, 1, height, width].</param>
    /// <param name="fold">What becomes of it, once it is read.</param>
    /// <param name="perChannel">Outputs of each channel of the input.</param>
    public DepthwiseLayer(Scope at, string leaf, long[] shape, Func<INumbers, FoldedKernel, FoldedKernel> fold, int perChannel = 1)
    {
        int outputs = (int)shape[0];
        _kernel = new(outputs, (int)(shape[2] * shape[3]), perChannel);
        Parameter weight = null!;
        weight = at.DeclareKernel(
            leaf, shape, numbers => fold(numbers, FoldedKernel.Of(numbers.Read(weight), outputs, channels: 1)), _kernel);
    }

    /// <summary>One with the branches of MobileOne.</summary>
    public static DepthwiseLayer MobileOne(Scope at, int outputs, int kernel, Branches branches, int perChannel = 1)
    {
        long[] shape = [outputs, 1, kernel, kernel];
        MobileOneBranches sum = new(at, shape, branches);
        return new(at, MobileOneBranches.KernelOf(branches), shape, sum.Fold, perChannel);
    }

    /// <summary>y = act(depthwise(x) + b)</summary>
    public void Run(Pass p, MatrixView x, Window window, MatrixView y, Act act = Act.None) =>
        p.Compute.Depthwise(x, window, _kernel, y, act);
}

/// <summary>x · σ(W₂ · max(W₁ · mean(x) + b₁, 0) + b₂), then GELU: channels of a picture by what all its pixels say.</summary>
/// <remarks>Hu et al. 2018, "Squeeze-and-Excitation Networks".</remarks>
internal sealed class Squeeze(Scope at, int width, int hidden)
{
    private readonly Linear _fc1 = new(at["fc1"], width, hidden, shape: [hidden, width, 1, 1]);
    private readonly Linear _fc2 = new(at["fc2"], hidden, width, shape: [width, hidden, 1, 1]);

    /// <param name="p">The pass.</param>
    /// <param name="x">[pictures · pixels, width], overwritten.</param>
    public void Run(Pass p, MatrixView x)
    {
        long mark = p.Mark();
        MatrixView mean = p.Take("squeeze.mean", p.Sequences, x.Columns), squeezed = p.Take("squeeze.hidden", p.Sequences, hidden);
        p.Compute.MeanOfPixels(x, mean);
        _fc1.Run(p, mean, squeezed, Act.Relu);
        _fc2.Run(p, squeezed, mean, Act.Sigmoid);
        p.Compute.Excite(x, mean);
        p.Release(mark);
    }
}
