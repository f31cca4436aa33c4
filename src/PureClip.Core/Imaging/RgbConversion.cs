namespace PureClip.Imaging;

/// <summary>
/// Any picture as red, green and blue bytes. Without a background this is Pillow's <c>convert("RGB")</c>: alpha, palette alpha and
/// transparent colours are ignored, not composited. With one, straight alpha is composited over it, each channel as
/// (c·a + b·(255 − a)) / 255 rounded to nearest.
/// </summary>
internal static class RgbConversion
{
    /// <summary>Converts a whole picture. Its orientation is not applied.</summary>
    public static RgbImage ToRgb(RasterImage image, RgbColor? background)
    {
        byte[] rgb = new byte[ByteCount(image.Width, image.Height)];
        Convert(PixelView.Of(image), image, background, rgb);
        return new RgbImage(image.Width, image.Height, rgb);
    }

    /// <summary>Bytes of a picture once it is RGB.</summary>
    /// <exception cref="ArgumentException">More than an array can hold.</exception>
    public static int ByteCount(int width, int height)
    {
        long bytes = (long)width * height * 3;
        return bytes <= Array.MaxLength
            ? (int)bytes
            : throw new ArgumentException(
                $"{width} x {height} pixels are {bytes} bytes as RGB; at most {Array.MaxLength} can be held. Scale the picture down " +
                "first.");
    }

    /// <summary>Whether a background would show through somewhere.</summary>
    public static bool HasTransparency(RasterImage image) =>
        image.Mode is PixelMode.Rgba or PixelMode.GrayAlpha
        || (image.Mode is PixelMode.Palette && image.PaletteAlpha is not null)
        || (image.Mode is PixelMode.Rgb or PixelMode.Gray && image.TransparentColor is not null);

    /// <summary>Converts pixels.</summary>
    /// <param name="view">The pixels: the picture's own, or turned or resized ones in its mode.</param>
    /// <param name="colors">The picture they come from: its palette and transparent colour.</param>
    /// <param name="background">What transparency is composited over; null drops alpha.</param>
    /// <param name="rgb">[height, width, 3], all of it written.</param>
    public static void Convert(PixelView view, RasterImage colors, RgbColor? background, Span<byte> rgb)
    {
        ReadOnlySpan<byte> pixels = view.Pixels;
        switch (view.Mode)
        {
            case PixelMode.Bilevel: FromBilevel(pixels, rgb); break;
            case PixelMode.Gray: FromGray(pixels, 1, rgb); break;
            case PixelMode.GrayAlpha: FromGray(pixels, 2, rgb); break;
            case PixelMode.Rgb: pixels.CopyTo(rgb); break;
            case PixelMode.Rgba: FromRgba(pixels, rgb); break;
            case PixelMode.Palette: FromPalette(pixels, colors, background, rgb); break;
            default: FromCmyk(pixels, rgb); break;
        }
        if (background is not { } color)
            return;
        if (view.Mode is PixelMode.Rgba or PixelMode.GrayAlpha)
            CompositeOver(color, pixels, view.Channels, rgb);
        else if (view.Mode is PixelMode.Rgb or PixelMode.Gray && colors.TransparentColor is { } key)
            Replace(key, color, pixels, rgb);
    }

    private static void FromBilevel(ReadOnlySpan<byte> bits, Span<byte> rgb)
    {
        for (int i = 0; i < bits.Length; i++)
            rgb.Slice(3 * i, 3).Fill(bits[i] != 0 ? (byte)255 : (byte)0);
    }

    private static void FromGray(ReadOnlySpan<byte> gray, int channels, Span<byte> rgb)
    {
        for (int from = 0, to = 0; from < gray.Length; from += channels, to += 3)
            rgb[to] = rgb[to + 1] = rgb[to + 2] = gray[from];
    }

    private static void FromRgba(ReadOnlySpan<byte> rgba, Span<byte> rgb)
    {
        for (int from = 0, to = 0; from < rgba.Length; from += 4, to += 3)
        {
            rgb[to] = rgba[from];
            rgb[to + 1] = rgba[from + 1];
            rgb[to + 2] = rgba[from + 2];
        }
    }

    private static void FromPalette(ReadOnlySpan<byte> indices, RasterImage colors, RgbColor? background, Span<byte> rgb)
    {
        Span<byte> palette = stackalloc byte[3 * 256]; // an index beyond the picture's own palette is black
        palette.Clear();
        colors.Palette.AsSpan(0, Math.Min(colors.Palette?.Length ?? 0, palette.Length)).CopyTo(palette);
        if (background is { } color)
            for (int i = 0; i < Math.Min(colors.PaletteAlpha?.Length ?? 0, 256); i++)
                BlendOver(color, colors.PaletteAlpha![i], palette.Slice(3 * i, 3));
        for (int i = 0; i < indices.Length; i++)
            palette.Slice(3 * indices[i], 3).CopyTo(rgb[(3 * i)..]);
    }

    /// <summary>Inks, where 255 is full, as Pillow converts them without a colour profile.</summary>
    /// <param name="cmyk">[pixels, 4].</param>
    /// <param name="rgb">[pixels, 3].</param>
    public static void FromCmyk(ReadOnlySpan<byte> cmyk, Span<byte> rgb)
    {
        for (int from = 0, to = 0; from < cmyk.Length; from += 4, to += 3)
        {
            int white = 255 - cmyk[from + 3];
            for (int c = 0; c < 3; c++)
                rgb[to + c] = (byte)(white - ByteMath.MulDiv255(cmyk[from + c], white));
        }
    }

    /// <summary>Composites colours whose alpha is the last channel of the pixels they come from.</summary>
    private static void CompositeOver(RgbColor background, ReadOnlySpan<byte> pixels, int channels, Span<byte> rgb)
    {
        for (int from = channels - 1, to = 0; from < pixels.Length; from += channels, to += 3)
            BlendOver(background, pixels[from], rgb.Slice(to, 3));
    }

    /// <summary>Gives the background's colour to the pixels of the one transparent colour.</summary>
    private static void Replace(ReadOnlySpan<byte> key, RgbColor background, ReadOnlySpan<byte> pixels, Span<byte> rgb)
    {
        for (int from = 0, to = 0; from < pixels.Length; from += key.Length, to += 3)
            if (pixels.Slice(from, key.Length).SequenceEqual(key))
                BlendOver(background, alpha: 0, rgb.Slice(to, 3));
    }

    private static void BlendOver(RgbColor background, int alpha, Span<byte> rgb)
    {
        rgb[2] = Blend(rgb[2], alpha, background.Blue);
        rgb[1] = Blend(rgb[1], alpha, background.Green);
        rgb[0] = Blend(rgb[0], alpha, background.Red);
    }

    private static byte Blend(int color, int alpha, int background) =>
        (byte)ByteMath.DivideBy255(color * alpha + background * (255 - alpha));
}

/// <summary>Products of two bytes as fractions of 255, rounded as Pillow rounds them.</summary>
internal static class ByteMath
{
    /// <summary>Nearest integer to <paramref name="product"/> / 255; exact for 0 to 65,025 = 255 · 255 (no ties: 255 is odd).</summary>
    public static int DivideBy255(int product)
    {
        int t = product + 128;
        return ((t >> 8) + t) >> 8;
    }

    /// <summary>a · b / 255, both 0 to 255, to the nearest integer: Pillow's MULDIV255.</summary>
    public static int MulDiv255(int a, int b) => DivideBy255(a * b);
}
