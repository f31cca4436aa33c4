using PureClip.Kernels;
using PureClip.Memory;

namespace PureClip.Model;

/// <summary>Where a layer that folds several tensors into one reads them.</summary>
internal interface INumbers
{
    /// <summary>All numbers of a tensor, finite.</summary>
    float[] Read(Parameter parameter);

    /// <summary>What is thrown where a tensor's numbers make no sense.</summary>
    /// <param name="parameter">Which.</param>
    /// <param name="why">A sentence without its subject's name.</param>
    InvalidDataException Refusal(Parameter parameter, string why);
}

/// <summary>
/// A convolution and what is added to its outputs, in double precision: what branches, norms and scales of a training become before they are
/// rounded once. Everything that is folded is linear, and pads with zeros before it is computed, so that folding is exact up to that
/// rounding, also at edges.
/// </summary>
/// <param name="outputs">Outputs.</param>
/// <param name="channels">Channels that an output reads: all, or one of a depthwise convolution.</param>
/// <param name="places">Places of a kernel, line by line.</param>
/// <remarks>Ding et al. 2021, RepVGG, 3.3; Vasu et al. 2023, MobileOne and FastViT.</remarks>
internal sealed class FoldedKernel(int outputs, int channels, int places)
{
    private readonly double[] _weights = new double[(long)outputs * channels * places], _bias = new double[outputs];

    /// <summary>A stored kernel.</summary>
    /// <param name="weights">[outputs, channels, places]</param>
    /// <param name="outputs">Outputs.</param>
    /// <param name="channels">Channels that an output reads.</param>
    public static FoldedKernel Of(float[] weights, int outputs, int channels)
    {
        FoldedKernel kernel = new(outputs, channels, weights.Length / (outputs * channels));
        for (int i = 0; i < weights.Length; i++)
            kernel._weights[i] = weights[i];
        return kernel;
    }

    /// <summary>What gives its input: 1 in the middle of each kernel, of the output's own channel.</summary>
    public static FoldedKernel Identity(int outputs, int channels, int places)
    {
        FoldedKernel kernel = new(outputs, channels, places);
        for (int output = 0; output < outputs; output++)
            kernel._weights[((long)output * channels + output % channels) * places + places / 2] = 1;
        return kernel;
    }

    /// <summary>This one followed by a norm.</summary>
    public FoldedKernel Then(BatchNorm.Numbers norm)
    {
        Scale(norm.Factors);
        for (int output = 0; output < outputs; output++)
            _bias[output] += norm.Shifts[output];
        return this;
    }

    /// <summary>This one, of 1x1 or a matrix, behind a norm.</summary>
    public FoldedKernel Behind(BatchNorm.Numbers norm)
    {
        for (int output = 0, i = 0; output < outputs; output++)
            for (int channel = 0; channel < channels; channel++, i++)
            {
                _bias[output] += _weights[i] * norm.Shifts[channel];
                _weights[i] *= norm.Factors[channel];
            }
        return this;
    }

    /// <summary>Adds a number to each output.</summary>
    public FoldedKernel AddBias(float[] bias)
    {
        for (int output = 0; output < outputs; output++)
            _bias[output] += bias[output];
        return this;
    }

    /// <summary>Each output times a number of its own.</summary>
    public FoldedKernel Scale(ReadOnlySpan<double> factors)
    {
        for (int output = 0; output < outputs; output++)
        {
            foreach (ref double weight in _weights.AsSpan(output * channels * places, channels * places))
                weight *= factors[output];
            _bias[output] *= factors[output];
        }
        return this;
    }

    /// <inheritdoc cref="Scale(ReadOnlySpan{double})"/>
    public FoldedKernel Scale(float[] factors) => Scale(Array.ConvertAll(factors, static factor => (double)factor));

    /// <summary>The sum of two branches, of which the other's kernel may be smaller: it stands in the middle then.</summary>
    /// <param name="other">The other branch.</param>
    /// <param name="sign">1, or −1 for the difference.</param>
    public FoldedKernel Add(FoldedKernel other, double sign = 1)
    {
        int from = other._weights.Length / (outputs * channels);
        int side = (int)Math.Sqrt(places), small = (int)Math.Sqrt(from), edge = (side - small) / 2;
        for (int kernel = 0; kernel < outputs * channels; kernel++)
            for (int place = 0; place < from; place++)
            {
                int to = from == places ? place
                    : from == 1 ? places / 2
                    : (place / small + edge) * side + place % small + edge;
                _weights[(long)kernel * places + to] += sign * other._weights[(long)kernel * from + place];
            }
        for (int output = 0; output < outputs; output++)
            _bias[output] += sign * other._bias[output];
        return this;
    }

    /// <summary>Rounded, in the order in which they are multiplied.</summary>
    public float[] Weights(KernelOrder order) =>
        order == KernelOrder.Tiles ? Winograd.Kernels(_weights, outputs, channels) : Weights(order == KernelOrder.ChannelsLast);

