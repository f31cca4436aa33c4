using System.Globalization;
using System.IO.Compression;
using System.Text;
using PureClip.Imaging;

namespace PureClip.Cli.Output;

/// <summary>How a terminal takes pictures.</summary>
internal enum GraphicsProtocol
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>The Kitty graphics protocol.</summary>
    Kitty,

    /// <summary>DEC's sixels.</summary>
    Sixel,
}

/// <summary>Pictures as bytes for a terminal. Both leave the cursor where it was.</summary>
internal static class TerminalGraphics
{
    private const string Save = "\u001b7", Restore = "\u001b8", Escape = "\u001b", End = "\u001b\\";

    // The protocol's own bound on what one escape sequence may carry.
    private const int CharactersOfAChunk = 4096;

    // Levels of red, green and blue in the palette of sixels, of which terminals have 256: the eye sees green best.
    private const int Reds = 6, Greens = 8, Blues = 5;

    /// <summary>Draws a picture at the cursor.</summary>
    /// <param name="output">The terminal.</param>
    /// <param name="protocol">How it takes pictures.</param>
    /// <param name="image">The picture.</param>
    /// <param name="columns">How many columns it covers, where the terminal scales it.</param>
    /// <param name="rows">How many rows.</param>
    public static void Write(TextWriter output, GraphicsProtocol protocol, RgbImage image, int columns, int rows)
    {
        output.Write(Save);
        if (protocol == GraphicsProtocol.Kitty)
            WriteKitty(output, image, columns, rows);
        else if (protocol == GraphicsProtocol.Sixel)
            WriteSixel(output, image);
        output.Write(Restore);
    }

    /// <summary>Red, green and blue as they are, deflated, in Base64.</summary>
    /// <remarks>
    /// "Terminal graphics protocol" of the kitty manual: a=T transmits and shows, f=24 is RGB, o=z RFC 1950, C=1 leaves the cursor, q=2 asks
    /// for no answer, m=1 says that more follows.
    /// </remarks>
    private static void WriteKitty(TextWriter output, RgbImage image, int columns, int rows)
    {
        using MemoryStream packed = new();
        using (ZLibStream deflate = new(packed, CompressionLevel.Optimal, leaveOpen: true))
            deflate.Write(image.Pixels);
        string data = System.Convert.ToBase64String(packed.GetBuffer(), 0, (int)packed.Length);
        for (int start = 0; start < data.Length; start += CharactersOfAChunk)
        {
            string more = start + CharactersOfAChunk < data.Length ? "m=1" : "m=0";
            string control = start > 0 ? more : string.Create(CultureInfo.InvariantCulture,
                $"a=T,f=24,o=z,s={image.Width},v={image.Height},c={columns},r={rows},C=1,q=2,{more}");
            output.Write($"{Escape}_G{control};{data.AsSpan(start, Math.Min(CharactersOfAChunk, data.Length - start))}{End}");
        }
    }

    /// <summary>Six rows at a time, a run of columns for each colour of a fixed palette; the error goes to the neighbours.</summary>
    /// <remarks>
    /// VT330/VT340 Programmer Reference Manual, volume 2, chapter 14 (sixels). Floyd and Steinberg 1976, "An Adaptive Algorithm for Spatial
    /// Greyscale".
    /// </remarks>
    private static void WriteSixel(TextWriter output, RgbImage image)
    {
        byte[] colours = Dithered(image);
        // P2 = 1: what is not drawn stays as it is; then 1:1 pixels, and the size.
        output.Write(string.Create(CultureInfo.InvariantCulture, $"{Escape}P0;1q\"1;1;{image.Width};{image.Height}"));
        foreach (byte colour in colours.Distinct().Order())
        {
            (int red, int green, int blue) = LevelsOf(colour);
            output.Write(string.Create(CultureInfo.InvariantCulture,
                $"#{colour};2;{Percent(red, Reds)};{Percent(green, Greens)};{Percent(blue, Blues)}"));
        }
        StringBuilder line = new();
        for (int top = 0; top < image.Height; top += 6)
        {
            int height = Math.Min(6, image.Height - top);
            foreach (byte colour in colours.AsSpan(top * image.Width, height * image.Width).ToArray().Distinct().Order())
            {
                line.Clear().Append(CultureInfo.InvariantCulture, $"#{colour}");
                for (int x = 0; x < image.Width;)
                {
                    int sixel = SixelAt(x), run = 1;
                    while (x + run < image.Width && SixelAt(x + run) == sixel)
                        run++;
                    line.Append(run > 3 ? string.Create(CultureInfo.InvariantCulture, $"!{run}{(char)('?' + sixel)}")
                        : new string((char)('?' + sixel), run));
                    x += run;
                }
                output.Write(line.Append('$').ToString()); // back to the left, for the next colour

                int SixelAt(int x)
                {
                    int bits = 0;
                    for (int y = 0; y < height; y++)
                        bits |= colours[(top + y) * image.Width + x] == colour ? 1 << y : 0;
                    return bits;
                }
            }
            output.Write('-');
        }
        output.Write(End);

        static int Percent(int level, int levels) => (100 * level + (levels - 1) / 2) / (levels - 1);
    }

    private static (int Red, int Green, int Blue) LevelsOf(byte colour) =>
        (colour / (Greens * Blues), colour / Blues % Greens, colour % Blues);

    /// <summary>The number of each pixel's colour in the palette.</summary>
    private static byte[] Dithered(RgbImage image)
    {
        int width = image.Width;
        byte[] colours = new byte[width * image.Height];
        int[] levels = [Reds, Greens, Blues], chosen = new int[3];
        float[] here = new float[3 * (width + 2)], below = new float[3 * (width + 2)]; // errors, a pixel of margin on each side
        for (int y = 0; y < image.Height; y++)
        {
            Array.Clear(below);
            for (int x = 0; x < width; x++)
            {
                for (int channel = 0; channel < 3; channel++)
                {
                    int place = 3 * (x + 1) + channel, steps = levels[channel] - 1;
                    float wanted = Math.Clamp(image.Pixels[3 * (y * width + x) + channel] + here[place], 0f, 255f);
                    chosen[channel] = (int)(wanted / 255f * steps + 0.5f);
                    float error = wanted - chosen[channel] * 255f / steps;
                    here[place + 3] += error * 7 / 16;
                    below[place - 3] += error * 3 / 16;
                    below[place] += error * 5 / 16;
                    below[place + 3] += error * 1 / 16;
                }
                colours[y * width + x] = (byte)((chosen[0] * Greens + chosen[1]) * Blues + chosen[2]);
            }
            (here, below) = (below, here);
        }
        return colours;
    }
}
