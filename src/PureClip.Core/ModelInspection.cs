using PureClip.Checkpoints;
using PureClip.Files;
using PureClip.Imaging;
using PureClip.Kernels;
using PureClip.Model;

namespace PureClip;

/// <summary>
/// What is in a model directory or a weight file, what becomes of it, and what it needs: a look at headers and configurations, which takes
/// milliseconds however large the model is. It works for models that cannot be loaded, too, and says why.
/// </summary>
/// <example>
/// <code>
/// ModelInspection model = ModelInspection.Of("weights/clip-vit-base-patch32");
/// foreach (string problem in model.Problems)
///     Console.WriteLine(problem);
/// Console.WriteLine($"{model.Vision(WeightType.BF16)?.WeightBytes} bytes of weights, {model.Vision()?.Flops(1)} operations a picture");
/// </code>
/// </example>
public sealed class ModelInspection
{
    private readonly ModelDirectory? _directory;
    private readonly Dictionary<string, WeightType> _stored = [];
    private readonly List<string> _problems = [], _assumptions = [];
    private readonly List<InspectedTensor> _tensors = [];
    private Dictionary<string, string> _metadata = [];

    private ModelInspection(string path, int? imageSize)
    {
        Path = path;
        if (Directory.Exists(path))
            _directory = Try(() => ModelDirectory.Open(path).WithImageSize(imageSize));
        _assumptions.AddRange(_directory?.Assumptions ?? []);
        if (_directory is null || !Try(() => ReadCheckpoint(_directory)))
            ListTensors(_directory?.WeightsPath ?? (Directory.Exists(path) ? ModelDirectory.FindWeights(path) : path));
    }

    /// <summary>What was inspected.</summary>
    public string Path { get; }

    /// <summary>
    /// Why the model cannot be loaded, a message each; empty where it can, as far as its headers tell. A lone weight file has no model and
    /// no problems.
    /// </summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>Every tensor, in the order of the file or of its shards.</summary>
    public IReadOnlyList<InspectedTensor> Tensors => _tensors;

    /// <summary>What the weight file says about itself.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _metadata;

    /// <summary>The architecture; null where no configuration says one that is supported.</summary>
    public ClipConfig? Config => _directory?.Config;

    /// <summary>
    /// The architecture by name and value, as in <c>vision_width</c> 768, whatever family its towers are of; empty where there is none.
    /// </summary>
    public IReadOnlyList<KeyValuePair<string, object>> Architecture => Config is not ClipConfig config
        ? []
        : [new("embedding_width", config.EmbeddingWidth), .. config.Vision?.Facts ?? [], .. config.Text?.Facts ?? []];

    /// <summary>In whose layout the directory is: HuggingFace or OpenClip; null for a lone file.</summary>
    public string? Layout => _directory?.Layout.ToString();

    /// <summary>The weight file, or the index of its shards; null where there is none.</summary>
    public string? WeightsPath { get; private set; }

    /// <summary>
    /// In whose words the tensors are named: HuggingFace, OpenClip or OpenClipCustomText; null where they fit no configuration.
    /// </summary>
    public string? TensorNames { get; private set; }

    /// <summary>What cosines are multiplied by, as <see cref="Clip.LogitScale"/>; null where weights and configuration do not
    /// fit.</summary>
    public float? LogitScale { get; private set; }

    /// <summary>How pictures are prepared; null where there is no vision tower.</summary>
    public ImagePreprocessorConfig? Preprocessing => Config?.Vision is null ? null : _directory!.Preprocessing;

    /// <summary>
    /// The cleaning of texts that the directory asks for: "openai", "huggingface", "whitespace" or "canonicalize"; null where it says nothing.
    /// </summary>
    public string? TextCleaning => _directory?.TextCleaning;

    /// <summary>
    /// The kind of tokenizer that the directory has, and the file that it is read from, as <see cref="Tokenization.ITokenizer.Kind"/>; null
    /// where there is no text tower. Reads the vocabulary.
    /// </summary>
    /// <exception cref="InvalidDataException">The tokenizer's files are damaged, or of a kind that is not supported.</exception>
    public string? ReadTokenizerKind() =>
        Config?.Text is null ? null : Tokenization.Tokenizers.FromDirectory(_directory!.TokenizerPath).Kind;

    /// <summary>What no file says and was taken from the usual, a sentence each.</summary>
    public IReadOnlyList<string> Assumptions => _assumptions;

