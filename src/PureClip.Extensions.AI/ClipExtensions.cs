namespace PureClip.Extensions.AI;

/// <summary>From PureClip to .NET's AI abstractions.</summary>
public static class ClipExtensions
{
    /// <summary>
    /// The model as an <c>IEmbeddingGenerator&lt;string, Embedding&lt;float&gt;&gt;</c> and an <c>IEmbeddingGenerator&lt;DataContent, Embedding&lt;float&gt;&gt;</c> in one.
    /// The model stays the caller's to dispose.
    /// </summary>
    /// <param name="clip">The model.</param>
    /// <param name="modelId">What metadata and embeddings call it; null for the name of its directory.</param>
    public static ClipEmbeddingGenerator AsIEmbeddingGenerator(this Clip clip, string? modelId = null) => new(clip, modelId);
}
