using PureClip.Files;
using PureClip.Model;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip.Checkpoints;

/// <summary>
/// A weight file and the towers that it is read into: every tensor of the configuration is found and checked when it is opened, and a
/// tower's are read when it is asked for.
/// </summary>
internal sealed class Checkpoint : IDisposable
{
    private readonly ClipConfig _config;
    private readonly bool _read;
    private readonly Dictionary<string, TensorInfo> _byBareName;
    private readonly Matcher _match;
    private readonly float? _logitScale, _logitBias;
    private readonly Dictionary<(SimdTier Tier, WeightType? Type), PackedFile?> _packed = [];

    private Checkpoint(SafetensorsSet file, ClipConfig config, bool read, string? adapter, string prefix)
    {
        _config = config;
        _read = read;
        File = file;
        Numbers = new(file);
        Towers = Towers.Of(config);
        Dictionary<string, TensorInfo> tensors = file.Tensors
            .Where(tensor => tensor.Name.StartsWith(prefix, StringComparison.Ordinal))
            .ToDictionary(tensor => tensor.Name[prefix.Length..], StringComparer.Ordinal);
        BareNames names = BareNames.Of(tensors.Keys);
        _byBareName = names.ByBareName.ToDictionary(static name => name.Key, name => tensors[name.Value], StringComparer.Ordinal);
        _match = Matcher.Match(Towers, HeadsOf(_byBareName)) ?? throw NoClip();
        Unused = [.. _match.Unused, .. names.Outside];
        if (_match.Problems is { Length: > 0 } problems)
            throw Foreign.Refusal(Path, config, _match, _byBareName.Keys) ?? new InvalidDataException(
                $"{Path} does not hold the model that its configuration describes:{problems}\n" +
                "Check that configuration and weights belong together.");
        if (adapter is not null)
            LoraFile.Apply(adapter, this);
        _logitScale = Scalar(Names.LogitScale);
        _logitBias = Scalar(Names.LogitBias);
        if (!float.IsFinite(LogitScale))
            throw new InvalidDataException(
                $"{Path}: {Names.LogitScale} is {_logitScale ?? config.InitialLogitScale}, and e to the power of it is beyond what F32 "
                + "holds. Trained models store " +
                "about 4.6; take another checkpoint of the training, or download the file again.");
    }

    /// <summary>The model, without numbers until <see cref="Load"/>.</summary>
    public Towers Towers { get; }

    /// <summary>In whose words the file speaks.</summary>
    public Dialect Dialect => _match.Dialect;

    /// <summary>Tensors that are there and not used, with the reason.</summary>
    public IReadOnlyList<(string Name, string Reason)> Unused { get; }

    /// <summary>The canonical name of each tensor in use.</summary>
    public IReadOnlyDictionary<string, string> CanonicalNames => _match.CanonicalNames;

    /// <summary>The file or index that was opened.</summary>
    public string Path => File.Path;

    /// <summary>Every tensor of the file.</summary>
    public IReadOnlyList<TensorInfo> Tensors => File.Tensors;

    /// <summary>What the file says about itself.</summary>
    public IReadOnlyDictionary<string, string> Metadata => File.Metadata;

    /// <summary>Whether the file has a logit scale of its own.</summary>
    public bool HasLogitScale => _logitScale is not null;

    /// <summary>Whether the file has a logit bias, as models have that were trained with a sigmoid loss.</summary>
    public bool HasLogitBias => _logitBias is not null;

    /// <summary>
    /// What cosines are multiplied by: e to the power of what is stored. Where nothing is, of that with which the configuration begins a
    /// training, as the references have it; 1 for a lone tower, which has none.
    /// </summary>
    public float LogitScale =>
        MathF.Min(MathF.Exp(_logitScale ?? _config.InitialLogitScale), _config.MostLogitScale ?? float.PositiveInfinity);

    /// <summary>What is added to scaled cosines: what is stored, else that with which the configuration begins a training, mostly
    /// 0.</summary>
    public float LogitBias => _logitBias ?? _config.InitialLogitBias;

    /// <summary>The files.</summary>
    internal SafetensorsSet File { get; }

    /// <summary>Whether they are mapped; else what is wanted of them is read.</summary>
    internal bool IsMapped => !_read;

    /// <summary>Their numbers.</summary>
    internal TensorNumbers Numbers { get; }

