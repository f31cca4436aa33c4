using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace PureClip.Train.Packages;

/// <summary>Drawings of the package <c>@iconify/json</c>: which sets are used, under which licences, and what of them stays out.</summary>
internal sealed partial class IconSets(string packages, EmojiTexts texts)
{
    private const int LongestKey = 40, TonesOfAnEmoji = 2;
    private const string BrandCategory = "Brand", MonochromeEmoji = "fluent-emoji-high-contrast emojione-monotone";

    // Sets with drawings of their own that Unicode has no code point for.
    private const string WithOwnDrawings = "emojione streamline-emojis";

    // The licence of the art counts. Share-alike, non-commercial and unclear ones stay out, and so do logos and brands.
    private static readonly string[] Licences = ["MIT", "ISC", "Apache-2.0", "CC-BY-4.0", "CC-BY-3.0", "CC0-1.0"];

    private static readonly (Pool Pool, string Sets)[] Used =
    [
        (Pool.Emoji, "twemoji noto noto-v1 fluent-emoji-flat emojione fxemoji streamline-emojis"),
        (Pool.Icon,
        "icon-park streamline-color streamline-freehand-color streamline-ultimate-color streamline-cyber-color streamline-kameleon-color "
            + "streamline-stickies-color streamline-plump-color streamline-flex-color streamline-sharp-color glyphs-poly marketeq "
            + "meteocons flat-color-icons flat-ui"),
        (Pool.Flag, "flag circle-flags flagpack cif"),
        (Pool.Glyph,
        "game-icons mdi tabler pinhead lucide healthicons temaki maki covid fluent-emoji-high-contrast emojione-monotone"),
    ];

