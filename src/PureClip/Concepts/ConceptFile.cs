using System.Globalization;
using System.Numerics.Tensors;
using System.Text.Json;
using System.Text.Unicode;
using PureClip.Files;

namespace PureClip.Concepts;

/// <summary>
/// A concept as JSON: <c>{"format":"pureclip-concept","version":1,"fingerprint":"32 digits","width":n,"sources":["+ a.png",…],"vector":[n
/// numbers]}</c>, and between width and sources, so far as they are known, the model's name and the rules of its space ("model",
/// "preparation", "texts"); last, a "checksum" of all these. Numbers have the shortest form that reads back as the same float.
/// </summary>
internal static class ConceptFile
{
    private const string Format = "pureclip-concept";
    private const int Version = 1;
    private const int FingerprintLength = 32;

    // 1024 numbers, the widest CLIP, take 13 kB; sources a line each.
    private const long MostBytes = 16 << 20;

    // Far above what the rounding of thousands of numbers does to a length of 1.
    private const float LengthTolerance = 1e-3f;

    /// <summary>Writes a file, whole or not at all.</summary>
    public static void Write(string path, ConceptVector concept)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using AtomicFile file = new(path);
        Write(file.Stream, concept);
        file.Commit();
    }

    /// <summary>Writes one JSON object and a line feed.</summary>
    public static void Write(Stream destination, ConceptVector concept)
    {
        using (Utf8JsonWriter json = new(destination))
        {
            json.WriteStartObject();
            json.WriteString("format", Format);
            json.WriteNumber("version", Version);
            json.WriteString("fingerprint", concept.Space.Fingerprint);
            json.WriteNumber("width", concept.Width);
            foreach ((string name, string? text) in SpaceText.Of(concept.Space))
                json.WriteString(name, text);
            json.WriteStartArray("sources");
            foreach (string source in concept.Sources)
                json.WriteStringValue(source);
            json.WriteEndArray();
            json.WriteStartArray("vector");
            foreach (float number in concept.Vector.Span)
                json.WriteNumberValue(number);
            json.WriteEndArray();
            json.WriteString(ContentChecksum.Name, ChecksumOf(concept));
            json.WriteEndObject();
        }
        destination.WriteByte((byte)'\n');
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidDataException">It is no concept, or damaged.</exception>
    public static ConceptVector Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        byte[] bytes = ReadBytes(path);
        try
        {
            using JsonDocument document = JsonDocument.Parse(bytes, new() { MaxDepth = 8, AllowDuplicateProperties = false });
            return Read(document.RootElement, path);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            // InvalidOperationException: the parser accepts half of an escaped surrogate pair, the getter does not.
            throw Damaged(path, JsonText.Reason(e) + ".", e);
        }
    }

    private static ConceptVector Read(JsonElement root, string path)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("format", out JsonElement format)
            || format.ValueKind != JsonValueKind.String || !format.ValueEquals(Format))
            throw new InvalidDataException($"{path} is no concept: it has no \"format\": \"{Format}\". Is it the right file?");
        if (!Field(root, "version", JsonValueKind.Number, path).TryGetInt32(out int version) || version != Version)
            throw new InvalidDataException($"{path} is a concept of version {root.GetProperty("version").GetRawText()}; this program "
                + $"reads version {Version}. Use a newer program.");
        string fingerprint = Field(root, "fingerprint", JsonValueKind.String, path).GetString()!;
        if (fingerprint.Length != FingerprintLength || !fingerprint.All(char.IsAsciiHexDigitLower))
            throw Damaged(path, $"the fingerprint is not {FingerprintLength} hexadecimal digits.");
        string[] sources = [.. Field(root, "sources", JsonValueKind.Array, path).EnumerateArray()
            .Select(source => source.GetString() ?? throw Damaged(path, "a source is null."))];
        float[] vector = ReadVector(root, path);
        ConceptVector concept = new(
            SpaceText.Read(new(fingerprint, vector.Length), name => OptionalText(root, name, path)), vector, sources);
        return OptionalText(root, ContentChecksum.Name, path) is not string written || written == ChecksumOf(concept)
            ? concept
            : throw Damaged(path, $"the checksum of its content is {ChecksumOf(concept)}, but {written} was written.");
    }

    /// <summary>Fingerprint, what is known of the space, name by name, sources and vector.</summary>
    private static string ChecksumOf(ConceptVector concept)
    {
        ContentChecksum checksum = new();
        checksum.Add(concept.Space.Fingerprint);
        foreach ((string name, string text) in SpaceText.Of(concept.Space))
        {
            checksum.Add(name);
            checksum.Add(text);
        }
        checksum.Add(concept.Sources.Count);
        foreach (string source in concept.Sources)
            checksum.Add(source);
        checksum.Add(concept.Vector.Span);
        return checksum.ToString();
    }

    private static float[] ReadVector(JsonElement root, string path)
    {
        JsonElement list = Field(root, "vector", JsonValueKind.Array, path);
        if (!Field(root, "width", JsonValueKind.Number, path).TryGetInt32(out int width) || width < 1 || width != list.GetArrayLength())
            throw Damaged(path, $"the width is {root.GetProperty("width").GetRawText()}, but the vector has {list.GetArrayLength()} "
                + "numbers.");
        float[] vector = [.. list.EnumerateArray().Select(number => number.GetSingle())];
        float length = TensorPrimitives.Norm(vector);
        return MathF.Abs(length - 1f) <= LengthTolerance // false for infinities and what overflows
            ? vector
            : throw Damaged(path, $"the vector's length is {length.ToString(CultureInfo.InvariantCulture)}; it has to be 1.");
    }

    private static JsonElement Field(JsonElement root, string name, JsonValueKind kind, string path) =>
        root.TryGetProperty(name, out JsonElement value) && value.ValueKind == kind
            ? value
            : throw Damaged(path, $"\"{name}\" is {JsonText.Words(value.ValueKind)}; it has to be {JsonText.Words(kind)}.");

    private static string? OptionalText(JsonElement root, string name, string path) =>
        root.TryGetProperty(name, out _) ? Field(root, name, JsonValueKind.String, path).GetString() : null;

    private static byte[] ReadBytes(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        if (file.Length > MostBytes)
            throw new InvalidDataException($"{path} has {file.Length} bytes; a concept has at most {MostBytes}. Is it the right file?");
        byte[] bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return Utf8.IsValid(bytes) ? bytes : throw Damaged(path, "it is not valid UTF-8.");
    }

    private static InvalidDataException Damaged(string path, string what, Exception? cause = null) =>
        new($"{path} cannot be read as a concept: {what} Make the concept again.", cause);
}
