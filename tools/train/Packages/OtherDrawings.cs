using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace PureClip.Train.Packages;

/// <summary>What is no icon set: 3D renders of emoji, clip-art, furniture, and people that DiceBear has drawn.</summary>
/// <param name="folder">The folder of packages.</param>
/// <param name="texts">Texts of emoji, and what is held out.</param>
internal sealed partial class OtherDrawings(PackageFolders folder, EmojiTexts texts)
{
    private const int LongestLabel = 60, LongestKey = 30, LargestSvg = 1_500_000;
    private const string UnseenStyle = "openPeeps";

    // One toned render of three.
    private const int TonesLeftOut = 0x59;

    /// <summary>Every drawing that is trained on.</summary>
    public IEnumerable<Drawing> All() => [.. Renders(), .. ClipArt(), .. Furniture(), .. People(isMeasured: false)];

    /// <summary>People of a style that is never trained on, to measure with.</summary>
    public IEnumerable<Drawing> OfUnseenStyle() => People(isMeasured: true);

    /// <summary>
    /// <c>tuxpaint-stamps-default</c> (GPL-2): photographs that are cut out, with a sentence each. Measured with, never trained on.
    /// </summary>
    public IEnumerable<Drawing> Photographs()
    {
        if (!Directory.Exists(folder.Photographs))
            yield break;
        foreach (string file in Directory.EnumerateFiles(folder.Photographs, "*.png", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal))
        {
            string name = Path.GetRelativePath(folder.Photographs, file), sentence = Path.ChangeExtension(file, ".txt");
            if (NoPhotograph().IsMatch(name) || !File.Exists(sentence))
                continue;
            string label = File.ReadLines(sentence).FirstOrDefault("").Trim().ToLowerInvariant().TrimEnd('.', '!').Trim();
            if (label.Length > 0 && label[0] != '=')
                yield return new(Pool.Photograph, "tuxpaint", name, $"p:{label}", label, [], "")
                {
                    Picture = () => File.ReadAllBytes(file)
                };
        }
    }

    /// <summary><c>@lobehub/fluent-emoji-3d</c>: pictures named by code point.</summary>
    private IEnumerable<Drawing> Renders()
    {
        if (!Directory.Exists(folder.Renders))
            yield break;
        foreach (string file in Directory.EnumerateFiles(folder.Renders, "*.webp").Order(StringComparer.Ordinal))
        {
            string code = EmojiTexts.Bare(Path.GetFileNameWithoutExtension(file));
            if (texts.Find([code], "") is not (EmojiTexts.Emoji emoji, bool isToned) || texts.IsHeld(emoji)
                || (isToned && SHA256.HashData(Encoding.UTF8.GetBytes(code))[0] > TonesLeftOut))
                continue;
            yield return new(emoji.IsFlag ? Pool.Flag : Pool.Emoji, "fluent-3d", code, emoji.Code, emoji.Label, emoji.Keys, emoji.Kind)
            {
                Picture = () => File.ReadAllBytes(file)
            };
        }
    }

    /// <summary><c>openclipart-svg</c>: titles and keywords stand in the files.</summary>
    private IEnumerable<Drawing> ClipArt()
    {
        if (!Directory.Exists(folder.ClipArt))
            yield break;
        HashSet<string> seen = [];
        foreach (string file in Directory.EnumerateFiles(folder.ClipArt, "*.svg", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal))
        {
            string name = Path.GetRelativePath(folder.ClipArt, file);
            if (NoClipArt().IsMatch(name) || new FileInfo(file).Length > LargestSvg)
                continue;
            string svg = File.ReadAllText(file);
            string title = Title().Match(svg) is { Success: true } match && match.Groups[1].Value.Trim().Length > 0
                ? match.Groups[1].Value
                : Path.GetFileNameWithoutExtension(file).Replace('_', ' ');
            string[] keys = [.. Keyword().Matches(svg).Select(static match => EmojiTexts.Words(match.Groups[1].Value))
                .Where(static key => key.Length is > 2 and < LongestKey && !NoKeyword().IsMatch(key)).Distinct()];
            string label = Spaces().Replace(Numbers().Replace(EmojiTexts.Words(NoTitle().Replace(title, " ")), ""), " ").Trim();
            if (label.Length is < 3 or > LongestLabel || label == "unnamed" || label.StartsWith("untitled", StringComparison.Ordinal))
            {
                if (keys.Length == 0)
                    continue;
                label = keys[0];
            }
            if (texts.IsHeldText(label) || Mark().IsMatch($"{label} {EmojiTexts.Words(name)}") || !seen.Add(Hash(svg)))
                continue;
            yield return new(Pool.ClipArt, "openclipart", name, $"n:{label}", label, [.. keys.Where(key => key != label)], "")
            {
                Svg = svg
            };
        }
    }

