using System.Buffers;
using System.Text.Json;

namespace PureClip.Search;

/// <summary>What <c>index.json</c> says.</summary>
/// <param name="ModelName">The model's name, for people.</param>
/// <param name="Fingerprint">Tells the model's vectors from another's.</param>
/// <param name="Width">Numbers of a vector.</param>
/// <param name="VectorType">How they are stored.</param>
/// <param name="Generation">Which files count; grows by one whenever the index is compacted.</param>
/// <param name="Preparation">By which rules the vectors were made; null where that was not recorded.</param>
internal sealed record IndexHeader(string ModelName, string Fingerprint, int Width, VectorType VectorType, long Generation, string? Preparation = null)
{
    /// <summary>The version of the format that is written. A file with a later one is refused, unknown members are passed over.</summary>
    public const int Version = 1;

    /// <summary>The widest vector.</summary>
    public const int MaxWidth = 1 << 16;

    private const string Format = "pureclip-index";
    private const int MaxBytes = 1 << 16, MaxTextLength = 1 << 10;

    private static readonly (string Word, VectorType Type)[] Types = [("f32", VectorType.F32), ("f16", VectorType.F16), ("int8", VectorType.Int8)];

    /// <summary>Checks what a new index is to say.</summary>
    /// <exception cref="ArgumentException">Something of it cannot be written.</exception>
    public void RequireWritable()
    {
        ArgumentException.ThrowIfNullOrEmpty(Fingerprint);
        ArgumentNullException.ThrowIfNull(ModelName);
        if (Fingerprint.Length > MaxTextLength || ModelName.Length > MaxTextLength)
            throw new ArgumentException($"A model's name and its fingerprint have at most {MaxTextLength} characters each.");
        if (Preparation is { Length: 0 or > MaxTextLength })
            throw new ArgumentException($"What an index says of the preparation has 1 to {MaxTextLength} characters; null says nothing.");
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Width);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Width, MaxWidth);
        _ = VectorRow.Bytes(VectorType, Width); // throws for a type that there is not
    }

    /// <summary>Refuses another model: its vectors mean something else.</summary>
    /// <exception cref="InvalidDataException">The fingerprints differ; the message names both models.</exception>
    public void RequireModel(string directory, string fingerprint, string name)
    {
        if (fingerprint != Fingerprint)
            throw new InvalidDataException(
                $"{directory}: this index holds vectors of the model {ModelName} ({Fingerprint}), but {name} ({fingerprint}) was loaded, whose vectors mean something else. "
                + $"Load {ModelName}, or make another index with {name}.");
    }

    /// <summary>Refuses other rules, if it is recorded by which the vectors were made.</summary>
    /// <exception cref="InvalidDataException">The rules differ; the message names both.</exception>
    public void RequirePreparation(string directory, string preparation)
    {
        ArgumentException.ThrowIfNullOrEmpty(preparation);
        if (Preparation is not null && Preparation != preparation)
            throw new InvalidDataException(
                $"{directory}: this index was made with [{Preparation}], but [{preparation}] was asked for, which gives other vectors. "
                + "Use the options with which it was made, or make another index (--index).");
    }

    /// <summary>Reads and checks the file.</summary>
    /// <exception cref="FileNotFoundException">There is no index.</exception>
    /// <exception cref="InvalidDataException">The file breaks a rule of the format, or has a later version of it.</exception>
    public static IndexHeader Read(IndexFiles files)
    {
        byte[] bytes = ReadBytes(files);
        try
        {
            using JsonDocument document = JsonDocument.Parse(bytes, new() { MaxDepth = 8 });
            return Read(files, document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw files.Damaged(files.Header, $"this is no description of an index ({e.Message.TrimEnd('.')})", e);
        }
    }

    /// <summary>Replaces the file at once: whoever reads it sees the old text or the new one.</summary>
    public void Write(IndexFiles files)
    {
        ArrayBufferWriter<byte> text = new();
        using (Utf8JsonWriter json = new(text, new() { Indented = true }))
            Write(json);
        using (FileStream stream = new(files.NewHeader, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0))
        {
            stream.Write(text.WrittenSpan);
            stream.Write("\n"u8);
            stream.Flush(flushToDisk: true);
        }
        File.Move(files.NewHeader, files.Header, overwrite: true);
    }

    private static byte[] ReadBytes(IndexFiles files)
    {
        try
        {
            using FileStream stream = new(files.Header, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            if (stream.Length > MaxBytes)
                throw files.Damaged(files.Header, $"this has {stream.Length} bytes, a description of an index at most {MaxBytes}");
            byte[] bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return bytes;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new FileNotFoundException($"{files.Directory}: there is no index. Make one with 'pureclip index FOLDER --index {files.Directory}'.", e);
        }
        catch (EndOfStreamException e)
        {
            throw files.Damaged(files.Header, "this ends too early", e);
        }
    }

    private static IndexHeader Read(IndexFiles files, JsonElement json)
    {
        if (json.GetProperty("format").GetString() != Format)
            throw files.Damaged(files.Header, $"\"format\" is not \"{Format}\"");
        int version = json.GetProperty("version").GetInt32();
        if (version > Version)
            throw new InvalidDataException($"{files.Header}: the index has version {version} of its format, this program reads up to {Version}. Use a newer PureClip, or make another index.");
        JsonElement model = json.GetProperty("model");
        string word = Text(json.GetProperty("type"));
        int type = Array.FindIndex(Types, type => type.Word == word);
        int width = json.GetProperty("width").GetInt32();
        long generation = json.GetProperty("generation").GetInt64();
        if (version < 1 || type < 0 || width is < 1 or > MaxWidth || generation < 1)
            throw files.Damaged(files.Header, $"version {version}, type \"{word}\", width {width} and generation {generation} are not all possible");
        return new(Text(model.GetProperty("name")), Text(model.GetProperty("fingerprint")), width, Types[type].Type, generation, PreparationIn(files, json));
    }

    private static string? PreparationIn(IndexFiles files, JsonElement json)
    {
        if (!json.TryGetProperty("preparation", out JsonElement element))
            return null;
        return element.ValueKind == JsonValueKind.String && element.GetString() is { Length: > 0 and <= MaxTextLength } text
            ? text
            : throw files.Damaged(files.Header, $"\"preparation\" is no text of 1 to {MaxTextLength} characters");
    }

    private static string Text(JsonElement element) => element.GetString() is { Length: <= MaxTextLength } text
        ? text
        : throw new FormatException($"a text of at most {MaxTextLength} characters is missing");

    private void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("format", Format);
        json.WriteNumber("version", Version);
        json.WriteStartObject("model");
        json.WriteString("name", ModelName);
        json.WriteString("fingerprint", Fingerprint);
        json.WriteEndObject();
        json.WriteNumber("width", Width);
        json.WriteString("type", Array.Find(Types, type => type.Type == VectorType).Word);
        if (Preparation is not null)
            json.WriteString("preparation", Preparation);
        json.WriteNumber("generation", Generation);
        json.WriteEndObject();
    }
}
