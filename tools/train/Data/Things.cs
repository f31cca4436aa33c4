using System.Text.RegularExpressions;
using PureClip.Train.Packages;

namespace PureClip.Train.Data;

/// <summary>What drawings show: those of one group are one thing, whoever drew them, and share their texts and facts.</summary>
internal sealed partial class Thing
{
    private static readonly HashSet<string> Stop =
        [.. "tone skin with and of the a an in on for to at or face person man woman button symbol sign type emoji no".Split(' ')];
    private static readonly string[] Sexes = ["man", "woman", "person"];

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

    /// <summary>Words near to its name, which are seldom said.</summary>
    public List<string> Near { get; } = [];

    /// <summary>All that is true of it.</summary>
    public HashSet<string> Facts { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether left and right may not be exchanged.</summary>
    public bool HasDirection => Pool == Pool.Flag || Labels.Exists(static label => Directed().IsMatch(label));

    /// <summary>The things of a set, pool by pool, in order; people are not among them.</summary>
    public static ILookup<Pool, Thing> Of(PictureSet set)
    {
        Dictionary<(Pool, string), Thing> things = [];
        for (int i = 0; i < set.All.Count; i++)
        {
            Drawing drawing = set.All[i];
            if (drawing.Pool == Pool.Person)
                continue;
            if (!things.TryGetValue((drawing.Pool, drawing.Group), out Thing? thing))
                things.Add((drawing.Pool, drawing.Group), thing = new() { Pool = drawing.Pool, Kind = drawing.Kind });
            thing.Add(i, drawing);
        }
        return things.Values.ToLookup(static thing => thing.Pool);
    }

    /// <summary>The noun of a name of several words; null for one word, and for flags.</summary>
    public static string? HeadOf(string label)
    {
        string[] words = Joints().Split(label)[0].Split(' ');
        return label.Contains(' ') && !label.Contains("flag", StringComparison.Ordinal) && words[^1].Length > 2 && !Stop.Contains(words[^1])
            ? words[^1]
            : null;
    }

    private void Add(int place, Drawing drawing)
    {
        string label = drawing.Label;
        IEnumerable<string> keys = HeadOf(label) is string head ? drawing.Keys.Append(head) : drawing.Keys;
        Drawings.Add(place);
        if (!Labels.Contains(label))
            Labels.Add(label);
        foreach (string key in keys)
            if (!Keys.Contains(key))
                Keys.Add(key);
        if (Pool != Pool.Flag)
            Near.AddRange(drawing.Near.Where(word => !Near.Contains(word)));
        Facts.Add(label);
        Facts.UnionWith(keys);
        Facts.UnionWith(Near);
        string[] words = label.Split(' ');
        Facts.UnionWith(words.Where(static word => word.Length > 2 && !Stop.Contains(word)));
        if (Sexes.Contains(words[0]))
            Facts.Add(words[0]);
    }

    [GeneratedRegex(@"\b(left|right|clock|number|letter|[a-z]|forward|back|east|west|arrow|button)\b")]
    private static partial Regex Directed();

    [GeneratedRegex(" (with|in|on|of) ")]
    private static partial Regex Joints();
}

/// <summary>The facts that get a direction of their own while the model learns: those that are true of several things.</summary>
internal sealed class FactVocabulary
{
    private const int Most = 9000, LeastCount = 4;
    private const double OfAPerson = 0.2, OfWear = 5, OfAColour = 50;

    private readonly Dictionary<string, (int Number, float Weight)> _all = new(StringComparer.Ordinal);

    /// <param name="things">Things.</param>
    /// <param name="people">Facts of each drawing of a person.</param>
    /// <param name="wear">Names of what is put on faces.</param>
    /// <param name="colours">Names of colours.</param>
    public FactVocabulary(
        IEnumerable<Thing> things, IEnumerable<IEnumerable<string>> people, IEnumerable<string> wear, IEnumerable<string> colours)
    {
        Dictionary<string, double> counts = new(StringComparer.Ordinal);
        void Count(string fact, double weight) => counts[fact] = counts.GetValueOrDefault(fact) + weight;
        foreach (Thing thing in things)
        {
            double weight = thing.Pool switch { Pool.Emoji => 3, Pool.Icon or Pool.Glyph => 1, _ => 2 };
            bool isNamed = thing.Pool is not (Pool.Icon or Pool.Glyph);
            foreach (string fact in thing.Facts)
                Count(fact, isNamed && thing.Labels.Contains(fact) ? 2 * weight : weight);
        }
        foreach (string fact in people.SelectMany(static facts => facts))
            Count(fact, OfAPerson);
        foreach (string fact in wear)
            Count(fact, OfWear);
        foreach (string fact in colours)
            Count(fact, OfAColour);
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
