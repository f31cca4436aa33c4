namespace PureClip.Imaging.Resampling;

/// <summary>
/// For each wanted output pixel of an axis: the first source pixel it reads, how many, and their fixed-point weights.
/// Pillow's precompute_coeffs and normalize_coeffs_8bpc.
/// </summary>
internal readonly ref struct ResampleCoefficients : IDisposable
{
    /// <summary>Fraction bits of a weight: 32 less 8 for the pixel and 2 for sign and overshoot of the sum.</summary>
    public const int PrecisionBits = 32 - 8 - 2;

    /// <summary>One half: what a sum starts from, so that the final shift rounds.</summary>
    public const int Half = 1 << (PrecisionBits - 1);

    /// <summary>
    /// Most weights of one axis: 256 MB of them. Reached only by squashing an edge of more than 16 million pixels;
    /// Pillow gives up at four times as many.
    /// </summary>
    private const long MaxWeights = 1 << 26;

    /// <summary>Weights of one pixel are padded with zeros to a multiple of this, so that vectors may read past the last.</summary>
    private const int TapAlignment = 4;

    private readonly PooledBuffer<int> _buffer;
    private readonly int _count;

    private ResampleCoefficients(PooledBuffer<int> buffer, int count, int taps)
    {
        _buffer = buffer;
        _count = count;
        Taps = taps;
    }

    /// <summary>Weights stored for each output pixel, the padding included.</summary>
    public int Taps { get; }

    /// <summary>[count] first source pixel of each output pixel; never decreases.</summary>
    public ReadOnlySpan<int> First => _buffer.Span[.._count];

    /// <summary>[count] source pixels that each output pixel reads, at least 1.</summary>
    public ReadOnlySpan<int> Length => _buffer.Span.Slice(_count, _count);

    /// <summary>[count, <see cref="Taps"/>] weights, 1 being 2²²; zero from <see cref="Length"/> on.</summary>
    public ReadOnlySpan<int> Weights => _buffer.Span[(2 * _count)..];

    /// <summary>The source pixel after the last that any output pixel reads.</summary>
    public int End => First[^1] + Length[^1];

    /// <summary>Computes bounds and weights.</summary>
    /// <exception cref="ArgumentException">An edge is too long to be shrunk that much.</exception>
    public static ResampleCoefficients Compute(ResampleAxis axis, ResampleFilter filter)
    {
        double filterScale = Math.Max(axis.Scale, 1);
        double support = ResampleKernel.Support(filter) * filterScale;
        long taps = Math.Min((long)Math.Ceiling(support) * 2 + 1, axis.Input);
        taps = (taps + TapAlignment - 1) / TapAlignment * TapAlignment;
        if (taps * axis.Count > MaxWeights)
            throw new ArgumentException(
                $"Shrinking {axis.Input} pixels to {axis.Output} reads {taps} for each; at most {MaxWeights / axis.Count} are allowed. "
                + "Scale the picture down first.");

        ResampleCoefficients result = new(PooledBuffer<int>.Rent((int)(taps + 2) * axis.Count), axis.Count, (int)taps);
        using PooledBuffer<double> curve = PooledBuffer<double>.Rent((int)taps);
        for (int i = 0; i < axis.Count; i++)
            result.Fill(i, axis, filter, support, 1 / filterScale, curve.Span);
        return result;
    }

    public void Dispose() => _buffer.Dispose();

    private void Fill(int i, ResampleAxis axis, ResampleFilter filter, double support, double inverseScale, Span<double> curve)
    {
        double center = (axis.Start + i + 0.5) * axis.Scale;
        int first = Math.Max(0, (int)(center - support + 0.5));
        int length = Math.Min(axis.Input, (int)(center + support + 0.5)) - first;
        double sum = 0;
        for (int k = 0; k < length; k++)
            sum += curve[k] = ResampleKernel.Value(filter, (k + first - center + 0.5) * inverseScale);

        _buffer.Span[i] = first;
        _buffer.Span[_count + i] = length;
        Span<int> weights = _buffer.Span.Slice(2 * _count + i * Taps, Taps);
        for (int k = 0; k < length; k++)
            weights[k] = ToFixed(sum != 0 ? curve[k] / sum : curve[k]);
        weights[length..].Clear();
    }

    // Half away from zero: the cast cuts towards zero.
    private static int ToFixed(double weight) => (int)(weight * (1 << PrecisionBits) + (weight < 0 ? -0.5 : 0.5));
}

/// <summary>
/// The filters' curves, in double precision and in the order of operations of Pillow's Resample.c: weights have to agree to 22 bits.
/// </summary>
internal static class ResampleKernel
{
    private const double A = -0.5; // Keys 1981: the value for which cubic convolution is exact for parabolas

    /// <summary>Half the filter's width, in pixels of the coarser picture.</summary>
    public static double Support(ResampleFilter filter) => filter switch
    {
        ResampleFilter.Box => 0.5,
        ResampleFilter.Bilinear or ResampleFilter.Hamming => 1,
        ResampleFilter.Bicubic => 2,
        ResampleFilter.Lanczos => 3,
        _ => throw new ArgumentOutOfRangeException(nameof(filter), filter, "This filter has no curve."),
    };

    /// <summary>The filter's value at a distance from its centre.</summary>
    public static double Value(ResampleFilter filter, double x) => filter switch
    {
        ResampleFilter.Box => x is > -0.5 and <= 0.5 ? 1 : 0,
        ResampleFilter.Bilinear => Triangle(Math.Abs(x)),
        ResampleFilter.Hamming => Hamming(Math.Abs(x)),
        ResampleFilter.Bicubic => Cubic(Math.Abs(x)),
        _ => x is >= -3 and < 3 ? Sinc(x) * Sinc(x / 3) : 0,
    };

    private static double Triangle(double t) => t < 1 ? 1 - t : 0;

    private static double Cubic(double t) => t switch
    {
        < 1 => ((A + 2) * t - (A + 3)) * t * t + 1,
        < 2 => (((t - 5) * t + 8) * t - 4) * A,
        _ => 0,
    };

    // The window's 0.54 and 0.46 are single-precision constants in Pillow.
    private static double Hamming(double t) => t < 1 ? Sinc(t) * (0.54f + 0.46f * Math.Cos(t * Math.PI)) : 0;

    private static double Sinc(double x) => x == 0 ? 1 : Math.Sin(x * Math.PI) / (x * Math.PI);
}