    /// <summary>Opens a weight file, matches its tensors with the configuration's and checks their shapes.</summary>
    /// <param name="path">A safetensors file, an index, or a directory with either.</param>
    /// <param name="config">What the tensors have to be.</param>
    /// <param name="read">Whether numbers are read when they are wanted, instead of the files being mapped.</param>
    /// <param name="adapter">A directory with low-rank adapters, which are added to the matrices; null for none.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such adapter.</exception>
    /// <exception cref="InvalidDataException">
    /// The file breaks its format's rules, or does not hold exactly this model; or the adapter is not one of this model.
    /// </exception>
    public static Checkpoint Open(string path, ClipConfig config, bool read = false, string? adapter = null) =>
        Open(path, [], config, read, adapter, prefix: "");

    /// <summary>The same for a model that is one of several in a file.</summary>
    /// <param name="path">As above.</param>
    /// <param name="config">What its tensors have to be.</param>
    /// <param name="prefix">What its tensors' names begin with; the file's others are not looked at.</param>
    /// <param name="read">As above.</param>
    public static Checkpoint Open(string path, ClipConfig config, string prefix, bool read) =>
        Open(path, [], config, read, adapter: null, prefix);

    /// <summary>The same for a model directory, whose weights may lie in several files.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="config">What the tensors have to be; null for what the directory says.</param>
    /// <param name="read">Whether numbers are read when they are wanted, instead of the files being mapped.</param>
    /// <param name="adapter">A directory with low-rank adapters; null for none.</param>
    public static Checkpoint Open(ModelDirectory directory, ClipConfig? config = null, bool read = false, string? adapter = null) =>
        Open(directory.WeightsPath, directory.FurtherWeights, config ?? directory.Config, read, adapter, directory.Prefix);

