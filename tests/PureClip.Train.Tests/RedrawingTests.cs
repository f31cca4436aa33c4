using PureClip.Train.Data;
using PureClip.Training;

namespace PureClip.Train.Tests;

/// <summary>Drawings in other styles.</summary>
public class RedrawingTests
{
    private const int Side = 64;

    private static readonly Redrawing.Pen Pen = new(0.06f, "#000", false);

    [Theory]
    [InlineData("Comic", 255, 0, 0)]
    [InlineData("Outlines", 255, 255, 255)]
    [InlineData("WhiteLines", 255, 0, 0)]
    [InlineData("Flat", 0xe0, 0x3c, 0x31)]
    [InlineData("Ink", 0, 0, 0)]
    public void AreasAndTheirEdgesGetTheColoursOfTheStyle(string style, int r, int g, int b)
    {
        byte[] pixels = Drawn(
            "<path style='fill:#f00;stroke:none' d='M4 4h8v8H4z'/>", Enum.Parse<Style>(style),
            Pen with { Ink = style == "WhiteLines" ? "#fff" : "#000" });
        Assert.Equal((r, g, b, 255), At(pixels, 32, 32));
        byte line = style is "Ink" or "WhiteLines" ? (byte)255 : (byte)0;
        Assert.Equal((line, line, line, 255), At(pixels, 17, 32)); // the edge lies at 4 of 16 in a picture that got a margin
        Assert.Equal(0, At(pixels, 6, 32).A);
    }

    [Fact]
    public void WhatIsInheritedCounts()
    {
        byte[] pixels = Drawn("<g fill='#f00' transform='scale(4)'><g style='stroke:#00f'><path d='M1 1h2v2H1z'/></g></g>", Style.Comic, Pen);
        Assert.Equal((255, 0, 0, 255), At(pixels, 32, 32));
        Assert.Equal((0, 0, 0, 255), At(pixels, 17, 32)); // black in place of blue, and as wide as without the group's scale
        Assert.Equal((255, 0, 0, 255), At(pixels, 26, 32));
    }

    [Fact]
    public void FaintAreasVanishWhereOnlyLinesAreLeft()
    {
        byte[] pixels = Drawn("<path fill='#f00' d='M2 2h12v12H2z'/><path fill='#00f' opacity='.5' d='M6 6h4v4H6z'/>", Style.Outlines, Pen);
        Assert.Equal((255, 255, 255, 255), At(pixels, 32, 32));
    }

    [Fact]
    public void GlyphsBecomeHollowOrGetOtherStrokes()
    {
        byte[] hollow = Drawn("<path d='M2 2h12v12H2z'/>", Style.Hollow, Pen);
        Assert.Equal(0, At(hollow, 32, 32).A);
        Assert.Equal((0, 0, 0, 255), At(hollow, 10, 32));
        const string Line = "<path fill='none' stroke='#000' stroke-width='2' d='M8 0v16'/>";
        int thin = Drawn(Line, Style.Strokes, Pen with { Width = 0.5f }).Chunk(4).Count(p => p[3] > 127),
            wide = Drawn(Line, Style.Strokes, Pen with { Width = 2 }).Chunk(4).Count(p => p[3] > 127);
        Assert.Equal((4 * 64, 16 * 64), (thin, wide));
    }

    [Theory]
    [InlineData("<style>.a{fill:red}</style><path class='a' d='M0 0h9v9z'/>")]
    [InlineData("<defs><path id='p' d='M0 0h9v9z'/></defs><use href='#p'/>")]
    public void WhatIsNotDecidedByFillsIsLeftAlone(string body) => Assert.Null(Redrawing.Apply(Svg(body), Style.Comic, Pen));

    [Fact]
    public void StylesAreAFunctionOfTheNumber()
    {
        (Style, Redrawing.Pen)[] Of(ulong number) => [.. Redrawing.StylesOf(false, false, false, new Draws(1, number, 0, 1))];
        Assert.Equal(Of(5), Of(5));
        Assert.NotEqual(Of(5), Of(6));
        Assert.All(Enumerable.Range(0, 50), number => Assert.Equal(
            [Style.Comic, Style.Outlines], Of((ulong)number).Select(one => one.Item1).Take(2)));
        Assert.Equal(Style.Strokes, Redrawing.StylesOf(true, false, true, new Draws(1, 1, 0, 1)).Single().Style);
        Assert.Equal(Style.Hollow, Redrawing.StylesOf(true, false, false, new Draws(1, 1, 0, 1)).Single().Style);
    }

    [Fact]
    public void PixelsAreChangedAsTheStyleSays()
    {
        // The left half is opaque red, the right one transparent.
        float[] Applied(PixelStyle style)
        {
            float[] pixels = new float[Side * Side * 4];
            for (int i = 0; i < pixels.Length; i += 4)
                if (i / 4 % Side < Side / 2)
                    (pixels[i], pixels[i + 3]) = (1, 1);
            PixelStyles.Apply(new(null, style, 0, false), pixels);
            return pixels;
        }
        static float[] P(float[] pixels, int column) => pixels[((32 * Side + column) * 4)..((32 * Side + column) * 4 + 4)];

        Assert.Equal([1, 0, 0, 1], P(Applied(PixelStyle.AsDrawn), 10));
        Assert.Equal([0.3f, 0.3f, 0.3f, 1], P(Applied(PixelStyle.Grey), 10));
        Assert.Equal([0, 1, 1, 1], P(Applied(PixelStyle.Negative), 10));
        Assert.Equal([1, 0, 0, 1], P(Applied(PixelStyle.Poster), 10));
        Assert.Equal([1, 1, 1, 1], P(Applied(PixelStyle.Lines), 10)); // white inside, black where red ends
        Assert.Equal([0, 0, 0, 1], P(Applied(PixelStyle.Lines), 31));
        Assert.Equal([1, 0, 0, 1], P(Applied(PixelStyle.Comic), 10));
        Assert.Equal([0, 0, 0, 1], P(Applied(PixelStyle.Comic), 32));
        Assert.Equal([0, 0, 0, 0], P(Applied(PixelStyle.Pencil), 10));
        Assert.Equal([0, 0, 0, 1], P(Applied(PixelStyle.Pencil), 31));
        foreach (PixelStyle style in Enum.GetValues<PixelStyle>())
            Assert.Equal([0, 0, 0, 0], P(Applied(style), 60));
    }

    private static byte[] Drawn(string body, Style style, Redrawing.Pen pen) => SvgPictures.Draw(Redrawing.Apply(Svg(body), style, pen)!, Side)!;

    private static string Svg(string body) => $"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16' width='16' height='16'>{body}</svg>";

    private static (int R, int G, int B, int A) At(byte[] pixels, int x, int y)
    {
        int at = (y * Side + x) * 4;
        return (pixels[at], pixels[at + 1], pixels[at + 2], pixels[at + 3]);
    }
}
