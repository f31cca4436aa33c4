namespace PureClip.Imaging.Png;

/// <summary>The colour type byte of IHDR (PNG specification, 11.2.1): bit 0 palette, bit 1 colour, bit 2 alpha.</summary>
internal enum PngColorType : byte
{
    Gray = 0,
    Rgb = 2,
    Palette = 3,
    GrayAlpha = 4,
    Rgba = 6,
}
