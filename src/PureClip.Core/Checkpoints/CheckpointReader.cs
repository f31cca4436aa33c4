using System.Runtime.InteropServices;
using System.Text;
using PureClip.Files;
using PureClip.Kernels;
using PureClip.Model;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip.Checkpoints;

/// <summary>
/// From a weight file to a tower's numbers: finds every tensor of the configuration by the name table, checks shapes and exact cover when
/// opened, and widens, stacks and packs a tower when it is asked for.
/// </summary>
internal sealed class CheckpointReader : IDisposable
{
    private readonly SafetensorsSet _file;
    private readonly ClipConfig _config;
    private readonly TensorNumbers _numbers;
    private readonly Dictionary<string, TensorInfo[]> _found = [];
    private readonly Dictionary<string, CheckpointTensor> _table;
    private readonly Dictionary<(SimdTier Tier, WeightType? Type), PackedFile?> _packed = [];

    private CheckpointReader(SafetensorsSet file, ClipConfig config)
    {
        _file = file;
        _config = config;
        _numbers = new(file);
        _table = CheckpointNames.TensorsOf(config).ToDictionary(row => row.Canonical);
    }

    /// <summary>In whose words the file speaks.</summary>
    public CheckpointDialect Dialect { get; private set; }

    /// <summary>Tensors that are there and not used, with the reason.</summary>
    public List<(TensorInfo Tensor, string Reason)> Unused { get; } = [];

    /// <summary>The canonical name of each tensor in use.</summary>
    public Dictionary<string, string> CanonicalNames { get; } = [];

    /// <summary>The file or index that was opened.</summary>
    public string Path => _file.Path;

    /// <summary>Every tensor of the file.</summary>
    public IReadOnlyList<TensorInfo> Tensors => _file.Tensors;

    /// <summary>The model's logit scale, e to the power of what is stored; null where the file has none.</summary>
    public float? LogitScale => Scalar(CheckpointNames.LogitScale) is float stored ? MathF.Exp(stored) : null;

    /// <summary>What is added to scaled cosines; 0 where the file has none.</summary>
    public float LogitBias => Scalar(CheckpointNames.LogitBias) ?? 0f;

    /// <summary>Opens a weight file, matches its tensors with the configuration's and checks their shapes.</summary>
    /// <param name="path">A safetensors file, an index, or a directory with either.</param>
    /// <param name="config">What the tensors have to be.</param>
    /// <exception cref="InvalidDataException">The file breaks its format's rules, or does not hold exactly this model.</exception>
    public static CheckpointReader Open(string path, ClipConfig config)
    {
        CheckpointReader reader = new(SafetensorsSet.Open(path), config);
        try
        {
            reader.Match();
            return reader;
        }
        catch
        {
            reader.Dispose();
            throw;
        }
    }

    /// <summary>Reads and packs a tower's numbers.</summary>
    /// <param name="tower">Who takes them.</param>
    /// <param name="tier">The vector width in use.</param>
    /// <param name="type">How matrices lie in memory; null for as they are stored.</param>
    /// <param name="pool">Who packs.</param>
    public void Load(Tower tower, SimdTier tier, WeightType? type, WorkerPool pool)
    {
        if (tower is VisionTransformer vision)
            vision.Use(ReadVision(tier, type, pool));
        else if (tower is TextTransformer text)
            text.Use(ReadText(tier, type, pool));
    }

    /// <summary>Reads and packs the vision tower.</summary>
    /// <param name="tier">The vector width in use.</param>
    /// <param name="type">How matrices lie in memory; null for as they are stored.</param>
    /// <param name="pool">Who packs.</param>
    public VisionWeights ReadVision(SimdTier tier, WeightType? type, WorkerPool pool)
    {
        VisionConfig vision = _config.Vision!;
        TransformerConfig t = vision.Transformer;
        Loader load = new(this, tier, type);
        VisionWeights weights = new(
            load.Matrix("vision.patch_embedding", 3 * vision.PatchSize * vision.PatchSize, t.Width, bias: false),
            Read("vision.class_embedding"),
            Read("vision.positional_embedding"),
            load.LayerNorm("vision.ln_pre", t),
            load.Blocks("vision", t),
            load.LayerNorm("vision.ln_post", t),
            load.Matrix("vision.projection", t.Width, _config.EmbeddingWidth, bias: false));
        load.Run(pool);
        return weights;
    }