    /// <summary>Rounded: [outputs, channels · places], or with the channels of one place beside one another.</summary>
    public float[] Weights(bool channelsLast)
    {
        float[] rounded = new float[_weights.Length];
        for (int output = 0, from = 0; output < outputs; output++)
            for (int channel = 0; channel < channels; channel++)
                for (int place = 0; place < places; place++, from++)
                    rounded[channelsLast ? (output * places + place) * channels + channel : from] = (float)_weights[from];
        return rounded;
    }

    /// <summary>Rounded: [outputs].</summary>
    public float[] Bias => Array.ConvertAll(_bias, static number => (float)number);
}

/// <summary>How the numbers of a kernel lie where they are multiplied.</summary>
internal enum KernelOrder
{
    /// <summary>[outputs, channels, places]: as files have it.</summary>
    Stored,

    /// <summary>[outputs, places, channels]: a row of what is seen has all channels of one place beside one another.</summary>
    ChannelsLast,

    /// <summary>[16, outputs, channels]: transformed for <see cref="Winograd"/>.</summary>
    Tiles,
}

/// <summary>γ · (x − mean) / √(variance + eps) + β with statistics that were kept while training: four tensors that are folded.</summary>
/// <remarks>Ioffe and Szegedy 2015.</remarks>
internal sealed class BatchNorm(Scope at, int width)
{
    private const double Eps = 1e-5; // of every published one

    private readonly Parameter _weight = at.Declare("weight", [width], Use.Folded), _bias = at.Declare("bias", [width], Use.Folded);
    private readonly Parameter _mean = at.Declare("running_mean", [width], Use.Folded);
    private readonly Parameter _variance = at.Declare("running_var", [width], Use.Folded);

    /// <summary>The norm as a factor and a shift of each channel.</summary>
    /// <exception cref="InvalidDataException">They are no numbers.</exception>
    public Numbers Read(INumbers numbers)
    {
        float[] weight = numbers.Read(_weight), bias = numbers.Read(_bias);
        float[] mean = numbers.Read(_mean), variance = numbers.Read(_variance);
        double[] factors = new double[width], shifts = new double[width];
        for (int i = 0; i < width; i++)
        {
            factors[i] = weight[i] / Math.Sqrt(variance[i] + Eps);
            shifts[i] = bias[i] - mean[i] * factors[i];
            if (!double.IsFinite(factors[i]) || !float.IsFinite((float)shifts[i]))
                throw numbers.Refusal(
                    _variance, "a batch norm's variance is negative, or so small that what is divided by its root is no number. Download "
                    + "the file again, or take another checkpoint of the training.");
        }
        return new(factors, shifts);
    }

    /// <param name="Factors">What each channel is multiplied by.</param>
    /// <param name="Shifts">What is added then.</param>
    internal readonly record struct Numbers(double[] Factors, double[] Shifts);
}

/// <summary>y = act(x · W + b) with a matrix that is folded of several tensors when they are read.</summary>
internal sealed class FoldedLinear
{
    private readonly WeightMatrix _matrix;

    /// <param name="at">Where it stands.</param>
    /// <param name="leaf">Last words of the name of the tensor that has the kernel.</param>
    /// <param name="shape">That tensor's.</param>
    /// <param name="fold">What becomes of it, once it is read.</param>
    /// <param name="parts">Parts of the outputs.</param>
    /// <param name="use">Inside a tower, or at an end of it.</param>
    /// <param name="order">How kernels are multiplied.</param>
    public FoldedLinear(
        Scope at, string leaf, long[] shape, Func<INumbers, FoldedKernel, FoldedKernel> fold, int parts = 1, Use use = Use.Inner,
        KernelOrder order = KernelOrder.Stored)
    {
        int outputs = (int)shape[0], channels = (int)shape[1];
        int inputs = checked((int)shape.Skip(1).Aggregate(1L, static (product, size) => product * size));
        _matrix = order == KernelOrder.Tiles
            ? new(channels, outputs, Winograd.Places, hasBias: true)
            : new(inputs, outputs / parts, parts, hasBias: true);
        Parameter weight = null!;
        weight = at.DeclareFolded(
            leaf, shape, use, numbers => fold(numbers, FoldedKernel.Of(numbers.Read(weight), outputs, channels)), _matrix, order);
    }

    /// <summary>y = act(x · W + b)</summary>
    public void Run(Pass p, MatrixView x, MatrixView y, Act act = Act.None) => p.Compute.Product(x, _matrix, y, act);

    /// <summary>The same for rows of the pixels that a window sees.</summary>
    public void Run(Pass p, MatrixView x, Window window, MatrixView y, Act act) => p.Compute.Convolve(x, window, _matrix, y, act);

    /// <summary>y = max(conv(x) + b, 0), one of 3x3 whose kernels are <see cref="KernelOrder.Tiles"/>.</summary>
    public void RunByTiles(Pass p, MatrixView x, int side, MatrixView y) => p.Compute.ConvolveByTiles(x, side, _matrix, y);

    /// <summary>residual = act(residual + (x · W + b))</summary>
    public void AddTo(Pass p, MatrixView x, MatrixView residual, Act act = Act.None) => p.Compute.AddProduct(x, _matrix, residual, act);
}
