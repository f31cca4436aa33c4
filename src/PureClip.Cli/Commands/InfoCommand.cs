using System.CommandLine;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using PureClip.Checkpoints;
using PureClip.Cli.Arguments;
using PureClip.Cli.Output;
using PureClip.Kernels;
using PureClip.Model;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip.Cli.Commands;

/// <summary><c>pureclip info</c>: the program, the machine, and what a model needs of it.</summary>
internal sealed class InfoCommand : ShellCommand
{
    // Compiled ahead of time, a program has the vectors that it was compiled for, whatever the machine has.
    private static readonly string Widest = RuntimeFeature.IsDynamicCodeCompiled
        ? "the widest that this machine has"
        : "the widest that this program was compiled for (IlcInstructionSet)";

    private readonly FormatOption _format;
    private readonly ModelOptions _model;

    public InfoCommand(Shell shell)
        : base(shell, "info",
            "Show version, vector width and threads, and the memory that a model needs.",
            ["The memory is that of the packed weights, and of the workspaces of one call: for a single input, which all threads share, "
                + "and for a batch, where each thread runs passes of its own. However large a batch is, it takes no more.",
                "jsonl: one object"],
            new("pureclip info --model weights/clip-vit-base-patch32", "Does this model fit into memory?"),
            new("PURECLIP_SIMD=avx2 pureclip info", "As on a machine with narrower vectors"))
    {
        _format = new(this);
        _model = new(this);
    }

    protected override void Run(ParseResult line)
    {
        int threads = _model.Options(line).Threads;
        string? forced = Environment.GetEnvironmentVariable(SimdTier.EnvironmentVariable);
        SimdTier tier = SimdTier.Choose(forced);
        ModelDirectory model = ModelDirectory.Open(_model.Directory(line));
        Shell.Cancellation.ThrowIfCancellationRequested();

        Facts facts = new();
        facts.Add("version", Version);
        facts.Add("runtime", $"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.RuntimeIdentifier}");
        facts.Add("simd", tier.Name);
        string why = string.IsNullOrEmpty(forced) ? Widest : SimdTier.EnvironmentVariable + " asks for it";
        facts.Add("simd_reason", $"{why}: {tier.Reason}");
        facts.Add("simd_available", string.Join(", ", SimdTier.All.Where(t => t.IsSupported).Select(t => t.Name)));
        facts.Add("processors", Environment.ProcessorCount);
        facts.Add("threads", threads);
        facts.Add("model", model.Path, kind: TextKind.Path);
        facts.Add("embedding_width", model.Config.EmbeddingWidth);
        using Checkpoint checkpoint = Checkpoint.Open(model.WeightsPath, model.Config);
        Shell.Cancellation.ThrowIfCancellationRequested();
        WeightType? asked = _model.Options(line).Weights;
        facts.Add("weights", string.Join(", ", checkpoint.Towers.Parameters.Where(parameter => parameter.IsMatrix).GroupBy(matrix => checkpoint.TypeOf(matrix, asked)).Select(group => $"{group.Count()} {group.Key}")));
        facts.Add("packed", checkpoint.PackedFor(tier, asked)?.Path ?? "in memory, at first use", kind: TextKind.Path);
        long WeightBytes(Tower tower) => tower.Parameters.Where(parameter => parameter.Use != Use.Table)
            .Sum(parameter => parameter.Count * (parameter.IsMatrix ? new PanelLayout(checkpoint.TypeOf(parameter, asked), 1, 1, 1).Bytes : sizeof(float)));
        DescribeVision(checkpoint.Towers.Vision, tier, threads, WeightBytes, facts);
        DescribeText(checkpoint.Towers.Text, tier, threads, WeightBytes, facts);
        Shell.Cancellation.ThrowIfCancellationRequested();

        facts.Write(Shell, _format.Of(line, Shell));
    }

    private static string Version =>
        typeof(Clip).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";

    private static void DescribeVision(VisionTower? vision, SimdTier tier, int threads, Func<Tower, long> weightBytes, Facts facts)
    {
        if (vision is null)
            return;
        facts.Add("vision_weights_bytes", weightBytes(vision), Facts.Megabytes);
        using Workspaces workspaces = new(vision, tier, WorkerPool.Serial);
        int perPass = PassPlan.SequencesPerPass(vision.RowsPerPicture);
        facts.Add("vision_workspace_bytes", BytesOf(workspaces, 1, threads, vision.RowsPerPicture), Facts.Megabytes);
        facts.Add("vision_pictures_per_pass", perPass);
        facts.Add("vision_batch_workspace_bytes", BytesOf(workspaces, threads, 1, perPass * vision.RowsPerPicture), Facts.Megabytes);
    }

    private static void DescribeText(TextTower? text, SimdTier tier, int threads, Func<Tower, long> weightBytes, Facts facts)
    {
        if (text is null)
            return;
        facts.Add("text_weights_bytes", weightBytes(text), Facts.Megabytes);
        using Workspaces workspaces = new(text, tier, WorkerPool.Serial);
        int perPass = PassPlan.SequencesPerPass(text.MostRows);
        facts.Add("text_workspace_bytes", BytesOf(workspaces, 1, threads, text.MostRows), Facts.Megabytes);
        facts.Add("text_longest_texts_per_pass", perPass);
        facts.Add("text_batch_workspace_bytes", BytesOf(workspaces, threads, 1, perPass * text.MostRows), Facts.Megabytes);
    }

    private static long BytesOf(Workspaces workspaces, int passes, int workers, int rows)
    {
        using WorkspaceSet set = workspaces.Rent(passes, workers, rows);
        return set.Bytes;
    }
}
