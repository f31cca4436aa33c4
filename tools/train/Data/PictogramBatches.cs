using PureClip.Tokenization;
using PureClip.Train.Packages;
using PureClip.Training;

namespace PureClip.Train.Data;

/// <summary>
/// The batches of the shipped model: drawings on grounds, neighbours that are hard to tell apart, two things side by side, with names,
/// keywords and templates; and which captions are true of which pictures. A pure function of seed and step.
/// </summary>
internal sealed class PictogramBatches : IBatchSource
{
    private const int Patch = 8, Neighbours = 8;
    private const ulong Composition = 10, Appearance = 11, PatchesLeft = 12;

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
    private static readonly string[] ColourWords =
        [.. Colours.Keys, "grey", "blond", "golden", "gold", "silver", "dark", "light", "colorful"];

    private readonly PictureSet _set;
    private readonly ITokenizer _tokenizer;
    private readonly Dictionary<Pool, Thing[]> _things;
    private readonly Thing[][] _kinds;

    public PictogramBatches(PictureSet set, ITokenizer tokenizer)
    {
        (_set, _tokenizer) = (set, tokenizer);
        ILookup<Pool, Thing> things = Thing.Of(set);
        _things = things.ToDictionary(static pool => pool.Key, static pool => pool.ToArray());
        _kinds = [.. _things[Pool.Emoji].GroupBy(static thing => thing.Kind).Where(static kind => kind.Key.Length > 0 && kind.Count() > 4)
            .Select(static kind => kind.ToArray())];
        Facts = new(things.SelectMany(static pool => pool), Colours.Keys);
    }

    /// <summary>The facts that get prototypes.</summary>
    public FactVocabulary Facts { get; }

    /// <inheritdoc/>
    public string Fingerprint => $"drawings {_set.Fingerprint}";

    /// <inheritdoc/>
    public ClipBatch Draw(ulong seed, long step, int count, int? kept)
    {
        List<Scene> scenes = Scenes(seed, step, count, out List<(int U, int V)> pairs);
        int numbers = 3 * PictureSet.Side * PictureSet.Side;
        float[] pixels = new float[count * numbers];
        int[][]? patches = kept is null ? null : new int[count][];
        for (int i = 0; i < count; i++)
        {
            Span<float> picture = pixels.AsSpan(i * numbers, numbers);
            SceneRenderer.Render(scenes[i], _set, picture);
            if (kept is int left)
                patches![i] = PatchChoice.Of(picture, PictureSet.Side, Patch, left, new(seed, (ulong)step, (ulong)i, PatchesLeft));
            SceneRenderer.Normalize(picture);
        }
        FactTargets pictureFacts = new(), textFacts = new(), pairFacts = new();
        List<(int U, int V)> told = [];
        foreach (Scene scene in scenes)
        {
            pictureFacts.Add(Facts.Of(scene.Facts));
            textFacts.Add(Facts.Of(scene.Contents.Distinct()));
        }
        foreach ((int u, int v) in pairs)
            if (Facts.Of(scenes[u].Facts.Except(scenes[v].Facts)) is { Length: > 0 } more)
            {
                told.Add((u, v));
                pairFacts.Add(more);
            }
        return new()
        {
            Pixels = pixels,
            Kept = patches,
            Texts = [.. scenes.Select(scene => _tokenizer.Encode(scene.Caption, Truncation.KeepEnd).Ids.ToArray())],
            Positives = TrueOf(scenes),
            PictureFacts = pictureFacts,
            TextFacts = textFacts,
            Pairs = told,
            PairFacts = told.Count > 0 ? pairFacts : null,
        };
    }

    /// <summary>What a batch shows and says.</summary>
    /// <param name="seed">The run's.</param>
    /// <param name="step">Counted from 0.</param>
    /// <param name="count">Pictures.</param>
    /// <param name="pairs">Pictures that differ in something; the second of a pair stands right behind the first.</param>
    public List<Scene> Scenes(ulong seed, long step, int count, out List<(int U, int V)> pairs)
    {
        Draws draws = new(seed, (ulong)step, 0, Composition);
        (List<Scene> scenes, pairs) = Compose(ref draws, count);
        HashSet<int> seconds = [.. pairs.Select(static pair => pair.V)];
        for (int i = 0; i < count; i++)
        {
            Draws own = new(seed, (ulong)step, (ulong)i, Appearance);
            Dress(scenes[i], seconds.Contains(i) ? scenes[i - 1] : null, ref own);
        }
        return scenes;
    }

