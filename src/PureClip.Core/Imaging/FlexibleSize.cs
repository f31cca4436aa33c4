namespace PureClip.Imaging;

/// <summary>The size of a picture that keeps its proportions, in whole patches of which there are at most so many.</summary>
/// <remarks>
/// transformers, <c>image_processing_siglip2.py</c>, get_image_size_for_max_num_patches: the largest scale, found by halving an interval from
/// 1e-6 to 100 until it is shorter than 1e-5, at which the patches that cover the scaled picture are not too many.
/// </remarks>
internal static class FlexibleSize
{
    /// <summary>Numbers before a picture's pixels: rows and columns of patches.</summary>
    public const int HeaderLength = 2;

    private const double Precision = 1e-5;

    /// <summary>Rows and columns of patches.</summary>
    /// <param name="height">Pixels of the picture.</param>
    /// <param name="width">Pixels of the picture.</param>
    /// <param name="patch">Pixels of a patch's side.</param>
    /// <param name="most">Most patches.</param>
    public static (int Rows, int Columns) Of(int height, int width, int patch, int most)
    {
        double low = Precision / 10, high = 100;
        while (high - low >= Precision)
        {
            double scale = (low + high) / 2;
            if (Patches(height, scale) * Patches(width, scale) <= most)
                low = scale;
            else
                high = scale;
        }
        return ((int)Patches(height, low), (int)Patches(width, low));

        double Patches(int side, double scale) => Math.Max(1, Math.Ceiling(side * scale / patch));
    }

    /// <summary>What stands before a picture's pixels.</summary>
    /// <exception cref="ArgumentException">It is no size that a model with so many patches takes.</exception>
    public static (int Rows, int Columns) Read(ReadOnlySpan<float> pixels, int most)
    {
        (float rows, float columns) = (pixels[0], pixels[1]);
        return rows >= 1 && columns >= 1 && rows * columns <= most && rows == MathF.Floor(rows) && columns == MathF.Floor(columns)
            ? ((int)rows, (int)columns)
            : throw new ArgumentException(
                $"A picture of this model begins with its rows and columns of patches, at most {most} together; these begin with {rows} " +
                $"and {columns}.", nameof(pixels));
    }
}
