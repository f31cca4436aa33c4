using PureClip.Train.Packages;

namespace PureClip.Train.Data;

/// <summary>What drawings show: those of one group are one thing, whoever drew them, and share their texts and facts.</summary>
internal sealed class Thing
{
    private static readonly HashSet<string> Stop =
        [.. "tone skin with and of the a an in on for to at or face person man woman button symbol sign type emoji no".Split(' ')];

    /// <summary>Where its drawings come from.</summary>
    public required Pool Pool { get; init; }

    /// <summary>A narrower kind; empty where none is known.</summary>
    public required string Kind { get; init; }

    /// <summary>Its drawings, as places in the set.</summary>
    public List<int> Drawings { get; } = [];

    /// <summary>Its best names.</summary>
    public List<string> Labels { get; } = [];

    /// <summary>Other texts.</summary>
    public List<string> Keys { get; } = [];

    /// <summary>All that is true of it.</summary>
    public HashSet<string> Facts { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether left and right may not be exchanged.</summary>
    public bool HasDirection =>
        Pool == Pool.Flag || Labels.Any(static label => Directed.Any(word => label.Contains(word, StringComparison.Ordinal)));

    private static readonly string[] Directed =
        ["left", "right", "arrow", "button", "clock", "number", "letter", "forward", "back", "east", "west"];

    /// <summary>The things of a set, pool by pool, in order.</summary>
    public static ILookup<Pool, Thing> Of(PictureSet set)
    {
        Dictionary<(Pool, string), Thing> things = [];
        for (int i = 0; i < set.All.Count; i++)
        {
            Drawing drawing = set.All[i];
            if (!things.TryGetValue((drawing.Pool, drawing.Group), out Thing? thing))
                things.Add((drawing.Pool, drawing.Group), thing = new() { Pool = drawing.Pool, Kind = drawing.Kind });
            thing.Drawings.Add(i);
            if (!thing.Labels.Contains(drawing.Label))
                thing.Labels.Add(drawing.Label);
            thing.Keys.AddRange(drawing.Keys.Where(key => !thing.Keys.Contains(key)));
            thing.Facts.Add(drawing.Label);
            thing.Facts.UnionWith(drawing.Keys);
            thing.Facts.UnionWith(drawing.Label.Split(' ').Where(static word => word.Length > 2 && !Stop.Contains(word)));
        }
        return things.Values.ToLookup(static thing => thing.Pool);
    }
}

/// <summary>The facts that get a direction of their own while the model learns: those that are true of several things.</summary>
internal sealed class FactVocabulary
{
    private const int Most = 9000, LeastCount = 4;

    private readonly Dictionary<string, (int Number, float Weight)> _all = new(StringComparer.Ordinal);

    public FactVocabulary(IEnumerable<Thing> things, IEnumerable<string> always)
    {
        Dictionary<string, double> counts = new(StringComparer.Ordinal);
        foreach (Thing thing in things)
        {
            double weight = thing.Pool switch { Pool.Emoji => 3, Pool.Flag => 2, _ => 1 };
            foreach (string fact in thing.Facts)
                counts[fact] = counts.GetValueOrDefault(
                    fact) + weight * (thing.Pool is Pool.Emoji or Pool.Flag && thing.Labels.Contains(fact) ? 2 : 1);
        }
        foreach (string fact in always)
            counts[fact] = counts.GetValueOrDefault(fact) + 50;
        foreach ((string fact, double count) in counts.Where(static pair => pair.Value >= LeastCount)
            .OrderByDescending(static pair => pair.Value).ThenBy(static pair => pair.Key, StringComparer.Ordinal).Take(Most))
            _all.Add(fact, (_all.Count, (float)Math.Log(2 + 3e4 / (1 + count))));
    }

    /// <summary>How many.</summary>
    public int Count => _all.Count;

    /// <summary>Those of some facts that are in it, rare ones weighing more, together 1.</summary>
    public (int Fact, float Weight)[] Of(IEnumerable<string> facts)
    {
        (int Number, float Weight)[] known =
            [.. facts.Where(_all.ContainsKey).Select(fact => _all[fact]).OrderBy(static fact => fact.Number)];
        float sum = known.Sum(static fact => fact.Weight);
        return Array.ConvertAll(known, fact => (fact.Number, fact.Weight / sum));
    }
}
