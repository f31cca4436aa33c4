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
    private const int Patch = 8, Neighbours = 8, Version = 4;
    // Steps until drawings are drawn again as often as they will be: what is drawn plainly is learnt first, and fast.
    private const double StepsToRedrawing = 8000;
    private const ulong Composition = 10, Appearance = 11, PatchesLeft = 12;

    // Shares of a batch.
    private static readonly (Pool Pool, double Share)[] Shares =
        [(Pool.Icon, 0.04), (Pool.Glyph, 0.05), (Pool.ClipArt, 0.09), (Pool.Furniture, 0.025), (Pool.Flag, 0.01)];

    // What sides of a picture of two things show.
    private static readonly (Pool Pool, double Share)[] Sides =
        [(Pool.Emoji, 6 / 10.5), (Pool.Icon, 1 / 10.5), (Pool.ClipArt, 2 / 10.5), (Pool.Glyph, 1 / 10.5), (Pool.Furniture, 0.5 / 10.5)];

    private readonly PictureSet _set;
    private readonly ITokenizer _tokenizer;
    private readonly Dictionary<Pool, Thing[]> _things;
    private readonly (Thing[] Things, double Until)[] _kinds;

    private readonly People _people;
    private readonly Wear _wear;

    /// <exception cref="InvalidDataException">The set has something that is held out.</exception>
    public PictogramBatches(PictureSet set, ITokenizer tokenizer)
    {
        HoldOut.Require(set.All);
        (_set, _tokenizer) = (set, tokenizer);
        ILookup<Pool, Thing> things = Thing.Of(set);
        _things = things.ToDictionary(static pool => pool.Key, static pool => pool.ToArray());
        double until = 0;
        _kinds = [.. _things[Pool.Emoji].GroupBy(static thing => thing.Kind).Where(static kind => kind.Key.Length > 0 && kind.Count() > 4)
            .Select(kind => (kind.ToArray(), until += Math.Pow(kind.Count(), 0.7)))];
        _people = new(set);
        _wear = new(set, _things[Pool.Emoji], _people);
        Facts = new(
            things.SelectMany(static pool => pool), _people.All.SelectMany(static one => one).Select(static person => person.Facts),
            _wear.Names, Dressing.ColourNames);
    }

    /// <summary>The facts that get prototypes.</summary>
    public FactVocabulary Facts { get; }

    /// <inheritdoc/>
    public string Fingerprint => $"drawings {_set.Fingerprint}, batches {Version}";

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
    /// <param name="pairs">Pictures of which the first has something that the second has not.</param>
    public List<Scene> Scenes(ulong seed, long step, int count, out List<(int U, int V)> pairs)
    {
        Draws draws = new(seed, (ulong)step, 0, Composition);
        (List<Scene> scenes, pairs) = Compose(ref draws, count);
        // Pictures that look alike keep their colours where one of their captions names a colour.
        HashSet<Scene> coloured = [.. scenes.Where(static scene => Dressing.NamesColour(scene.Caption))
            .Select(static scene => scene.Partner ?? scene)];
        double redrawn = Math.Min(1, step / StepsToRedrawing);
        for (int i = 0; i < count; i++)
        {
            Draws own = new(seed, (ulong)step, (ulong)i, Appearance);
            Dressing.Run(scenes[i], _set, coloured.Contains(scenes[i].Partner ?? scenes[i]), redrawn, ref own);
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

    /// <summary>Which pictures there are. A picture's partner stands before it.</summary>
    private (List<Scene> Scenes, List<(int U, int V)> Pairs) Compose(ref Draws draws, int count)
    {
        List<Scene> scenes = [];
        List<(int U, int V)> pairs = [];
        while (scenes.Count < 0.19 * count)
            scenes.Add(Simple(Captions.Any(_things[Pool.Emoji], ref draws), ref draws));
        while (_kinds.Length > 0 && scenes.Count < 0.40 * count)
        {
            // A large kind comes more often, though not as often as it has members.
            double p = draws.Uniform() * _kinds[^1].Until;
            List<Thing> kind = [.. _kinds.First(kind => p < kind.Until).Things];
            for (int k = Math.Min(kind.Count, Neighbours); k > 0 && scenes.Count < 0.40 * count; k--)
            {
                int at = draws.Below(kind.Count);
                scenes.Add(Simple(kind[at], ref draws));
                kind.RemoveAt(at);
            }
        }
        double until = 0.40;
        foreach ((Pool pool, double share) in Shares)
            for (until += share; _things.ContainsKey(pool) && scenes.Count < until * count;)
                scenes.Add(Simple(Captions.Any(_things[pool], ref draws), ref draws));
        for (until += 0.18; _people.All.Length > 0 && scenes.Count < until * count;)
            AddPeople(scenes, pairs, ref draws);
        for (until += 0.083; _wear.IsPossible && scenes.Count < until * count;)
        {
            (Scene with, Scene bare) = _wear.Compose(ref draws);
            scenes.Add(with);
            if (draws.Uniform() >= 0.85)
                continue;
            scenes.Add(bare);
            pairs.Add((scenes.Count - 2, scenes.Count - 1));
        }
        while (scenes.Count < count)
        {
            Thing one = Side(ref draws), other = Side(ref draws);
            Scene both = SideBySide(one, other, ref draws);
            scenes.Add(both);
            if (draws.Uniform() >= 0.5)
                continue;
            string label = both.Contents[0];
            scenes.Add(new()
            {
                Layers = [both.Layers[0]],
                Caption = label,
                Contents = [label],
                Facts = [.. one.Facts, label],
                Partner = both,
            });
            pairs.Add((scenes.Count - 2, scenes.Count - 1));
        }
        scenes.RemoveRange(count, scenes.Count - count);
        pairs.RemoveAll(pair => pair.U >= count || pair.V >= count);
        return (scenes, pairs);
    }

    /// <summary>Two or three drawings of one person.</summary>
    private void AddPeople(List<Scene> scenes, List<(int U, int V)> pairs, ref Draws draws)
    {
        List<People.Person> left = [.. Captions.Any(_people.All, ref draws)];
        int first = scenes.Count;
        for (int n = Math.Min(left.Count, draws.Below(3) == 0 ? 3 : 2); n > 0; n--)
        {
            int at = draws.Below(left.Count);
            People.Person person = left[at];
            left.RemoveAt(at);
            (string caption, List<string> contents) = People.Caption(person, ref draws);
            Scene? partner = scenes.Count > first ? scenes[first] : null;
            // Most of a person's drawings lie alike: what differs is what the person has.
            bool liesAlike = partner is not null && draws.Uniform() < 0.75;
            scenes.Add(new()
            {
                Layers = [new(person.Drawing, liesAlike ? partner!.Layers[0].At : Place(true, ref draws))],
                Caption = caption,
                Contents = contents,
                Facts = [.. person.Facts, .. contents],
                Partner = partner,
            });
        }
        for (int u = first; u < scenes.Count; u++)
            for (int v = first; v < scenes.Count; v++)
                if (!scenes[u].Facts.IsSubsetOf(scenes[v].Facts))
                    pairs.Add((u, v));
    }

    private Thing Side(ref Draws draws)
    {
        double p = draws.Uniform();
        foreach ((Pool pool, double share) in Sides)
            if ((p -= share) < 0 && _things.TryGetValue(pool, out Thing[]? things))
                return Captions.Any(things, ref draws);
        return Captions.Any(_things[Pool.Emoji], ref draws);
    }

    private static Scene Simple(Thing thing, ref Draws draws)
    {
        (string caption, List<string> contents) = Captions.Of(thing, ref draws);
        Placement at = Place(!thing.HasDirection, ref draws);
        return new()
        {
            Layers = [new(Captions.Any(thing.Drawings, ref draws), at, thing.Pool == Pool.Glyph)],
            Caption = caption,
            Contents = contents,
            Facts = [.. thing.Facts],
        };
    }

    /// <summary>A quarter as drawn, else moved, turned and of another size; half mirrored where that is allowed.</summary>
    private static Placement Place(bool mayMirror, ref Draws draws)
    {
        bool isMirrored = draws.Uniform() < 0.5 && mayMirror;
        if (draws.Uniform() < 0.25)
            return new(1, IsMirrored: isMirrored);
        float scale = 0.62f + 0.46f * (float)draws.Uniform(), far = Math.Max(0, 1 - scale) * 0.9f + 0.05f;
        float Off(float most, ref Draws draws) => most * (float)(2 * draws.Uniform() - 1);
        return new(scale, Off(far, ref draws), Off(far, ref draws), Off(0.2f, ref draws), isMirrored);
    }

    private static Scene SideBySide(Thing one, Thing other, ref Draws draws)
    {
        string Text(Thing thing, ref Draws draws) => Captions.Any([.. thing.Labels, .. thing.Keys.Take(3)], ref draws);
        string first = Text(one, ref draws), second = Text(other, ref draws);
        float z1 = 0.42f + 0.13f * (float)draws.Uniform(), z2 = 0.42f + 0.13f * (float)draws.Uniform(),
            off = 0.5f * (float)(draws.Uniform() - 0.5), turn = 0.24f * (float)(draws.Uniform() - 0.5);
        bool isUpright = draws.Uniform() < 0.3, isTurned = draws.Uniform() < 0.5, hasArticles = draws.Uniform() < 0.4;
        Placement a = isUpright ? new(z1, off, -0.47f) : new(z1, -0.47f, off),
            b = isUpright ? new(z2, -off, 0.47f, turn) : new(z2, 0.47f, -off, turn);
        (string left, string right) = isTurned ? (second, first) : (first, second);
        Layer Of(Thing thing, Placement at, ref Draws draws) => new(Captions.Any(thing.Drawings, ref draws), at, thing.Pool == Pool.Glyph);
        return new()
        {
            Layers = [Of(one, a, ref draws), Of(other, b, ref draws)],
            Caption = hasArticles ? $"{Captions.WithArticle(left)} and {Captions.WithArticle(right)}" : $"{left} and {right}",
            Contents = [first, second],
            Facts = [.. one.Facts, .. other.Facts, first, second],
        };
    }
}
