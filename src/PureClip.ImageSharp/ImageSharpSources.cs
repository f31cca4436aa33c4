using SixLabors.ImageSharp;
using SixLabors.ImageSharp.PixelFormats;

namespace PureClip.ImageSharp;

/// <summary>Pictures that a program has in ImageSharp's memory as sources for a model.</summary>
public static class ImageSharpSources
{
    /// <summary>
    /// The picture as it is now: its pixels are copied, so that it may change or be disposed afterwards. Pixels of more than 8 bits a
    /// channel are rounded to 8. The orientation in its EXIF profile counts as it does for files, unless <see cref="ClipOptions.ApplyOrientation"/>
    /// is off; ImageSharp's <c>AutoOrient</c> takes it out.
    /// </summary>
    /// <param name="image">The picture; of several frames the first counts.</param>
    /// <param name="name">What messages call it.</param>
    public static ImageSource ToImageSource<TPixel>(this Image<TPixel> image, string name = "picture")
        where TPixel : unmanaged, IPixel<TPixel>
    {
        ArgumentNullException.ThrowIfNull(image);
        PixelAlphaRepresentation? alpha = PixelOperations<TPixel>.Instance.GetPixelTypeInfo().AlphaRepresentation;
        bool hasAlpha = alpha is not (null or PixelAlphaRepresentation.None);
        return ImageSource.FromPixels(Pixels.ToRaster(image, hasAlpha), name);
    }
}
