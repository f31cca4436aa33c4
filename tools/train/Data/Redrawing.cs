using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using PureClip.Training;

namespace PureClip.Train.Data;

/// <summary>How a drawing is drawn again.</summary>
internal enum Style
{
    /// <summary>In its own colours with outlines.</summary>
    Comic,

    /// <summary>As a colouring book: outlines on white.</summary>
    Outlines,

    /// <summary>In few flat colours with outlines.</summary>
    Flat,

    /// <summary>As one dark shape with light gaps.</summary>
    Ink,

    /// <summary>In its own colours with white outlines.</summary>
    WhiteLines,

    /// <summary>With lines of another width.</summary>
    Strokes,

    /// <summary>As the outline of a filled glyph.</summary>
    Hollow,
}

/// <summary>
/// Draws an SVG again in another style, by changing fills and strokes: artists differ in these, and what they draw stays what it is.
/// </summary>
internal static partial class Redrawing
{
    private const float Faint = 0.72f;
    private const int Dark = 70, Light = 225, LumaOfUnknown = 150;
    private const string None = "none", Black = "#000", White = "#fff";

    private static readonly HashSet<string> Shapes = ["path", "circle", "ellipse", "rect", "polygon", "polyline", "line"];
    private static readonly HashSet<string> Hidden =
        ["defs", "mask", "clipPath", "pattern", "linearGradient", "radialGradient", "filter", "symbol", "marker", "title", "desc"];
    private static readonly string[] Inks = ["#222", "#1b2440", "#3a2418", "#333", "#26201f"];
    private static readonly string[] StrongInks = [Black, Black, Black, "#1d4ed8", "#7c2d12", "#14532d", "#581c87", "#9f1239", "#334155"];
    private static readonly string[] Palette =
        ["#000000", "#ffffff", "#9b9b9a", "#3f3f3f", "#e03c31", "#f6a6b4", "#f58d2e", "#fbd23a", "#a5652e", "#5aa845", "#b8dd68", "#3578c9",
        "#8fd0f2", "#8a5bb0", "#d0cfce"];
    private static readonly Dictionary<string, string> Named = new()
    {
        ["black"] = "#000000",
        ["white"] = "#ffffff",
        ["red"] = "#ff0000",
        ["blue"] = "#0000ff",
        ["green"] = "#008000",
        ["yellow"] = "#ffff00",
        ["gray"] = "#808080",
        ["grey"] = "#808080",
        ["orange"] = "#ffa500",
    };

    /// <summary>What a style needs to know beside the drawing.</summary>
    /// <param name="Width">Of outlines, as a share of the drawing's size; for <see cref="Style.Strokes"/> what lines are multiplied by.</param>
    /// <param name="Ink">Colour of outlines.</param>
    /// <param name="KeepsDark">Whether what is dark, or light, stays so where all else changes.</param>
    public readonly record struct Pen(float Width, string Ink, bool KeepsDark);

    // What a shape inherits from the groups that it is in.
    private readonly record struct State(string Fill, string Stroke, float Width, float Opacity, float Scale);

    /// <summary>Which styles a drawing is drawn again in, and with which pens: a function of its number.</summary>
    /// <param name="isGlyph">Whether it has one colour, which is chosen when it is shown.</param>
    /// <param name="isPerson">Whether it is a person, of whom there are many.</param>
    /// <param name="hasLines">Whether it is drawn with lines.</param>
    /// <param name="draws">Random numbers.</param>
    public static IEnumerable<(Style Style, Pen Pen)> StylesOf(bool isGlyph, bool isPerson, bool hasLines, Draws draws)
    {
        float Between(double from, double to) => (float)(from + (to - from) * draws.Uniform());
        string Ink() => draws.Uniform() < 0.7 ? Black : Inks[draws.Below(Inks.Length)];
        if (isGlyph)
            return [hasLines
                ? (Style.Strokes, new(draws.Uniform() < 0.5 ? Between(0.45, 0.75) : Between(1.3, 1.9), Black, false))
                : (Style.Hollow, new(Between(0.02, 0.04), Black, false))];
        double p = draws.Uniform();
        if (isPerson)
            return [(
                p < 0.55 ? Style.Outlines : p < 0.8 ? Style.Comic : Style.Flat, new(Between(0.012, 0.032), Black, draws.Uniform() < 0.7))];
        return [
            (Style.Comic, new(Between(0.016, 0.045), Ink(), draws.Uniform() < 0.6)),
            (Style.Outlines, new(Between(0.016, 0.042), Ink(), draws.Uniform() < 0.6)),
            p < 0.45 ? (Style.Flat, new(Between(0.016, 0.04), Ink(), false))
                : p < 0.75 ? (Style.Ink, new(Between(0.016, 0.04), StrongInks[draws.Below(StrongInks.Length)], draws.Uniform() < 0.5))
                : (Style.WhiteLines, new(Between(0.012, 0.03), White, false)),
        ];
    }

