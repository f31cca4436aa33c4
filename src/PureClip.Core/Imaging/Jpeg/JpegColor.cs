namespace PureClip.Imaging.Jpeg;

/// <summary>What the components of a frame mean.</summary>
internal enum JpegColor
{
    /// <summary>Luminance alone.</summary>
    Gray,

    /// <summary>Luminance and two colour differences (JFIF).</summary>
    YCbCr,

    /// <summary>Red, green, blue.</summary>
    Rgb,

    /// <summary>Inverted cyan, magenta, yellow, black, as Adobe writes them.</summary>
    Cmyk,

    /// <summary>Cyan, magenta and yellow as luminance and colour differences, and black; inverted too.</summary>
    Ycck,
}
