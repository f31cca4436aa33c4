namespace PureClip.Imaging.Resampling;

/// <summary>The filters' curves, in double precision and in the order of operations of Pillow's Resample.c: weights have to agree to 22 bits.</summary>
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
