using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace PureClip.Files;

/// <summary>Files that are read whole, up to a size that none of their kind has.</summary>
internal static class SmallFile
{
    /// <summary>All bytes of a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maxBytes">Most bytes that are read.</param>
    /// <param name="what">The beginning of "... at most N bytes", such as "a configuration has".</param>
    /// <exception cref="InvalidDataException">It is larger, or a pointer or a page in place of the file.</exception>
    public static byte[] ReadBytes(string path, long maxBytes, string what)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        if (file.Length > maxBytes)
            Problem.InvalidData($"{path} has {file.Length} bytes; {what} at most {maxBytes}. Is it the right file?");
        byte[] bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        if (Problem.Stranger(bytes) is string stranger)
            Problem.InvalidData($"{path}: {stranger}");
        return bytes;
    }

    /// <summary>A file of text in UTF-8, without a byte order mark.</summary>
    /// <inheritdoc cref="ReadBytes"/>
    /// <exception cref="InvalidDataException">It is larger, or not UTF-8.</exception>
    public static string ReadText(string path, long maxBytes, string what)
    {
        byte[] bytes = ReadBytes(path, maxBytes, what);
        return Utf8.IsValid(bytes)
            ? Encoding.UTF8.GetString(JsonText.WithoutMark(bytes).Span)
            : Problem.InvalidData<string>($"{path} is not valid UTF-8. Download it again.");
    }
}

/// <summary>Whole documents of JSON, with the rules that all of this library's files share.</summary>
internal static class JsonText
{
    // Nothing that is read here nests deeper than 10.
    private const int MaxDepth = 64;

    /// <summary>Parses a document: UTF-8, with or without a byte order mark, nested at most 64 deep.</summary>
    /// <param name="utf8">The text.</param>
    /// <param name="where">The file, for messages.</param>
    /// <param name="nextStep">What the reader of a message should do, a sentence.</param>
    /// <exception cref="InvalidDataException">It is not JSON.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> utf8, string where, string nextStep = "Download it again.")
    {
        if (!Utf8.IsValid(utf8.Span))
            Problem.InvalidData($"{where} is not valid UTF-8, as JSON has to be. {nextStep}");
        try
        {
            return JsonDocument.Parse(WithoutMark(utf8), new() { MaxDepth = MaxDepth });
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{where} is not valid JSON ({Reason(e)}). {nextStep}", e);
        }
    }

    /// <summary>What a value is, for messages; the parser's own names of kinds are words of code.</summary>
    public static string Words(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "true or false",
        JsonValueKind.Undefined => "missing",
        _ => "null",
    };

    /// <summary>Why a text could not be read, in words for people: what the parser found, and where.</summary>
    /// <param name="e">What the parser threw; what is not its own says it already.</param>
    public static string Reason(Exception e)
    {
        if (e is InvalidOperationException)
            return "a value is of another kind than it has to be, or no valid Unicode"; // a getter's; it does not say which value
        if (e is not JsonException json)
            return e.Message.TrimEnd('.');
        string found = json.Path is { Length: > 2 } path
            ? $"{path[2..]} has a value that does not fit"
            : json.Message.Split(" LineNumber:")[0].Split(" Path:")[0].TrimEnd('.');
        return json is { LineNumber: long line, BytePositionInLine: long position }
            ? $"{found}, in line {line + 1} at byte {position + 1}"
            : found;
    }

    /// <summary>A string, with an error that names it where it is something else.</summary>
    public static string String(JsonElement element, string path, string name)
    {
        try
        {
            return element.GetString() ?? Problem.InvalidData<string>($"{path}: {name} is null; it must be a string.");
        }
        catch (InvalidOperationException e)
        {
            // Not a string, or one with half a surrogate pair.
            throw new InvalidDataException($"{path}: {name} is {Words(element.ValueKind)}; it must be a string of valid Unicode.", e);
        }
    }

    /// <summary>Editors on Windows begin files with a byte order mark.</summary>
    public static ReadOnlyMemory<byte> WithoutMark(ReadOnlyMemory<byte> utf8) => utf8.Span.StartsWith("\uFEFF"u8) ? utf8[3..] : utf8;
}

