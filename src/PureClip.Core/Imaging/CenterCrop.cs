namespace PureClip.Imaging;

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
