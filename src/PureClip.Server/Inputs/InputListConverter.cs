using System.Text.Json;
using System.Text.Json.Serialization;
using PureClip.Server.Hosting;

namespace PureClip.Server.Inputs;

/// <summary>
/// What clients send as <c>input</c>: a string, a list of strings, token ids, a list of token ids, or objects with a <c>text</c> or an
/// <c>image</c>. Pictures are decoded from the request's own bytes: as .NET strings they would take twice the memory.
/// </summary>
internal sealed class InputListConverter : JsonConverter<List<Input>>
{
    private const string Expected =
        "must be a text, a data URI of a picture, {\"text\":…} or {\"image\":…}, token ids, or a list of these";

    public override List<Input> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        List<Input> inputs = [];
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            inputs.Add(ReadOne(ref reader, "input"));
            return inputs;
        }
        reader.Read();
        if (reader.TokenType == JsonTokenType.Number)
        {
            inputs.Add(Input.OfTokens(ReadTokens(ref reader, "input"))); // the ids of one text
            return inputs;
        }
        for (; reader.TokenType != JsonTokenType.EndArray; reader.Read())
            inputs.Add(ReadOne(ref reader, $"input[{inputs.Count}]"));
        return inputs;
    }

    public override void Write(Utf8JsonWriter writer, List<Input> value, JsonSerializerOptions options) =>
        throw new NotSupportedException();

    private static Input ReadOne(ref Utf8JsonReader reader, string place)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                return JsonText.StartsAs(in reader, "data:image/"u8)
                    ? Input.OfPicture(JsonText.Picture(ref reader, place))
                    : Input.OfText(JsonText.String(ref reader, place));
            case JsonTokenType.StartArray:
                reader.Read();
                return Input.OfTokens(ReadTokens(ref reader, place));
            case JsonTokenType.StartObject:
                return ReadObject(ref reader, place);
            default:
                throw RequestException.Bad($"{place} {Expected}.", place);
        }
    }

    private static Input ReadObject(ref Utf8JsonReader reader, string place)
    {
        Input? found = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isText = reader.ValueTextEquals("text"u8), isImage = reader.ValueTextEquals("image"u8);
            reader.Read();
            if (!isText && !isImage)
            {
                reader.Skip();
                continue;
            }
            if (reader.TokenType != JsonTokenType.String || found is not null)
                throw RequestException.Bad($"{place} must have one of 'text' and 'image', as a string.", place);
            found = isText ? Input.OfText(JsonText.String(ref reader, place)) : Input.OfPicture(JsonText.Picture(ref reader, place));
        }
        return found ?? throw RequestException.Bad($"{place} is an object with neither 'text' nor 'image'.", place);
    }

    /// <summary>Reads ids up to the end of their list; the reader stands on the first.</summary>
    private static int[] ReadTokens(ref Utf8JsonReader reader, string place)
    {
        List<int> ids = [];
        for (; reader.TokenType != JsonTokenType.EndArray; reader.Read())
            ids.Add(reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out int id) && id >= 0
                ? id
                : throw RequestException.Bad($"{place} begins as a list of token ids, so all of it must be whole numbers from 0.", place));
        return [.. ids];
    }
}

/// <summary>Strings of a JSON reader that stands on one.</summary>
internal static class JsonText
{
    /// <summary>Whether the string begins so. Letters that need no escape may have one all the same.</summary>
    public static bool StartsAs(in Utf8JsonReader reader, ReadOnlySpan<byte> prefix)
    {
        if (!reader.ValueIsEscaped)
            return reader.ValueSpan.StartsWith(prefix);
        // An escape takes at most six bytes for one.
        ReadOnlySpan<byte> raw = reader.ValueSpan;
        return raw.Length >= prefix.Length && raw[0] is (byte)'d' or (byte)'\\' && Unescaped(in reader).StartsWith(prefix);
    }

    /// <summary>The string.</summary>
    /// <exception cref="RequestException">It is not UTF-8, or has half of a surrogate pair.</exception>
    public static string String(ref Utf8JsonReader reader, string place)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw RequestException.Bad($"{place} is not valid Unicode.", place);
        }
    }

    /// <summary>The bytes of the picture that the string holds.</summary>
    public static ReadOnlyMemory<byte> Picture(ref Utf8JsonReader reader, string place) =>
        PictureData.Decode(reader.ValueIsEscaped ? Unescaped(in reader) : reader.ValueSpan, place);

    /// <summary>.NET's own serializer writes '+' as an escape, PHP's '/'.</summary>
    private static ReadOnlySpan<byte> Unescaped(in Utf8JsonReader reader)
    {
        byte[] buffer = new byte[reader.ValueSpan.Length];
        try
        {
            int length = reader.CopyString(buffer);
            return buffer.AsSpan(0, length);
        }
        catch (InvalidOperationException)
        {
            throw RequestException.Bad("A string of the body is not valid Unicode.");
        }
    }
}
