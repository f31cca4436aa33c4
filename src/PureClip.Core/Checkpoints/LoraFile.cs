using System.Numerics.Tensors;
using PureClip.Files;
using PureClip.Model;

namespace PureClip.Checkpoints;

/// <summary>
/// W += scale · B·A, row by row, in double precision and rounded once: what an adapter adds is small beside W, and roundings after each
/// rank would add up to more than the encoder's own. Whoever merges an adapter gets the same bits.
/// </summary>
internal static class LowRankSum
{
    private const int Block = 256;

    /// <summary>α/r</summary>
    public static double ScaleOf(double alpha, int rank) => alpha / rank;

    /// <summary>Adds a row's share.</summary>
    /// <param name="a">A: [rank, columns]</param>
    /// <param name="b">[rank]: the row of B.</param>
    /// <param name="scale">α/r</param>
    /// <param name="row">[columns]: the row of W, or some of its columns.</param>
    /// <param name="columns">Columns of A; 0 for as many as the row has.</param>
    /// <param name="first">The first of the columns that the row begins with.</param>
    public static void AddRow(
        ReadOnlySpan<double> a, ReadOnlySpan<float> b, double scale, Span<float> row, int columns = 0, int first = 0)
    {
        if (columns == 0)
            columns = row.Length;
        Span<double> block = stackalloc double[Block];
        for (int at = 0; at < row.Length; at += Block)
        {
            Span<float> numbers = row.Slice(at, Math.Min(Block, row.Length - at));
            Span<double> sums = block[..numbers.Length];
            TensorPrimitives.ConvertTruncating<float, double>(numbers, sums);
            for (int r = 0; r < b.Length; r++)
                TensorPrimitives.MultiplyAdd(a.Slice(r * columns + first + at, sums.Length), scale * b[r], sums, sums);
            TensorPrimitives.ConvertTruncating<double, float>(sums, numbers);
        }
    }
}

/// <summary>What an adapter adds to some rows of a tensor, in the tensor's canonical order (outputs first).</summary>
/// <param name="FirstRow">The first of them.</param>
/// <param name="Rows">How many.</param>
/// <param name="A">[rank, columns]</param>
/// <param name="B">[rows, rank]</param>
/// <param name="Scale">α/r</param>
/// <param name="IsTurned">Whether the tensor is stored as [columns, rows].</param>
internal sealed record TensorAdapter(int FirstRow, int Rows, double[] A, float[] B, double Scale, bool IsTurned)
{
    private int Rank => B.Length / Rows;

    /// <summary>Adds its share to a range of the tensor's elements.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="first">The first element.</param>
    /// <param name="numbers">The elements.</param>
    public void Add(TensorInfo tensor, long first, Span<float> numbers)
    {
        int columns = A.Length / Rank;
        if (IsTurned)
        {
            long rows = tensor.Shape[1];
            for (int i = 0; i < numbers.Length; i++)
                if ((first + i) % rows - FirstRow is >= 0 and long row && row < Rows)
                    LowRankSum.AddRow(
                        A, B.AsSpan((int)row * Rank, Rank), Scale, numbers.Slice(i, 1), columns, (int)((first + i) / rows));
            return;
        }
        for (int at = 0; at < numbers.Length;)
        {
            (long row, long column) = Math.DivRem(first + at, columns);
            int length = (int)Math.Min(columns - column, numbers.Length - at);
            if (row >= FirstRow && row < FirstRow + Rows)
                LowRankSum.AddRow(
                    A, B.AsSpan((int)(row - FirstRow) * Rank, Rank), Scale, numbers.Slice(at, length), columns, (int)column);
            at += length;
        }
    }
}

/// <summary>
/// Low-rank adapters as PEFT writes them: <c>adapter_config.json</c> and, in <c>adapter_model.safetensors</c>, two tensors for each adapted
/// module, <c>base_model.model.MODULE.lora_A.weight</c> [r, inputs] and <c>….lora_B.weight</c> [outputs, r]. Loaded with a model, W becomes
/// W + (α/r)·B·A as its numbers are read.
/// </summary>
/// <remarks>
/// huggingface/peft, docs/source/developer_guides/checkpoint.md; α/√r where <c>use_rslora</c> says so (Kalajdzievski 2023). Modules may have
/// the names of any layout that can be loaded, whatever that of the model's own file.
/// </remarks>
internal sealed class LoraFile
{
    /// <summary>The two files.</summary>
    public const string ConfigName = "adapter_config.json", WeightsName = "adapter_model.safetensors";

