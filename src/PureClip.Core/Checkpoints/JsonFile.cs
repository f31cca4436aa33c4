using System.Text.Json;
using System.Text.Unicode;

namespace PureClip.Checkpoints;

/// <summary>One object of a model directory's JSON file, read field by field with errors that name file and field.</summary>
internal readonly struct JsonFile
{
    // A config of transformers is a few kB; the largest published one, with every label of ImageNet-22k in it, is under 2 MB.
    private const long MaxBytes = 16 << 20;

    private const string NextStep = "Correct the file, or download it again.";

    private readonly JsonElement _object;
    private readonly string _where;

    private JsonFile(JsonElement element, string where)
    {
        _object = element;
        _where = where;
    }

    /// <summary>Reads a file whose root is an object.</summary>
    /// <exception cref="InvalidDataException">It is not JSON in UTF-8, not an object, or larger than 16 MiB.</exception>
    public static JsonFile Read(string path)
    {
        long bytes = new FileInfo(path).Length;
        if (bytes > MaxBytes)
            throw new InvalidDataException($"{path} has {bytes} bytes; a configuration has at most {MaxBytes}. Is it the right file?");
        byte[] text = File.ReadAllBytes(path);
        if (!Utf8.IsValid(text))
            throw new InvalidDataException($"{path} is not valid UTF-8, as JSON has to be. Download it again.");
        try
        {
            int start = text.AsSpan().StartsWith("\uFEFF"u8) ? 3 : 0; // a byte order mark, which editors on Windows add
            using JsonDocument document = JsonDocument.Parse(text.AsMemory(start), new() { MaxDepth = 64 });
            JsonElement root = document.RootElement.Clone();
            return new(Expect(root, JsonValueKind.Object, path, "the root"), path);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path} is not valid JSON ({e.Message}). Download it again.", e);
        }
    }

    /// <summary>An object without fields in the place of one that is absent: every field then has its default.</summary>
    public JsonFile Empty(string name)
    {
        using JsonDocument empty = JsonDocument.Parse("{}");
        return new(empty.RootElement.Clone(), $"{_where}, {name}");
    }

    /// <summary>Whether the field is there and not null.</summary>
    public bool Has(string name) => Find(name) is not null;

    /// <summary>An object; null where it is absent.</summary>
    public JsonFile? Object(string name) =>
        Find(name) is JsonElement e ? new(Expect(e, JsonValueKind.Object, _where, name), $"{_where}, {name}") : null;

    /// <summary>A string; null where it is absent.</summary>
    public string? String(string name) => Find(name) is JsonElement e ? Text(e, name) : null;

    /// <summary>The first string of a list of strings; null where it is absent or empty.</summary>
    public string? FirstString(string name) =>
        Find(name) is JsonElement e && Expect(e, JsonValueKind.Array, _where, name).GetArrayLength() > 0
            ? Text(e[0], name)
            : null;

    /// <summary>true or false; <paramref name="otherwise"/> where it is absent.</summary>
    public bool Bool(string name, bool otherwise) => Find(name) is not JsonElement e
        ? otherwise
        : e.ValueKind is JsonValueKind.True or JsonValueKind.False ? e.GetBoolean() : throw Unexpected(e, "true or false", name);

    /// <summary>A whole number; <paramref name="otherwise"/> where it is absent.</summary>
    public int Int(string name, int otherwise) => IntOrNull(name) ?? otherwise;

    /// <summary>A whole number; null where it is absent.</summary>
    public int? IntOrNull(string name) => Find(name) is not JsonElement e
        ? null
        : e.ValueKind == JsonValueKind.Number && e.TryGetInt32(out int value) ? value : throw Unexpected(e, "a whole number", name);

    /// <summary>A whole number that must be there.</summary>
    public int RequiredInt(string name) =>
        IntOrNull(name) ?? throw new InvalidDataException($"{_where} has no '{name}', which says a size of the model. Check that the file belongs to the weights.");

    /// <summary>A number; <paramref name="otherwise"/> where it is absent.</summary>
    public double Number(string name, double otherwise) => Find(name) is JsonElement e ? Expect(e, JsonValueKind.Number, _where, name).GetDouble() : otherwise;

    /// <summary>Three numbers; null where the list is absent.</summary>
    public (float, float, float)? Triple(string name)
    {
        if (Find(name) is not JsonElement e)
            return null;
        if (e.ValueKind != JsonValueKind.Array || e.GetArrayLength() != 3)
            throw Unexpected(e, "a list of three numbers", name);
        float At(JsonElement list, int i, string where) => Expect(list[i], JsonValueKind.Number, where, name).GetSingle();
        return (At(e, 0, _where), At(e, 1, _where), At(e, 2, _where));
    }

    /// <summary>Whether the field is a whole number (else it may be an object that spells the same out).</summary>
    public bool IsNumber(string name) => Find(name)?.ValueKind == JsonValueKind.Number;

    /// <summary>Whether the field is a list.</summary>
    public bool IsList(string name) => Find(name)?.ValueKind == JsonValueKind.Array;

    /// <summary>The error for a value that is understood but cannot be used.</summary>
    public InvalidDataException NotSupported(string name, object? found, string allowed) =>
        new($"{_where}: '{name}' is {found ?? "absent"}; supported is {allowed}. Use a model of that kind, or correct the file if it is wrong about the model.");

    /// <inheritdoc/>
    public override string ToString() => _where;

    private JsonElement? Find(string name) =>
        _object.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private string Text(JsonElement element, string name)
    {
        try
        {
            return Expect(element, JsonValueKind.String, _where, name).GetString()!;
        }
        catch (InvalidOperationException e) // the parser accepts half of an escaped surrogate pair, the getter does not
        {
            throw new InvalidDataException($"{_where}: '{name}' is not valid Unicode ({e.Message}). {NextStep}", e);
        }
    }

    private static JsonElement Expect(JsonElement element, JsonValueKind kind, string where, string name) =>
        element.ValueKind == kind
            ? element
            : throw new InvalidDataException($"{where}: '{name}' is a JSON {element.ValueKind}; expected is a JSON {kind}. {NextStep}");

    private InvalidDataException Unexpected(JsonElement found, string expected, string name)
    {
        string text = found.GetRawText();
        return new($"{_where}: '{name}' is {(text.Length <= 60 ? text : text[..60] + "…")}; expected is {expected}. {NextStep}");
    }
}
