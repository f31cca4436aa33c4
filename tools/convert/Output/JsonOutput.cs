using System.Text.Encodings.Web;
using System.Text.Json;

namespace PureClip.Convert.Output;

/// <summary>JSON files of one form: UTF-8, line feeds, characters as they are.</summary>
internal static class JsonOutput
{
    /// <summary>Writes one object.</summary>
    /// <param name="path">File to create.</param>
    /// <param name="fields">Writes its fields.</param>
    /// <param name="indented">Whether people read it.</param>
    public static void Write(string path, Action<Utf8JsonWriter> fields, bool indented = true)
    {
        using FileStream stream = new(path, FileMode.Create, FileAccess.Write);
        using (Utf8JsonWriter json = new(stream, Options(indented)))
        {
            json.WriteStartObject();
            fields(json);
            json.WriteEndObject();
        }
        if (indented)
            stream.WriteByte((byte)'\n');
    }

    private static JsonWriterOptions Options(bool indented) => new()
    {
        Indented = indented,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
}
