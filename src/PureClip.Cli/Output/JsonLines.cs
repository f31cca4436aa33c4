using System.Buffers;
using System.Text;
using System.Text.Json;

namespace PureClip.Cli.Output;

/// <summary>JSON Lines: one object a line, each written out at once so that the next program in a pipe can begin.</summary>
internal static class JsonLines
{
    /// <summary>Writes one object.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="fields">Writes the object's fields.</param>
    public static void Write(TextWriter output, Action<Utf8JsonWriter> fields)
    {
        ArrayBufferWriter<byte> line = new();
        using (Utf8JsonWriter json = new(line))
        {
            json.WriteStartObject();
            fields(json);
            json.WriteEndObject();
        }
        output.Write(Encoding.UTF8.GetString(line.WrittenSpan));
        output.Write('\n');
        output.Flush();
    }

    /// <summary>A field of text, readable and without loss.</summary>
    public static void WriteText(this Utf8JsonWriter json, string name, string value)
    {
        json.WritePropertyName(name);
        json.WriteTextValue(value);
    }

    /// <summary>A field of text, or null.</summary>
    public static void WriteTextOrNull(this Utf8JsonWriter json, string name, string? value)
    {
        if (value is null)
            json.WriteNull(name);
        else
            json.WriteText(name, value);
    }

    /// <summary>A text in an array.</summary>
    public static void WriteTextValue(this Utf8JsonWriter json, string value) =>
        json.WriteRawValue(JsonString.Quote(value), skipInputValidation: true);

    /// <summary>A field with an array of texts.</summary>
    public static void WriteTexts(this Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (string value in values)
            json.WriteTextValue(value);
        json.WriteEndArray();
    }

    /// <summary>A field with a number in the shortest form that reads back as the same float; null where it is not finite, which JSON
    /// cannot say.</summary>
    public static void WriteFloat(this Utf8JsonWriter json, string name, float value)
    {
        json.WritePropertyName(name);
        json.WriteFloatValue(value);
    }

    /// <summary>As <see cref="WriteFloat"/>, in an array.</summary>
    public static void WriteFloatValue(this Utf8JsonWriter json, float value)
    {
        if (float.IsFinite(value))
            json.WriteNumberValue(value);
        else
            json.WriteNullValue();
    }

    /// <summary>A field with an array of whole numbers.</summary>
    public static void WriteIntegers(this Utf8JsonWriter json, string name, ReadOnlySpan<long> values)
    {
        json.WriteStartArray(name);
        foreach (long value in values)
            json.WriteNumberValue(value);
        json.WriteEndArray();
    }
}