/// <summary>One object of a JSON file, read field by field with errors that name file and field. Unknown fields are passed over.</summary>
internal readonly struct JsonFile
{
    // A configuration of transformers is a few kB; the largest published one, with every label of ImageNet-22k in it, is under 2 MB.
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
        byte[] text = SmallFile.ReadBytes(path, MaxBytes, "a configuration has");
        using JsonDocument document = JsonText.Parse(text, path);
        return new(Expect(document.RootElement.Clone(), JsonValueKind.Object, path, "the root"), path);
    }

    /// <summary>An object without fields in the place of one that is absent: every field then has its default.</summary>
    public JsonFile Empty(string name)
    {
        using JsonDocument empty = JsonDocument.Parse("{}");
        return new(empty.RootElement.Clone(), $"{_where}, {name}");
    }

    /// <summary>The names of all values that are there and not null.</summary>
    public IEnumerable<string> Names =>
        _object.EnumerateObject().Where(static value => value.Value.ValueKind != JsonValueKind.Null).Select(static value => value.Name);

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

    /// <summary>The strings of a list; none where it is absent, or something else.</summary>
    public List<string> Strings(string name)
    {
        List<string> strings = [];
        if (IsList(name))
            foreach (JsonElement item in Find(name)!.Value.EnumerateArray())
                if (item.ValueKind == JsonValueKind.String)
                    strings.Add(Text(item, name));
        return strings;
    }

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
        IntOrNull(name) ?? throw new InvalidDataException(
            $"{_where} has no '{name}', which says a size of the model. Check that the file belongs to the weights.");

    /// <summary>A number; <paramref name="otherwise"/> where it is absent.</summary>
    public double Number(string name, double otherwise) =>
        Find(name) is JsonElement e ? Expect(e, JsonValueKind.Number, _where, name).GetDouble() : otherwise;

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

    /// <summary>A list of whole numbers; empty where it is absent.</summary>
    public int[] Integers(string name)
    {
        if (Find(name) is not JsonElement e)
            return [];
        static bool IsInt(JsonElement item) => item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out _);
        if (e.ValueKind != JsonValueKind.Array || !e.EnumerateArray().All(IsInt))
            throw Unexpected(e, "a list of whole numbers", name);
        return [.. e.EnumerateArray().Select(static item => item.GetInt32())];
    }

    /// <summary>Whether the field is a whole number (else it may be an object that spells the same out).</summary>
    public bool IsNumber(string name) => Find(name)?.ValueKind == JsonValueKind.Number;

    /// <summary>Whether the field is a list.</summary>
    public bool IsList(string name) => Find(name)?.ValueKind == JsonValueKind.Array;

    /// <summary>The error for a value that is understood but cannot be used.</summary>
    public InvalidDataException NotSupported(string name, object? found, string allowed) =>
        new($"{_where}: '{name}' is {found ?? "absent"}; supported is {allowed}. Use a model of that kind, or correct the file if it is " +
            "wrong about the model.");

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
            : throw new InvalidDataException(
                $"{where}: '{name}' is {JsonText.Words(element.ValueKind)}; expected is {JsonText.Words(kind)}. {NextStep}");

    private InvalidDataException Unexpected(JsonElement found, string expected, string name)
    {
        string text = found.GetRawText();
        return new($"{_where}: '{name}' is {(text.Length <= 60 ? text : text[..60] + "…")}; expected is {expected}. {NextStep}");
    }
}

