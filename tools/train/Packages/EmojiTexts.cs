using System.Text.Json;
using System.Text.RegularExpressions;

namespace PureClip.Train.Packages;

/// <summary>
/// Names and keywords of emoji by code point: <c>emojibase-data</c> (Unicode's) and <c>emojilib</c>. And which are held out.
/// </summary>
internal sealed partial class EmojiTexts
{
    private const int LongestText = 40, FlagGroup = 9;

    private readonly Dictionary<string, Emoji> _byCode = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _codeByName = new(StringComparer.Ordinal);
    private readonly HashSet<string> _heldCodes = new(StringComparer.Ordinal), _heldNames = new(StringComparer.Ordinal);

    /// <param name="packages">A folder with both packages, as npm installs them.</param>
    /// <param name="heldOut">Labels of emoji that no artist's drawing of is trained on, a line each.</param>
    public EmojiTexts(string packages, IEnumerable<string> heldOut)
    {
        Dictionary<string, string[]> more = ReadKeywords(Path.Combine(packages, "emojilib", "dist", "emoji-en-US.json"));
        using JsonDocument all = JsonDocument.Parse(File.ReadAllText(Path.Combine(packages, "emojibase-data", "en", "data.json")));
        using JsonDocument kinds = JsonDocument.Parse(File.ReadAllText(Path.Combine(packages, "emojibase-data", "meta", "groups.json")));
        foreach (JsonElement emoji in all.RootElement.EnumerateArray())
        {
            if (!emoji.TryGetProperty("group", out JsonElement group))
                continue; // parts of others, such as the letters of which flags are made
            string code = Bare(emoji.GetProperty("hexcode").GetString()!), label = emoji.GetProperty("label").GetString()!;
            string name = Words(label.Replace("flag:", "flag of", StringComparison.Ordinal));
            IEnumerable<string> tags = emoji.TryGetProperty("tags", out JsonElement given)
                ? given.EnumerateArray().Select(tag => tag.GetString()!) : [];
            string[] keys =
                [.. tags.Concat(more.GetValueOrDefault(code, [])).Select(Words).Distinct()
                .Where(key => key.Length > 1 && key.Length < LongestText && key != name)];
            bool isFlag = group.GetInt32() == FlagGroup;
            string kind = emoji.TryGetProperty("subgroup", out JsonElement subgroup)
                ? Words(kinds.RootElement.GetProperty("subgroups").GetProperty($"{subgroup.GetInt32()}").GetString()!)
                : "";
            _byCode[code] = new(code, name, keys, isFlag, kind);
            _codeByName.TryAdd(Dashed(label), code);
        }
        foreach (string line in heldOut)
            if (line.Length > 0 && line[0] != '#')
            {
                string name = Dashed(line);
                _heldNames.Add(name);
                if (_codeByName.TryGetValue(name, out string? code))
                    _heldCodes.Add(code);
            }
    }

    /// <summary>One emoji.</summary>
    /// <param name="Code">Its code points.</param>
    /// <param name="Label">Its name.</param>
    /// <param name="Keys">Keywords.</param>
    /// <param name="IsFlag">Whether it is a flag.</param>
    /// <param name="Kind">Unicode's subgroup.</param>
    public sealed record Emoji(string Code, string Label, IReadOnlyList<string> Keys, bool IsFlag, string Kind);

    /// <summary>The emoji of some code points, else of a name; null where there is none.</summary>
    public Emoji? Find(IEnumerable<string> codes, string name) =>
        codes.Select(code => _byCode.GetValueOrDefault(code)).FirstOrDefault(emoji => emoji is not null)
        ?? (_codeByName.TryGetValue(Dashed(name), out string? found) ? _byCode[found] : null);

    /// <summary>The emoji of code points.</summary>
    public Emoji? Of(string code) => _byCode.GetValueOrDefault(code);

    /// <summary>Whether an emoji is held out.</summary>
    public bool IsHeld(Emoji emoji) => _heldCodes.Contains(emoji.Code);

    /// <summary>Whether a drawing's name speaks of something that is held out.</summary>
    public bool IsHeldName(string name)
    {
        string dashed = $"-{Dashed(name)}-";
        return _heldNames.Any(held => dashed.Contains($"-{held}-", StringComparison.Ordinal));
    }

    /// <summary>Lower-case words with a space between.</summary>
    public static string Words(string text) => Separators().Replace(text.ToLowerInvariant().Replace('’', '\''), " ").Trim();

    /// <summary>Lower-case words with a dash between.</summary>
    public static string Dashed(string text) =>
        NoWord().Replace(text.ToLowerInvariant().Replace("’", "", StringComparison.Ordinal).Replace("'", "", StringComparison.Ordinal), "-")
        .Trim('-');

    /// <summary>Code points without the mark that asks for a picture.</summary>
    public static string Bare(string code) => string.Join('-', code.ToLowerInvariant().Split('-').Where(part => part != "fe0f"));

    private static Dictionary<string, string[]> ReadKeywords(string path)
    {
        using JsonDocument all = JsonDocument.Parse(File.ReadAllText(path));
        return all.RootElement.EnumerateObject().ToDictionary(
            static emoji => Bare(string.Join('-', emoji.Name.EnumerateRunes().Select(rune => $"{rune.Value:x4}"))),
            static emoji => emoji.Value.EnumerateArray().Select(key => key.GetString()!).ToArray());
    }

    [GeneratedRegex("[^a-z0-9'&]+")]
    private static partial Regex Separators();

    [GeneratedRegex("[^a-z0-9]+")]
    private static partial Regex NoWord();
}
