using System.CommandLine;
using System.Reflection;
using System.Runtime.InteropServices;
using PureClip.Cli.Arguments;
using PureClip.Cli.Output;

namespace PureClip.Cli.Commands;

/// <summary><c>pureclip info</c>: the program, the machine, and what a model needs of it.</summary>
internal sealed class InfoCommand : ShellCommand
{
    private readonly FormatOption _format;
    private readonly ModelOptions _model;
    private readonly ImageSizeOption _imageSize;

    public InfoCommand(Shell shell)
        : base(shell, "info",
            "Show version, vector width, threads and picture formats, and the memory that a model needs.",
            ["The memory is that of the packed weights, and of the workspaces that the threads compute in. However large a batch is, and "
                + "however many calls wait, it is no more; where inputs are few or short, the system hands out only a part of it.",
                "int8: how --weights int8 multiplies here. Vectors of 7 bits and of 8 differ a little; an index keeps which it has, and is "
                + "not searched with the other.",
                "jsonl: one object"],
            new("pureclip info --model weights/clip-vit-base-patch32", "Does this model fit into memory?"),
            new("PURECLIP_SIMD=avx2 pureclip info", "As on a machine with narrower vectors"))
    {
        _format = new(this);
        _model = new(this);
        _imageSize = new(this);
    }

    protected override void Run(ParseResult line)
    {
        ClipOptions options = _model.Options(line);
        using Runtime runtime = new(options.Threads);
        ModelInspection model = ModelInspection.Of(_model.Directory(line), _imageSize.Of(line));
        Shell.Cancellation.ThrowIfCancellationRequested();
        if (model.Problems.Count > 0)
            throw new InvalidDataException(model.Problems[0]);

        TowerNeeds? vision = model.Vision(options.Weights, runtime), text = model.Text(options.Weights, runtime);
        Facts facts = new();
        facts.Add("version", Version);
        facts.Add("runtime", $"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.RuntimeIdentifier}");
        facts.Add("simd", NameOf(runtime.Vectors));
        facts.Add("simd_reason", runtime.Reason);
        facts.Add("simd_available", string.Join(", ", Runtime.Available.Select(NameOf)));
        facts.Add("int8", runtime.IntegerBits == 8
            ? "8 bits by 8, as with VNNI, on ARM and in 128-bit vectors"
            : "7 bits by 8, as 256-bit vectors without VNNI need it");
        facts.Add("processors", Environment.ProcessorCount);
        facts.Add("threads", runtime.Threads);
        facts.Add("picture_formats", string.Join(", ", PictureFormats.Decoders.Select(format => format.FormatName)));
        facts.Add("model", model.Path, kind: TextKind.Path);
        facts.Add("embedding_width", model.Config!.EmbeddingWidth);
        if (model.Config.Vision is PureClip.Model.VisionConfig pictures)
            facts.Add("image_size", pictures.ImageSize);
        facts.Add("positions", model.Architecture.FirstOrDefault(fact => fact.Key == "vision_positions").Value as string);
        facts.Add("weights", MatricesOf(vision, text));
        facts.Add("packed", model.FindPacked(options.Weights, runtime) ?? "in memory, at first use", kind: TextKind.Path);
        if (model.ReadTokenizerKind() is string tokenizer)
            facts.Add("tokenizer", tokenizer);
        Describe("vision", "pictures_per_pass", vision, facts);
        Describe("text", "longest_texts_per_pass", text, facts);
        Shell.Cancellation.ThrowIfCancellationRequested();
        facts.Write(Shell, _format.Of(line, Shell));
    }

    private static string Version =>
        typeof(Clip).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";

    private static string NameOf(VectorWidth vectors) => vectors.ToString().ToLowerInvariant();

    private static string MatricesOf(params TowerNeeds?[] towers) => string.Join(", ", towers.OfType<TowerNeeds>()
        .SelectMany(tower => tower.Matrices)
        .GroupBy(matrices => matrices.Key, matrices => matrices.Value)
        .Select(counts => $"{counts.Sum()} {counts.Key}"));

    private static void Describe(string name, string inputsPerPass, TowerNeeds? tower, Facts facts)
    {
        if (tower is null)
            return;
        facts.Add($"{name}_weights_bytes", tower.WeightBytes, Facts.Megabytes);
        facts.Add($"{name}_workspace_bytes", tower.WorkspaceBytes, Facts.Megabytes);
        facts.Add($"{name}_{inputsPerPass}", tower.InputsPerPass);
    }
}