/// <summary>
/// Reads the few JSON constructs that safetensors files use and refuses everything else with a message that names the file.
/// White space is free, as in the reference reader; comments, trailing commas and byte order marks are not JSON.
/// </summary>
internal ref struct StrictJsonReader
{
    // The reference reader's limit (serde_json). Nothing valid nests deeper than 3; only ignored members could.
    private const int MaxDepth = 128;

    private readonly string _path;
    private readonly string _nextStep;
    private Utf8JsonReader _json;

    /// <summary>Starts before the first token.</summary>
    /// <param name="utf8">The whole document.</param>
    /// <param name="path">The file, for messages.</param>
    /// <param name="nextStep">What the reader of a message should do, a sentence.</param>
    /// <exception cref="InvalidDataException">The bytes are not UTF-8.</exception>
    public StrictJsonReader(ReadOnlySpan<byte> utf8, string path, string nextStep)
    {
        _path = path;
        _nextStep = nextStep;
        _json = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = MaxDepth });
        if (!Utf8.IsValid(utf8))
            Fail("the JSON text holds bytes that are not UTF-8", "UTF-8 without exception");
    }

    /// <summary>Steps into an object.</summary>
    public void ReadObjectStart(string what)
    {
        Next();
        Expect(JsonTokenType.StartObject, what, "an object");
    }

    /// <summary>Steps to the next member of the current object; false at its end.</summary>
    public bool TryReadName(out string name)
    {
        Next();
        bool found = _json.TokenType == JsonTokenType.PropertyName;
        name = found ? Text("a name") : "";
        return found;
    }

    /// <summary>Reads a string.</summary>
    public string ReadString(string what)
    {
        Next();
        Expect(JsonTokenType.String, what, "a string");
        return Text(what);
    }

    /// <summary>Reads an array of non-negative integers with at most <paramref name="maxCount"/> elements.</summary>
    public ImmutableArray<long> ReadCounts(string what, int maxCount)
    {
        Next();
        Expect(JsonTokenType.StartArray, what, "an array of non-negative integers");
        var counts = ImmutableArray.CreateBuilder<long>(initialCapacity: 4);
        for (Next(); _json.TokenType != JsonTokenType.EndArray; Next())
        {
            if (counts.Count == maxCount)
                Fail($"{what} has more than {maxCount} numbers", $"at most {maxCount}");
            counts.Add(Count(what));
        }
        return counts.ToImmutable();
    }

    /// <summary>Reads any JSON number, which may be a fraction or have an exponent.</summary>
    public double ReadNumber(string what)
    {
        Next();
        Expect(JsonTokenType.Number, what, "a number");
        if (!_json.TryGetDouble(out double value) || !double.IsFinite(value))
            Fail($"{what} is a number out of range", "a finite number");
        return value;
    }

    /// <summary>Passes over the value of an unknown member.</summary>
    public void SkipValue()
    {
        Next();
        try
        {
            _json.Skip();
        }
        catch (JsonException e)
        {
            FailJson(e);
        }
    }

    /// <summary>Checks that nothing but white space follows.</summary>
    public void ReadEnd() => Next();

    /// <summary>Refuses the document.</summary>
    [DoesNotReturn]
    public readonly void Fail(string found, string allowed, Exception? inner = null) =>
        Problem.InvalidData(_path, found, allowed, _nextStep, inner);

    private void Next()
    {
        try
        {
            _json.Read();
        }
        catch (JsonException e)
        {
            FailJson(e);
        }
    }

    private readonly void Expect(JsonTokenType type, string what, string allowed)
    {
        if (_json.TokenType != type)
            Fail($"{what} is {Words(_json.TokenType)} at byte {_json.TokenStartIndex}", allowed);
    }

    private static string Words(JsonTokenType token) => token switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "a list",
        JsonTokenType.EndObject or JsonTokenType.EndArray => "missing: something ends",
        JsonTokenType.PropertyName => "a name",
        JsonTokenType.String => "a string",
        JsonTokenType.Number => "a number",
        JsonTokenType.True or JsonTokenType.False => "true or false",
        JsonTokenType.Null => "null",
        _ => "missing: the text ends",
    };

    /// <summary>Digits alone: no sign (not even that of -0), fraction or exponent, and at most 2^63 - 1.</summary>
    private readonly long Count(string what)
    {
        Expect(JsonTokenType.Number, what, "non-negative integers");
        if (!long.TryParse(_json.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out long value))
            Fail($"{what} holds a number that is not a plain non-negative integer, at byte {_json.TokenStartIndex}",
                "0 to 9223372036854775807, digits only");
        return value;
    }

    /// <summary>The current string or name, unescaped. Half a surrogate pair is no text; the reference reader refuses it too.</summary>
    private readonly string Text(string what)
    {
        string? text = null;
        try
        {
            text = _json.GetString();
        }
        catch (InvalidOperationException e)
        {
            Fail($"{what} at byte {_json.TokenStartIndex} escapes half of a surrogate pair", "Unicode text", e);
        }
        return text!;
    }

    [DoesNotReturn]
    private readonly void FailJson(JsonException e) =>
        Fail(
            $"the text is not JSON at byte {_json.BytesConsumed} ({JsonText.Reason(e)})",
            $"one JSON object, nested at most {MaxDepth} deep", e);
}
