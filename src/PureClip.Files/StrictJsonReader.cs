using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;

namespace PureClip.Files;

/// <summary>
/// Reads the few JSON constructs that safetensors files use and refuses everything else with a message that names the file.
/// White space is free, as in the reference reader; comments, trailing commas and byte order marks are not JSON.
/// </summary>
internal ref struct StrictJsonReader
{
    // The reference reader's limit (serde_json). Nothing valid nests deeper than 3; only ignored members could.
    private const int MaxDepth = 128;

    private readonly string path;
    private readonly string nextStep;
    private Utf8JsonReader json;

    /// <summary>Starts before the first token.</summary>
    /// <param name="utf8">The whole document.</param>
    /// <param name="path">The file, for messages.</param>
    /// <param name="nextStep">What the reader of a message should do, a sentence.</param>
    /// <exception cref="InvalidDataException">The bytes are not UTF-8.</exception>
    public StrictJsonReader(ReadOnlySpan<byte> utf8, string path, string nextStep)
    {
        this.path = path;
        this.nextStep = nextStep;
        json = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = MaxDepth });
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
        bool found = json.TokenType == JsonTokenType.PropertyName;
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
        for (Next(); json.TokenType != JsonTokenType.EndArray; Next())
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
        if (!json.TryGetDouble(out double value) || !double.IsFinite(value))
            Fail($"{what} is a number out of range", "a finite number");
        return value;
    }

    /// <summary>Passes over the value of an unknown member.</summary>
    public void SkipValue()
    {
        Next();
        try
        {
            json.Skip();
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
        Throw.InvalidData(path, found, allowed, nextStep, inner);

    private void Next()
    {
        try
        {
            json.Read();
        }
        catch (JsonException e)
        {
            FailJson(e);
        }
    }

    private readonly void Expect(JsonTokenType type, string what, string allowed)
    {
        if (json.TokenType != type)
            Fail($"{what} is a JSON {json.TokenType} at byte {json.TokenStartIndex}", allowed);
    }

    /// <summary>Digits alone: no sign (not even that of -0), fraction or exponent, and at most 2^63 - 1.</summary>
    private readonly long Count(string what)
    {
        Expect(JsonTokenType.Number, what, "non-negative integers");
        if (!long.TryParse(json.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out long value))
            Fail($"{what} holds a number that is not a plain non-negative integer, at byte {json.TokenStartIndex}",
                "0 to 9223372036854775807, digits only");
        return value;
    }

    /// <summary>The current string or name, unescaped. Half a surrogate pair is no text; the reference reader refuses it too.</summary>
    private readonly string Text(string what)
    {
        string? text = null;
        try
        {
            text = json.GetString();
        }
        catch (InvalidOperationException e)
        {
            Fail($"{what} at byte {json.TokenStartIndex} escapes half of a surrogate pair", "Unicode text", e);
        }
        return text!;
    }

    [DoesNotReturn]
    private readonly void FailJson(JsonException e) =>
        Fail($"the text is not JSON at byte {json.BytesConsumed} ({e.Message})", $"one JSON object, nested at most {MaxDepth} deep", e);
}
