using Microsoft.Extensions.AI;

namespace PureClip.Extensions.AI;

/// <summary>What the generators of texts and of pictures share.</summary>
internal abstract class EmbeddingGenerator<TInput> : IEmbeddingGenerator<TInput, Embedding<float>>
    where TInput : class
{
    private readonly string _modelId;
    private readonly EmbeddingGeneratorMetadata _metadata;

    protected EmbeddingGenerator(Clip clip, string? modelId)
    {
        ArgumentNullException.ThrowIfNull(clip);
        Clip = clip;
        _modelId = modelId ?? DirectoryName(clip.Source);
        _metadata = new(ClipExtensions.ProviderName, providerUri: null, _modelId, clip.EmbeddingWidth);
    }

    protected Clip Clip { get; }

    /// <summary>Embeddings of the values, in their order. The values are gone through before the call returns.</summary>
    public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<TInput> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        TInput[] all = [.. values];
        int missing = Array.FindIndex(all, value => value is null);
        if (missing >= 0)
            throw new ArgumentException($"values[{missing}] is null.", nameof(values));
        Check(all);
        RequireSupported(options);
        return cancellationToken.IsCancellationRequested
            ? Task.FromCanceled<GeneratedEmbeddings<Embedding<float>>>(cancellationToken)
            : DeliverAsync(all, cancellationToken);
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(EmbeddingGeneratorMetadata) ? _metadata
            : serviceType == typeof(Clip) ? Clip
            : serviceType.IsInstanceOfType(this) ? this
            : null;
    }

    /// <summary>Does nothing, so that a pipeline around this generator may be disposed: the model is its owner's.</summary>
    public void Dispose()
    {
    }

    /// <summary>Refuses values of a wrong kind, before anything is computed.</summary>
    protected virtual void Check(TInput[] values)
    {
    }

    protected abstract Task<(float[][] Vectors, UsageDetails Usage)> EncodeAsync(TInput[] values, CancellationToken cancellationToken);

    private async Task<GeneratedEmbeddings<Embedding<float>>> DeliverAsync(TInput[] values, CancellationToken cancellationToken)
    {
        (float[][] vectors, UsageDetails usage) = await EncodeAsync(values, cancellationToken).ConfigureAwait(false);
        DateTimeOffset now = DateTimeOffset.UtcNow;
        return new(vectors.Select(vector => new Embedding<float>(vector) { CreatedAt = now, ModelId = _modelId })) { Usage = usage };
    }

    private void RequireSupported(EmbeddingGenerationOptions? options)
    {
        if (options?.Dimensions is int dimensions && dimensions != Clip.EmbeddingWidth)
            throw new NotSupportedException(
                $"Embeddings of {_modelId} have {Clip.EmbeddingWidth} dimensions, but {dimensions} were asked for. " +
                $"Leave Dimensions out, or declare {Clip.EmbeddingWidth} in the store.");
        if (options?.ModelId is string other && other != _modelId)
            throw new NotSupportedException(
                $"This generator computes with {_modelId}, but {other} was asked for. Leave ModelId out, or load that model.");
    }

    private static string DirectoryName(string path)
    {
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
        return name.Length > 0 ? name : ClipExtensions.ProviderName;
    }
}

/// <summary>Texts to embeddings.</summary>
internal sealed class TextEmbeddingGenerator(Clip clip, string? modelId) : EmbeddingGenerator<string>(clip, modelId)
{
    protected override async Task<(float[][] Vectors, UsageDetails Usage)> EncodeAsync(string[] values, CancellationToken cancellationToken)
    {
        // counting is work, and the caller's thread has its own
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        long tokens = 0;
        for (int i = 0; i < values.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            tokens += CountTokens(values[i], i);
        }
        float[][] vectors = await Clip.EncodeTextsAsync(values, cancellationToken: cancellationToken).ConfigureAwait(false);
        return (vectors, new() { InputTokenCount = tokens, TotalTokenCount = tokens });
    }

    /// <summary>Tokens that are computed; 0 where there is no text tower, which encoding then says.</summary>
    private int CountTokens(string text, int index)
    {
        try
        {
            return Clip.Tokenizer?.Encode(text).Count ?? 0;
        }
        catch (ArgumentException e)
        {
            throw new ArgumentException($"values[{index}]: {e.Message}", "values", e);
        }
    }
}

/// <summary>The bytes of picture files to embeddings.</summary>
internal sealed class ImageEmbeddingGenerator(Clip clip, string? modelId) : EmbeddingGenerator<DataContent>(clip, modelId)
{
    protected override void Check(DataContent[] values)
    {
        // Bytes of unknown kind may be a picture: the decoders go by the bytes themselves.
        for (int i = 0; i < values.Length; i++)
            if (!values[i].HasTopLevelMediaType("image") && values[i].MediaType != "application/octet-stream")
                throw new ArgumentException(
                    $"{Describe(values[i], i)} is {values[i].MediaType}, not a picture. " +
                    "Its media type must be image/…, or application/octet-stream.",
                    nameof(values));
    }

    protected override async Task<(float[][] Vectors, UsageDetails Usage)> EncodeAsync(
        DataContent[] values, CancellationToken cancellationToken)
    {
        ImageSource[] sources = [.. values.Select((picture, i) => ImageSource.FromBytes(picture.Data, Describe(picture, i)))];
        float[][] vectors = await Clip.EncodeImagesAsync(sources, cancellationToken: cancellationToken).ConfigureAwait(false);
        long tokens = (long)values.Length * Clip.Config.Vision!.Tokens;
        return (vectors, new()
        {
            InputTokenCount = tokens,
            TotalTokenCount = tokens,
            AdditionalCounts = new() { [ClipExtensions.PictureCountKey] = values.Length },
        });
    }

    private static string Describe(DataContent content, int index) =>
        content.Name is null ? $"values[{index}]" : $"values[{index}] ({content.Name})";
}
