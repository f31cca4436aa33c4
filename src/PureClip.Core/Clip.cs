using PureClip.Checkpoints;
using PureClip.Files;
using PureClip.Imaging;
using PureClip.Model;
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
public sealed partial class Clip : IDisposable, IAsyncDisposable
{
    private readonly ClipOptions _options;
    private readonly Checkpoint _checkpoint;
    private readonly Gate _gate = new(nameof(Clip));
    private readonly bool _ownsRuntime;
    private readonly VisionEncoder? _vision;
    private readonly TextEncoder? _text;
    private string? _fingerprint;
    private VectorSpace? _space;

    private Clip(ModelDirectory directory, ClipOptions options)
    {
        _options = options = options.WithDecoders();
        Config = directory.Config;
        Source = directory.Path;
        Runtime = options.ChooseRuntime(out _ownsRuntime);
        _checkpoint = Checkpoint.Open(directory, read: options.ReadWeights, adapter: options.Adapter);
        try
        {
            LogitScale = _checkpoint.LogitScale;
            LogitBias = _checkpoint.LogitBias;
            IsSigmoid = _checkpoint.HasLogitBias;
            if (Config.Vision is not null)
            {
                Preprocessor = new(options.Apply(directory.Preprocessing));
                VisionTower tower = _checkpoint.Towers.Vision!;
                _vision = new(tower, NewEngine(tower), Preprocessor, options);
            }
            if (Config.Text is TextConfig text)
            {
                Tokenizer = LoadTokenizer(directory, text, options);
                TextTower tower = _checkpoint.Towers.Text!;
                tower.PadId = Tokenizer.PadId;
                _text = new(tower, NewEngine(tower), text, Tokenizer);
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
    /// 32 hexadecimal digits that tell this model's vectors from another's: equal for copies of a model in any layout and (exact) number
    /// type,
    /// different after any training. Vectors may be compared where it is equal.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The model was disposed before anybody asked.</exception>
    public string Fingerprint => _fingerprint ??= Inside(() => ModelFingerprint.Of(_checkpoint, Config));

    /// <summary>
    /// What vectors have to share with this model's to be compared with them: the model, and the rules of its options and its directory.
    /// </summary>
    public VectorSpace Space => _space ??= VectorSpace.Of(this, _options);

    /// <summary>Numbers of an embedding.</summary>
    public int EmbeddingWidth => Config.EmbeddingWidth;

    /// <summary>
    /// What cosines are multiplied by before a softmax, e to the power of the stored logit scale; about 100 for released models. Where the
    /// weights have none it is that with which a training of the model begins, 14.3 unless its configuration says another; 1 for a lone
    /// tower.
    /// </summary>
    public float LogitScale { get; }

    /// <summary>What is added to scaled cosines; 0 for models trained with a softmax loss.</summary>
    public float LogitBias { get; }

    /// <summary>
    /// Whether the model was trained with a sigmoid loss, as SigLIP: then a picture and a text have a probability of their own, and those of
    /// several texts do not sum to 1. It is so where the weights have a logit bias.
    /// </summary>
    public bool IsSigmoid { get; }

    /// <summary>Text to token ids; null where the model has no text tower.</summary>
    public ITokenizer? Tokenizer { get; }

    /// <summary>Pictures to normalised pixels; null where the model has no vision tower.</summary>
    public ImagePreprocessor? Preprocessor { get; }

    /// <summary>The limits on picture files that it was opened with, and how it has them decoded.</summary>
    public ImageDecoderOptions DecoderLimits => _options.DecoderOptions(Preprocessor?.Config);

    /// <summary>The decoders that pictures are tried with, first to last: those of the options, else the built-in ones.</summary>
    public IReadOnlyList<IImageDecoder> Decoders => _options.Decoders!;

    /// <summary>The threads and vectors that the model computes with.</summary>
    public Runtime Runtime { get; }

    /// <summary>Who computes pictures; null where the model has no vision tower.</summary>
    internal Engine? VisionEngine => _vision?.Engine;

    /// <summary>Who computes texts; null where the model has no text tower.</summary>
    internal Engine? TextEngine => _text?.Engine;

    /// <summary>The text tower; null where the model has none. Its numbers are there once <see cref="TextEngine"/> is warm.</summary>
    internal TextTower? TextTower => Config.Text is null ? null : _checkpoint.Towers.Text;

    /// <summary>Pictures that keep all threads busy until the next look at cancellation; 0 where the model has no vision tower.</summary>
    internal int ImagesPerRound => _vision?.ImagesPerRound ?? 0;

    /// <summary>
    /// Bytes of the packed weights and of the workspaces that exist now; towers that were not used yet count nothing. However many calls
    /// wait, it is no more.
    /// </summary>
    public long AllocatedBytes => _gate.IsClosed ? 0 : (VisionEngine?.AllocatedBytes ?? 0) + (TextEngine?.AllocatedBytes ?? 0);

    /// <summary>
    /// Opens a model directory: Hugging Face's layout or OpenCLIP's, with safetensors weights. Each tower is read when it is first used.
    /// The files
    /// are mapped, unless <see cref="ClipOptions.ReadWeights"/> is set: nobody may cut them while the model lives, as that says.
    /// </summary>
    /// <param name="directory">The model directory.</param>
    /// <param name="options">Threads, rules for pictures and texts; null for the defaults.</param>
    /// <param name="cancellationToken">Looked at before files are opened.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such directory.</exception>
    /// <exception cref="InvalidDataException">
    /// The directory is damaged, incomplete, or holds a model that is not supported; the message says what and what to do.
    /// </exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public static Clip Load(string directory, ClipOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        options ??= new();
        options.Validate();
        cancellationToken.ThrowIfCancellationRequested();
        ModelDirectory model = ModelDirectory.Open(directory)
            .WithImageSize(options.ImageSize).WithContextLength(options.ContextLength, options.TextPositions);
        cancellationToken.ThrowIfCancellationRequested();
        return new(model, options);
    }

    /// <summary>Opens a model that somebody else has recognised: one that is a part of a file.</summary>
    /// <inheritdoc cref="Load"/>
    /// <param name="model">What is known of it.</param>
    /// <param name="options">Threads, rules for pictures and texts.</param>
    internal static Clip Of(ModelDirectory model, ClipOptions options)
    {
        options.Validate();
        return new(model.WithImageSize(options.ImageSize), options);
    }

    /// <summary>
    /// As <see cref="Load"/>, and reads the towers, all on a thread of the pool: nothing is left to do for the first call.
    /// </summary>
    /// <inheritdoc cref="Load"/>
    public static Task<Clip> LoadAsync(string directory, ClipOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        return Task.Run(
            () =>
            {
                Clip clip = Load(directory, options, cancellationToken);
                try
                {
                    clip.Warm(cancellationToken);
                    return clip;
                }
                catch
                {
                    clip.Dispose();
                    throw;
                }
            },
            cancellationToken);
    }

    /// <summary>Reads and packs the towers now instead of at their first use.</summary>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    /// <exception cref="InvalidDataException">The weights are damaged.</exception>
    public void Warm() => Warm(CancellationToken.None);

    /// <inheritdoc cref="Warm()"/>
    /// <param name="cancellationToken">Looked at before each tower.</param>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public void Warm(CancellationToken cancellationToken)
    {
        _gate.ThrowIfClosed();
        cancellationToken.ThrowIfCancellationRequested();
        VisionEngine?.Warm();
        cancellationToken.ThrowIfCancellationRequested();
        TextEngine?.Warm();
    }

    /// <summary>
    /// Writes the matrices beside the weights in the order in which this machine multiplies them; whoever loads the model later finds them.
    /// </summary>
    /// <returns>The file's path.</returns>
    internal string WritePacked(CancellationToken cancellationToken) =>
        Inside(() => PackedFile.Write(_checkpoint, Config, Source, Runtime.Tier, _options.Weights, Runtime.Pool, cancellationToken));

    /// <summary>The file with packed matrices that is in use; null where they are packed in memory.</summary>
    internal string? PackedPath => Inside(() => _checkpoint.PackedFor(Runtime.Tier, _options.Weights)?.Path);

    /// <summary>
    /// Frees the weights, and the threads if they are the model's own. Calls of other threads that are computed now finish; those that wait
    /// for their turn, and later ones, throw <see cref="ObjectDisposedException"/>. Waits for them; may be called more than once, and from
    /// what
    /// a call calls back.
    /// </summary>
    public void Dispose()
    {
        if (_gate.Close())
            Free();
    }

    /// <summary>As <see cref="Dispose"/>, without blocking a thread.</summary>
    public async ValueTask DisposeAsync()
    {
        if (await _gate.CloseAsync().ConfigureAwait(false))
            Free();
    }

    /// <summary>What <see cref="Dispose"/> does once nobody computes any more.</summary>
    private void Free()
    {
        VisionEngine?.Dispose();
        TextEngine?.Dispose();
        if (_ownsRuntime)
            Runtime.Dispose();
        _checkpoint.Dispose();
    }

    private Engine NewEngine(Tower tower) =>
        new(tower, () => _checkpoint.Load(tower, Runtime.Tier, _options.Weights, Runtime.Pool), Runtime, _gate, _options.Normalize);

    /// <summary>Does something that needs the weights' file.</summary>
    internal T Inside<T>(Func<T> work)
    {
        using Gate.Call inside = _gate.Enter();
        return work();
    }

    /// <summary>The tokenizer of a directory, as <see cref="Load"/> opens it.</summary>
    internal static ITokenizer LoadTokenizer(ModelDirectory directory, TextConfig text, ClipOptions options)
    {
        ITokenizer tokenizer = Tokenizers.FromDirectory(directory.TokenizerPath, new()
        {
            Cleaning = options.Cleaning ?? CleaningOf(directory),
            Spelling = directory.Layout != ModelLayout.HuggingFace ? SpecialTokenSpelling.OpenClip : SpecialTokenSpelling.OpenAI,
            ContextLength = text.ContextLength,
            Truncation = options.LongTexts is null ? options.Truncation : Truncation.KeepEnd,
            PadsEnd = directory.PadsEnd,
            PadId = text is { SeesPadding: true, ReadAt: TextReadOut.EndOfText } ? 0 : null, // whose embedding is seen: open_clip's, Apple's
            AllowEmbeddedVocabulary = !directory.HasOwnTokenizer,
        });
        if (tokenizer.VocabularySize > text.VocabularySize)
            throw new InvalidDataException(
                $"{directory.Path}: the tokenizer has {tokenizer.VocabularySize} tokens, the text tower {text.VocabularySize}. " +
                "Put the model's own vocab.json and merges.txt beside its weights.");
        if (text.EndOfTextId is int end && end != tokenizer.EndId)
            throw new InvalidDataException(
                $"{directory.Path}: texts are read at token {end} (eos_token_id), but the tokenizer ends them with {tokenizer.EndId}. " +
                "Put the model's own vocab.json, merges.txt and tokenizer_config.json beside its weights.");
        return tokenizer;
    }

    /// <summary>The cleaning that a directory's files ask for; null where that is for the tokenizer to say.</summary>
    private static TextCleaning? CleaningOf(ModelDirectory directory) => directory.TextCleaning switch
    {
        "openai" => TextCleaning.OpenAI,
        "huggingface" => TextCleaning.HuggingFace,
        "whitespace" => TextCleaning.Whitespace,
        "canonicalize" => TextCleaning.Canonical,
        null => Tokenizers.IsClip(directory.TokenizerPath) ? TextCleaning.HuggingFace : null,
        string other => throw new InvalidDataException(
            $"{directory.Path}: config.json asks for the text cleaning \"{other}\"; there are openai, huggingface, whitespace and " +
            "canonicalize."),
    };

    private VisionEncoder RequireVision()
    {
        _gate.ThrowIfClosed();
        return _vision ?? throw new InvalidOperationException(
            $"{Source} holds a text tower only, so it cannot encode pictures. Load a model with a vision tower.");
    }

    private TextEncoder RequireText()
    {
        TextEncoder text = RequireTextTower();
        return Config.Text!.Projection != TextProjection.Missing ? text : throw new InvalidOperationException(
            $"{Source} holds a text tower without its projection, as generators of pictures keep it: it has token states and pooled " +
            "vectors, but no embeddings that pictures could be compared with. Load the whole CLIP, or a tower saved with its projection.");
    }

    private TextEncoder RequireTextTower()
    {
        _gate.ThrowIfClosed();
        return _text ?? throw new InvalidOperationException(
            $"{Source} holds a vision tower only, so it cannot encode texts. Load a model with a text tower.");
    }

    private void RequireLength(Span<float> destination, int count)
    {
        if (destination.Length != (long)count * EmbeddingWidth)
            throw new ArgumentException(
                $"{count} embeddings are {(long)count * EmbeddingWidth} numbers, but there is room for {destination.Length}.",
                nameof(destination));
    }
}
