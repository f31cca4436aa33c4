namespace PureClip.Cli.Output;

/// <summary>Where embeddings go, in one of the formats.</summary>
internal interface IEmbeddingWriter
{
    /// <summary>Whether results appear as they are added.</summary>
    bool Streams { get; }

    /// <summary>Adds one.</summary>
    /// <param name="input">The picture's path or the text.</param>
    /// <param name="kind">"image" or "text".</param>
    /// <param name="embedding">Its numbers.</param>
    void Add(string input, string kind, float[] embedding);

    /// <summary>Called once after the last.</summary>
    void Finish();
}
