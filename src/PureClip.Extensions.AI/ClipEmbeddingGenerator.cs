using Microsoft.Extensions.AI;

namespace PureClip.Extensions.AI;

/// <summary>
/// A <see cref="Clip"/> as .NET's embedding generators: of texts and of pictures, whose vectors lie in one space.
/// Thread-safe, as the model is. Its vectors are <see cref="Clip.EncodeText(string)"/>'s and <see cref="Clip.EncodeImage(ImageSource)"/>'s bit for bit.
/// </summary>
/// <remarks>
/// <para>Work is done on the thread pool, all values of a call together: hand over many at once. It ends between two rounds of some hundred tokens a thread when it is cancelled.</para>
/// <para><see cref="EmbeddingGenerationOptions.Dimensions"/> and <see cref="EmbeddingGenerationOptions.ModelId"/> may be left out or say what this
/// model is; another length or model is refused, since vectors of two models must not meet in one store.</para>
/// <para><see cref="UsageDetails.InputTokenCount"/> is what the tower computed: a text's tokens with start and end, a picture's patches and its
/// class token. <see cref="UsageDetails.AdditionalCounts"/> holds the number of pictures under <see cref="PictureCountKey"/>.</para>
/// <para>A vector store of Microsoft.Extensions.VectorData that is given this object makes vectors of texts by itself, and of texts only: of a
/// generator's interfaces it takes that of texts first. Make the vectors of pictures here and store those.</para>
/// <para>Services: <see cref="EmbeddingGeneratorMetadata"/>, <see cref="Clip"/> (whose <see cref="Clip.Fingerprint"/> tells models apart), and the generator itself.</para>
/// </remarks>
public sealed class ClipEmbeddingGenerator : IEmbeddingGenerator<string, Embedding<float>>, IEmbeddingGenerator<DataContent, Embedding<float>>
{
    /// <summary>Provider in <see cref="EmbeddingGeneratorMetadata"/>, and in telemetry.</summary>
    public const string ProviderName = "pureclip";

    /// <summary>Where <see cref="UsageDetails.AdditionalCounts"/> says how many pictures a call had.</summary>
    public const string PictureCountKey = "pureclip.pictures";

    private readonly Clip _clip;
    private readonly string _modelId;
    private readonly bool _ownsClip;
    private readonly EmbeddingGeneratorMetadata _metadata;

    /// <param name="clip">The model.</param>
    /// <param name="modelId">What metadata and embeddings call it; null for the name of its directory.</param>
    /// <param name="ownsClip">Whether <see cref="Dispose"/> disposes the model.</param>
    public ClipEmbeddingGenerator(Clip clip, string? modelId = null, bool ownsClip = false)
    {
        ArgumentNullException.ThrowIfNull(clip);
        _clip = clip;
        _modelId = modelId ?? DirectoryName(clip.Source);
        _ownsClip = ownsClip;
        _metadata = new(ProviderName, providerUri: null, _modelId, clip.EmbeddingWidth);
    }

