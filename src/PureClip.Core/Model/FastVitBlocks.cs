using PureClip.Kernels;
using PureClip.Memory;

namespace PureClip.Model;

/// <summary>x + γ · mlp(norm(depthwise(x))): neighbours, then each pixel by itself. γ is folded into the last matrix.</summary>
/// <remarks>Vasu et al. 2023, "FastViT", 3.3. What is hidden is never there as a whole: it would not fit in a core's caches.</remarks>
internal sealed class ConvolutionMlp
{
    // What is hidden of so many pixels stays in a core's second-level cache (256 kB); fewer rows would make poor products.
    private const int HiddenFloats = 1 << 16, LeastRows = 512;

    private readonly int _hidden;
    private readonly DepthwiseLayer _neighbours;
    private readonly Linear _fc1;
    private readonly FoldedLinear _fc2;

    /// <param name="at">Where it stands.</param>
    /// <param name="width">Channels.</param>
    /// <param name="hidden">Hidden numbers.</param>
    /// <param name="kernel">Height and width of the kernels.</param>
    /// <param name="scale">Name of γ beside it.</param>
    public ConvolutionMlp(Scope at, int width, int hidden, (int Height, int Width) kernel, string scale)
    {
        _hidden = hidden;
        Scope mlp = at["ffn"];
        BatchNorm norm = new(mlp["bn"], width);
        _neighbours = new(
            mlp, "conv.weight", [width, 1, kernel.Height, kernel.Width], (numbers, weights) => weights.Then(norm.Read(numbers)));
        _fc1 = new(mlp["fc1"], width, hidden, shape: [hidden, width, 1, 1]);
        _fc2 = ScaledLinear.New(mlp["fc2"], [width, hidden, 1, 1], at.Declare(scale, [width, 1, 1], Use.Folded));
    }

    /// <param name="p">The pass.</param>
    /// <param name="x">[rows, width], overwritten with the result.</param>
    /// <param name="window">What the kernels see.</param>
    public void AddTo(Pass p, MatrixView x, Window window)
    {
        long mark = p.Mark();
        MatrixView y = p.Take("ffn.conv", x.Rows, x.Columns);                       // [rows, width]
        _neighbours.Run(p, x, window, y);
        int step = RowsAtOnce(_hidden);
        MatrixView all = p.Take("ffn.hidden", Math.Min(step, x.Rows), _hidden);     // [some rows, hidden]
        for (int first = 0; first < x.Rows; first += step)
        {
            int rows = Math.Min(step, x.Rows - first);
            _fc1.Run(p, y.Range(first, rows), all.Top(rows), Act.Gelu);
            _fc2.AddTo(p, all.Top(rows), x.Range(first, rows));
        }
        p.Release(mark);
    }

    /// <summary>Rows of an MLP that are computed at once: bits do not depend on it.</summary>
    public static int RowsAtOnce(int hidden) => Math.Max(HiddenFloats / hidden, LeastRows);
}

/// <summary>A linear layer whose outputs are scaled by numbers that were learnt: folded.</summary>
internal static class ScaledLinear
{
    /// <param name="at">Where it stands.</param>
    /// <param name="shape">The weight's: outputs first.</param>
    /// <param name="scale">γ: a number for each output.</param>
    public static FoldedLinear New(Scope at, long[] shape, Parameter scale)
    {
        Parameter bias = at.Declare("bias", [shape[0]], Use.Folded);
        return new(at, "weight", shape, (numbers, weights) => weights.AddBias(numbers.Read(bias)).Scale(numbers.Read(scale)));
    }
}