    /// <summary>An SVG in another style.</summary>
    /// <returns>The SVG; null where fills and strokes are not what decides how it looks (style sheets, copies, pictures).</returns>
    public static string? Apply(string svg, Style style, Pen pen)
    {
        XElement root;
        try
        {
            root = XElement.Parse(svg);
        }
        catch (System.Xml.XmlException)
        {
            return null;
        }
        if (root.DescendantsAndSelf().Any(static element => element.Name.LocalName is "style" or "use" or "image")
            || BoxOf(root) is not (float, float, float, float) box)
            return null;
        float size = Math.Max(box.Width, box.Height), line = pen.Width * size, margin = style == Style.Strokes ? 0 : 0.55f * line;
        root.SetAttributeValue("viewBox", Text(
            $"{box.Left - margin} {box.Top - margin} {box.Width + 2 * margin} {box.Height + 2 * margin}"));
        root.SetAttributeValue("width", Text($"{box.Width}"));
        root.SetAttributeValue("height", Text($"{box.Height}"));
        Walk(root, Inherit(new(Black, None, 1, 1, 1), root), style, pen, line);
        return root.ToString(SaveOptions.DisableFormatting);
    }

    private static void Walk(XElement parent, State outer, Style style, Pen pen, float line)
    {
        foreach (XElement element in parent.Elements())
        {
            if (Hidden.Contains(element.Name.LocalName))
                continue;
            State state = Inherit(outer, element);
            if (Shapes.Contains(element.Name.LocalName))
                Restyle(element, state, style, pen, line / state.Scale);
            else
                Walk(element, state, style, pen, line);
        }
    }

    private static void Restyle(XElement shape, State state, Style style, Pen pen, float line)
    {
        (string fill, string stroke, float width) = (state.Fill, state.Stroke, state.Width);
        bool isFilled = fill is not (None or "transparent"), isStroked = stroke is not (None or "transparent"),
            isFaint = state.Opacity < Faint;
        (int R, int G, int B)? colour = Colour(fill);
        int luma = colour is var (r, g, b) ? (30 * r + 59 * g + 11 * b) / 100 : LumaOfUnknown;
        float wide = isStroked ? Math.Max(width, line) : line;
        switch (style)
        {
            case Style.Strokes:
                width *= pen.Width;
                break;
            case Style.Hollow when isFilled:
                (fill, stroke, width) = (None, isStroked ? stroke : Black, isStroked ? width : line);
                break;
            case Style.Comic or Style.WhiteLines when isFilled && !isFaint:
                (stroke, width) = (pen.Ink, wide);
                break;
            case Style.Comic when isStroked && !isFilled && pen.KeepsDark:
                stroke = pen.Ink;
                break;
            case Style.Flat:
                if (isFilled)
                    fill = isFaint ? None : Nearest(colour ?? (200, 200, 200));
                if (!isFaint && (isFilled || isStroked))
                    (stroke, width) = (pen.Ink, wide);
                break;
            case Style.Outlines or Style.Ink when isFaint && isFilled:
                (fill, stroke) = (None, None);
                break;
            case Style.Outlines when isFilled:
                (fill, stroke, width) = (pen.KeepsDark && luma < Dark && !isStroked ? pen.Ink : White, pen.Ink, wide);
                break;
            case Style.Outlines when isStroked:
                (stroke, width) = (pen.Ink, Math.Max(0.8f * width, line));
                break;
            case Style.Ink when isFilled:
                (fill, stroke, width) = (luma > Light && pen.KeepsDark ? White : pen.Ink, White, 0.7f * line);
                break;
            case Style.Ink when isStroked:
                stroke = White;
                break;
        }
        if (shape.Attribute("style") is XAttribute declarations)
            declarations.Value = string.Join(';', declarations.Value.Split(';').Where(static part =>
                part.Split(':')[0].Trim() is not ("fill" or "stroke" or "stroke-width" or "stroke-linejoin")));
        shape.SetAttributeValue("fill", fill);
        shape.SetAttributeValue("stroke", stroke);
        shape.SetAttributeValue("stroke-width", Text($"{width:0.####}"));
        shape.SetAttributeValue("stroke-linejoin", "round");
    }