    /// <summary>What stands before and behind a module's name.</summary>
    public const string Prefix = "base_model.model.", EndOfA = ".lora_A.weight", EndOfB = ".lora_B.weight";

    private const string Weight = ".weight";

    private readonly string _path;
    private readonly JsonFile _config;

    private LoraFile(string directory)
    {
        _path = Path.Combine(directory, WeightsName);
        _config = JsonFile.Read(Path.Combine(directory, ConfigName));
        Require("peft_type", _config.String("peft_type") ?? "LORA", "LORA");
        Require("bias", _config.String("bias") ?? "none", "none");
        foreach (string flag in (string[])["use_dora", "fan_in_fan_out", "lora_bias"])
            if (_config.Bool(flag, otherwise: false))
                throw _config.NotSupported(flag, "true", "false");
        if (_config.Has("modules_to_save") && _config.Strings("modules_to_save").Count > 0)
            throw _config.NotSupported("modules_to_save", "a list", "null: only low-rank adapters");
    }

    /// <summary>Adds a directory's adapters to the numbers of a checkpoint.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such directory.</exception>
    /// <exception cref="InvalidDataException">
    /// It holds no adapter, one that is not supported, or one of another model; the message says which.
    /// </exception>
    public static void Apply(string directory, Checkpoint checkpoint)
    {
        if (!Directory.Exists(directory))
            throw new DirectoryNotFoundException(
                $"There is no directory {directory}. An adapter is a directory with {ConfigName} and {WeightsName}.");
        foreach (string name in (string[])[ConfigName, WeightsName])
            if (!File.Exists(Path.Combine(directory, name)))
                throw new InvalidDataException(
                    $"{directory} has no {name}. An adapter is a directory with {ConfigName} and {WeightsName}, as PEFT writes them.");
        Open(directory).Apply(checkpoint);
    }

    /// <summary>Reads a directory's configuration.</summary>
    /// <exception cref="InvalidDataException">It is of an adapter that is not supported.</exception>
    public static LoraFile Open(string directory) => new(directory);

    private void Apply(Checkpoint checkpoint)
    {
        using SafetensorsFile file = SafetensorsFile.Open(_path);
        Dictionary<string, (Parameter Parameter, int Part, int Parts)> modules = ModulesOf(checkpoint);
        HashSet<string> used = new(StringComparer.Ordinal);
        foreach (TensorInfo a in file.Tensors.Where(static tensor => tensor.Name.EndsWith(EndOfA, StringComparison.Ordinal)))
        {
            string module = a.Name[..^EndOfA.Length];
            string bare = module.StartsWith(Prefix, StringComparison.Ordinal) ? module[Prefix.Length..] : module;
            if (!modules.TryGetValue(bare, out (Parameter Parameter, int Part, int Parts) found))
                throw Unfit($"it adapts {Problem.Quote(bare)}, which is no matrix of this model{Nearest(bare, modules.Keys)}");
            if (!file.TryGet(module + EndOfB, out TensorInfo? b))
                throw Unfit($"it has {a.Name} without {module}{EndOfB}");
            used.UnionWith([a.Name, b.Name]);
            Add(checkpoint, found, file, a, b, ScaleOf(bare, (int)a.Shape[0]));
        }
        if (file.Tensors.FirstOrDefault(tensor => !used.Contains(tensor.Name)) is TensorInfo stranger)
            throw Unfit($"it holds {stranger}, which is no part of a low-rank adapter of a matrix");
        if (used.Count == 0)
            throw Unfit("it holds no adapter");
    }

    /// <summary>Every matrix by each name that it has in a layout.</summary>
    public static Dictionary<string, (Parameter Parameter, int Part, int Parts)> ModulesOf(Checkpoint checkpoint)
    {
        Dictionary<string, (Parameter Parameter, int Part, int Parts)> modules = new(StringComparer.Ordinal);
        foreach (Dialect dialect in (Dialect[])[checkpoint.Dialect, .. Names.Dialects])
            foreach (Parameter parameter in checkpoint.Towers.Parameters.Where(static p => p.IsMatrix && p.Shape.Length == 2))
                if (Names.Of(parameter.Name, dialect) is SourceName source)
                    for (int part = 0; part < source.Names.Length; part++)
                        if (source.Names[part].EndsWith(Weight, StringComparison.Ordinal))
                            modules.TryAdd(source.Names[part][..^Weight.Length], (parameter, part, source.Names.Length));
        return modules;
    }

