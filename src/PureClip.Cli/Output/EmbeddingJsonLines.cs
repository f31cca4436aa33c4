namespace PureClip.Cli.Output;

/// <summary>Embeddings as JSON Lines.</summary>
internal sealed class EmbeddingJsonLines(TextWriter output) : IEmbeddingWriter
{
    public bool Streams => true;

    public void Add(string input, string kind, float[] embedding) => JsonLines.Write(output, json =>
    {
        json.WriteText("input", input);
        json.WriteString("kind", kind);
        json.WriteStartArray("embedding");
        foreach (float number in embedding)
            json.WriteFloatValue(number);
        json.WriteEndArray();
    });

    public void Finish()
    {
    }
}
