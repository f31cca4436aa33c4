using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using PureClip.Train.Measuring;

namespace PureClip.Train.Shipping;

/// <summary><c>MODEL_CARD.md</c>, and the curve of a run as a table.</summary>
internal static partial class ModelCard
{
    private const int MostRows = 12;

    private static readonly (string Key, string Title)[] Columns =
    [
        ("unseen_text_to_picture", "unseen artist, text to picture"), ("unseen_picture_to_text", "picture to text"), ("ten_way", "of ten"),
        ("held_unseen", "unseen things"), ("held_known", "of known artists"), ("gallery_text_to_picture", "gallery, text to picture"),
        ("gallery_picture_to_text", "picture to text"), ("everyday_of_20", "everyday of 20"),
        ("people_of_18", "unseen people of 18"), ("photographs", "photographs"),
    ];

    /// <summary>Fills the gaps of a template.</summary>
    /// <param name="template">Text with names in braces.</param>
    /// <param name="values">What they stand for.</param>
    /// <exception cref="InvalidDataException">A name stands for nothing.</exception>
    public static string Fill(string template, IReadOnlyDictionary<string, object> values) => Gap().Replace(template, gap =>
        values.TryGetValue(gap.Groups[1].Value, out object? value)
            ? string.Create(CultureInfo.InvariantCulture, $"{value}")
            : throw new InvalidDataException($"The template asks for {gap.Value}, which is not known."));

    /// <summary>What a card says of figures.</summary>
    public static Dictionary<string, object> Of(Figures figures) => new()
    {
        ["unseen_text_to_picture"] = figures.UnseenTextToPicture,
        ["unseen_picture_to_text"] = figures.UnseenPictureToText,
        ["ten_way"] = figures.TenWay,
        ["held_unseen"] = figures.HeldUnseen,
        ["held_known"] = Math.Round(figures.HeldKnown, 2),
        ["gallery_text_to_picture"] = figures.GalleryTextToPicture,
        ["gallery_picture_to_text"] = figures.GalleryPictureToText,
        ["everyday"] = figures.Everyday,
        ["unseen_people"] = figures.UnseenPeople,
        ["people"] = figures.People,
        ["photographs"] = figures.Photographs,
        ["gap"] = figures.Gap,
        ["scale"] = figures.Scale,
    };

    /// <summary>The measurements of a run, at most a dozen of them.</summary>
    /// <param name="log">Lines of <c>log.jsonl</c>. What was measured twice, because a run was killed in between, counts once.</param>
    /// <param name="looks">How many there are.</param>
    /// <returns>A table in Markdown.</returns>
    public static string Curve(IEnumerable<string> log, out int looks)
    {
        SortedDictionary<long, JsonElement> measured = [];
        foreach (string line in log.Where(static line => line.StartsWith("{\"measured\"", StringComparison.Ordinal)))
        {
            JsonElement row = JsonDocument.Parse(line).RootElement;
            measured[row.GetProperty("measured").GetInt64()] = row;
        }
        looks = measured.Count;
        StringBuilder table = new($"| steps | {string.Join(" | ", Columns.Select(static column => column.Title))} |\n|---|");
        table.Insert(table.Length, "---|", Columns.Length).Append('\n');
        int every = Math.Max(1, (measured.Count + MostRows - 1) / MostRows), left = measured.Count;
        foreach ((long step, JsonElement row) in measured)
            if (--left % every == 0)
                table.Append(CultureInfo.InvariantCulture, $"| {step} |").AppendJoin("", Columns.Select(column =>
                    row.TryGetProperty(column.Key, out JsonElement value) ? $" {value} |" : " |")).Append('\n');
        return table.ToString();
    }

    [GeneratedRegex("\\{(\\w+)\\}")]
    private static partial Regex Gap();
}
