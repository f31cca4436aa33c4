using PureClip.Train.Packages;
using PureClip.Training;

namespace PureClip.Train.Data;

/// <summary>How pictures look: re-drawings, ground, colours, an unsteady hand; and what stays true of them.</summary>
internal static class Dressing
{
    private const double Share = 0.75;

    private static readonly Dictionary<string, (int R, int G, int B)> Colours = new()
    {
        ["red"] = (214, 40, 40),
        ["blue"] = (43, 89, 195),
        ["green"] = (42, 157, 74),
        ["yellow"] = (244, 196, 48),
        ["orange"] = (242, 140, 40),
        ["purple"] = (123, 63, 160),
        ["pink"] = (240, 138, 181),
        ["black"] = (20, 20, 20),
        ["white"] = (250, 250, 250),
        ["brown"] = (122, 74, 33),
        ["gray"] = (138, 138, 138),
    };

    private static readonly string[] DarkInks =
        [.. Enumerable.Repeat("black", 7), .. Colours.Keys.Where(static colour => colour != "white")];
    private static readonly string[] LightInks = ["white", "yellow", "white", "pink", "orange"];
    private static readonly HashSet<string> ColourWords =
    [
        .. Colours.Keys,
        .. "grey blond blonde golden gold silver dark light coloured colored colourful colorful rainbow".Split(' '),
    ];

    private static readonly (PixelStyle Style, double Share)[] PixelShares =
    [
        (PixelStyle.Lines, 0.24), (PixelStyle.Comic, 0.16), (PixelStyle.Pencil, 0.08), (PixelStyle.Grey, 0.22),
        (PixelStyle.OtherColours, 0.18), (PixelStyle.Negative, 0.05), (PixelStyle.Poster, 0.07),
    ];

    /// <summary>Names of the colours that glyphs get.</summary>
    public static IEnumerable<string> ColourNames => Colours.Keys;

    /// <summary>Decides how a picture looks.</summary>
    /// <param name="scene">The picture.</param>
    /// <param name="set">Its drawings.</param>
    /// <param name="namesColour">Whether its caption, or one of the pictures that look like it, names a colour.</param>
    /// <param name="redrawn">Of drawings that may be drawn again, the share that is.</param>
    /// <param name="draws">Random numbers of this picture alone.</param>
    public static void Run(Scene scene, PictureSet set, bool namesColour, double redrawn, ref Draws draws)
    {
        Drawing first = set.All[scene.Layers[0].Drawing];
        bool isRedrawn = draws.Uniform() < redrawn;
        Look look = LookOf(first.Pool, set.VariantsOf(scene.Layers[0].Drawing).Any(), namesColour, ref draws);
        (float, float, float) ground = GroundOf(ref draws);
        float slope = draws.Uniform() < 0.12 ? 0.3f : 0;
        float brightness = 1 + 0.2f * (float)(draws.Uniform() - 0.5);
        float Channel(ref Draws draws) => brightness * (namesColour ? 1 : 1 + 0.24f * (float)(draws.Uniform() - 0.5));
        (float, float, float) tint = (Channel(ref draws), Channel(ref draws), Channel(ref draws));
        float[]? bend = draws.Uniform() < 0.35 ? BendOf(ref draws) : null;
        bool isGrey = !namesColour && draws.Uniform() < 0.1, sharesGround = draws.Uniform() < Share;
        scene.Look = scene.Partner?.Look ?? (isRedrawn ? look : Look.AsDrawn);
        if (scene.Partner is Scene partner && sharesGround)
            (scene.Ground, scene.Slope, scene.Tint, scene.Bend, scene.IsGrey) =
                (partner.Ground, partner.Slope, partner.Tint, partner.Bend, partner.IsGrey);
        else
            (scene.Ground, scene.Slope, scene.Tint, scene.Bend, scene.IsGrey) =
                (ground, slope, tint, scene.Layers.Count == 1 ? bend : null, isGrey && !scene.Layers.Exists(static layer => layer.IsGlyph));
        if (scene.Look.LosesColours || scene.IsGrey)
            scene.Facts.RemoveWhere(fact => !scene.Contents.Contains(fact) && NamesColour(fact));
        if (scene.Layers.Exists(static layer => layer.IsGlyph))
            Ink(scene, ref draws);
    }