    private static Checkpoint Open(
        string path, IReadOnlyList<string> further, ClipConfig config, bool read, string? adapter, string prefix)
    {
        if (further.FirstOrDefault(static one => !System.IO.File.Exists(one)) is string missing)
            throw new InvalidDataException($"{missing} is missing. Most publishers offer the same weights as safetensors.");
        SafetensorsSet file = SafetensorsSet.Open(path, further, read);
        try
        {
            return new(file, config, read, adapter, prefix);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Reads and packs a tower's numbers.</summary>
    /// <param name="tower">Whose; one of <see cref="Towers"/>, or another of the same configuration.</param>
    /// <param name="tier">The vector width in use.</param>
    /// <param name="type">How matrices lie in memory; null for as they are stored.</param>
    /// <param name="pool">Who packs.</param>
    public void Load(Tower tower, SimdTier tier, WeightType? type, WorkerPool pool) =>
        new Loader(this, tier, type).Load(tower.Parameters, pool);

    /// <summary>The tensors of a parameter: one, or those that are stacked in it, without what is zero.</summary>
    public TensorInfo[] TensorsOf(Parameter parameter) =>
        [.. PiecesOf(parameter).Where(static piece => piece.Tensor is not null).Select(static piece => piece.Tensor!)];

    /// <summary>The tensors that are stacked in a parameter, null for zeros that are not stored, and how many of its parts each
    /// is.</summary>
    public (TensorInfo? Tensor, int Parts)[] PiecesOf(Parameter parameter)
    {
        int[] shares = Names.Of(parameter.Name, Dialect)?.Shares ?? [1];
        return [.. _match.NamesOf(parameter).Select((name, i) => (name.Length == 0 ? null : _byBareName[name], shares[i]))];
    }

    /// <summary>Whether a parameter is stored as [inputs, outputs].</summary>
    public bool IsTurned(Parameter parameter) => Names.Of(parameter.Name, Dialect)?.IsTurned == true;

    /// <summary>How a matrix lies in memory: as was asked for, else as it is stored.</summary>
    /// <param name="matrix">The matrix.</param>
    /// <param name="asked">What was asked for; null for as it is stored.</param>
    public WeightType TypeOf(Parameter matrix, WeightType? asked) => TypeOf(matrix, StoredTypeOf(matrix), asked);

    /// <summary>The same where it is known how the matrix is stored.</summary>
    public static WeightType TypeOf(Parameter matrix, WeightType stored, WeightType? asked) =>
        asked is WeightType type && (matrix.Use == Use.Inner || type != WeightType.Int8) ? type : stored;

    /// <summary>How a matrix lies in memory where nothing else is asked for: as its tensors are stored.</summary>
    public WeightType StoredTypeOf(Parameter matrix)
    {
        if (matrix.Fold is not null)
            return WeightType.F32; // folding makes new numbers
        NumberType[] stored = [.. TensorsOf(matrix).Select(static tensor => tensor.Type).Distinct()];
        return stored switch
        {
            [NumberType.BF16] => WeightType.BF16,
            [NumberType.F16] => WeightType.F16,
            [NumberType.I8] when matrix.Use == Use.Inner => WeightType.Int8,
            _ => WeightType.F32,
        };
    }

    /// <summary>
    /// Numbers that stand for a parameter, the same in every dialect: all of them where its rank is 1, else some that are evenly spread
    /// over its canonical shape.
    /// </summary>
    /// <param name="parameter">The parameter.</param>
    /// <param name="count">How many are taken of a tensor of higher rank.</param>
    public float[] Sample(Parameter parameter, int count)
    {
        (TensorInfo? Tensor, int Parts)[] pieces = PiecesOf(parameter);
        if (parameter.Shape.Length == 1)
        {
            long part = parameter.Count / pieces.Sum(static piece => piece.Parts);
            return [.. pieces.SelectMany(piece => piece.Tensor is null ? new float[part * piece.Parts] : Numbers.Read(piece.Tensor))];
        }
        bool isTurned = IsTurned(parameter);
        long outputs = parameter.Shape[0], inputs = parameter.Count / outputs;
        float[] sample = new float[count];
        for (int i = 0; i < count; i++)
        {
            long element = (2 * i + 1) * parameter.Count / (2 * count);
            long stored = isTurned ? element % inputs * outputs + element / inputs : element;
            int piece = 0;
            for (; stored >= pieces[piece].Tensor!.ElementCount; piece++)
                stored -= pieces[piece].Tensor!.ElementCount;
            Numbers.Read(pieces[piece].Tensor!, stored, sample.AsSpan(i, 1));
        }
        return sample;
    }

    /// <summary>The file with the matrices as this machine multiplies them, where there is one that fits.</summary>
    /// <param name="tier">The vector width in use.</param>
    /// <param name="type">How matrices lie in memory; null for as they are stored.</param>
    public PackedFile? PackedFor(SimdTier tier, WeightType? type)
    {
        lock (_packed)
        {
            if (!_packed.TryGetValue((tier, type), out PackedFile? found))
                _packed.Add((tier, type), found = PackedFile.Find(
                    System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!, tier, type,
                    () => ModelFingerprint.Of(this, _config), _read));
            return found;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Towers.Dispose();
        foreach (PackedFile? packed in _packed.Values)
            packed?.Dispose();
        File.Dispose();
    }

    private float? Scalar(string name)
    {
        if (!_byBareName.TryGetValue(name, out TensorInfo? tensor))
            return null;
        float value = 0f;
        File.ReadFloats(tensor, new Span<float>(ref value));
        Numbers.RequireFinite(tensor, 0, [value]);
        return value;
    }

    /// <summary>The tensors as the matcher sees them. Scales of 8-bit tensors are part of these.</summary>
    private Dictionary<string, TensorHead> HeadsOf(Dictionary<string, TensorInfo> tensors)
    {
        Dictionary<string, TensorHead> heads = new(tensors.Count, StringComparer.Ordinal);
        HashSet<string> scales = new(StringComparer.Ordinal);
        foreach ((string name, TensorInfo tensor) in tensors)
        {
            TensorInfo? scale = null;
            if (tensor.Type == NumberType.I8 && tensors.TryGetValue(name + TensorNumbers.ScaleSuffix, out scale))
                scales.Add(name + TensorNumbers.ScaleSuffix);
            heads.Add(name, new(tensor.Name, [.. tensor.Shape], FaultOf(tensor, scale)));
        }
        foreach (string name in scales)
            heads.Remove(name);
        return heads;
    }

    private string? FaultOf(TensorInfo tensor, TensorInfo? scales)
    {
        if (scales is not null && !Numbers.TryAddScales(tensor, scales))
            return $"expected a matrix and a scale for each of its rows, found {scales}";
        string scalesMissing = tensor.Type == NumberType.I8 ? $" without its scales, {tensor.Name}{TensorNumbers.ScaleSuffix}" : "";
        return Numbers.IsReadable(tensor) ? null : $"expected {NumberTypes.Floats}, found {tensor.Type.Name()}{scalesMissing}";
    }

    private InvalidDataException NoClip()
    {
        string first = string.Join(", ", _byBareName.Keys.Take(3).Select(Problem.Quote));
        return new(
            $"{Path} does not name its tensors as a CLIP of OpenAI, OpenCLIP or Hugging Face does " +
            $"(the first of its {_byBareName.Count} are: {first}). Check that this is a CLIP checkpoint.");
    }
}
