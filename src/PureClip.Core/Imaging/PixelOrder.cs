namespace PureClip.Imaging;

/// <summary>
/// Whether a picture becomes RGB before or after it is resized. The same for RGB pictures; others differ: in their own mode palette and
/// black-and-white pictures are resized without interpolation, and pictures with alpha in premultiplied colours.
/// </summary>
public enum PixelOrder
{
    /// <summary>Converted first: Hugging Face.</summary>
    RgbFirst,

    /// <summary>Resized in its own mode, then converted: OpenAI and open_clip, to the letter.</summary>
    ResizeFirst,
}
