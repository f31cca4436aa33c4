using PureClip.Imaging;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Advanced;
using SixLabors.ImageSharp.Formats.Pbm;
using SixLabors.ImageSharp.Formats.Tiff;
using SixLabors.ImageSharp.Formats.Tiff.Constants;
using SixLabors.ImageSharp.Metadata.Profiles.Exif;
using SixLabors.ImageSharp.PixelFormats;

namespace PureClip.ImageSharp;

/// <summary>ImageSharp's pictures as the library's.</summary>
internal static class Pixels
{
    private const int Rgba = 4, Rgb = 3;

    /// <summary>
    /// A decoded file. ImageSharp does not say in which mode it was, and need not: what is opaque all over is the same picture without
    /// alpha. Black and white is told, for it is resized otherwise where that comes before conversion.
    /// </summary>
    public static RasterImage ToRaster(Image<Rgba32> image)
    {
        bool isBilevel = IsBilevel(image);
        byte inverted = IsInverted(image) ? byte.MaxValue : (byte)0;
        PixelMode mode = isBilevel ? PixelMode.Bilevel : IsOpaque(image) ? PixelMode.Rgb : PixelMode.Rgba;
        int channels = RasterImage.ChannelsOf(mode);
        byte[] pixels = New(image, channels);
        image.ProcessPixelRows(rows =>
        {
            for (int y = 0; y < rows.Height; y++)
            {
                Span<Rgba32> row = rows.GetRowSpan(y);
                Span<byte> to = pixels.AsSpan(y * row.Length * channels, row.Length * channels);
                switch (mode)
                {
                    case PixelMode.Rgba:
                        PixelOperations<Rgba32>.Instance.ToRgba32Bytes(image.GetConfiguration(), row, to, row.Length);
                        break;
                    case PixelMode.Rgb:
                        PixelOperations<Rgba32>.Instance.ToRgb24Bytes(image.GetConfiguration(), row, to, row.Length);
                        break;
                    default:
                        for (int x = 0; x < row.Length; x++)
                            to[x] = (byte)(row[x].R ^ inverted);
                        break;
                }
            }
        });
        return new(mode, image.Width, image.Height, pixels) { Orientation = OrientationOf(image) };
    }

    /// <summary>A picture of the program's, in whatever pixels.</summary>
    public static RasterImage ToRaster<TPixel>(Image<TPixel> image, bool hasAlpha)
        where TPixel : unmanaged, IPixel<TPixel>
    {
        int channels = hasAlpha ? Rgba : Rgb;
        byte[] pixels = New(image, channels);
        image.ProcessPixelRows(rows =>
        {
            for (int y = 0; y < rows.Height; y++)
            {
                Span<TPixel> row = rows.GetRowSpan(y);
                Span<byte> to = pixels.AsSpan(y * row.Length * channels, row.Length * channels);
                if (hasAlpha)
                    PixelOperations<TPixel>.Instance.ToRgba32Bytes(image.GetConfiguration(), row, to, row.Length);
                else
                    PixelOperations<TPixel>.Instance.ToRgb24Bytes(image.GetConfiguration(), row, to, row.Length);
            }
        });
        return new(hasAlpha ? PixelMode.Rgba : PixelMode.Rgb, image.Width, image.Height, pixels) { Orientation = OrientationOf(image) };
    }

    private static byte[] New(Image image, int channels) =>
        (long)image.Width * image.Height * channels is var bytes && bytes <= Array.MaxLength
            ? GC.AllocateUninitializedArray<byte>((int)bytes)
            : throw new InvalidDataException($"{image.Width} x {image.Height} pixels are more than an array holds");

    private static bool IsBilevel(Image<Rgba32> image) =>
        image.Frames.RootFrame.Metadata.GetTiffMetadata() is { BitsPerPixel: TiffBitsPerPixel.Bit1 }
        || image.Metadata.GetPbmMetadata() is { ColorType: PbmColorType.BlackAndWhite };

    // ImageSharp takes the runs of fax compressions for white and black in turn, whatever the file says (TIFF 6.0, tag 262).
    private static bool IsInverted(Image<Rgba32> image) => image.Frames.RootFrame.Metadata.GetTiffMetadata() is
    {
        BitsPerPixel: TiffBitsPerPixel.Bit1,
        PhotometricInterpretation: TiffPhotometricInterpretation.BlackIsZero,
        Compression: TiffCompression.Ccitt1D or TiffCompression.CcittGroup3Fax or TiffCompression.CcittGroup4Fax,
    };

    private static bool IsOpaque(Image<Rgba32> image)
    {
        bool isOpaque = true;
        image.ProcessPixelRows(rows =>
        {
            for (int y = 0; y < rows.Height && isOpaque; y++)
                foreach (ref readonly Rgba32 pixel in rows.GetRowSpan(y))
                    if (pixel.A != byte.MaxValue)
                    {
                        isOpaque = false;
                        break;
                    }
        });
        return isOpaque;
    }

    // TIFF keeps tag 274 with its frame, others with the picture.
    private static int OrientationOf(Image image)
    {
        ExifProfile? exif = image.Frames.RootFrame.Metadata.ExifProfile ?? image.Metadata.ExifProfile;
        return exif?.GetValue(ExifTag.Orientation)?.Value is >= 1 and <= 8 and ushort orientation ? orientation : 1;
    }
}
