using System.Buffers;
using System.Globalization;
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

    /// <summary>A text, readable and without loss.</summary>
    public static void WriteTextValue(this Utf8JsonWriter json, string value) =>
        json.WriteRawValue(JsonString.Quote(value), skipInputValidation: true);
}

/// <summary>
/// JSON strings that hold any UTF-16 text. System.Text.Json refuses to read a surrogate without its partner and replaces it when writing;
/// Python writes and reads them, so files from there may hold some.
/// </summary>
/// <remarks>RFC 8259, section 7 and 8.2.</remarks>
internal static class JsonString
{
    private const string Blanks = " \t\r\n";

    /// <summary>Reads a line that holds one JSON string, blanks around it allowed.</summary>
    /// <exception cref="FormatException">It is something else; the message says what, and where.</exception>
    public static string Parse(string line)
    {
        int start = line.Length - line.TrimStart(Blanks.ToCharArray()).Length, end = line.TrimEnd(Blanks.ToCharArray()).Length;
        if (end - start < 2 || line[start] != '"')
            throw new FormatException("it is no JSON string: a text in double quotes");
        StringBuilder text = new(end - start);
        int at = start + 1;
        while (at < end && line[at] != '"')
            text.Append(line[at] == '\\' ? Unescape(line, ref at, end) : Plain(line, ref at));
        if (at >= end)
            throw new FormatException("its closing quote is missing");
        if (at != end - 1)
            throw new FormatException($"something follows the closing quote at character {at + 1}");
        return text.ToString();
    }

    /// <summary>A text as a JSON string, readable wherever JSON allows it.</summary>
    public static string Quote(string text)
    {
        StringBuilder json = new(text.Length + 2);
        json.Append('"');
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (c is '"' or '\\')
                json.Append('\\').Append(c);
            else if (i + 1 < text.Length && char.IsSurrogatePair(c, text[i + 1]))
                json.Append(c).Append(text[++i]);
            else if (char.IsControl(c) || char.IsSurrogate(c) || c is '\u2028' or '\u2029')
                json.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else
                json.Append(c);
        }
        return json.Append('"').ToString();
    }

    private static char Plain(string line, ref int at) => line[at] >= ' '
        ? line[at++]
        : throw new FormatException($"character {at + 1} is a control character, which has to be written as \\u{(int)line[at]:x4}");

    private static char Unescape(string line, ref int at, int end)
    {
        int escape = at++;
        char kind = at < end ? line[at++] : '\0';
        switch (kind)
        {
            case '"' or '\\' or '/': return kind;
            case 'b': return '\b';
            case 'f': return '\f';
            case 'n': return '\n';
            case 'r': return '\r';
            case 't': return '\t';
            case 'u' when at + 4 <= end
                && ushort.TryParse(line.AsSpan(at, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort unit):
                at += 4;
                return (char)unit;
            default: throw new FormatException($"the escape at character {escape + 1} is none of JSON's");
        }
    }
}
