using System.Globalization;
using System.Text;
using System.Text.Json;
using PureClip.Train.Data;
using PureClip.Train.Packages;

namespace PureClip.Train.Shipping;

/// <summary><c>ATTRIBUTION.md</c>: whose drawings and words a model was trained on, how many of each, and under which licences.</summary>
internal static class Attribution
{
    private const string DiceBear = "dicebear-";

    // What @iconify/json does not tell.
    private static readonly Dictionary<string, (string Title, string Author, string Licence, string Package)> Known = new()
    {
        ["fluent-3d"] = ("Fluent Emoji 3D", "Microsoft Corporation", "MIT", "@lobehub/fluent-emoji-3d 1.1.0"),
        ["openclipart"] = ("Open Clip Art Library 0.18", "the Open Clip Art Library contributors", "public domain dedication",
            "Debian openclipart-svg 1:0.18+dfsg-19"),
        ["sweethome3d"] = (
            "Sweet Home 3D furniture catalogues (Blend Swap CC-0, Blend Swap CC-BY, Kator Legaz, Reallusion, Scopia)",
            "Emmanuel Puybaret / eTeks, the Blend Swap contributors, Andrew Kator & Jennifer Legaz, Reallusion, Scopia Visual Interfaces Systems",
            "CC0-1.0 / CC-BY-3.0 / CC-BY-3.0-US", "Debian sweethome3d-furniture 1.8-1"),
    };

    private static readonly Dictionary<string, (string Title, string Author, string Licence)> Styles = new()
    {
        ["adventurer"] = ("Adventurer", "Lisa Wischofsky", "CC BY 4.0"),
        ["bigSmile"] = ("Custom Avatar", "Ashley Seo", "CC BY 4.0"),
        ["croodles"] = ("Croodles - Doodle your face", "vijay verma", "CC BY 4.0"),
        ["lorelei"] = ("Lorelei", "Lisa Wischofsky", "CC0 1.0"),
        ["micah"] = ("Avatar Illustration System", "Micah Lanier", "CC BY 4.0"),
        ["miniavs"] = ("Miniavs - Free Avatar Creator", "Webpixels", "CC BY 4.0"),
        ["notionists"] = ("Notionists", "Zoish", "CC0 1.0"),
        ["personas"] = ("Personas by Draftbit", "Draftbit - draftbit.com", "CC BY 4.0"),
        ["pixelArt"] = ("Pixel Art", "DiceBear", "CC0 1.0"),
        ["toonHead"] = ("ToonHead", "Johan Melin", "CC BY 4.0"),
    };

    /// <summary>Its text.</summary>
    /// <param name="set">What was trained on.</param>
    /// <param name="folders">The packages.</param>
    /// <param name="version">Of <c>@iconify/json</c>.</param>
    /// <exception cref="InvalidDataException">A set's author is not known.</exception>
    public static string Of(PictureSet set, PackageFolders folders, string version)
    {
        using JsonDocument collections = JsonDocument.Parse(
            File.ReadAllText(Path.Combine(folders.Node, "@iconify", "json", "collections.json")));
        StringBuilder text = new("""
            # Attribution

            "pictogram-mini" was trained from random weights on the pictures and words below and on nothing else. All are under CC0, public domain, MIT, ISC, Apache-2.0 or CC BY licences; the pictures were drawn at 64x64 pixels, re-drawn in other styles, recoloured, moved and combined for training. No picture of these sets is contained in the model files.

            ## Pictures

            | set | author | licence | package | pictures |
            |---|---|---|---|---|

            """);
        foreach (IGrouping<string, Drawing> drawings in set.All.GroupBy(static drawing => drawing.Set)
            .OrderBy(static drawings => drawings.Key, StringComparer.Ordinal))
        {
            (string title, string author, string licence, string package) = AboutOf(drawings.Key, collections.RootElement, version);
            text.Append(CultureInfo.InvariantCulture, $"| {title} | {author} | {licence} | {package} | {drawings.Count()} |\n");
        }
        return text.Append("""

            ## Words

            | source | author | licence | package |
            |---|---|---|---|
            | emojibase-data (labels, tags; Unicode CLDR names) | Miles Johnson; Unicode, Inc. | MIT; Unicode licence | emojibase-data 17.0.0 |
            | emojilib (keywords) | Mu-An Chiou | MIT | emojilib 4.0.3 |
            | Tabler Icons (tags) | Paweł Kuna | MIT | @tabler/icons 3.51.0 |
            | Lucide (tags) | Lucide Contributors | ISC | lucide-static 1.62.0 |
            | Material Design Icons (aliases, tags) | Pictogrammers | Apache-2.0 | @mdi/svg 7.4.47 |
            | WordNet 3.0 (synonyms, hypernyms) | Princeton University | WordNet licence | Debian wordnet-base 1:3.0-37 |

            ## Used for evaluation only, never trained on

            OpenMoji (CC BY-SA 4.0; through @iconify/json), DiceBear style "Open Peeps" by Pablo Stanley (CC0 1.0), Tux Paint's stamps (GPL-2; Debian tuxpaint-stamps-default 2022.06.04-1), and 120 emoji of every artist (`tools/train/held_out.txt`).

            """).ToString();
    }

    private static (string Title, string Author, string Licence, string Package) AboutOf(
        string set, JsonElement collections, string version)
    {
        if (Known.TryGetValue(set, out (string, string, string, string) known))
            return known;
        if (set.StartsWith(DiceBear, StringComparison.Ordinal)
            && Styles.TryGetValue(set[DiceBear.Length..], out (string Title, string Author, string Licence) style))
            return (
                $"DiceBear style \"{style.Title}\"", style.Author, style.Licence, $"@dicebear/collection 9.4.3 ({set[DiceBear.Length..]})");
        if (!collections.TryGetProperty(set, out JsonElement about))
            throw new InvalidDataException($"Nothing is known of the author and the licence of {set}.");
        return (
            about.GetProperty("name").GetString()!, about.GetProperty("author").GetProperty("name").GetString()!,
            about.GetProperty("license").GetProperty("spdx").GetString()!, $"@iconify/json {version} ({set})");
    }
}
