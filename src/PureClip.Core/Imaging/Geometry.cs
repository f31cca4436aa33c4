namespace PureClip.Imaging;

/// <summary>The size of a picture after resizing and before cropping.</summary>
/// <param name="Width">Pixels a row.</param>
/// <param name="Height">Rows.</param>
internal readonly record struct ResizedSize(int Width, int Height)
{
    /// <summary>Applies a configuration's rule to a picture of the given size.</summary>
    /// <exception cref="ArgumentException">
    /// The picture is so elongated that its resized length exceeds 2³¹ − 1 (Pillow refuses it too).
    /// </exception>
    public static ResizedSize Of(int width, int height, ImagePreprocessorConfig config)
    {
        if (!config.DoResize)
            return new(width, height);
        double ratioX = (double)width / config.OutputWidth;
        double ratioY = (double)height / config.OutputHeight;
        return config.ResizeMode switch
        {
            ResizeMode.ShortestEdge => ShortestEdge(width, height, config.ShortestEdge),
            ResizeMode.Squash => new(config.OutputWidth, config.OutputHeight),
            ResizeMode.Longest => Scaled(width, height, Math.Max(ratioX, ratioY)),
            _ => Scaled(width, height, Math.Min(ratioX, ratioY)),
        };
    }

    // torchvision functional._compute_resized_output_size: int(R * long / short), the product exact, one division in double precision.
    private static ResizedSize ShortestEdge(int width, int height, int edge)
    {
        int shorter = Math.Min(width, height);
        double longer = Math.Truncate((double)((long)edge * Math.Max(width, height)) / shorter);
        int length = ToLength(longer, width, height);
        return width <= height ? new(edge, length) : new(length, edge);
    }

    // open_clip ResizeKeepRatio: Python's round is half to even. It fails where an edge rounds to 0; here that edge is 1.
    private static ResizedSize Scaled(int width, int height, double ratio) => new(
        ToLength(Math.Max(1, Math.Round(width / ratio, MidpointRounding.ToEven)), width, height),
        ToLength(Math.Max(1, Math.Round(height / ratio, MidpointRounding.ToEven)), width, height));

    private static int ToLength(double length, int width, int height) => length <= int.MaxValue
        ? (int)length
        : throw new ArgumentException(
            $"A picture of {width} x {height} would be {length:F0} pixels long after resizing; at most {int.MaxValue} is allowed. Crop " +
            "it first.");
}

/// <summary>
/// A centre crop along one axis: which part of the picture survives and where it lands in the output.
/// What the picture does not cover is padding.
/// </summary>
/// <param name="Start">First surviving pixel of the picture.</param>
/// <param name="Count">Surviving pixels, at least 1.</param>
/// <param name="Destination">Where the first surviving pixel lies in the output.</param>
internal readonly record struct CenterCrop(int Start, int Count, int Destination)
{
    /// <summary>Crops or pads <paramref name="size"/> pixels to <paramref name="target"/>.</summary>
    public static CenterCrop Of(int size, int target, CropRounding rounding)
    {
        int offset = Offset(size, target, rounding);
        return offset >= 0
            ? new(offset, Math.Min(size, target), 0)
            : new(0, size, -offset);
    }

    /// <summary>The output's first pixel in the picture's coordinates; negative where the picture is padded.</summary>
    public static int Offset(int size, int target, CropRounding rounding)
    {
        int margin = size - target;
        if (rounding is CropRounding.Floor)
            return margin >> 1; // an arithmetic shift rounds down on both sides of zero
        return margin < 0
            ? -(-margin / 2) // torchvision pads before it crops: (target - size) // 2 in front
            : (int)Math.Round(margin / 2.0, MidpointRounding.ToEven);
    }
}
