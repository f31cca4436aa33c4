using System.Text.Json;
using System.Text.RegularExpressions;

namespace PureClip.Train.Packages;

/// <summary>
/// Names and keywords of emoji by code point: <c>emojibase-data</c> (Unicode's) and <c>emojilib</c>. And which are held out.
/// </summary>
internal sealed partial class EmojiTexts
{
    private const int LongestText = 40, FlagGroup = 9, LongName = 4, LongHeldName = 9;

    private readonly Dictionary<string, Emoji> _byCode = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _codeByName = new(StringComparer.Ordinal), _bareOfTone = new(StringComparer.Ordinal);
    private readonly HashSet<string> _heldCodes = new(StringComparer.Ordinal), _heldNames = new(StringComparer.Ordinal);

    /// <param name="packages">A folder with both packages, as npm installs them.</param>
    /// <param name="heldOut">Labels of emoji that no artist's drawing of is trained on, a line each.</param>
    public EmojiTexts(string packages, IEnumerable<string> heldOut)
    {
        Dictionary<string, string[]> more = ReadKeywords(Path.Combine(packages, "emojilib", "dist", "emoji-en-US.json"));
        string english = Path.Combine(packages, "emojibase-data", "en");
        using JsonDocument all = JsonDocument.Parse(File.ReadAllText(Path.Combine(english, "data.json")));
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
            if (emoji.TryGetProperty("skins", out JsonElement skins))
                foreach (JsonElement skin in skins.EnumerateArray())
                    _bareOfTone[Bare(skin.GetProperty("hexcode").GetString()!)] = code;
        }
        ReadOlderNames(Path.Combine(english, "shortcodes"));
        foreach (string line in heldOut)
            if (line.Length > 0 && line[0] != '#')
            {
                string name = Dashed(line);
                _heldNames.Add(name);
                if (_codeByName.TryGetValue(name, out string? code))
                    _heldCodes.Add(code);
            }
        _heldNames.UnionWith(_codeByName.Where(pair => pair.Key.Contains('-') && _heldCodes.Contains(pair.Value)).Select(pair => pair.Key));
    }

    /// <summary>One emoji.</summary>
    /// <param name="Code">Its code points.</param>
    /// <param name="Label">Its name.</param>
    /// <param name="Keys">Keywords.</param>
    /// <param name="IsFlag">Whether it is a flag.</param>
    /// <param name="Kind">Unicode's subgroup.</param>
    public sealed record Emoji(string Code, string Label, IReadOnlyList<string> Keys, bool IsFlag, string Kind);

    /// <summary>The emoji that are held out.</summary>
    public IEnumerable<Emoji> Held => _heldCodes.Order(StringComparer.Ordinal).Select(code => _byCode[code]);

    /// <summary>The emoji of some code points, else of a name, and whether it is drawn with a tone of skin; null where there is none.</summary>
    public (Emoji Emoji, bool IsToned)? Find(IEnumerable<string> codes, string name)
    {
        foreach (string code in codes)
            if (_byCode.TryGetValue(code, out Emoji? emoji))
                return (emoji, false);
        foreach (string code in codes)
            if (_bareOfTone.TryGetValue(code, out string? bare))
                return (_byCode[bare], true);
        string dashed = Dashed(name), untoned = Tone().Replace(dashed, "");
        return _codeByName.TryGetValue(dashed, out string? found) || _codeByName.TryGetValue(untoned, out found)
            ? (_byCode[found], untoned != dashed)
            : null;
    }

    /// <summary>The emoji of code points.</summary>
    public Emoji? Of(string code) => _byCode.GetValueOrDefault(code);

    /// <summary>Whether an emoji is held out.</summary>
    public bool IsHeld(Emoji emoji) => _heldCodes.Contains(emoji.Code);

    /// <summary>Whether a drawing's name speaks of something that is held out, be it in one word.</summary>
    public bool IsHeldName(string name)
    {
        string dashed = $"-{Dashed(name)}-", joined = dashed.Replace("-", "", StringComparison.Ordinal);
        return _heldNames.Any(held => dashed.Contains($"-{held}-", StringComparison.Ordinal)
            || (held.Length > LongHeldName && joined == held.Replace("-", "", StringComparison.Ordinal)));
    }

    /// <summary>Whether a text is the name of something that is held out.</summary>
    public bool IsHeldText(string text) => _heldNames.Contains(Dashed(text));

    /// <summary>Lower-case words with a space between.</summary>
    public static string Words(string text) => Separators().Replace(text.ToLowerInvariant().Replace('’', '\''), " ").Trim();

    /// <summary>Lower-case words with a dash between.</summary>
    public static string Dashed(string text) =>
        NoWord().Replace(text.ToLowerInvariant().Replace("’", "", StringComparison.Ordinal).Replace("'", "", StringComparison.Ordinal), "-")
        .Trim('-');

    /// <summary>Code points without the mark that asks for a picture.</summary>
    public static string Bare(string code) => string.Join('-', code.ToLowerInvariant().Split('-').Where(part => part != "fe0f"));

    /// <summary>Names that artists of older sets use, such as <c>crying_cat_face</c>; what Unicode names comes first.</summary>
    private void ReadOlderNames(string folder)
    {
        if (!Directory.Exists(folder))
            return;
        foreach (string file in Directory.EnumerateFiles(folder, "*.json").Order(StringComparer.Ordinal))
        {
            using JsonDocument names = JsonDocument.Parse(File.ReadAllText(file));
            foreach (JsonProperty emoji in names.RootElement.EnumerateObject())
                if (Bare(emoji.Name) is string code && _byCode.ContainsKey(code))
                    foreach (JsonElement name in emoji.Value.ValueKind == JsonValueKind.Array ? [.. emoji.Value.EnumerateArray()]
                        : (JsonElement[])[emoji.Value])
                        _codeByName.TryAdd(Dashed(name.GetString()!), code);
        }
        foreach ((string name, string code) in _codeByName.Where(static pair => pair.Key.Length > LongName && pair.Key.Contains('-'))
            .ToList())
            _codeByName.TryAdd(name.Replace("-", "", StringComparison.Ordinal), code);
    }

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

    [GeneratedRegex("(-(medium|light|dark))+-skin-tone|-skin-tone-\\d|-tone\\d?|^u?[0-9a-f]{4,5}-?(?=[a-z])")]
    private static partial Regex Tone();
}
