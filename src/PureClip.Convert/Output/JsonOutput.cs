using System.Text.Encodings.Web;
using System.Text.Json;
using PureClip.Files;

namespace PureClip.Convert.Output;

/// <summary>JSON files of one form: UTF-8, line feeds, characters as they are.</summary>
internal static class JsonOutput
{
    /// <summary>Writes a file with one object, whole or not at all.</summary>
    /// <param name="path">File to create or replace.</param>
    /// <param name="fields">Writes its fields.</param>
    /// <param name="indented">Whether people read it.</param>
    public static void Write(string path, Action<Utf8JsonWriter> fields, bool indented = true)
    {
        using AtomicFile file = new(path);
        Write(file.Stream, fields, indented);
        file.Commit();
    }

    /// <summary>Writes one object.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="fields">Writes its fields.</param>
    /// <param name="indented">Whether people read it.</param>
    public static void Write(Stream stream, Action<Utf8JsonWriter> fields, bool indented = true)
    {
        using (Utf8JsonWriter json = new(stream, Options(indented)))
        {
            json.WriteStartObject();
            fields(json);
            json.WriteEndObject();
        }
        if (indented)
            stream.WriteByte((byte)'\n');
        stream.Flush(); // what cannot be written is known here
    }

    private static JsonWriterOptions Options(bool indented) => new()
    {
        Indented = indented,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
}