    /// <summary>Reads and packs the text tower; its token embedding stays in the file.</summary>
    /// <param name="tier">The vector width in use.</param>
    /// <param name="type">How matrices lie in memory; null for as they are stored.</param>
    /// <param name="pool">Who packs.</param>
    public TextWeights ReadText(SimdTier tier, WeightType? type, WorkerPool pool)
    {
        TransformerConfig t = _config.Text!.Transformer;
        Loader load = new(this, tier, type);
        TextWeights weights = new(
            new TokenEmbedding(_numbers, _found["text.token_embedding"][0], t.Width),
            Read("text.positional_embedding"),
            load.Blocks("text", t),
            load.LayerNorm("text.ln_final", t),
            load.Matrix("text.projection", t.Width, _config.EmbeddingWidth, bias: false));
        load.Run(pool);
        return weights;
    }

    /// <summary>Numbers that stand for a tensor, the same in every dialect: all of them where its rank is 1, else some that are evenly spread over [outputs, inputs].</summary>
    /// <param name="row">A tensor of the configuration.</param>
    /// <param name="count">How many are taken of a tensor of higher rank.</param>
    public float[] Sample(CheckpointTensor row, int count)
    {
        TensorInfo[] found = _found[row.Canonical];
        if (row.OpenClipShape.Length == 1)
            return [.. found.SelectMany(_numbers.Read)];
        bool isTransposed = row.IsTransposed && Dialect != CheckpointDialect.HuggingFace;
        (long inputs, long outputs) = isTransposed ? (found[0].Shape[0], found[0].Shape[1]) : (0, 0);
        long total = found.Sum(part => part.ElementCount);
        float[] sample = new float[count];
        for (int i = 0; i < count; i++)
        {
            long element = (2 * i + 1) * total / (2 * count);
            long stored = isTransposed ? element % inputs * outputs + element / inputs : element;
            TensorInfo part = found[stored / found[0].ElementCount];
            _numbers.Read(part, stored % found[0].ElementCount, sample.AsSpan(i, 1));
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
                _packed.Add((tier, type), found = PackedFile.Find(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!, tier, type, () => ModelFingerprint.Of(this, _config)));
            return found;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (PackedFile? packed in _packed.Values)
            packed?.Dispose();
        _file.Dispose();
    }

    /// <summary>How a matrix lies in memory: as was asked for, else as it is stored. Only a block's matrices become integers: a tower's ends are small and suffer most.</summary>
    /// <param name="weight">Its canonical name.</param>
    /// <param name="asked">What was asked for; null for as it is stored.</param>
    public WeightType TypeOf(string weight, WeightType? asked)
    {
        bool isInner = weight.Contains(".blocks.", StringComparison.Ordinal);
        if (asked is WeightType type && (isInner || type != WeightType.Int8))
            return type;
        NumberType[] stored = [.. _found[weight].Select(tensor => tensor.Type).Distinct()];
        return stored switch
        {
            [NumberType.BF16] => WeightType.BF16,
            [NumberType.F16] => WeightType.F16,
            [NumberType.I8] when isInner => WeightType.Int8,
            _ => WeightType.F32,
        };
    }

    private float? Scalar(string name)
    {
        if (!_found.TryGetValue(name, out TensorInfo[]? found))
            return null;
        TensorInfo tensor = found[0];
        if (tensor.ElementCount != 1)
            throw new InvalidDataException($"{_file.Path}: {tensor} must have one element.");
        float value = 0f;
        _file.ReadFloats(tensor, new Span<float>(ref value));
        return value;
    }

    private float[] Read(string canonical) => _numbers.Read(_found[canonical][0]);

    private void Match()
    {
        Dictionary<string, TensorInfo> byName = StripPrefix(_file.Tensors);
        Dialect = DetectDialect(byName);
        List<string> missing = [], misfits = [];
        foreach (CheckpointTensor row in _table.Values)
        {
            long[] shape = Array.ConvertAll(row.ShapeIn(Dialect), n => (long)n);
            List<TensorInfo> parts = [];
            foreach (string name in row.NamesIn(Dialect))
            {
                if (!byName.Remove(name, out TensorInfo? tensor))
                    missing.Add(name);
                else if (Misfit(tensor, shape, byName) is string misfit)
                    misfits.Add(misfit);
                else
                {
                    parts.Add(tensor);
                    CanonicalNames[tensor.Name] = row.Canonical;
                }
            }
            _found[row.Canonical] = [.. parts];
        }
        List<string> unknown = SortOutUnused(byName);
        StringBuilder problems = new();
        ProblemList.AppendTo(problems, misfits, "tensors that do not fit");
        ProblemList.AppendTo(problems, missing, $"missing tensors ({Dialect} names)");
        ProblemList.AppendTo(problems, unknown, "tensors that this model does not have");
        if (problems.Length > 0)
            throw new InvalidDataException($"{_file.Path} does not hold the model that its configuration describes:{problems}\nCheck that configuration and weights belong together.");
    }

    private string? Misfit(TensorInfo tensor, long[] shape, Dictionary<string, TensorInfo> rest)
    {
        if (!tensor.Shape.AsSpan().SequenceEqual(shape))
            return $"{tensor.Name}: expected [{string.Join(", ", shape)}] by the configuration, found [{string.Join(", ", tensor.Shape)}]";
        if (tensor.Type == NumberType.I8 && rest.Remove(tensor.Name + TensorNumbers.ScaleSuffix, out TensorInfo? scales) && !_numbers.TryAddScales(tensor, scales))
            return $"{scales.Name}: expected [{tensor.Shape[0]}] scales of {tensor.Name}, found {scales}";
        return _numbers.IsReadable(tensor) ? null : $"{tensor.Name}: expected {NumberTypes.Floats}, found {tensor.Type.Name()}{(tensor.Type == NumberType.I8 ? " without its scales, " + tensor.Name + TensorNumbers.ScaleSuffix : "")}";
    }

    /// <summary>What is left over: ignorable by name, of a tower that is not configured, or unknown (returned).</summary>
    private List<string> SortOutUnused(Dictionary<string, TensorInfo> rest)
    {
        List<string> unknown = [];
        foreach ((string name, TensorInfo tensor) in rest)
        {
            if (name is CheckpointNames.LogitScale or CheckpointNames.LogitBias)
            {
                _found[name] = [tensor];
                CanonicalNames[tensor.Name] = name;
            }
            else if (CheckpointNames.IsIgnorable(name))
                Unused.Add((tensor, "carries nothing"));
            else if (_config.Vision is null && CheckpointNames.IsOfVision(name))
                Unused.Add((tensor, "belongs to the vision tower, which the configuration does not have"));
            else if (_config.Text is null && CheckpointNames.IsOfText(name))
                Unused.Add((tensor, "belongs to the text tower, which the configuration does not have"));
            else
                unknown.Add(Throw.Quote(tensor.Name));
        }
        return unknown;
    }

    /// <summary>Names without the one prefix that wrappers put before all of them.</summary>
    private static Dictionary<string, TensorInfo> StripPrefix(IReadOnlyList<TensorInfo> tensors)
    {
        foreach (string prefix in (ReadOnlySpan<string>)["module.", "clip.", "model."])
            if (tensors.Count > 0 && tensors.All(t => t.Name.StartsWith(prefix, StringComparison.Ordinal)))
                return tensors.ToDictionary(t => t.Name[prefix.Length..]);
        return tensors.ToDictionary(t => t.Name);
    }

    private CheckpointDialect DetectDialect(Dictionary<string, TensorInfo> names)
    {
        // One anchor a column: a tensor that every model of that dialect has and no other.
        if (names.ContainsKey("vision_model.embeddings.class_embedding") || names.ContainsKey("text_model.embeddings.token_embedding.weight"))
            return CheckpointDialect.HuggingFace;
        if (names.ContainsKey("text.token_embedding.weight"))
            return CheckpointDialect.OpenClipCustomText;
        if (names.ContainsKey("visual.conv1.weight") || names.ContainsKey("token_embedding.weight"))
            return CheckpointDialect.OpenClip;
        string first = string.Join(", ", names.Keys.Take(3).Select(Throw.Quote));
        throw new InvalidDataException(
            $"{_file.Path} does not name its tensors as a CLIP of OpenAI, OpenCLIP or Hugging Face does (the first of its {names.Count} are: {first}). Check that this is a CLIP checkpoint.");
    }

    /// <summary>Collects what is to be packed, then packs it on all workers.</summary>
    private sealed class Loader(CheckpointReader reader, SimdTier tier, WeightType? type)
    {
        private readonly List<Action> _jobs = [];
        private readonly PackedFile? _packed = reader.PackedFor(tier, type);

        public PackedMatrix Matrix(string canonical, int inputs, int outputs, bool bias = true, int parts = 1)
        {
            string weight = bias ? canonical + ".weight" : canonical;
            PanelLayout layout = PanelLayout.Of(tier, reader.TypeOf(weight, type));
            PackedMatrix matrix = _packed?.Find(weight, inputs, outputs, parts, layout) ?? NewMatrix(weight, inputs, outputs, parts, layout);
            for (int part = 0; part < parts && bias; part++)
            {
                int index = part;
                reader.Use(canonical + ".bias", index, parts, numbers => matrix.SetBias(index, numbers));
            }
            return matrix;
        }

        private PackedMatrix NewMatrix(string weight, int inputs, int outputs, int parts, PanelLayout layout)
        {
            PackedMatrix matrix = new(inputs, outputs, parts, layout);
            bool transposed = reader._table[weight].IsTransposed && reader.Dialect != CheckpointDialect.HuggingFace;
            WeightOrder order = transposed ? WeightOrder.InputsByOutputs : WeightOrder.OutputsByInputs;
            for (int i = 0; i < parts; i++)
            {
                int part = i;
                _jobs.Add(() => reader.Use(weight, part, parts, numbers => Pack(matrix, weight, part, numbers, order)));
            }
            return matrix;
        }

        private void Pack(PackedMatrix matrix, string weight, int part, ReadOnlySpan<float> numbers, WeightOrder order)
        {
            try
            {
                matrix.SetWeights(part, numbers, order);
            }
            catch (InvalidDataException e)
            {
                throw new InvalidDataException($"{reader.Path}: {weight}: {e.Message}", e); // what packs knows neither file nor name
            }
        }

        public LayerNormWeights LayerNorm(string canonical, TransformerConfig t)
        {
            LayerNormWeights norm = new(t.Width, t.LayerNormEps);
            reader.Use(canonical + ".weight", 0, 1, numbers => numbers.CopyTo(norm.WeightSpan));
            reader.Use(canonical + ".bias", 0, 1, numbers => numbers.CopyTo(norm.BiasSpan));
            return norm;
        }

        public BlockWeights[] Blocks(string tower, TransformerConfig t)
        {
            BlockWeights[] blocks = new BlockWeights[t.Layers];
            for (int i = 0; i < blocks.Length; i++)
            {
                string block = $"{tower}.blocks.{i}";
                blocks[i] = new(
                    LayerNorm(block + ".ln_1", t),
                    Matrix(block + ".attn.qkv", t.Width, t.Width, parts: 3),
                    Matrix(block + ".attn.out", t.Width, t.Width),
                    LayerNorm(block + ".ln_2", t),
                    Matrix(block + ".mlp.fc", t.Width, t.MlpWidth),
                    Matrix(block + ".mlp.proj", t.MlpWidth, t.Width));
            }
            return blocks;
        }

        public void Run(WorkerPool pool)
        {
            JobsBody body = new() { Jobs = _jobs };
            pool.Run(_jobs.Count, ref body);
            foreach (SafetensorsFile file in reader._file.Files)
                file.Release(); // what small tensors and the edges of large ones share pages with
        }

        private struct JobsBody : IParallelBody
        {
            public List<Action> Jobs;

            public readonly void Invoke(int index, int worker) => Jobs[index]();
        }
    }

    private delegate void NumbersUser(ReadOnlySpan<float> numbers);

    /// <summary>
    /// Hands over the numbers of one part of a tensor: straight from the mapped file where they are F32, else widened. Nobody reads them again, so
    /// their pages are released at once: file and packed weights would be in memory twice.
    /// </summary>
    private void Use(string canonical, int part, int parts, NumbersUser user)
    {
        TensorInfo[] found = _found[canonical];
        // A tensor for each part, or one that holds all of them.
        (TensorInfo tensor, int pieces, int piece) = found.Length == parts ? (found[part], 1, 0) : (found[0], parts, part);
        long count = tensor.ElementCount / pieces, bytes = tensor.ByteLength / pieces, offset = piece * bytes;
        SafetensorsFile file = _file.FileOf(tensor);
        if (tensor.Type == NumberType.F32 && BitConverter.IsLittleEndian)
        {
            using Lease lease = file.Lease(tensor, offset, bytes);
            user(MemoryMarshal.Cast<byte, float>(lease.Span(0, checked((int)bytes))));
        }
        else
        {
            float[] numbers = new float[count];
            _numbers.Read(tensor, piece * count, numbers);
            user(numbers);
        }
        file.Release(tensor, offset, bytes);
    }

    private sealed class TokenEmbedding(TensorNumbers numbers, TensorInfo tensor, int width) : ITokenEmbedding
    {
        public void Read(int id, Span<float> destination) => numbers.Read(tensor, (long)id * width, destination);
    }
}