    /// <summary>Looks at a model directory, or at a safetensors file or an index of shards.</summary>
    /// <param name="path">The directory or file.</param>
    /// <param name="imageSize">Pixels of a side of pictures, as <see cref="ClipOptions.ImageSize"/>; null for the model's own.</param>
    /// <exception cref="FileNotFoundException">There is no such directory or file.</exception>
    /// <exception cref="InvalidDataException">The weight file itself is damaged, so that not even its tensors can be listed.</exception>
    /// <exception cref="ArgumentException">The model cannot take pictures of that size.</exception>
    public static ModelInspection Of(string path, int? imageSize = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return System.IO.Path.Exists(path)
            ? new(path, imageSize)
            : throw new FileNotFoundException($"{path}: there is no such file or folder.");
    }

    /// <summary>What the vision tower needs; null where there is none, or it cannot be loaded.</summary>
    /// <param name="weights">How matrices are to lie in memory, as <see cref="ClipOptions.Weights"/>; null for as they are stored.</param>
    /// <param name="runtime">The threads and vectors that compute; null for <see cref="Runtime.Shared"/>.</param>
    public TowerNeeds? Vision(WeightType? weights = null, Runtime? runtime = null) =>
        NeedsOf(static towers => towers.Vision, weights, runtime);

    /// <summary>What the text tower needs; null where there is none, or it cannot be loaded.</summary>
    /// <param name="weights">How matrices are to lie in memory, as <see cref="ClipOptions.Weights"/>; null for as they are stored.</param>
    /// <param name="runtime">The threads and vectors that compute; null for <see cref="Runtime.Shared"/>.</param>
    public TowerNeeds? Text(WeightType? weights = null, Runtime? runtime = null) => NeedsOf(static towers => towers.Text, weights, runtime);

    /// <summary>
    /// The file beside the weights whose matrices would be used as they lie; null where there is none that fits, so that they are packed in
    /// memory.
    /// </summary>
    /// <param name="weights">How matrices are to lie in memory, as <see cref="ClipOptions.Weights"/>; null for as they are stored.</param>
    /// <param name="runtime">The vectors that compute; null for <see cref="Runtime.Shared"/>.</param>
    /// <exception cref="InvalidDataException">There is one, and it is damaged.</exception>
    public string? FindPacked(WeightType? weights = null, Runtime? runtime = null)
    {
        if (TensorNames is null)
            return null;
        using Checkpoint checkpoint = Checkpoint.Open(_directory!);
        return checkpoint.PackedFor((runtime ?? Runtime.Shared).Tier, weights)?.Path;
    }

    private TowerNeeds? NeedsOf(Func<Towers, Tower?> choose, WeightType? weights, Runtime? runtime) =>
        TensorNames is not null && choose(Towers.Of(Config!)) is Tower tower
            ? new(tower, _stored, weights, runtime ?? Runtime.Shared)
            : null;

    private bool ReadCheckpoint(ModelDirectory directory)
    {
        using Checkpoint checkpoint = Checkpoint.Open(directory);
        WeightsPath = directory.WeightsPath;
        LogitScale = checkpoint.LogitScale;
        if (!checkpoint.HasLogitScale && directory.Config is { Vision: not null, Text: not null })
            _assumptions.Add(
                $"The weights have no logit_scale: cosines are multiplied by {checkpoint.LogitScale:0.##}, with which a training begins. " +
                "Trained models have about 100; probabilities are flatter without it, and rankings the same.");
        _metadata = new(checkpoint.Metadata);
        Dictionary<string, string> unused = checkpoint.Unused.ToDictionary(static entry => entry.Name, static entry => entry.Reason);
        foreach (TensorInfo tensor in checkpoint.Tensors)
            _tensors.Add(Describe(tensor, checkpoint.CanonicalNames.GetValueOrDefault(tensor.Name),
                unused.TryGetValue(tensor.Name, out string? reason) ? "not used: " + reason : null));
        foreach (Parameter matrix in checkpoint.Towers.Parameters.Where(static parameter => parameter.IsMatrix))
            _stored.Add(matrix.Name, checkpoint.StoredTypeOf(matrix));
        TensorNames = checkpoint.Dialect.Name;
        return true;
    }

