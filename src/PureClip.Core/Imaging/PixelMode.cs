namespace PureClip.Imaging;

/// <summary>What the bytes of a decoded pixel mean. The name in brackets is Pillow's mode for the same thing.</summary>
public enum PixelMode
{
    /// <summary>One byte a pixel, 0 or 255 (<c>1</c>).</summary>
    Bilevel,

    /// <summary>One byte a pixel: luminance (<c>L</c>).</summary>
    Gray,

    /// <summary>Two bytes a pixel: luminance and straight alpha (<c>LA</c>).</summary>
    GrayAlpha,

    /// <summary>Three bytes a pixel: red, green, blue (<c>RGB</c>).</summary>
    Rgb,

    /// <summary>Four bytes a pixel: red, green, blue and straight alpha (<c>RGBA</c>).</summary>
    Rgba,

    /// <summary>One byte a pixel: an index into the picture's palette (<c>P</c>).</summary>
    Palette,

    /// <summary>Four bytes a pixel: cyan, magenta, yellow, black; 255 is full ink (<c>CMYK</c>).</summary>
    Cmyk,
}