/// <summary>y = x + γ · (mixer(x) − norm(x)): a depthwise convolution into which all of it is folded.</summary>
/// <remarks>Vasu et al. 2023, "FastViT", 3.1: the norm is subtracted, so that nothing but the mixture is left where it is the norm.</remarks>
internal static class RepMixer
{
    /// <param name="at">Where it stands.</param>
    /// <param name="width">Channels.</param>
    /// <param name="kernel">Height and width of the kernels.</param>
    /// <param name="branches">Branches of the mixer.</param>
    public static DepthwiseLayer New(Scope at, int width, (int Height, int Width) kernel, Branches branches)
    {
        long[] shape = [width, 1, kernel.Height, kernel.Width];
        MobileOneBranches mixer = new(at, shape, branches);
        if (branches.IsFused)
            return new(at, MobileOneBranches.KernelOf(branches), shape, mixer.Fold);
        BatchNorm norm = new(at["norm"], width);
        Parameter scale = at.Declare("gamma", [width, 1, 1], Use.Folded);
        int places = kernel.Height * kernel.Width;
        return new(at, MobileOneBranches.KernelOf(branches), shape, (numbers, weights) => mixer.Fold(numbers, weights)
            .Add(FoldedKernel.Identity(width, 1, places).Then(norm.Read(numbers)), sign: -1)
            .Scale(numbers.Read(scale))
            .Add(FoldedKernel.Identity(width, 1, places)));
    }
}

/// <summary>A block of a FastViT.</summary>
internal abstract class FastVitBlock
{
    /// <param name="p">The pass.</param>
    /// <param name="x">[rows, width]; holds the result afterwards.</param>
    /// <param name="side">Pixels of a side.</param>
    /// <param name="other">A buffer of the same size, to be exchanged or overwritten.</param>
    public abstract void Run(Pass p, ref MatrixView x, int side, ref MatrixView other);
}

/// <summary>Neighbours are mixed, and an MLP follows.</summary>
internal sealed class MixerBlock(Scope at, FastVitStage stage, bool isFused) : FastVitBlock
{
    private readonly DepthwiseLayer _mixer =
        RepMixer.New(at["mixer"], stage.Width, (3, 3), new(isFused, HasScale: true, HasIdentity: true));

    private readonly ConvolutionMlp _mlp = new(at, stage.Width, stage.MlpWidth, (7, 7), "gamma");

    public override void Run(Pass p, ref MatrixView x, int side, ref MatrixView other)
    {
        _mixer.Run(p, x, Window.Square(side, 3, 1, 1), other);
        (x, other) = (other, x);
        _mlp.AddTo(p, x, Window.Square(side, 7, 1, 3));
    }
}

/// <summary>x + γ₁ · attention(norm(x)), and an MLP follows. A batch norm and γ₁ are folded.</summary>
internal sealed class AttendingBlock : FastVitBlock
{
    private const float Eps = 1e-5f;

    private readonly int _width;
    private readonly Norm? _norm;
    private readonly FoldedLinear? _foldedQkv;
    private readonly Linear? _qkv;
    private readonly FoldedLinear _out;
    private readonly ConvolutionMlp _mlp;

    public AttendingBlock(Scope at, FastVitStage stage, bool hasChannelNorm)
    {
        _width = stage.Width;
        Scope attention = at["attn"];
        if (hasChannelNorm)
        {
            _norm = new(at["norm"], _width, Eps);
            _qkv = new(attention["qkv.weight"], _width, _width, bias: false, parts: 3);
        }
        else
        {
            BatchNorm norm = new(at["norm"], _width);
            _foldedQkv = new(
                attention, "qkv.weight", [3 * _width, _width], (numbers, weights) => weights.Behind(norm.Read(numbers)), parts: 3);
        }
        _out = ScaledLinear.New(attention["out"], [_width, _width], at.Declare("gamma_1", [_width, 1, 1], Use.Folded));
        _mlp = new(at, _width, stage.MlpWidth, (7, 7), "gamma_2");
    }