    private void ListTensors(string? weights)
    {
        WeightsPath = weights;
        if (weights is null)
            return;
        using SafetensorsSet set = SafetensorsSet.Open(weights);
        _metadata = new(set.Metadata);
        string why = _directory is not null ? "weights and configuration do not fit"
            : Directory.Exists(Path) ? "there is no configuration that is supported" : "no configuration to map it by";
        foreach (TensorInfo tensor in set.Tensors)
            _tensors.Add(Describe(tensor, null, why));
    }

    private static InspectedTensor Describe(TensorInfo tensor, string? use, string? note)
    {
        if (note is null && !tensor.Type.IsFloat() && use is null)
            note = $"{tensor.Type.Name()} cannot be read as numbers of a model ({NumberTypes.Floats})";
        return new(tensor.Name, tensor.Type.Name(), [.. tensor.Shape], tensor.ByteLength, use, note);
    }

    /// <summary>The result, or nothing and a problem more: the rest can still be shown.</summary>
    private T? Try<T>(Func<T> open)
    {
        try
        {
            return open();
        }
        catch (InvalidDataException e)
        {
            _problems.Add(e.Message);
            return default;
        }
    }
}

/// <summary>One tensor of a weight file.</summary>
/// <param name="Name">Its name there.</param>
/// <param name="Type">Its number type, as the file spells it: F32, BF16, I8 …</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Bytes">Its size in the file.</param>
/// <param name="Use">
/// What it is in the model, in the library's words (<c>vision.blocks.0.attn.qkv.weight</c>); null where it is not used.
/// </param>
/// <param name="Note">Why it is not used, or cannot be; null for most.</param>
public sealed record InspectedTensor(string Name, string Type, IReadOnlyList<long> Shape, long Bytes, string? Use, string? Note);

/// <summary>What one tower needs of a machine.</summary>
public sealed class TowerNeeds
{
    private readonly Tower _tower;
    private readonly Runtime _runtime;

    internal TowerNeeds(Tower tower, Dictionary<string, WeightType> stored, WeightType? asked, Runtime runtime)
    {
        _tower = tower;
        _runtime = runtime;
        (Parameter Parameter, WeightType Type)[] matrices =
        [
            .. tower.Parameters.Where(static parameter => parameter.IsMatrix)
                .Select(matrix => (matrix, Checkpoint.TypeOf(matrix, stored[matrix.Name], asked))),
        ];
        Matrices = matrices.GroupBy(static matrix => matrix.Type).ToDictionary(static group => group.Key, static group => group.Count());
        WeightBytes = matrices.Sum(static matrix => matrix.Parameter.Count * PanelLayout.BytesOf(matrix.Type))
            + tower.Parameters.Where(static parameter => parameter.Use is Use.Plain or Use.Bias)
                .Sum(static parameter => parameter.Count * sizeof(float));
    }

    /// <summary>How many matrices lie in memory in which type.</summary>
    public IReadOnlyDictionary<WeightType, int> Matrices { get; }

    /// <summary>Bytes of the numbers in memory. The token embedding stays in its file and is not counted.</summary>
    public long WeightBytes { get; }

    /// <summary>Rows of the longest input: tokens, or pixels of the largest feature map.</summary>
    public int MostRows => _tower.MostRows;

    /// <summary>Longest inputs that one thread encodes together in a batch.</summary>
    public int InputsPerPass => PassPlan.SequencesPerPass(_tower.MostRows);

    /// <summary>
    /// Bytes of the buffers that the runtime's threads compute in. However large a batch is, and however many calls wait, it is no more;
    /// where inputs are few or short, the system hands out only a part of it.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The runtime was disposed.</exception>
    public long WorkspaceBytes => Round.BytesOf(_tower, _runtime);

    /// <summary>
    /// Floating-point operations of one input: two for each multiply-add of a matrix product. Counted is what is computed: texts end at
    /// their end token and look back only, and the last block computes one token besides keys and values. Norms, activations and softmax,
    /// about one in a hundred, are left out, as is usual.
    /// </summary>
    /// <param name="tokens">Tokens of a text, start and end included; null for the longest, and for pictures.</param>
    public double Flops(int? tokens = null)
    {
        int rows = tokens ?? _tower.MostRows;
        if (rows < 1 || rows > _tower.MostRows)
            throw new ArgumentOutOfRangeException(nameof(tokens), tokens, $"A text has 1 to {_tower.MostRows} tokens.");
        return _tower is VisionTower ? _tower.Flops(_tower.MostRows) : _tower.Flops(rows);
    }
}