    /// <summary>Whether a text names a colour.</summary>
    public static bool NamesColour(string text) => text.Split(' ', ',').Any(ColourWords.Contains);

    /// <summary>Two thirds of coloured pictures are seen drawn again.</summary>
    private static Look LookOf(Pool pool, bool hasVariants, bool namesColour, ref Draws draws)
    {
        double p = draws.Uniform(), which = draws.Uniform(), operation = draws.Uniform();
        float strength = (float)draws.Uniform();
        if (pool == Pool.Glyph)
            return p < 0.4 && hasVariants ? new(static _ => true, PixelStyle.AsDrawn, 0, false) : Look.AsDrawn;
        if (p < 0.36)
            return Look.AsDrawn;
        if (p < 0.74 && hasVariants)
        {
            if (namesColour)
                return new(static variant => variant.Style == Style.Comic, PixelStyle.AsDrawn, 0, false);
            PixelStyle grey = operation < 0.2 ? PixelStyle.Grey : PixelStyle.AsDrawn;
            return pool == Pool.Person ? new(static _ => true, PixelStyle.AsDrawn, 0, true)
                : which < 0.36 ? new(static variant => variant.Style == Style.Comic, grey, 0, grey == PixelStyle.Grey)
                : which < 0.76 ? new(static variant => variant.Style == Style.Outlines, PixelStyle.AsDrawn, 0, true)
                : new(static variant => variant.Style is not (Style.Comic or Style.Outlines), grey, 0, true);
        }
        if (namesColour)
            return new(null, PixelStyle.Comic, strength, false);
        foreach ((PixelStyle style, double share) in PixelShares)
            if ((which -= share) < 0)
                return new(null, style, strength, style != PixelStyle.Comic);
        return Look.AsDrawn;
    }

    private static (float R, float G, float B) GroundOf(ref Draws draws)
    {
        double p = draws.Uniform(), hue = draws.Uniform();
        float Light(double k, ref Draws draws) => (float)(1 - draws.Uniform() * 0.45 * Math.Abs(Math.Cos(Math.PI * (hue + k / 3))));
        float dark = 0.25f * (float)draws.Uniform();
        return p < 0.42 ? (1, 1, 1)
            : p < 0.80 ? (Light(0, ref draws), Light(1, ref draws), Light(2, ref draws))
            : p < 0.93 ? ((float)draws.Uniform(), (float)draws.Uniform(), (float)draws.Uniform())
            : (dark, dark, dark);
    }

    private static float[] BendOf(ref Draws draws)
    {
        float strength = 0.2f * (float)draws.Uniform();
        float[] bend = new float[2 * SceneRenderer.BendPoints * SceneRenderer.BendPoints];
        foreach (ref float by in bend.AsSpan())
            by = strength * (float)(draws.Uniform() - 0.5);
        return bend;
    }

    /// <summary>A third of the captions of glyphs name their colour.</summary>
    private static void Ink(Scene scene, ref Draws draws)
    {
        bool isLight = scene.Ground.R + scene.Ground.G + scene.Ground.B > 1.3f;
        string colour = Captions.Any(isLight ? DarkInks : LightInks, ref draws);
        (int r, int g, int b) = Colours[colour];
        scene.Ink = (r / 255f, g / 255f, b / 255f);
        scene.Facts.Add(colour);
        if (scene.Layers.Count > 1 || draws.Uniform() >= 0.35)
            return;
        bool hasArticle = scene.Caption.StartsWith("a ", StringComparison.Ordinal)
            || scene.Caption.StartsWith("an ", StringComparison.Ordinal);
        scene.Caption = hasArticle
            ? $"{(colour == "orange" ? "an" : "a")} {colour} {scene.Caption[(scene.Caption.IndexOf(' ') + 1)..]}"
            : $"{colour} {scene.Caption}";
        scene.Contents.Add(colour);
    }
}
