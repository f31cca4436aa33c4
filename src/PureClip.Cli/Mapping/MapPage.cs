using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using PureClip.Cli.Output;

namespace PureClip.Cli.Mapping;

/// <summary>
/// A map as one HTML file that carries its thumbnails and asks the network for nothing: the template beside this class with its title, data
/// and sheets of thumbnails put in.
/// </summary>
internal static class MapPage
{
    private const string Template = "MapPage.html";

    /// <summary>Writes the page.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="map">The map.</param>
    /// <param name="atlas">Its thumbnails.</param>
    /// <param name="title">What it is of.</param>
    /// <param name="model">The model's name.</param>
    /// <param name="notice">What else there is to know; null for nothing.</param>
    public static void Write(Stream stream, PictureMap map, ThumbnailAtlas atlas, string title, string model, string? notice)
    {
        using StreamWriter html = new(stream, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" };
        Dictionary<string, Action> parts = new()
        {
            ["title"] = () => html.Write(WebUtility.HtmlEncode(title)),
            ["summary"] = () => html.Write(WebUtility.HtmlEncode(Summary(map, model))),
            ["notice"] = () => html.Write(WebUtility.HtmlEncode(notice ?? "")),
            ["data"] = () => html.Write(Data(map, atlas)),
            ["sheets"] = () =>
            {
                foreach (byte[] sheet in atlas.Sheets)
                    html.Write(
                        $"<img class=\"sheet\" alt=\"\" hidden src=\"data:image/jpeg;base64,{System.Convert.ToBase64String(sheet)}\">\n");
            },
        };
        string rest = Resources.Text(Template);
        for (int start = rest.IndexOf("{{", StringComparison.Ordinal); start >= 0; start = rest.IndexOf("{{", StringComparison.Ordinal))
        {
            int end = rest.IndexOf("}}", start, StringComparison.Ordinal);
            html.Write(rest.AsSpan(0, start));
            parts[rest[(start + 2)..end]]();
            rest = rest[(end + 2)..];
        }
        html.Write(rest);
    }

    /// <summary>What the map is, and how far it can be trusted.</summary>
    public static string Summary(PictureMap map, string model)
    {
        int count = map.Pictures.Length;
        string what = $"{count.ToString("N0", CultureInfo.InvariantCulture)} {(count == 1 ? "picture" : "pictures")} in "
            + $"{map.Groups.Length} {(map.Groups.Length == 1 ? "group" : "groups")}, by what {model} sees in them.";
        const string Meaning = "(1: who lies near is alike; 0.5: chance)";
        return map.Neighbours == 0 ? what : string.Create(CultureInfo.InvariantCulture,
            $"{what} Trustworthiness {map.Trustworthiness:0.000}, of {map.Neighbours} neighbours each {Meaning}.");
    }

    /// <summary>All numbers and names, as JSON without "&lt;", so that it can stand in a script.</summary>
    private static string Data(PictureMap map, ThumbnailAtlas atlas)
    {
        string folder = CommonFolder([.. map.Pictures.Select(picture => Path.GetFullPath(picture.Path))]);
        using MemoryStream bytes = new();
        using (Utf8JsonWriter json = new(bytes))
        {
            json.WriteStartObject();
            json.WriteString("folder", HtmlPage.AddressOf(folder));
            json.WriteNumber("edge", atlas.Edge);
            json.WriteNumber("across", atlas.Across);
            WriteAll("path", map.Pictures, picture => json.WriteTextValue(Path.GetRelativePath(folder, picture.Path)));
            WriteAll("place", map.Pictures, picture =>
            {
                json.WriteNumberValue(MathF.Round(picture.X, 5));
                json.WriteNumberValue(MathF.Round(picture.Y, 5));
            });
            WriteAll("group", map.Pictures, picture => json.WriteNumberValue(picture.Group));
            WriteAll("size", atlas.Sizes, size => json.WriteNumberValue(size.Width << 8 | size.Height));
            WriteAll("colour", atlas.Colours, colour => json.WriteNumberValue(colour.Red << 16 | colour.Green << 8 | colour.Blue));
            WriteAll("groups", map.Groups, group =>
            {
                json.WriteStartObject();
                WriteAll("names", group.Names, json.WriteTextValue);
                json.WriteNumber("size", group.Size);
                WritePlace(group.X, group.Y);
                json.WriteEndObject();
            });
            WriteAll("landmarks", map.Landmarks, landmark =>
            {
                json.WriteStartObject();
                json.WritePropertyName("word");
                json.WriteTextValue(landmark.Word);
                json.WriteNumber("level", landmark.Level);
                WritePlace(landmark.X, landmark.Y);
                json.WriteEndObject();
            });
            json.WriteEndObject();

            void WriteAll<T>(string name, IEnumerable<T> items, Action<T> write)
            {
                json.WriteStartArray(name);
                foreach (T item in items)
                    write(item);
                json.WriteEndArray();
            }

            void WritePlace(float x, float y)
            {
                json.WriteNumber("x", MathF.Round(x, 5));
                json.WriteNumber("y", MathF.Round(y, 5));
            }
        }
        return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length).Replace("<", "\\u003c", StringComparison.Ordinal);
    }

    private static string CommonFolder(string[] paths)
    {
        string common = paths.Length > 0 ? Path.GetDirectoryName(paths[0])! : Environment.CurrentDirectory;
        foreach (string path in paths)
            while (!Search.PictureKeys.IsBelow(common, path) && Path.GetDirectoryName(common) is string above)
                common = above;
        return common;
    }
}