    private static State Inherit(State outer, XElement element)
    {
        Dictionary<string, string> declared = [];
        foreach (string part in ((string?)element.Attribute("style") ?? "").Split(';'))
            if (part.Split(':') is [string name, string value])
                declared[name.Trim()] = value.Trim();
        string? Of(string name) => declared.GetValueOrDefault(name) ?? (string?)element.Attribute(name);
        float Number(string name, float usual) => Of(name) is string text && Digits().Match(text) is { Success: true } match
            && float.TryParse(match.ValueSpan, CultureInfo.InvariantCulture, out float number) ? number : usual;
        return new(
            Of("fill") ?? outer.Fill, Of("stroke") ?? outer.Stroke, Number("stroke-width", outer.Width),
            outer.Opacity * Number("opacity", 1) * Number("fill-opacity", 1),
            outer.Scale * ScaleOf((string?)element.Attribute("transform") ?? ""));
    }

    /// <summary>What a transform makes of lengths, on average over directions.</summary>
    private static float ScaleOf(string transform)
    {
        double scale = 1;
        foreach (Match match in Scaling().Matches(transform))
        {
            double[] values = [.. match.Groups[2].Value.Split([' ', ',', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries)
                .Select(static text => double.TryParse(text, CultureInfo.InvariantCulture, out double value) ? value : 0)];
            scale *= match.Groups[1].Value == "matrix" && values.Length == 6
                ? Math.Sqrt(Math.Abs(values[0] * values[3] - values[1] * values[2]))
                : values.Length > 0 ? Math.Sqrt(Math.Abs(values[0] * values[^1])) : 1;
        }
        return scale > 1e-6 ? (float)scale : 1;
    }

    private static (float Left, float Top, float Width, float Height)? BoxOf(XElement root)
    {
        float[] box = [.. ((string?)root.Attribute("viewBox") ?? $"0 0 {Length(root, "width")} {Length(root, "height")}")
            .Split([' ', ','], StringSplitOptions.RemoveEmptyEntries)
            .Select(static text => float.TryParse(text, CultureInfo.InvariantCulture, out float value) ? value : float.NaN)];
        return box.Length == 4 && Array.TrueForAll(box, float.IsFinite) && box[2] > 0 && box[3] > 0
            ? (box[0], box[1], box[2], box[3])
            : null;
    }

    private static string Length(XElement root, string name)
    {
        Match match = Measure().Match((string?)root.Attribute(name) ?? "");
        if (!match.Success)
            return "";
        float unit = match.Groups[2].Value switch { "mm" => 3.5433f, "cm" => 35.433f, "in" => 90, "pt" => 1.25f, _ => 1 };
        return Text($"{float.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture) * unit}");
    }

    private static (int R, int G, int B)? Colour(string text)
    {
        text = Named.GetValueOrDefault(text, text);
        if (Rgb().Match(text) is { Success: true } match)
        {
            int Part(int group) => int.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture);
            return (Part(1), Part(2), Part(3));
        }
        if (text is not ['#', ..] || text.Length is not (4 or 7)
            || !int.TryParse(text.AsSpan(1), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out int hex))
            return null; // a gradient
        return text.Length == 7 ? (hex >> 16, (hex >> 8) & 255, hex & 255) : (17 * (hex >> 8), 17 * ((hex >> 4) & 15), 17 * (hex & 15));
    }

    /// <summary>The colour of the palette that looks most like another.</summary>
    private static string Nearest((int R, int G, int B) colour) => Palette.MinBy(candidate =>
    {
        (int r, int g, int b) = Colour(candidate)!.Value;
        double Apart(int x, int y, double weight) => weight * (x - y) * (x - y);
        return Apart(r, colour.R, 0.3) + Apart(g, colour.G, 0.59) + Apart(b, colour.B, 0.2);
    })!;

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex("(matrix|scale)\\(([^)]*)\\)")]
    private static partial Regex Scaling();

    [GeneratedRegex("^([\\d.]+)(mm|cm|in|pt|px)?")]
    private static partial Regex Measure();

    [GeneratedRegex("^-?[\\d.]+(e-?\\d+)?")]
    private static partial Regex Digits();

    [GeneratedRegex("^rgb\\((\\d+)[, ]+(\\d+)[, ]+(\\d+)")]
    private static partial Regex Rgb();
}
