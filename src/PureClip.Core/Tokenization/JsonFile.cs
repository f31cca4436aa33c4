using System.Text;
using System.Text.Json;

namespace PureClip.Tokenization;

/// <summary>Reads small files of a model directory whole, with a limit, and says in errors which file it was.</summary>
internal static class JsonFile
{
    // The largest tokenizer.json in use (256,000 tokens) has 34 MB.
    private const long MaxBytes = 64 << 20;

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>Parses a file whose top level is an object; null where there is no such file.</summary>
    /// <exception cref="InvalidDataException">The file is too large or not such JSON.</exception>
    public static JsonDocument? ReadObject(string path)
    {
        if (!File.Exists(path))
            return null;
        byte[] bytes = ReadBytes(path);
        int start = bytes.AsSpan().StartsWith(ByteOrderMark) ? ByteOrderMark.Length : 0;
        try
        {
            JsonDocument document = JsonDocument.Parse(bytes.AsMemory(start));
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document
                : Throw.InvalidFile<JsonDocument>(path, $"the top level is {document.RootElement.ValueKind}; it must be an object.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path}: not JSON. {e.Message}", e);
        }
    }

    /// <summary>A UTF-8 text file.</summary>
    /// <exception cref="InvalidDataException">The file is too large or not UTF-8.</exception>
    public static string ReadText(string path)
    {
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(ReadBytes(path)).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException e)
        {
            throw new InvalidDataException($"{path}: not UTF-8. {e.Message}", e);
        }
    }

    /// <summary>A string, with an error that names it where it is something else.</summary>
    public static string String(JsonElement element, string path, string name)
    {
        try
        {
            return element.GetString() ?? Throw.InvalidFile<string>(path, $"{name} is null; it must be a string.");
        }
        catch (InvalidOperationException e)
        {
            // Not a string, or one with half a surrogate pair.
            throw new InvalidDataException($"{path}: {name} is {element.ValueKind}; it must be a string of valid Unicode.", e);
        }
    }

    /// <summary>A token id.</summary>
    public static int Id(JsonElement element, string path, string name) =>
        element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out int id) && id is >= 0 and < BpeVocabulary.MaxSize
            ? id
            : Throw.InvalidFile<int>(path,
                $"the id of {name} is {element}; it must be a whole number from 0 to {BpeVocabulary.MaxSize - 1}.");

    private static byte[] ReadBytes(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        if (file.Length > MaxBytes)
            Throw.InvalidFile(path, $"the file has {file.Length} bytes; at most {MaxBytes} are read.");
        byte[] bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }
}
