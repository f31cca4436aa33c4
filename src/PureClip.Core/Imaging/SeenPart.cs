namespace PureClip.Imaging;

/// <summary>The part of a picture that a model sees, 0 to 1 from its left and upper edge; beyond that where it is padded.</summary>
/// <param name="Left">Where it begins.</param>
/// <param name="Top">Where it begins.</param>
/// <param name="Width">How wide it is.</param>
/// <param name="Height">How high it is.</param>
public readonly record struct SeenPart(double Left, double Top, double Width, double Height)
{
    internal static SeenPart Of(int width, int height, ImagePreprocessorConfig config)
    {
        ResizedSize resized = ResizedSize.Of(width, height, config);
        int left = CenterCrop.Offset(resized.Width, config.OutputWidth, config.CropRounding);
        int top = CenterCrop.Offset(resized.Height, config.OutputHeight, config.CropRounding);
        return new((double)left / resized.Width, (double)top / resized.Height,
            (double)config.OutputWidth / resized.Width, (double)config.OutputHeight / resized.Height);
    }
}
