using Microsoft.Extensions.AI;

namespace PureClip.Extensions.AI;

/// <summary>From PureClip to .NET's AI abstractions.</summary>
/// <remarks>
/// <para>The generators are thread-safe, as the model is, and give its bits. All values of a call are computed together: hand over many at
/// once.
/// Calls hold no thread while they wait for one another; they end between two rounds of some hundred tokens a thread when they are
/// cancelled.</para>
/// <para><see cref="EmbeddingGenerationOptions.Dimensions"/> and <see cref="EmbeddingGenerationOptions.ModelId"/> may be left out or say
/// what this
/// model is; another length or model is refused, since vectors of two models must not meet in one store.</para>
/// <para><see cref="UsageDetails.InputTokenCount"/> is what the tower computed: a text's tokens with start and end, a picture's patches and
/// its
/// class token. <see cref="UsageDetails.AdditionalCounts"/> holds the number of pictures under <see cref="PictureCountKey"/>.</para>
/// <para>Services: <see cref="EmbeddingGeneratorMetadata"/>, <see cref="Clip"/> (whose <see cref="Clip.Fingerprint"/> tells models apart),
/// and the
/// generator itself. Disposing a generator leaves the model: that is its owner's.</para>
/// </remarks>
public static class ClipExtensions
{
    /// <summary>Provider in <see cref="EmbeddingGeneratorMetadata"/>, and in telemetry.</summary>
    public const string ProviderName = "pureclip";

    /// <summary>Where <see cref="UsageDetails.AdditionalCounts"/> says how many pictures a call had.</summary>
    public const string PictureCountKey = "pureclip.pictures";

    /// <summary>
    /// The model as a generator of texts' embeddings; <see cref="AsImageEmbeddingGenerator"/> is that of pictures, in the same space.
    /// </summary>
    /// <param name="clip">The model. It stays the caller's to dispose.</param>
    /// <param name="modelId">What metadata and embeddings call it; null for the name of its directory.</param>
    public static IEmbeddingGenerator<string, Embedding<float>> AsIEmbeddingGenerator(this Clip clip, string? modelId = null) =>
        clip.AsTextEmbeddingGenerator(modelId);

    /// <summary>The model as a generator of texts' embeddings.</summary>
    /// <inheritdoc cref="AsIEmbeddingGenerator"/>
    /// <remarks>
    /// Its calls throw an <see cref="ArgumentException"/> where a text is null, or has more tokens than the model takes and
    /// <see cref="ClipOptions.Truncation"/> is not to cut it (the message says which), a <see cref="NotSupportedException"/> where the
    /// options ask
    /// for another length or model, and an <see cref="InvalidOperationException"/> where the model has no text tower.
    /// </remarks>
    public static IEmbeddingGenerator<string, Embedding<float>> AsTextEmbeddingGenerator(this Clip clip, string? modelId = null) =>
        new TextEmbeddingGenerator(clip, modelId);

    /// <summary>The model as a generator of pictures' embeddings, from the bytes of picture files.</summary>
    /// <inheritdoc cref="AsIEmbeddingGenerator"/>
    /// <remarks>
    /// Its calls throw an <see cref="ArgumentException"/> where a value is null or its media type is neither a picture's nor
    /// <c>application/octet-stream</c>, an <see cref="InvalidDataException"/> where a picture is damaged or in a format that is not built
    /// in (the
    /// message has its index and <see cref="DataContent.Name"/>), a <see cref="NotSupportedException"/> where the options ask for another
    /// length or
    /// model, and an <see cref="InvalidOperationException"/> where the model has no vision tower.
    /// </remarks>
    public static IEmbeddingGenerator<DataContent, Embedding<float>> AsImageEmbeddingGenerator(this Clip clip, string? modelId = null) =>
        new ImageEmbeddingGenerator(clip, modelId);
}
