using System.Text.Json;

namespace PureClip.Cli.Arguments;

/// <summary>
/// A file with pairs of pictures: a JSON array of <c>{"with","without","attribute"?,"art"?,"trained"?}</c>, or a pair a line, separated by
/// tabs or commas: with, without, and perhaps the attribute. Paths are relative to the file.
/// </summary>
internal static class PairsFile
{
    /// <summary>What a help text says about it.</summary>
    public const string Description =
        "Pairs of pictures that differ in one thing: a JSON array of {\"with\",\"without\",\"attribute\",\"art\",\"trained\"} (the last "
            + "three may be missing), or lines of with, without and perhaps attribute, separated by tabs or commas. Paths are relative to "
            + "the file.";

    // A pair takes some hundred bytes: this is enough for a hundred thousand.
    private const long MostBytes = 16 << 20;

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidDataException">It is something else, or has no pair.</exception>
    public static List<PicturePair> Read(string path)
    {
        if (new FileInfo(path) is { Exists: true, Length: > MostBytes } file)
            throw new InvalidDataException(
                $"{path} has {file.Length} bytes; a file of pairs has at most {MostBytes}. Is it the right file?");
        string text = File.ReadAllText(path);
        List<PicturePair> pairs = text.AsSpan().TrimStart() is ['[' or '{', ..] ? FromJson(text, path) : FromLines(text, path);
        if (pairs.Count == 0)
            throw new InvalidDataException($"{path} has no pair.");
        string Located(string picture) => Path.Combine(Path.GetDirectoryName(path)!, picture);
        return [.. pairs.Select(pair => pair with { With = Located(pair.With), Without = Located(pair.Without) })];
    }

    private static List<PicturePair> FromJson(string text, string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text, new() { MaxDepth = 8 });
            return [.. document.RootElement.EnumerateArray().Select((pair, index) => FromJson(pair, $"{path}, pair {index + 1}"))];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            string where = e is JsonException { LineNumber: long line } ? $"line {line + 1} is no JSON" : "a value is of another kind";
            throw new InvalidDataException($"{path} is no JSON array of pairs: {where}.", e);
        }
    }

    private static PicturePair FromJson(JsonElement pair, string where)
    {
        string? Text(string name) => pair.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;
        string Required(string name) => Text(name) is { Length: > 0 } value
            ? value
            : throw new InvalidDataException($"{where} has no \"{name}\".");
        bool? trained = pair.TryGetProperty("trained", out JsonElement flag) && flag.ValueKind != JsonValueKind.Null
            ? flag.GetBoolean()
            : null;
        return new(Required("with"), Required("without"), Text("attribute"), Text("art"), trained);
    }

    private static List<PicturePair> FromLines(string text, string path)
    {
        List<PicturePair> pairs = [];
        string[] lines = text.Split(["\r\n", "\n", "\r"], StringSplitOptions.None);
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i].Trim();
            if (line.Length == 0 || line[0] == '#')
                continue;
            string[] cells = line.Split(line.Contains('\t') ? '\t' : ',', StringSplitOptions.TrimEntries);
            if (cells.Length is < 2 or > 3 || cells[..2].Any(cell => cell.Length == 0 || cell.Contains('\0')))
                throw new InvalidDataException(
                    $"{path}, line {i + 1} has {cells.Length} columns; there must be two or three, separated by tabs or commas: with, "
                        + "without, attribute.");
            bool isHeading = pairs.Count == 0 && cells[0].Equals("with", StringComparison.OrdinalIgnoreCase);
            if (!isHeading)
                pairs.Add(new(cells[0], cells[1], cells.Length == 3 && cells[2].Length > 0 ? cells[2] : null));
        }
        return pairs;
    }
}

/// <summary>Two pictures that differ in one thing.</summary>
/// <param name="With">The picture with it.</param>
/// <param name="Without">The picture without it.</param>
/// <param name="Attribute">What it is; null where the file does not say.</param>
/// <param name="Art">Who drew them, or how; null where the file does not say.</param>
/// <param name="Trained">Whether the model was trained on such pictures; null where the file does not say.</param>
internal sealed record PicturePair(string With, string Without, string? Attribute = null, string? Art = null, bool? Trained = null);
