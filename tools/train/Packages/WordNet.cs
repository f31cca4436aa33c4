using System.Globalization;

namespace PureClip.Train.Packages;

/// <summary>
/// Words near to a noun, from WordNet's files (<c>wndb(5WN)</c>): others for the same thing, and for what it is a kind of. Knows none where
/// the files are missing.
/// </summary>
internal sealed class WordNet
{
    private const int MostSynonyms = 2, MostKinds = 2, LongestWord = 24, Most = 4, MostOfLabel = 5, PointerFields = 4;

    // So general that they say nothing.
    private static readonly HashSet<string> General =
        [.. "entity object artifact whole matter thing unit abstraction group event act".Split(' ')];

    // The first sense of each noun, and of each sense its words and what it is a kind of.
    private readonly Dictionary<string, string> _senses = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (string[] Words, string? Kind)> _all = new(StringComparer.Ordinal);

    /// <param name="folder">Has <c>index.noun</c> and <c>data.noun</c>.</param>
    public WordNet(string folder)
    {
        if (!Directory.Exists(folder))
            return;
        foreach (string[] fields in Lines(Path.Combine(folder, "index.noun")))
            _senses[fields[0]] = fields[6 + int.Parse(fields[3], CultureInfo.InvariantCulture)];
        foreach (string[] fields in Lines(Path.Combine(folder, "data.noun")))
        {
            int count = int.Parse(fields[3], NumberStyles.HexNumber, CultureInfo.InvariantCulture), at = 4 + 2 * count;
            string[] words = [.. Enumerable.Range(0, count).Select(i => fields[4 + 2 * i].Replace('_', ' ').ToLowerInvariant())];
            string? kind = null;
            int pointers = int.Parse(fields[at], CultureInfo.InvariantCulture), end = at + 1 + PointerFields * pointers;
            for (int next = at + 1; next < end && kind is null; next += PointerFields)
                if (fields[next] is "@" or "@i")
                    kind = fields[next + 1];
            _all[fields[0]] = (words, kind);
        }
    }

    /// <summary>At most four words near to a noun, which may have several words itself.</summary>
    public IEnumerable<string> Near(string noun)
    {
        if (!_senses.TryGetValue(noun.Replace(' ', '_'), out string? sense))
            return [];
        (string[] words, string? kind) = _all[sense];
        IEnumerable<string> near = words.Where(word => word != noun).Take(MostSynonyms);
        if (kind is not null)
            near = near.Concat(_all[kind].Words.Take(MostKinds));
        return near.Where(static word => !General.Contains(word) && word.Length <= LongestWord).Take(Most);
    }

    /// <summary>At most five words near to a name, or to its noun; none for flags.</summary>
    public IReadOnlyList<string> NearLabel(string label)
    {
        if (label.Contains("flag", StringComparison.Ordinal))
            return [];
        IEnumerable<string> near = Near(label);
        if (Data.Thing.HeadOf(label) is string head)
            near = near.Concat(Near(head));
        return [.. near.Distinct().Take(MostOfLabel)];
    }

    // The licence stands before everything else, indented; glosses stand behind a bar.
    private static IEnumerable<string[]> Lines(string path) =>
        File.ReadLines(path).Where(static line => line.Length > 0 && line[0] != ' ').Select(static line => line.Split('|')[0].Split(' '));
}