    /// <summary>Adds one matrix's adapter to the numbers of a checkpoint.</summary>
    /// <param name="checkpoint">Whose.</param>
    /// <param name="at">Which matrix, or part of one; see <see cref="ModulesOf"/>.</param>
    /// <param name="a">A: [rank, columns]</param>
    /// <param name="b">B: [rows, rank]</param>
    /// <param name="file">Where they are from.</param>
    /// <param name="scale">What their product is multiplied by.</param>
    /// <exception cref="InvalidDataException">They do not fit the matrix, or are not finite.</exception>
    public static void Add(
        Checkpoint checkpoint, (Parameter Parameter, int Part, int Parts) at, SafetensorsFile file, TensorInfo a, TensorInfo b,
        double scale) =>
        Add(
            checkpoint, at.Parameter, at.Part, at.Parts, Array.ConvertAll(Floats(file, a), static x => (double)x), Floats(file, b), a, b,
            scale, file.Path);

    private static string Nearest(string module, IEnumerable<string> modules) =>
        Problem.Nearest(module, modules) is string nearest ? $" (the nearest is {Problem.Quote(nearest)})" : "";

    private static float[] Floats(SafetensorsFile file, TensorInfo tensor)
    {
        float[] numbers = new float[tensor.ElementCount];
        file.ReadFloats(tensor, numbers);
        return Array.TrueForAll(numbers, float.IsFinite)
            ? numbers
            : throw new InvalidDataException(
                $"{file.Path}: {tensor} holds numbers that are not finite. Its training has overflowed, or the file is damaged.");
    }

    /// <summary>The tensors of the file that hold the rows of one part of a parameter get their share.</summary>
    private static void Add(
        Checkpoint checkpoint, Parameter parameter, int part, int parts, double[] a, float[] b, TensorInfo infoA, TensorInfo infoB,
        double scale, string path)
    {
        long rows = parameter.Shape[0] / parts, columns = parameter.Count / parameter.Shape[0];
        if (infoA.Shape.Length != 2 || infoB.Shape.Length != 2 || infoA.Shape[0] != infoB.Shape[1] || infoA.Shape[0] == 0
            || infoA.Shape[1] != columns || infoB.Shape[0] != rows)
            throw Unfit(path, $"{infoA} and {infoB} do not fit a matrix of [{rows}, {columns}]");
        int rank = (int)infoA.Shape[0];
        TensorInfo[] tensors = checkpoint.TensorsOf(parameter);
        long each = parameter.Shape[0] / tensors.Length;
        for (int i = 0; i < tensors.Length; i++)
        {
            long from = Math.Max(i * each, part * rows), to = Math.Min((i + 1) * each, (part + 1) * rows);
            if (from < to)
                checkpoint.Numbers.Adapt(tensors[i], new(
                    (int)(from - i * each), (int)(to - from), a, b[(int)((from - part * rows) * rank)..(int)((to - part * rows) * rank)],
                    scale, checkpoint.IsTurned(parameter)));
        }
    }

    /// <summary>α/r, of the module itself where the configuration says so.</summary>
    /// <param name="module">Its name.</param>
    /// <param name="rank">Rows of A.</param>
    public double ScaleOf(string module, int rank)
    {
        int declared = Pattern("rank_pattern", module) is double own ? (int)own : _config.Int("r", rank);
        if (declared != rank)
            throw Unfit($"the adapter of {module} has rank {rank}, and {ConfigName} says {declared}");
        double alpha = Pattern("alpha_pattern", module) ?? _config.Number("lora_alpha", rank);
        return _config.Bool("use_rslora", otherwise: false) ? alpha / Math.Sqrt(rank) : LowRankSum.ScaleOf(alpha, rank);
    }

    /// <summary>What a pattern says of a module: keys are its whole name, or what it ends in.</summary>
    private double? Pattern(string name, string module)
    {
        if (_config.Object(name) is not JsonFile patterns)
            return null;
        for (string rest = module; ; rest = rest[(rest.IndexOf('.', StringComparison.Ordinal) + 1)..])
        {
            if (patterns.IsNumber(rest))
                return patterns.Number(rest, 0);
            if (!rest.Contains('.', StringComparison.Ordinal))
                return null;
        }
    }

    private void Require(string name, string found, string allowed)
    {
        if (!string.Equals(found, allowed, StringComparison.Ordinal))
            throw _config.NotSupported(name, Problem.Quote(found), allowed);
    }

    private InvalidDataException Unfit(string found) => Unfit(_path, found);

    private static InvalidDataException Unfit(string path, string found) =>
        new($"{path}: {found}. Take an adapter that was made for this model.");
}
