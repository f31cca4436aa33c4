namespace PureClip.Cli.Output;

/// <summary>Embeddings as a NumPy array of float32, [embeddings, width].</summary>
/// <param name="file">A file that can be positioned: the number of rows stands at its beginning and is known at the end.</param>
/// <param name="width">Numbers of an embedding.</param>
internal sealed class EmbeddingNpy(Stream file, int width) : IEmbeddingWriter
{
    private long _rows;

    public bool Streams => false;

    public void Add(string input, string kind, float[] embedding)
    {
        if (_rows++ == 0)
            WriteHeader();
        NpyWriter.WriteElements(file, embedding);
    }

    public void Finish()
    {
        file.Position = 0;
        WriteHeader();
        file.Position = file.Length;
    }

    private void WriteHeader() => NpyWriter.WriteHeader(file, "<f4", [_rows, width]);
}