    /// <summary><c>sweethome3d-furniture</c>: archives with a list of properties and icons.</summary>
    private IEnumerable<Drawing> Furniture()
    {
        if (!Directory.Exists(folder.Furniture))
            yield break;
        foreach (string file in Directory.EnumerateFiles(folder.Furniture, "*.sh3f").Order(StringComparer.Ordinal))
        {
            using ZipArchive archive = ZipFile.OpenRead(file);
            Dictionary<int, Dictionary<string, string>> pieces = [];
            using (StreamReader reader = new(archive.GetEntry("PluginFurnitureCatalog.properties")!.Open(), Encoding.Latin1))
                while (reader.ReadLine() is string line)
                    if (Property().Match(line) is { Success: true } match)
                    {
                        int piece = int.Parse(match.Groups[2].ValueSpan, System.Globalization.CultureInfo.InvariantCulture);
                        pieces.TryAdd(piece, []);
                        pieces[piece][match.Groups[1].Value] = match.Groups[3].Value;
                    }
            foreach ((int _, Dictionary<string, string> piece) in pieces.OrderBy(static piece => piece.Key))
            {
                if (!piece.TryGetValue("icon", out string? icon) || !piece.TryGetValue("name", out string? name)
                    || archive.GetEntry(icon.TrimStart('/')) is not ZipArchiveEntry entry)
                    continue;
                string label = Spaces().Replace(Numbers().Replace(EmojiTexts.Words(name), ""), " ").Trim();
                if (label.Length < 3 || texts.IsHeldText(label) || Mark().IsMatch(label))
                    continue;
                string[] keys = [.. piece.GetValueOrDefault("tags", "").Split(',').Append(piece.GetValueOrDefault("category", ""))
                    .Select(EmojiTexts.Words).Where(key => key.Length > 2 && key != label).Distinct()];
                using MemoryStream bytes = new();
                using (Stream stream = entry.Open())
                    stream.CopyTo(bytes);
                byte[] picture = bytes.ToArray();
                yield return new(
                    Pool.Furniture, "sweethome3d", $"{Path.GetFileNameWithoutExtension(file)}/{entry.Name}", $"n:{label}", label, keys, "")
                {
                    Picture = () => picture
                };
            }
        }
    }

    /// <summary><c>people.jsonl</c>, which <c>people.mjs</c> has written. The first drawing of a person has nothing on.</summary>
    private IEnumerable<Drawing> People(bool isMeasured)
    {
        if (!File.Exists(folder.People))
            yield break;
        int number = 0;
        foreach (string line in File.ReadLines(folder.People))
        {
            using JsonDocument person = JsonDocument.Parse(line);
            string style = person.RootElement.GetProperty("style").GetString()!;
            number++;
            if (style == UnseenStyle != isMeasured)
                continue;
            string[] words = [.. person.RootElement.GetProperty("words").EnumerateArray().Select(static word => word.GetString()!)
                .Distinct()];
            int who = person.RootElement.GetProperty("person").GetInt32();
            yield return new(Pool.Person, $"dicebear-{style}", $"{number}", $"d:{style}:{who}", "", words, "")
            {
                Svg = person.RootElement.GetProperty("svg").GetString()!
            };
        }
    }

    private static string Hash(string svg)
    {
        int from = Math.Max(0, svg.IndexOf("</metadata>", StringComparison.Ordinal));
        return Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(Spaces().Replace(svg[from..], ""))));
    }

    [GeneratedRegex(
        "shapes/stars|/icons?/|themes?|patterns|gradients|duplicates|office/|computer/icons|signs_and_symbols/flags|flowchart|callouts")]
    private static partial Regex NoClipArt();

    [GeneratedRegex("symbols|cartoon")]
    private static partial Regex NoPhotograph();

    [GeneratedRegex("<dc:title[^>]*>([^<]*)<")]
    private static partial Regex Title();

    [GeneratedRegex("<rdf:li[^>]*>([^<]*)<")]
    private static partial Regex Keyword();

    [GeneratedRegex("hash|unsorted|clip ?art|svg|http|^image$|^vector$|open")]
    private static partial Regex NoKeyword();

    [GeneratedRegex("(?i)clip\\s*art\\s*(by [^-]*-)?|by [\\w .]+$|\\.svg|openclipart|_?\\d+$|_")]
    private static partial Regex NoTitle();

    [GeneratedRegex("\\b\\d+\\b")]
    private static partial Regex Numbers();

    [GeneratedRegex("\\s+")]
    private static partial Regex Spaces();

    [GeneratedRegex("^(\\w+)#(\\d+)\\s*=\\s*(.*)$")]
    private static partial Regex Property();

    // Marks and characters of others.
    [GeneratedRegex(
        "\\b(logos?|gmail|excel|powerpoint|quora|lego|pok[eé]mon|pikachu|famous character|mario|batman|superman|spider ?man|mickey|"
        + "ip[oa]d|iphone|imac|macbook|apple pc|game ?boy|xbox|playstation\\d*|creative commons|trademark|tux|linux|debian|"
        + "gnome (fs|dev)|francobollo gnome|vw|ford ?focus|bmw|toyota|etiquette icons)\\b")]
    private static partial Regex Mark();
}
