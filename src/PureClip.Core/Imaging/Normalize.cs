namespace PureClip.Imaging;

/// <summary>
/// Bytes to the numbers a network reads: rescale, subtract the mean, divide by the standard deviation, all in single precision and in
/// this order. A byte has 256 values, so a table for each channel gives the reference's bits without computing anything.
/// </summary>
internal sealed class Normalize
{
    private readonly float[] _red;
    private readonly float[] _green;
    private readonly float[] _blue;

    public Normalize(ImagePreprocessorConfig config)
    {
        _red = Table(config, config.Mean.Red, config.Std.Red);
        _green = Table(config, config.Mean.Green, config.Std.Green);
        _blue = Table(config, config.Mean.Blue, config.Std.Blue);
    }

    /// <summary>Normalises a picture and separates its channels.</summary>
    /// <param name="rgb">[pixels, 3]</param>
    /// <param name="planar">[3, pixels], all of it written</param>
    public void Apply(ReadOnlySpan<byte> rgb, Span<float> planar)
    {
        int pixels = planar.Length / 3;
        Lookup(rgb, 0, _red, planar[..pixels]);
        Lookup(rgb, 1, _green, planar.Slice(pixels, pixels));
        Lookup(rgb, 2, _blue, planar.Slice(2 * pixels, pixels));
    }

    private static void Lookup(ReadOnlySpan<byte> rgb, int channel, float[] table, Span<float> plane)
    {
        for (int i = 0, from = channel; i < plane.Length; i++, from += 3)
            plane[i] = table[rgb[from]];
    }

    private static float[] Table(ImagePreprocessorConfig config, float mean, float std)
    {
        float[] table = new float[256];
        for (int value = 0; value < table.Length; value++)
        {
            float x = config.DoRescale ? Rescale(config, value) : value;
            table[value] = config.DoNormalize ? (x - mean) / std : x;
        }
        return table;
    }

    private static float Rescale(ImagePreprocessorConfig config, int value) => config.RescaleRule is RescaleRule.DivideBy255
        ? value / 255f
        : (float)(value * config.RescaleFactor);
}
