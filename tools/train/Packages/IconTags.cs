using System.Text.Json;

namespace PureClip.Train.Packages;

/// <summary>
/// Other words for the glyphs of three sets, from the packages <c>@tabler/icons</c>, <c>lucide-static</c> and <c>@mdi/svg</c>; none where those
/// are not installed.
/// </summary>
internal sealed class IconTags(string packages)
{
    private const int MostOfTabler = 10;

    private readonly Dictionary<string, Dictionary<string, string[]>> _bySet = new(StringComparer.Ordinal)
    {
        ["tabler"] = Read(Path.Combine(packages, "@tabler", "icons", "icons.json"), static all => all.EnumerateObject().Select(
            static icon => (icon.Name, Texts(icon.Value.GetProperty("tags")).Take(MostOfTabler)))),
        ["lucide"] = Read(Path.Combine(packages, "lucide-static", "tags.json"), static all => all.EnumerateObject().Select(
            static icon => (icon.Name, Texts(icon.Value)))),
        ["mdi"] = Read(Path.Combine(packages, "@mdi", "svg", "meta.json"), static all => all.EnumerateArray().Select(
            static icon => (icon.GetProperty("name").GetString()!,
                Texts(icon.GetProperty("aliases")).Concat(Texts(icon.GetProperty("tags")).SelectMany(static tag => tag.Split('/')))))),
    };

    /// <summary>Words for a glyph.</summary>
    public IEnumerable<string> Of(string set, string name) => _bySet.GetValueOrDefault(set)?.GetValueOrDefault(name) ?? [];

    private static Dictionary<string, string[]> Read(
        string path, Func<JsonElement, IEnumerable<(string Name, IEnumerable<string> Texts)>> icons)
    {
        if (!File.Exists(path))
            return [];
        using JsonDocument file = JsonDocument.Parse(File.ReadAllText(path));
        return icons(file.RootElement).ToDictionary(
            static icon => icon.Name, static icon => icon.Texts.Select(EmojiTexts.Words).ToArray(), StringComparer.Ordinal);
    }

    private static IEnumerable<string> Texts(JsonElement list) => list.EnumerateArray().Select(static text => text.ToString());
}