    /// <summary>Caption j is true of picture i where every content of j is among the facts of i.</summary>
    private static bool[] TrueOf(List<Scene> scenes)
    {
        int n = scenes.Count;
        bool[] positives = new bool[n * n];
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++)
                positives[i * n + j] = i == j || scenes[j].Contents.TrueForAll(scenes[i].Facts.Contains);
        return positives;
    }

    /// <summary>Which pictures there are. Of a pair, the first has something that the second has not, and stands before it.</summary>
    private (List<Scene> Scenes, List<(int U, int V)> Pairs) Compose(ref Draws draws, int count)
    {
        List<Scene> scenes = [];
        List<(int U, int V)> pairs = [];
        void Fill(double until, Pool pool, ref Draws draws)
        {
            while (scenes.Count < until * count)
                scenes.Add(Simple(Any(_things[pool], ref draws), ref draws));
        }
        Fill(0.24, Pool.Emoji, ref draws);
        while (scenes.Count < 0.52 * count)
        {
            Thing[] kind = Any(_kinds, ref draws);
            int start = draws.Below(kind.Length);
            for (int k = 0; k < Math.Min(kind.Length, Neighbours) && scenes.Count < 0.52 * count; k++)
                scenes.Add(Simple(kind[(start + k) % kind.Length], ref draws));
        }
        Fill(0.59, Pool.Icon, ref draws);
        Fill(0.69, Pool.Glyph, ref draws);
        Fill(0.71, Pool.Flag, ref draws);
        while (scenes.Count < count)
        {
            Thing one = Side(ref draws), other = Side(ref draws);
            Scene both = SideBySide(one, other, ref draws);
            scenes.Add(both);
            if (scenes.Count < count && draws.Uniform() < 0.5)
            {
                string label = both.Contents[0];
                scenes.Add(new() { Layers = [both.Layers[0]], Caption = label, Contents = [label], Facts = [.. one.Facts, label] });
                pairs.Add((scenes.Count - 2, scenes.Count - 1));
            }
        }
        return (scenes, pairs);
    }

    private Thing Side(ref Draws draws)
    {
        double p = draws.Uniform();
        return Any(_things[p < 0.65 ? Pool.Emoji : p < 0.8 ? Pool.Icon : Pool.Emoji], ref draws);
    }

    private static Scene Simple(Thing thing, ref Draws draws)
    {
        (string caption, List<string> contents) = Caption(thing, ref draws);
        Placement at = draws.Uniform() < 0.25
            ? new(1)
            : new(
                0.62f + 0.46f * (float)draws.Uniform(), 0.3f * (float)(draws.Uniform() - 0.5), 0.3f * (float)(draws.Uniform() - 0.5),
                0.4f * (float)(draws.Uniform() - 0.5));
        at = at with { IsMirrored = !thing.HasDirection && draws.Uniform() < 0.5 };
        Scene scene =
            new() { Layers = [(Any(thing.Drawings, ref draws), at)], Caption = caption, Contents = contents, Facts = [.. thing.Facts] };
        if (thing.Pool == Pool.Glyph)
            scene.Ink = (0, 0, 0); // a colour is chosen with the ground
        return scene;
    }

    private static Scene SideBySide(Thing one, Thing other, ref Draws draws)
    {
        string Text(Thing thing, ref Draws draws) => Any([.. thing.Labels, .. thing.Keys.Take(3)], ref draws);
        string first = Text(one, ref draws), second = Text(other, ref draws);
        float z1 = 0.42f + 0.13f * (float)draws.Uniform(), z2 = 0.42f + 0.13f * (float)draws.Uniform(),
            off = 0.5f * (float)(draws.Uniform() - 0.5);
        bool isUpright = draws.Uniform() < 0.3, isTurned = draws.Uniform() < 0.5, hasArticles = draws.Uniform() < 0.4;
        Placement a = isUpright ? new(z1, off, -0.47f) : new(z1, -0.47f, off), b = isUpright ? new(z2, -off, 0.47f) : new(z2, 0.47f, -off);
        (string left, string right) = isTurned ? (second, first) : (first, second);
        return new()
        {
            Layers = [(Any(one.Drawings, ref draws), a), (Any(other.Drawings, ref draws), b)],
            Caption = hasArticles ? $"{WithArticle(left)} and {WithArticle(right)}" : $"{left} and {right}",
            Contents = [first, second],
            Facts = [.. one.Facts, .. other.Facts, first, second],
        };
    }

    private static (string Caption, List<string> Contents) Caption(Thing thing, ref Draws draws)
    {
        double p = draws.Uniform();
        string label = Any(thing.Labels, ref draws);
        if (p < 0.30 || (thing.Keys.Count == 0 && p < 0.7))
            return (label, [label]);
        if (p < 0.44 || thing.Keys.Count == 0)
            return (InTemplate(label, thing.Pool, ref draws), [label]);
        if (p < 0.80 || thing.Keys.Count == 1)
        {
            string key = Any(thing.Keys, ref draws);
            return (draws.Uniform() < 0.25 ? InTemplate(key, thing.Pool, ref draws) : key, [key]);
        }
        List<string> several = [.. thing.Keys, label];
        List<string> chosen = [];
        for (int left = 2 + draws.Below(3); left > 0 && several.Count > 0; left--)
        {
            int at = draws.Below(several.Count);
            chosen.Add(several[at]);
            several.RemoveAt(at);
        }
        return (string.Join(draws.Uniform() < 0.5 ? " " : ", ", chosen), chosen);
    }

    private static string InTemplate(string text, Pool pool, ref Draws draws)
    {
        string article = WithArticle(text), said = draws.Uniform() < 0.6 ? article : text;
        double p = draws.Uniform();
        if (p < 0.25)
            return article;
        if (p < 0.40)
            return Any(["a picture of ", "an image of ", "a photo of "], ref draws) + said;
        if (p < 0.60)
            return Any(["a drawing of ", "drawing of ", "a cartoon of ", "clip art of ", "an illustration of "], ref draws) + said;
        return pool switch
        {
            Pool.Icon or Pool.Glyph => Any([$"an icon of {said}", $"icon of {said}", $"{text} icon", $"{text} symbol"], ref draws),
            Pool.Emoji => Any([$"{text} emoji", $"emoji of {said}", $"an emoji of {said}"], ref draws),
            _ => text,
        };
    }

    /// <summary>Ground, colours and what is said of them. The second picture of a pair stands on the first one's ground.</summary>
    private static void Dress(Scene scene, Scene? partner, ref Draws draws)
    {
        double p = draws.Uniform(), hue = draws.Uniform();
        float Light(double k, ref Draws draws) => (float)(1 - draws.Uniform() * 0.45 * Math.Abs(Math.Cos(Math.PI * (hue + k / 3))));
        float dark = 0.25f * (float)draws.Uniform();
        scene.Ground = p < 0.42 ? (1, 1, 1)
            : p < 0.80 ? (Light(0, ref draws), Light(1, ref draws), Light(2, ref draws))
            : p < 0.93 ? ((float)draws.Uniform(), (float)draws.Uniform(), (float)draws.Uniform())
            : (dark, dark, dark);
        if (partner is not null && draws.Uniform() < 0.75)
            scene.Ground = partner.Ground;
        if (scene.Ink is not null)
        {
            bool isLight = scene.Ground.R + scene.Ground.G + scene.Ground.B > 1.3f;
            string colour = Any(isLight ? DarkInks : LightInks, ref draws);
            (int r, int g, int b) = Colours[colour];
            scene.Ink = (r / 255f, g / 255f, b / 255f);
            scene.Facts.Add(colour);
            if (draws.Uniform() < 0.35)
            {
                scene.Caption = scene.Caption.StartsWith("a ", StringComparison.Ordinal)
                    || scene.Caption.StartsWith("an ", StringComparison.Ordinal)
                    ? $"a {colour} {scene.Caption[(scene.Caption.IndexOf(' ') + 1)..]}"
                    : $"{colour} {scene.Caption}";
                scene.Contents.Add(colour);
            }
            return;
        }
        bool namesColour = scene.Caption.Split(' ', ',').Any(ColourWords.Contains);
        float brightness = 1 + 0.2f * (float)(draws.Uniform() - 0.5);
        float Channel(ref Draws draws) => brightness * (namesColour ? 1 : 1 + 0.24f * (float)(draws.Uniform() - 0.5));
        scene.Tint = (Channel(ref draws), Channel(ref draws), Channel(ref draws));
        scene.IsGrey = !namesColour && draws.Uniform() < 0.15;
        if (scene.IsGrey)
            scene.Facts.RemoveWhere(fact => !scene.Contents.Contains(fact) && fact.Split(' ').Any(ColourWords.Contains));
    }

    private static string WithArticle(string text) =>
        text.Split(' ')[0] is "a" or "an" or "the" ? text : ("aeiou".Contains(text[0]) ? "an " : "a ") + text;

    private static T Any<T>(IReadOnlyList<T> list, ref Draws draws) => list[draws.Below(list.Count)];
}