    /// <summary>Embeddings of texts, in their order.</summary>
    /// <param name="values">The texts; may be empty. They are gone through before the call returns.</param>
    /// <param name="options">Null for none.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="ArgumentException">A text is null, or has more tokens than the model takes and <see cref="ClipOptions.Truncation"/> is not to cut it; the message says which.</exception>
    /// <exception cref="NotSupportedException">The options ask for another length or another model.</exception>
    /// <exception cref="InvalidOperationException">The model has no text tower.</exception>
    public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        string[] texts = Collect(values);
        RequireSupported(options);
        return Task.Run(() => Generate(texts, cancellationToken), cancellationToken);
    }

    /// <summary>Embeddings of pictures, in their order.</summary>
    /// <param name="values">The bytes of picture files; may be empty. They are gone through before the call returns.</param>
    /// <param name="options">Null for none.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="ArgumentException">A value is null, or its media type is neither a picture's nor <c>application/octet-stream</c>; the message says which.</exception>
    /// <exception cref="InvalidDataException">A picture is damaged or in a format that is not built in; the message names its index and <see cref="DataContent.Name"/>.</exception>
    /// <exception cref="NotSupportedException">The options ask for another length or another model.</exception>
    /// <exception cref="InvalidOperationException">The model has no vision tower.</exception>
    public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<DataContent> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        DataContent[] pictures = Collect(values);
        for (int i = 0; i < pictures.Length; i++)
            RequirePicture(pictures[i], i);
        RequireSupported(options);
        return Task.Run(() => Generate(pictures, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(EmbeddingGeneratorMetadata) ? _metadata
            : serviceType == typeof(Clip) ? _clip
            : serviceType.IsInstanceOfType(this) ? this
            : null;
    }

    /// <summary>Disposes the model if it was handed over; else does nothing, so that a pipeline around this generator may be disposed.</summary>
    public void Dispose()
    {
        if (_ownsClip)
            _clip.Dispose();
    }

    private GeneratedEmbeddings<Embedding<float>> Generate(string[] texts, CancellationToken cancellationToken)
    {
        long tokens = texts.Select(CountTokens).Sum();
        float[][] vectors = _clip.EncodeTexts(texts, cancellationToken: cancellationToken);
        return Deliver(vectors, new() { InputTokenCount = tokens, TotalTokenCount = tokens });
    }

    private GeneratedEmbeddings<Embedding<float>> Generate(DataContent[] pictures, CancellationToken cancellationToken)
    {
        ImageSource[] sources = [.. pictures.Select((picture, i) => ImageSource.FromBytes(picture.Data, Describe(picture, i)))];
        float[][] vectors = _clip.EncodeImages(sources, cancellationToken: cancellationToken);
        long tokens = (long)pictures.Length * _clip.Config.Vision!.Tokens;
        return Deliver(vectors, new()
        {
            InputTokenCount = tokens,
            TotalTokenCount = tokens,
            AdditionalCounts = new() { [PictureCountKey] = pictures.Length },
        });
    }

    private GeneratedEmbeddings<Embedding<float>> Deliver(float[][] vectors, UsageDetails usage)
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        return new(vectors.Select(vector => new Embedding<float>(vector) { CreatedAt = now, ModelId = _modelId })) { Usage = usage };
    }

    /// <summary>Tokens that are computed; 0 where there is no text tower, which encoding then says.</summary>
    private long CountTokens(string text, int index)
    {
        try
        {
            return _clip.Tokenizer?.Encode(text).Count ?? 0;
        }
        catch (ArgumentException e)
        {
            throw new ArgumentException($"values[{index}]: {e.Message}", e);
        }
    }

    private void RequireSupported(EmbeddingGenerationOptions? options)
    {
        if (options?.Dimensions is int dimensions && dimensions != _clip.EmbeddingWidth)
            throw new NotSupportedException($"Embeddings of {_modelId} have {_clip.EmbeddingWidth} dimensions, but {dimensions} were asked for. Leave Dimensions out, or declare {_clip.EmbeddingWidth} in the store.");
        if (options?.ModelId is string other && other != _modelId)
            throw new NotSupportedException($"This generator computes with {_modelId}, but {other} was asked for. Leave ModelId out, or load that model.");
    }

    private static void RequirePicture(DataContent content, int index)
    {
        // Bytes of unknown kind may be a picture: the decoders go by the bytes themselves.
        if (!content.HasTopLevelMediaType("image") && content.MediaType != "application/octet-stream")
            throw new ArgumentException($"{Describe(content, index)} is {content.MediaType}, not a picture. Its media type must be image/…, or application/octet-stream.", "values");
    }

    private static T[] Collect<T>(IEnumerable<T> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        T[] array = [.. values];
        int missing = Array.FindIndex(array, value => value is null);
        return missing < 0 ? array : throw new ArgumentException($"values[{missing}] is null.", nameof(values));
    }

    private static string Describe(DataContent content, int index) => content.Name is null ? $"values[{index}]" : $"values[{index}] ({content.Name})";

    private static string DirectoryName(string path)
    {
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
        return name.Length > 0 ? name : ProviderName;
    }
}
