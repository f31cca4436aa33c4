using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;
using PureClip.Cli;
using PureClip.Cli.Output;
using PureClip.Imaging;

namespace PureClip.Tests.Cli.Output;

/// <summary>What is written to terminals is decoded as these do it, by the protocols' words alone.</summary>
public sealed class TerminalGraphicsTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 13)]
    [InlineData(160, 160)]
    public void Kitty_gets_the_pixels_in_chunks(int width, int height)
    {
        RgbImage image = Noise(width, height);
        string written = Write(GraphicsProtocol.Kitty, image);
        MatchCollection chunks = Regex.Matches(written, "\u001b_G([^;]*);([A-Za-z0-9+/=]*)\u001b\\\\");
        Assert.StartsWith($"a=T,f=24,o=z,s={width},v={height},c=16,r=8,C=1,q=2,", chunks[0].Groups[1].Value);
        Assert.All(chunks, chunk => Assert.InRange(chunk.Groups[2].Length, 1, 4096));
        Assert.All(chunks.SkipLast(1), chunk => Assert.EndsWith("m=1", chunk.Groups[1].Value));
        Assert.EndsWith("m=0", chunks[^1].Groups[1].Value);
        using ZLibStream inflate = new(
            new MemoryStream(Convert.FromBase64String(string.Concat(chunks.Select(chunk => chunk.Groups[2].Value)))), CompressionMode.Decompress);
        using MemoryStream pixels = new();
        inflate.CopyTo(pixels);
        Assert.Equal(image.Pixels, pixels.ToArray());
        Assert.Equal(("\u001b7", "\u001b8"), (written[..2], written[^2..])); // the cursor is where it was
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(5, 7)]
    [InlineData(160, 120)]
    public void Sixels_show_the_picture(int width, int height)
    {
        RgbImage image = Slope(width, height);
        string written = Write(GraphicsProtocol.Sixel, image);
        Assert.Equal(("\u001b7", "\u001b8"), (written[..2], written[^2..]));
        (int Width, int Height, byte[] Pixels) shown = Decode(written[2..^2]);
        Assert.Equal((width, height), (shown.Width, shown.Height));
        // A palette of few colours differs at each pixel, and dithered, not over a block of them.
        const int Block = 20;
        for (int y = 0; y + Block <= height; y += Block)
            for (int x = 0; x + Block <= width; x += Block)
                for (int channel = 0; channel < 3; channel++)
                    Assert.InRange(Mean(shown.Pixels, x, y, channel) - Mean(image.Pixels, x, y, channel), -5, 5);

        double Mean(byte[] pixels, int left, int top, int channel)
        {
            double sum = 0;
            for (int i = 0; i < Block * Block; i++)
                sum += pixels[3 * ((top + i / Block) * width + left + i % Block) + channel];
            return sum / (Block * Block);
        }
    }

    [Fact]
    public void White_and_black_stay_what_they_are()
    {
        byte[] pixels = [255, 255, 255, 0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 0];
        Assert.Equal(pixels, Decode(Write(GraphicsProtocol.Sixel, new RgbImage(6, 1, pixels))[2..^2]).Pixels);
    }

    [Theory]
    [InlineData("xterm-kitty", null, null, "Kitty")]
    [InlineData("xterm-256color", "WezTerm", null, "Kitty")]
    [InlineData("xterm-ghostty", "ghostty", null, "Kitty")]
    [InlineData("foot", null, "", "Sixel")]
    [InlineData("xterm", null, "\u001b[6;22;11t\u001b[?62;4;22c", "Sixel")]
    [InlineData("xterm", null, "\u001b[?62;22;44c", "None")]
    [InlineData("xterm", null, null, "None")]
    [InlineData("screen-256color", "WezTerm", "\u001b[?1;2c", "None")]
    [InlineData("linux", null, "\u001b[?62;4c", "None")]
    [InlineData(null, null, "\u001b[?62;4c", "None")]
    public void Terminals_are_known_or_asked(string? term, string? program, string? answer, string expected)
    {
        TerminalAbilities found = TerminalAbilities.Find(
            name => name switch { "TERM" => term, "TERM_PROGRAM" => program, _ => null }, _ => answer);
        Assert.Equal(expected, found.Protocol.ToString());
        Assert.Equal(answer?.Contains("22;11t") == true ? (11, 22) : (10, 20), (found.CellWidth, found.CellHeight));
    }

    [Theory]
    [InlineData("kitty", "\u001b_G", 2)]
    [InlineData("sixel", "\u001bP", 2)]
    [InlineData("off", "\u001b_G", 0)]
    [InlineData("auto", "\u001b_G", 0)]
    public void Search_shows_what_it_finds_in_a_terminal_alone(string choice, string beginning, int expected)
    {
        string[] line = ["search", "cat", CommandLine.Cat, CommandLine.Picture("dog"), "--thumbnails", choice];
        CommandResult Run(bool isTerminal, params string[] more) => CommandLine.Run([.. line, .. more], (output, error) => new Shell(TextReader.Null, output, error)
        {
            OutputIsTerminal = isTerminal,
            Variable = _ => null,
        });
        string shown = Run(true).Output;
        Assert.Equal(expected, shown.Split(beginning + (choice == "kitty" ? "a=T" : "")).Length - 1);
        Assert.Equal(expected > 0, shown.Contains("  1  0.")); // the words below the first
        Assert.DoesNotContain("\u001b", Run(false).Output);
        Assert.DoesNotContain(beginning, Run(true, "--format", "jsonl").Output);
    }

    private static string Write(GraphicsProtocol protocol, RgbImage image)
    {
        using StringWriter output = new();
        TerminalGraphics.Write(output, protocol, image, 16, 8);
        return output.ToString();
    }

    private static RgbImage Noise(int width, int height)
    {
        byte[] pixels = new byte[width * height * 3];
        new Random(1).NextBytes(pixels);
        return new(width, height, pixels);
    }

    private static RgbImage Slope(int width, int height)
    {
        byte[] pixels = new byte[width * height * 3];
        for (int i = 0; i < width * height; i++)
            (pixels[3 * i], pixels[3 * i + 1], pixels[3 * i + 2]) =
                ((byte)(255 * (i % width) / width), (byte)(255 * (i / width) / height), (byte)(i % 251));
        return new(width, height, pixels);
    }

    /// <summary>A terminal of DEC's, pixel for pixel.</summary>
    private static (int Width, int Height, byte[] Pixels) Decode(string written)
    {
        Match header = Regex.Match(written, "^\u001bP0;1q\"1;1;([0-9]+);([0-9]+)(.*)\u001b\\\\$", RegexOptions.Singleline);
        int width = int.Parse(header.Groups[1].Value), height = int.Parse(header.Groups[2].Value);
        byte[] pixels = new byte[width * height * 3];
        bool[] drawn = new bool[width * height];
        Dictionary<int, byte[]> palette = [];
        int x = 0, top = 0, colour = -1;
        foreach (Match token in Regex.Matches(header.Groups[3].Value, "#([0-9]+)(?:;2;([0-9]+);([0-9]+);([0-9]+))?|!([0-9]+)([?-~])|[?-~]|[$]|-"))
        {
            if (token.Value == "$")
                x = 0;
            else if (token.Value == "-")
                (x, top) = (0, top + 6);
            else if (token.Value[0] == '#')
            {
                colour = int.Parse(token.Groups[1].Value);
                if (token.Groups[2].Success)
                    palette[colour] = [.. Enumerable.Range(2, 3).Select(i => (byte)Math.Round(int.Parse(token.Groups[i].Value) * 2.55))];
            }
            else
            {
                int run = token.Groups[5].Success ? int.Parse(token.Groups[5].Value) : 1, bits = token.Value[^1] - '?';
                for (; run > 0; run--, x++)
                    for (int y = 0; y < 6; y++)
                        if ((bits >> y & 1) != 0)
                        {
                            int place = (top + y) * width + x;
                            Assert.False(drawn[place]);
                            drawn[place] = true;
                            palette[colour].CopyTo(pixels, 3 * place);
                        }
            }
        }
        Assert.All(drawn, Assert.True);
        StringBuilder rest = new(Regex.Replace(header.Groups[3].Value, "#[0-9;]+|![0-9]+[?-~]|[?-~]|[$]|-", ""));
        Assert.Equal("", rest.ToString());
        return (width, height, pixels);
    }
}
