namespace PureClip.Imaging.Resampling;

/// <summary>What is to be computed along one axis.</summary>
/// <param name="Input">Pixels of the source, at least 1.</param>
/// <param name="Output">Pixels of the whole result, at least 1; the scale is <paramref name="Input"/> / <paramref name="Output"/>.</param>
/// <param name="Start">First pixel of the result that is wanted.</param>
/// <param name="Count">Wanted pixels, at least 1. Which are wanted does not change the bits of any.</param>
internal readonly record struct ResampleAxis(int Input, int Output, int Start, int Count)
{
    /// <summary>Pillow skips the pass of an axis whose size stays.</summary>
    public bool Changes => Input != Output;

    /// <summary>Source pixels per output pixel. Pillow passes the source's size as a single-precision number, which matters above 2²⁴.</summary>
    public double Scale => (double)(float)Input / Output;

    /// <summary>The whole axis.</summary>
    public static ResampleAxis Whole(int input, int output) => new(input, output, 0, output);
}
