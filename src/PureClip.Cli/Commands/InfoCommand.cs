using System.CommandLine;
using System.Reflection;
using System.Runtime.InteropServices;
using PureClip.Checkpoints;
using PureClip.Cli.Arguments;
using PureClip.Cli.Output;
using PureClip.Kernels;
using PureClip.Model;

namespace PureClip.Cli.Commands;

/// <summary><c>pureclip info</c>: the program, the machine, and what a model needs of it.</summary>
internal sealed class InfoCommand : ShellCommand
{
    private readonly FormatOption _format;
    private readonly ModelOptions _model;

    public InfoCommand(Shell shell)
        : base(shell, "info",
            "Show version, vector width and threads, and the memory that a model needs.",
            ["The memory is that of the packed weights, and of the workspaces that the threads compute in. However large a batch is, and however "
                + "many calls wait, it is no more; where inputs are few or short, the system hands out only a part of it.",
                "jsonl: one object"],
            new("pureclip info --model weights/clip-vit-base-patch32", "Does this model fit into memory?"),
            new("PURECLIP_SIMD=avx2 pureclip info", "As on a machine with narrower vectors"))
    {
        _format = new(this);
        _model = new(this);
    }

    protected override void Run(ParseResult line)
    {
        using Runtime runtime = new(_model.Options(line).Threads);
        ModelDirectory model = ModelDirectory.Open(_model.Directory(line));
        Shell.Cancellation.ThrowIfCancellationRequested();

        Facts facts = new();
        facts.Add("version", Version);
        facts.Add("runtime", $"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.RuntimeIdentifier}");
        facts.Add("simd", NameOf(runtime.Vectors));
        facts.Add("simd_reason", runtime.Reason);
        facts.Add("simd_available", string.Join(", ", Runtime.Available.Select(NameOf)));
        facts.Add("processors", Environment.ProcessorCount);
        facts.Add("threads", runtime.Threads);
        facts.Add("model", model.Path, kind: TextKind.Path);
        facts.Add("embedding_width", model.Config.EmbeddingWidth);
        using Checkpoint checkpoint = Checkpoint.Open(model.WeightsPath, model.Config);
        Shell.Cancellation.ThrowIfCancellationRequested();
        WeightType? asked = _model.Options(line).Weights;
        facts.Add("weights", string.Join(", ", checkpoint.Towers.Parameters.Where(parameter => parameter.IsMatrix).GroupBy(matrix => checkpoint.TypeOf(matrix, asked)).Select(group => $"{group.Count()} {group.Key}")));
        facts.Add("packed", checkpoint.PackedFor(runtime.Tier, asked)?.Path ?? "in memory, at first use", kind: TextKind.Path);
        long WeightBytes(Tower tower) => tower.Parameters.Where(parameter => parameter.Use != Use.Table)
            .Sum(parameter => parameter.Count * (parameter.IsMatrix ? new PanelLayout(checkpoint.TypeOf(parameter, asked), 1, 1, 1).Bytes : sizeof(float)));
        DescribeVision(checkpoint.Towers.Vision, runtime, WeightBytes, facts);
        DescribeText(checkpoint.Towers.Text, runtime, WeightBytes, facts);
        Shell.Cancellation.ThrowIfCancellationRequested();

        facts.Write(Shell, _format.Of(line, Shell));
    }

    private static string NameOf(VectorWidth vectors) => vectors.ToString().ToLowerInvariant();

    private static string Version =>
        typeof(Clip).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";

    private static void DescribeVision(VisionTower? vision, Runtime runtime, Func<Tower, long> weightBytes, Facts facts)
    {
        if (vision is null)
            return;
        facts.Add("vision_weights_bytes", weightBytes(vision), Facts.Megabytes);
        facts.Add("vision_workspace_bytes", Round.BytesOf(vision, runtime), Facts.Megabytes);
        facts.Add("vision_pictures_per_pass", PassPlan.SequencesPerPass(vision.RowsPerPicture));
    }

    private static void DescribeText(TextTower? text, Runtime runtime, Func<Tower, long> weightBytes, Facts facts)
    {
        if (text is null)
            return;
        facts.Add("text_weights_bytes", weightBytes(text), Facts.Megabytes);
        facts.Add("text_workspace_bytes", Round.BytesOf(text, runtime), Facts.Megabytes);
        facts.Add("text_longest_texts_per_pass", PassPlan.SequencesPerPass(text.MostRows));
    }
}
