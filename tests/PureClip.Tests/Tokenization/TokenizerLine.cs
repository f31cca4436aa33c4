using System.Text.Json;

namespace PureClip.Tests.Tokenization;

/// <summary>One line of a reference file: a text and the ids that a reference gave it, without start and end.</summary>
internal sealed record TokenizerLine(string Text, string Class, Dictionary<string, int[]> Ids)
{
    /// <summary>Reads a file of JSON lines; every array of numbers becomes an entry of <see cref="Ids"/>.</summary>
    public static List<TokenizerLine> Read(string path) => [.. File.ReadLines(path).Where(l => l.Length > 0).Select(Parse)];

    private static TokenizerLine Parse(string line)
    {
        using JsonDocument document = JsonDocument.Parse(line);
        JsonElement root = document.RootElement;
        return new TokenizerLine(
            root.GetProperty("text").GetString()!,
            root.TryGetProperty("class", out JsonElement kind) ? kind.GetString()! : "",
            root.EnumerateObject()
                .Where(p => p.Value.ValueKind == JsonValueKind.Array)
                .ToDictionary(p => p.Name, p => p.Value.EnumerateArray().Select(id => id.GetInt32()).ToArray()));
    }
}