    // Marks of others, and what an interface needs and nobody would call a thing. Single letters are none, either.
    private static readonly HashSet<string> NoThing =
    [
        .. """
            logo brand google facebook twitter microsoft github android instagram tiktok whatsapp telegram youtube linkedin amazon paypal visa
            mastercard bitcoin btc ethereum python java javascript adobe figma dribbble behance gitlab twitch vimeo tumblr trello bitbucket
            evernote soundcloud spotify netflix slack discord reddit dropbox docker kubernetes chrome firefox safari opera edge windows linux
            ubuntu debian pinterest snapchat skype steam playstation xbox nintendo tesla uber airbnb wechat weibo alipay taobao zhihu messenger
            vk yahoo wikipedia wordpress gmail excel powerpoint quora lego pokemon pokeball pikachu mario batman superman mickey ipod ipad
            iphone imac macbook tux vw bmw toyota harmonyos unionpay tencent baidu kanban tabler
            alpha beta numeric number letter format align border arrow arrows chevron caret sort axis math layout column row roman hexagram
            currency sigma pi function api html css json xml sql git npm svg pdf
            """.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries),
    ];

    // What an icon's name ends in when it is one of several forms of the same thing.
    private static readonly HashSet<string> Forms =
    [
        .. """
            outline outlined filled fill off solid line bold light duotone variant alt plus minus check x remove edit cancel cog lock alert
            search settings share star one two three four flat remix negative small sharp
            """.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries),
    ];

    private readonly HashSet<string> _seen = [];
    private readonly IconTags _tags = new(packages);

    /// <summary>Every drawing, in the order of sets and of names within a set.</summary>
    /// <exception cref="InvalidDataException">A set's licence does not allow its use.</exception>
    public IEnumerable<Drawing> All()
    {
        using JsonDocument collections = Read("collections.json");
        foreach ((Pool pool, string sets) in Used)
            foreach (string set in sets.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                if (!collections.RootElement.TryGetProperty(set, out JsonElement about))
                    continue; // an edition of the package without it
                string licence = about.GetProperty("license").GetProperty("spdx").GetString()!;
                if (!Licences.Contains(licence))
                    throw new InvalidDataException(
                        $"{set} is under {licence}; drawings are used under {string.Join(", ", Licences)} only.");
                using JsonDocument file = Read(Path.Combine("json", $"{set}.json"));
                foreach (Drawing drawing in Of(set, pool, file.RootElement))
                    yield return drawing;
            }
    }

    /// <summary>Drawings of a set that nothing of is ever trained on, to measure with.</summary>
    public IEnumerable<Drawing> OfUnseenArtist() => Measured("openmoji");

    /// <summary>Drawings of held-out things by artists whose other drawings are trained on, to measure with.</summary>
    public IEnumerable<Drawing> OfHeldThings() => ((string[])["noto", "twemoji", "fluent-emoji-flat"]).SelectMany(Measured)
        .Where(drawing => texts.Of(drawing.Group) is EmojiTexts.Emoji emoji && texts.IsHeld(emoji));

    private IEnumerable<Drawing> Measured(string set)
    {
        using JsonDocument file = Read(Path.Combine("json", $"{set}.json"));
        foreach (Drawing drawing in Of(set, Pool.Emoji, file.RootElement, isMeasured: true))
            yield return drawing;
    }

    private IEnumerable<Drawing> Of(string set, Pool pool, JsonElement file, bool isMeasured = false)
    {
        ILookup<string, string> codes = CodesOf(file);
        HashSet<string> taken = new(StringComparer.Ordinal), brands = BrandsOf(file), seen = isMeasured ? [] : _seen;
        bool areEmoji = pool == Pool.Emoji || IsOneOf(set, MonochromeEmoji);
        List<Drawing> toned = [];
        foreach (JsonProperty icon in file.GetProperty("icons").EnumerateObject().OrderBy(static icon => icon.Name.Length)
            .ThenBy(static icon => icon.Name, StringComparer.Ordinal))
        {
            string body = icon.Value.GetProperty("body").GetString()!;
            if ((icon.Value.TryGetProperty("hidden", out JsonElement hidden) && hidden.GetBoolean())
                || brands.Contains(icon.Name) || !seen.Add($"{(areEmoji ? set : "")}{Hash(body)}"))
                continue;
            bool isToned = false;
            Drawing? drawing = areEmoji ? OfEmoji(set, pool, icon.Name, codes[icon.Name], isMeasured, out isToned)
                : pool == Pool.Flag ? OfFlag(set, icon.Name)
                : OfIcon(set, pool, icon.Name);
            if (drawing is null)
                continue;
            drawing = drawing with { Svg = SvgOf(body, icon.Value, file) };
            if (isToned)
                toned.Add(drawing);
            else if (areEmoji || taken.Add(drawing.Group)) // of an icon in several forms the one with the shortest name
                yield return drawing;
        }
        if (pool == Pool.Emoji && !isMeasured)
            foreach (Drawing drawing in toned.GroupBy(static drawing => drawing.Group)
                .SelectMany(static tones => tones.OrderBy(static drawing => Hash(drawing.Name), StringComparer.Ordinal)
                    .Take(TonesOfAnEmoji)))
                yield return drawing;
    }

    private Drawing? OfEmoji(string set, Pool pool, string name, IEnumerable<string> codes, bool isMeasured, out bool isToned)
    {
        isToned = false;
        bool isHeld = !isMeasured && texts.IsHeldName(name);
        if (texts.Find(codes, name) is not (EmojiTexts.Emoji emoji, bool hasTone))
        {
            string label = EmojiTexts.Words(name).TrimEnd([' ', .. "0123456789"]);
            return IsOneOf(set, WithOwnDrawings) && !isHeld && label.Length > 2 && !name.Split('-').Any(NoThing.Contains)
                ? new(pool, set, name, $"n:{label}", label, [], "")
                : null;
        }
        isToned = hasTone;
        if (isHeld || (!isMeasured && texts.IsHeld(emoji)))
            return null;
        string own = EmojiTexts.Words(name);
        bool isNews = !hasTone && own.Length > 2 && own != emoji.Label && set != "fxemoji" && !emoji.Keys.Contains(own);
        return new(
            emoji.IsFlag ? Pool.Flag : pool, set, name, emoji.Code, emoji.Label, isNews ? [.. emoji.Keys, own] : emoji.Keys, emoji.Kind);
    }

    private Drawing? OfFlag(string set, string name)
    {
        if (!Country().IsMatch(name) || (set == "flag" && !name.EndsWith("4x3", StringComparison.Ordinal)))
            return null;
        string code = string.Join('-', name[..2].Select(letter => $"{0x1f1e6 + letter - 'a':x}"));
        return texts.Of(code) is EmojiTexts.Emoji emoji ? new(Pool.Flag, set, name, emoji.Code, emoji.Label, emoji.Keys, "") : null;
    }

    private Drawing? OfIcon(string set, Pool pool, string name)
    {
        string[] words = name.Split('-', StringSplitOptions.RemoveEmptyEntries);
        if (words.Any(static word => word.Length == 1 || NoThing.Contains(word)) || texts.IsHeldName(name))
            return null;
        int count = words.Length;
        while (count > 1 && (Forms.Contains(words[count - 1]) || words[count - 1].All(char.IsDigit)))
            count--;
        string label = EmojiTexts.Words(string.Join(' ', words[..count]));
        if (label.Length is < 3 or >= LongestKey || label.All(char.IsDigit))
            return null;
        string[] keys = [.. _tags.Of(set, name).Where(key => key.Length is > 2 and < LongestKey && key != label).Distinct()];
        return new(pool, set, name, $"n:{label}", label, keys, "");
    }

    private static bool IsOneOf(string set, string sets) => sets.Split(' ').Contains(set);

    private static HashSet<string> BrandsOf(JsonElement file) => file.TryGetProperty("categories", out JsonElement categories)
        ? [.. categories.EnumerateObject().Where(static category => category.Name.StartsWith(BrandCategory, StringComparison.Ordinal))
            .SelectMany(static category => category.Value.EnumerateArray()).Select(static name => name.GetString()!)]
        : [];

    private static ILookup<string, string> CodesOf(JsonElement file)
    {
        if (!file.TryGetProperty("chars", out JsonElement chars))
            return Enumerable.Empty<string>().ToLookup(static name => name);
        string Target(string name) =>
            file.TryGetProperty("aliases", out JsonElement aliases) && aliases.TryGetProperty(name, out JsonElement alias)
            ? alias.GetProperty("parent").GetString()!
            : name;
        return chars.EnumerateObject()
            .ToLookup(character => Target(character.Value.GetString()!), static character => EmojiTexts.Bare(character.Name));
    }

    private static string SvgOf(string body, JsonElement icon, JsonElement file)
    {
        double Size(string name, double usual) =>
            icon.TryGetProperty(name, out JsonElement own) || file.TryGetProperty(name, out own) ? own.GetDouble() : usual;
        (double left, double top, double width, double height) = (Size("left", 0), Size("top", 0), Size("width", 16), Size("height", 16));
        const string Namespaces = "xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\"";
        string inked = body.Replace("currentColor", "#000", StringComparison.Ordinal);
        return string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"<svg {Namespaces} width=\"{width}\" height=\"{height}\" viewBox=\"{left} {top} {width} {height}\">{inked}</svg>");
    }

    private static string Hash(string body) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(body)));

    private JsonDocument Read(string file) => JsonDocument.Parse(File.ReadAllText(Path.Combine(packages, "@iconify", "json", file)));

    [GeneratedRegex("^[a-z]{2}(-|$)")]
    private static partial Regex Country();
}
