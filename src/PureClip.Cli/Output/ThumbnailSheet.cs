using PureClip.Imaging;

namespace PureClip.Cli.Output;

/// <summary>Small pictures side by side in a terminal, as many in a row as fit, each with words below it.</summary>
internal static class ThumbnailSheet
{
    /// <summary>Columns and rows of a thumbnail; a character is about twice as high as it is wide, so this is a square.</summary>
    public const int Columns = 16, Rows = 8;

    private const int Gap = 2;

    /// <summary>Draws them; a picture that cannot be read is left away.</summary>
    /// <param name="output">The terminal.</param>
    /// <param name="abilities">What it can show.</param>
    /// <param name="width">Its columns.</param>
    /// <param name="pictures">The pictures' paths, and what stands below each.</param>
    public static void Write(TextWriter output, TerminalAbilities abilities, int width, IEnumerable<(string Path, string Words)> pictures)
    {
        (int across, int down) = (Columns * abilities.CellWidth, Rows * abilities.CellHeight);
        List<(RgbImage Image, string Words)> read = [];
        foreach ((string path, string words) in pictures)
            if (PictureThumbnail.TryOf(path, across, down) is RgbImage image)
                read.Add((Framed(image, across, down), words));
        foreach ((RgbImage Image, string Words)[] row in read.Chunk(Math.Max(1, (width - Gap) / (Columns + Gap))))
        {
            // Room first, so that nothing scrolls while pictures are drawn.
            output.Write(new string('\n', Rows) + $"\u001b[{Rows}A");
            for (int i = 0; i < row.Length; i++)
            {
                output.Write($"\r\u001b[{Gap + i * (Columns + Gap)}C");
                TerminalGraphics.Write(output, abilities.Protocol, row[i].Image, Columns, Rows);
            }
            output.Write($"\r\u001b[{Rows}B");
            foreach ((_, string words) in row)
            {
                string shown = TextLines.One(words);
                output.Write(new string(' ', Gap) + (shown.Length > Columns ? shown[..(Columns - 1)] + "…" : shown.PadRight(Columns)));
            }
            output.Write("\n\n");
        }
        output.Flush();
    }

    /// <summary>In the middle of a white box.</summary>
    private static RgbImage Framed(RgbImage image, int width, int height)
    {
        byte[] pixels = new byte[width * height * 3];
        pixels.AsSpan().Fill(byte.MaxValue);
        int left = (width - image.Width) / 2, top = (height - image.Height) / 2;
        for (int y = 0; y < image.Height; y++)
            image.Pixels.AsSpan(y * image.Width * 3, image.Width * 3).CopyTo(pixels.AsSpan(((top + y) * width + left) * 3));
        return new(width, height, pixels);
    }
}
