using SkiaSharp;
using Svg.Skia;

namespace PureClip.Train.Data;

/// <summary>SVG to pixels, by Skia.</summary>
internal static class SvgPictures
{
    /// <summary>Draws onto a transparent square, as large as fits and in the middle.</summary>
    /// <param name="svg">The drawing.</param>
    /// <param name="side">Pixels of the square's side.</param>
    /// <returns>[side, side, 4]: red, green, blue, alpha, premultiplied; null for what cannot be drawn, or is empty.</returns>
    public static byte[]? Draw(string svg, int side)
    {
        using SKSvg drawing = new();
        try
        {
            if (drawing.FromSvg(svg) is not SKPicture picture || picture.CullRect is not { Width: > 0, Height: > 0 } bounds)
                return null;
            using SKBitmap bitmap = new(new SKImageInfo(side, side, SKColorType.Rgba8888, SKAlphaType.Premul));
            using SKCanvas canvas = new(bitmap);
            canvas.Clear(SKColors.Transparent);
            float scale = side / Math.Max(bounds.Width, bounds.Height);
            canvas.Translate((side - bounds.Width * scale) / 2, (side - bounds.Height * scale) / 2);
            canvas.Scale(scale);
            canvas.Translate(-bounds.Left, -bounds.Top);
            canvas.DrawPicture(picture);
            canvas.Flush();
            byte[] pixels = bitmap.GetPixelSpan().ToArray();
            return pixels.AsSpan().IndexOfAnyExcept((byte)0) >= 0 ? pixels : null;
        }
        catch (Exception e) when (e is System.Xml.XmlException or FormatException or ArgumentException or InvalidOperationException
            or NullReferenceException)
        {
            return null; // a drawing that the renderer does not understand
        }
    }

    /// <summary>Reads a picture of pixels onto a transparent square, as large as fits and in the middle.</summary>
    /// <param name="file">Bytes of a PNG, WebP or JPEG.</param>
    /// <param name="side">Pixels of the square's side.</param>
    /// <returns>As <see cref="Draw"/>.</returns>
    public static byte[]? Read(byte[] file, int side)
    {
        using SKBitmap? picture = SKBitmap.Decode(file);
        if (picture is null)
            return null;
        using SKImage image = SKImage.FromBitmap(picture);
        using SKBitmap bitmap = new(new SKImageInfo(side, side, SKColorType.Rgba8888, SKAlphaType.Premul));
        using SKCanvas canvas = new(bitmap);
        canvas.Clear(SKColors.Transparent);
        float scale = (float)side / Math.Max(image.Width, image.Height), width = image.Width * scale, height = image.Height * scale;
        canvas.DrawImage(
            image, SKRect.Create((side - width) / 2, (side - height) / 2, width, height),
            new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear));
        canvas.Flush();
        return bitmap.GetPixelSpan().ToArray();
    }

    /// <summary>Writes a drawing on a white ground as a PNG.</summary>
    /// <param name="svg">The drawing.</param>
    /// <param name="side">Pixels of the square's side.</param>
    /// <param name="path">The file.</param>
    /// <returns>Whether it could be drawn.</returns>
    public static bool WritePng(string svg, int side, string path)
    {
        if (Draw(svg, side) is not byte[] pixels)
            return false;
        WritePng(pixels, side, path);
        return true;
    }

    /// <summary>Writes pixels on a white ground as a PNG.</summary>
    /// <param name="pixels">[side, side, 4]: red, green, blue, alpha, premultiplied; changed.</param>
    /// <param name="side">Pixels of the square's side.</param>
    /// <param name="path">The file.</param>
    public static void WritePng(byte[] pixels, int side, string path)
    {
        for (int i = 0; i < pixels.Length; i += 4)
        {
            byte rest = (byte)(255 - pixels[i + 3]);
            (pixels[i], pixels[i + 1], pixels[i + 2], pixels[i + 3]) =
                ((byte)(pixels[i] + rest), (byte)(pixels[i + 1] + rest), (byte)(pixels[i + 2] + rest), 255);
        }
        using SKBitmap bitmap = new(new SKImageInfo(side, side, SKColorType.Rgba8888, SKAlphaType.Opaque));
        pixels.CopyTo(bitmap.GetPixelSpan());
        using SKData png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        using FileStream file = File.Create(path);
        png.SaveTo(file);
    }

    /// <summary>Writes scenes side by side as a PNG.</summary>
    /// <param name="scenes">The scenes.</param>
    /// <param name="set">Their drawings.</param>
    /// <param name="columns">Scenes of a row.</param>
    /// <param name="path">The file.</param>
    public static void WriteSheet(IEnumerable<Scene> scenes, PictureSet set, int columns, string path)
    {
        const int Side = PictureSet.Side, Area = Side * Side;
        Scene[] all = [.. scenes];
        using SKBitmap bitmap = new(
            new SKImageInfo(columns * Side, (all.Length + columns - 1) / columns * Side, SKColorType.Rgba8888, SKAlphaType.Opaque));
        Span<byte> pixels = bitmap.GetPixelSpan();
        float[] picture = new float[3 * Area];
        for (int i = 0; i < all.Length; i++)
        {
            SceneRenderer.Render(all[i], set, picture);
            for (int k = 0; k < Area; k++)
            {
                int to = ((i / columns * Side + k / Side) * columns * Side + i % columns * Side + k % Side) * 4;
                for (int channel = 0; channel < 3; channel++)
                    pixels[to + channel] = (byte)(255 * picture[channel * Area + k] + 0.5f);
                pixels[to + 3] = 255;
            }
        }
        using SKData png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        using FileStream file = File.Create(path);
        png.SaveTo(file);
    }
}