    public override void Run(Pass p, ref MatrixView x, int side, ref MatrixView other)
    {
        long mark = p.Mark();
        int part = p.Compute.PaddedColumns(_width), pixels = side * side;
        MatrixView qkv = p.Take("qkv", x.Rows, 3 * part);
        if (_norm is not null)
        {
            _norm.Run(p, x, other);
            _qkv!.Run(p, other, qkv);
        }
        else
        {
            _foldedQkv!.Run(p, x, qkv);
        }
        for (int picture = 0; picture < p.Sequences; picture++)
        {
            MatrixView one = qkv.Range(picture * pixels, pixels);
            p.Compute.Attention(
                one.ColumnRange(0, _width), one.ColumnRange(part, _width), one.ColumnRange(2 * part, _width), [0, pixels],
                _width / FastVitConfig.HeadWidth, causal: false, onePerSequence: false, other.Range(picture * pixels, pixels));
        }
        _out.AddTo(p, other, x);
        p.Release(mark);
        _mlp.AddTo(p, x, Window.Square(side, 7, 1, 3));
    }
}

/// <summary>Half the size and, mostly, twice the channels: GELU(squeeze(7x7)), each channel by itself, then GELU(1x1).</summary>
/// <remarks>Kernels of 7x7 and of 3x3 in their middle are one. Without a squeeze, the first GELU is the depthwise convolution's.</remarks>
internal sealed class Reduction
{
    private readonly DepthwiseLayer _large;
    private readonly Squeeze? _squeeze;
    private readonly MobileOne _pointwise;

    public Reduction(Scope at, int inputs, FastVitStage stage, bool isFused)
    {
        int outputs = stage.Width, perChannel = outputs / inputs;
        long[] shape = [outputs, 1, 7, 7];
        if (isFused)
        {
            Parameter bias = at["fused"].Declare("bias", [outputs], Use.Folded);
            _large = new(at, "fused.weight", shape, (numbers, weights) => weights.AddBias(numbers.Read(bias)), perChannel);
        }
        else
        {
            BatchNorm norm = new(at["large_bn"], outputs), smallNorm = new(at["small_bn"], outputs);
            Parameter small = at["small"].Declare("weight", [outputs, 1, 3, 3], Use.Folded);
            _large = new(at, "large.weight", shape, (numbers, weights) => weights.Then(norm.Read(numbers))
                .Add(FoldedKernel.Of(numbers.Read(small), outputs, 1).Then(smallNorm.Read(numbers))), perChannel);
        }
        _squeeze = stage.SqueezeWidth > 0 ? new(at["se"], outputs, stage.SqueezeWidth) : null;
        _pointwise = new(at["proj"], outputs, outputs, 1, new(isFused, HasScale: false, HasIdentity: true));
    }

    /// <param name="p">The pass.</param>
    /// <param name="x">[pictures · from², inputs]</param>
    /// <param name="from">Pixels of a side of x.</param>
    /// <param name="y">[pictures · side², outputs]</param>
    public void Run(Pass p, MatrixView x, int from, MatrixView y)
    {
        long mark = p.Mark();
        MatrixView large = p.Take("reduced", y.Rows, y.Columns);
        _large.Run(p, x, Window.Square(from, kernel: 7, stride: 2, padding: 3), large, _squeeze is null ? Act.Gelu : Act.None);
        _squeeze?.Run(p, large);
        _pointwise.Run(p, large, y);
        p.Release(mark);
    }
}

/// <summary>x + depthwise(x) + b: a pixel's place, as its neighbours tell it. Files that are fused have the sum.</summary>
/// <remarks>Chu et al. 2021, "Conditional Positional Encodings for Vision Transformers".</remarks>
internal static class ConditionalPositions
{
    public static DepthwiseLayer New(Scope at, int width, bool isFused)
    {
        Scope place = at[isFused ? "positions_fused" : "positions"];
        Parameter bias = place.Declare("bias", [width], Use.Folded);
        return new(place, "weight", [width, 1, 7, 7], (numbers, weights) =>
        {
            weights.AddBias(numbers.Read(bias));
            return isFused ? weights : weights.Add(FoldedKernel.Identity(width, 1, 49));
        });
    }
}
