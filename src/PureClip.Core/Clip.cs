using PureClip.Checkpoints;
using PureClip.Imaging;
using PureClip.Model;
using PureClip.Threading;
using PureClip.Tokenization;

namespace PureClip;

/// <summary>
/// A CLIP model: pictures and texts to vectors of one space, in which what belongs together lies close together.
/// Thread-safe: any number of threads may encode at once. The same input gives the same bits, whatever the batch it is in and
/// however many threads compute.
/// </summary>
/// <remarks>Radford et al. 2021, "Learning Transferable Visual Models From Natural Language Supervision".</remarks>
/// <example>
/// <code>
/// using Clip clip = Clip.Load("weights/pictogram-mini");
/// float[] picture = clip.EncodeImage("cat.png");
/// float[] text = clip.EncodeText("a cat");
/// float similarity = Similarity.Cosine(picture, text);
/// </code>
/// </example>
public sealed class Clip : IDisposable
{
    private readonly ClipOptions _options;
    private readonly Checkpoint _checkpoint;
    private readonly bool _ownsRuntime;
    private readonly VisionEncoder? _vision;
    private readonly TextEncoder? _text;
    private string? _fingerprint;
    private VectorSpace? _space;

    private Clip(ModelDirectory directory, ClipOptions options)
    {
        _options = options;
        Config = directory.Config;
        Source = directory.Path;
        Runtime = options.ChooseRuntime(out _ownsRuntime);
        _checkpoint = Checkpoint.Open(directory.WeightsPath, Config);
        try
        {
            LogitScale = _checkpoint.LogitScale ?? 1f;
            LogitBias = _checkpoint.LogitBias;
            if (Config.Vision is not null)
            {
                Preprocessor = new(options.Apply(directory.Preprocessing));
                VisionTower tower = _checkpoint.Towers.Vision!;
                _vision = new(tower, () => _checkpoint.Load(tower, Runtime.Tier, options.Weights, Runtime.Pool), Runtime.Tier, Runtime.Pool, options.Normalize);
            }
            if (Config.Text is TextConfig text)
            {
                Tokenizer = LoadTokenizer(directory, text, options);
                TextTower tower = _checkpoint.Towers.Text!;
                _text = new(tower, text, () => _checkpoint.Load(tower, Runtime.Tier, options.Weights, Runtime.Pool), Runtime.Tier, Runtime.Pool, options.Normalize);
            }
        }
        catch
        {
            if (_ownsRuntime)
                Runtime.Dispose();
            _checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>The architecture.</summary>
    public ClipConfig Config { get; }

    /// <summary>The directory that the model was loaded from.</summary>
    public string Source { get; }

    /// <summary>
    /// 32 hexadecimal digits that tell this model's vectors from another's: equal for copies of a model in any layout and (exact) number type,
    /// different after any training. Vectors may be compared where it is equal.
    /// </summary>
    public string Fingerprint => _fingerprint ??= ModelFingerprint.Of(_checkpoint, Config);

    /// <summary>What vectors have to share with this model's to be compared with them: the model, and the rules of its options and its directory.</summary>
    public VectorSpace Space => _space ??= VectorSpace.Of(this, _options);

    /// <summary>Numbers of an embedding.</summary>
    public int EmbeddingWidth => Config.EmbeddingWidth;

    /// <summary>What cosines are multiplied by before a softmax, e to the power of the stored logit scale; about 100 for released models. 1 where the file has none.</summary>
    public float LogitScale { get; }

    /// <summary>What is added to scaled cosines; 0 for models trained with a softmax loss.</summary>
    public float LogitBias { get; }

    /// <summary>Text to token ids; null where the model has no text tower.</summary>
    public ITokenizer? Tokenizer { get; }

    /// <summary>Pictures to normalised pixels; null where the model has no vision tower.</summary>
    public ImagePreprocessor? Preprocessor { get; }

    /// <summary>The threads and vectors that the model computes with.</summary>
    public Runtime Runtime { get; }

    /// <summary>Pictures that keep all threads busy until the next look at cancellation; 0 where the model has no vision tower.</summary>
    internal int ImagesPerRound => _vision?.ImagesPerRound ?? 0;

    /// <summary>Opens a model directory: Hugging Face's layout or OpenCLIP's, with safetensors weights. Each tower is read when it is first used.</summary>
    /// <param name="directory">The model directory.</param>
    /// <param name="options">Threads, rules for pictures and texts; null for the defaults.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such directory.</exception>
    /// <exception cref="InvalidDataException">The directory is damaged, incomplete, or holds a model that is not supported; the message says what and what to do.</exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static Clip Load(string directory, ClipOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        options ??= new();
        options.Validate();
        return new(ModelDirectory.Open(directory), options);
    }

    /// <summary>The embedding of a text.</summary>
    /// <param name="text">Any text; an empty one has an embedding too.</param>
    /// <returns>[<see cref="EmbeddingWidth"/>]</returns>
    /// <exception cref="ArgumentException">The text has more tokens than the model takes, and <see cref="ClipOptions.Truncation"/> is not to cut it.</exception>
    /// <exception cref="InvalidOperationException">The model has no text tower.</exception>
    public float[] EncodeText(string text)
    {
        float[] embedding = new float[EmbeddingWidth];
        EncodeText(text, embedding);
        return embedding;
    }

    /// <summary>As <see cref="EncodeText(string)"/>, into the caller's memory.</summary>
    /// <param name="text">The text.</param>
    /// <param name="destination">[<see cref="EmbeddingWidth"/>]</param>
    public void EncodeText(string text, Span<float> destination) => EncodeTokens(RequireText().Tokenizer.Encode(text).Ids.Span, destination);

    /// <summary>The embeddings of many texts, in their order. Texts share passes without padding.</summary>
    /// <param name="texts">The texts; may be empty.</param>
    /// <param name="progress">Told the number of texts done so far.</param>
    /// <param name="cancellationToken">Checked between rounds of some hundred tokens a thread.</param>
    public float[][] EncodeTexts(IReadOnlyList<string> texts, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        (TextEncoder encoder, ITokenizer tokenizer) = RequireText();
        ReadOnlyMemory<int>[] ids = new ReadOnlyMemory<int>[texts.Count];
        for (int i = 0; i < ids.Length; i++)
            ids[i] = tokenizer.Encode(texts[i] ?? throw new ArgumentException($"texts[{i}] is null.", nameof(texts))).Ids;
        return encoder.Encode(ids, progress, cancellationToken);
    }

    /// <summary>The embedding of a tokenised text.</summary>
    /// <param name="ids">Start, tokens, end; padding after the end is allowed and not computed. 1 to the context length, each below the vocabulary size.</param>
    /// <param name="destination">[<see cref="EmbeddingWidth"/>]</param>
    public void EncodeTokens(ReadOnlySpan<int> ids, Span<float> destination)
    {
        RequireLength(destination, 1);
        RequireText().Encoder.Encode(ids, destination);
    }

    /// <summary>The embeddings of many tokenised texts. Allocates nothing once it is warm.</summary>
    /// <param name="texts">As in <see cref="EncodeTokens(ReadOnlySpan{int}, Span{float})"/>, each.</param>
    /// <param name="destination">[texts, <see cref="EmbeddingWidth"/>]</param>
    internal void EncodeTokens(ReadOnlySpan<ReadOnlyMemory<int>> texts, Span<float> destination)
    {
        RequireLength(destination, texts.Length);
        RequireText().Encoder.Encode(texts, destination);
    }

    /// <summary>The embedding of a picture.</summary>
    /// <param name="image">A path, the bytes of a file, a stream, or pixels.</param>
    /// <returns>[<see cref="EmbeddingWidth"/>]</returns>
    /// <exception cref="InvalidDataException">The picture is damaged or in a format that is not built in.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidOperationException">The model has no vision tower.</exception>
    public float[] EncodeImage(ImageSource image)
    {
        float[] embedding = new float[EmbeddingWidth];
        EncodeImage(image, embedding);
        return embedding;
    }

    /// <summary>As <see cref="EncodeImage(ImageSource)"/>, into the caller's memory.</summary>
    /// <param name="image">A path, the bytes of a file, a stream, or pixels.</param>
    /// <param name="destination">[<see cref="EmbeddingWidth"/>]</param>
    public void EncodeImage(ImageSource image, Span<float> destination)
    {
        ArgumentNullException.ThrowIfNull(image);
        RequireLength(destination, 1);
        (VisionEncoder encoder, ImagePreprocessor preprocessor) = RequireVision();
        using PixelBatch batch = new([image], preprocessor, _options, WorkerPool.Serial);
        batch.FailureOf(0)?.Throw();
        encoder.Encode(batch.Pixels, 1, destination);
    }

    /// <summary>
    /// The embeddings of many pictures, in their order. They are decoded and encoded on all threads, so streams and decoders may be called from
    /// any of them, and must not use this model themselves.
    /// </summary>
    /// <param name="images">The pictures; may be empty.</param>
    /// <param name="progress">Told the number of pictures done so far.</param>
    /// <param name="cancellationToken">Checked between rounds of a few pictures a thread.</param>
    /// <exception cref="InvalidDataException">A picture is damaged; the message names it. <see cref="TryEncodeImages"/> goes on with the others.</exception>
    public float[][] EncodeImages(IReadOnlyList<ImageSource> images, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        float[][] embeddings = new float[images.Count][];
        foreach (ImageResult result in TryEncodeImages(images, cancellationToken))
        {
            result.Failure?.Throw();
            embeddings[result.Index] = result.Embedding!;
            progress?.Report(result.Index + 1);
        }
        return embeddings;
    }

    /// <summary>As <see cref="EncodeImages"/>, one result after the other as they are done, and a failure instead of an embedding for a picture that cannot be read.</summary>
    /// <param name="images">The pictures; may be empty.</param>
    /// <param name="cancellationToken">Checked between rounds of a few pictures a thread.</param>
    public IEnumerable<ImageResult> TryEncodeImages(IReadOnlyList<ImageSource> images, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        RequireVision();
        return EncodeBatches(images, cancellationToken);
    }

    /// <summary>The embeddings of preprocessed pictures. Allocates nothing once it is warm.</summary>
    /// <param name="pixels">[count, 3, size, size], as <see cref="ImagePreprocessor.Preprocess(RasterImage, Span{float})"/> makes them.</param>
    /// <param name="count">Pictures.</param>
    /// <param name="destination">[count, <see cref="EmbeddingWidth"/>]</param>
    public void EncodePixels(ReadOnlySpan<float> pixels, int count, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        (VisionEncoder encoder, ImagePreprocessor preprocessor) = RequireVision();
        RequireLength(destination, count);
        if (pixels.Length != (long)count * preprocessor.OutputLength)
            throw new ArgumentException($"{count} pictures are {(long)count * preprocessor.OutputLength} numbers, but {pixels.Length} were given.", nameof(pixels));
        encoder.Encode(pixels, count, destination);
    }

    /// <summary>Bytes of the packed weights and of the workspaces that exist now; towers that were not used yet count nothing.</summary>
    public long AllocatedBytes => (_vision?.AllocatedBytes ?? 0) + (_text?.AllocatedBytes ?? 0);

    /// <summary>Reads and packs the towers now instead of at their first use.</summary>
    public void Warm()
    {
        _vision?.Warm();
        _text?.Warm();
    }

    /// <summary>Writes the matrices beside the weights in the order in which this machine multiplies them; whoever loads the model later finds them.</summary>
    /// <returns>The file's path.</returns>
    internal string WritePacked(CancellationToken cancellationToken) =>
        PackedFile.Write(_checkpoint, Config, Source, Runtime.Tier, _options.Weights, Runtime.Pool, cancellationToken);

    /// <summary>The file with packed matrices that is in use; null where they are packed in memory.</summary>
    internal string? PackedPath => _checkpoint.PackedFor(Runtime.Tier, _options.Weights)?.Path;

    /// <summary>Frees weights and threads. No other thread may be encoding.</summary>
    public void Dispose()
    {
        _vision?.Dispose();
        _text?.Dispose();
        if (_ownsRuntime)
            Runtime.Dispose();
        _checkpoint.Dispose();
    }

    private static BpeTokenizer LoadTokenizer(ModelDirectory directory, TextConfig text, ClipOptions options)
    {
        BpeTokenizer tokenizer = BpeTokenizer.FromDirectory(directory.Path, new()
        {
            Cleaning = options.Cleaning ?? CleaningOf(directory),
            Spelling = directory.Layout == ModelLayout.OpenClip ? SpecialTokenSpelling.OpenClip : SpecialTokenSpelling.OpenAI,
            ContextLength = text.ContextLength,
            Truncation = options.Truncation,
        });
        if (tokenizer.VocabularySize > text.VocabularySize)
            throw new InvalidDataException(
                $"{directory.Path}: the tokenizer has {tokenizer.VocabularySize} tokens, the text tower {text.VocabularySize}. Put the model's own vocab.json and merges.txt beside its weights.");
        if (text.EndOfTextId is int end && end != tokenizer.EndId)
            throw new InvalidDataException(
                $"{directory.Path}: texts are read at token {end} (eos_token_id), but the tokenizer ends them with {tokenizer.EndId}. Put the model's own vocab.json, merges.txt and tokenizer_config.json beside its weights.");
        return tokenizer;
    }

    private static TextCleaning CleaningOf(ModelDirectory directory) => directory.TextCleaning switch
    {
        "openai" => TextCleaning.OpenAI,
        "huggingface" or null => TextCleaning.HuggingFace,
        string other => throw new InvalidDataException($"{directory.Path}: config.json asks for the text cleaning \"{other}\"; there are openai and huggingface."),
    };

    private IEnumerable<ImageResult> EncodeBatches(IReadOnlyList<ImageSource> images, CancellationToken cancellationToken)
    {
        (VisionEncoder encoder, ImagePreprocessor preprocessor) = RequireVision();
        ImageSource[] round = new ImageSource[Math.Min(encoder.ImagesPerRound, images.Count)];
        for (int first = 0; first < images.Count; first += round.Length)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int count = Math.Min(round.Length, images.Count - first);
            for (int i = 0; i < count; i++)
                round[i] = images[first + i] ?? throw new ArgumentException($"images[{first + i}] is null.", nameof(images));
            ImageResult?[] results = new ImageResult?[count];
            encoder.Encode(round.AsSpan(0, count), first, preprocessor, _options, results);
            foreach (ImageResult? result in results)
                yield return result!;
        }
    }

    private (VisionEncoder Encoder, ImagePreprocessor Preprocessor) RequireVision() => _vision is null
        ? throw new InvalidOperationException($"{Source} holds a text tower only, so it cannot encode pictures. Load a model with a vision tower.")
        : (_vision, Preprocessor!);

    private (TextEncoder Encoder, ITokenizer Tokenizer) RequireText() => _text is null
        ? throw new InvalidOperationException($"{Source} holds a vision tower only, so it cannot encode texts. Load a model with a text tower.")
        : (_text, Tokenizer!);

    private void RequireLength(Span<float> destination, int count)
    {
        if (destination.Length != (long)count * EmbeddingWidth)
            throw new ArgumentException($"{count} embeddings are {(long)count * EmbeddingWidth} numbers, but there is room for {destination.Length}.", nameof(destination));
    }
}
