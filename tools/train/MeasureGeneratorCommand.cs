using System.CommandLine;
using System.Text.Json;
using PureClip.Cli;
using PureClip.Cli.Output;
using PureClip.Files;
using PureClip.Generation;
using PureClip.Train.Data;
using PureClip.Train.Measuring;

namespace PureClip.Train;

/// <summary><c>pureclip-train measure-generator</c>: how well a network draws, beside real pictures.</summary>
internal static class MeasureGeneratorCommand
{
    private const int Columns = 10;

    public static Command Create(Shell shell)
    {
        Argument<string> generator = new("GENERATOR") { Description = "The network: generator.safetensors." };
        Option<string> data = Needed("--data", "FILE", "The file of drawings that it has learnt from.");
        Option<string> measured = Needed("--measured", "FILE", "The file of drawings that are never trained on.");
        Option<string> model = Needed("--model", "DIR", "The CLIP in whose space it draws.");
        Option<string?> judge = new("--judge")
        {
            HelpName = "DIR",
            Description = "Another CLIP, that has not steered it: it says what it sees as well.",
        };
        Option<string?> output = new("--output")
        {
            HelpName = "DIR",
            Description = "Where grid.png goes, 24 fixed prompts, and closest.png, the pictures nearest to what was learnt beside that.",
        };
        Option<int> captions = Number("--captions", "Captions, a picture each.", 200);
        Option<int> steps = Number("--steps", "Steps of a picture.", new DrawingOptions().Steps);
        Option<double> guidance = new("--guidance")
        {
            HelpName = "X",
            Description = "How strongly pictures follow what is asked for.",
            DefaultValueFactory = _ => new DrawingOptions().Guidance,
        };
        Option<int> seed = Number("--seed", "Which captions and which noise.", 1);
        Command command = new("measure-generator", "Measure a network that draws.")
        {
            generator, data, measured, model, judge, output, captions, steps, guidance, seed,
        };
        command.SetAction(line =>
        {
            Program.StandBack();
            using PictureSet learnt = PictureSet.Open(line.GetValue(data)!), never = PictureSet.Open(line.GetValue(measured)!);
            using Clip clip = Clip.Load(line.GetValue(model)!);
            using Clip? other = line.GetValue(judge) is string path ? Clip.Load(path) : null;
            using PictureGenerator network = PictureGenerator.Load(line.GetValue(generator)!, clip);
            DrawingOptions options = new() { Steps = line.GetValue(steps), Guidance = line.GetValue(guidance) };
            DrawingMeasures measures = new(learnt, never, (ulong)line.GetValue(seed));
            int count = line.GetValue(captions);
            DrawingFigures figures;
            IReadOnlyList<DrawnPicture> closest;
            using (ProgressLine progress = shell.StartProgress(count + HoldOut.Names.Count(), "pictures", streams: false))
                figures = measures.Run(network, clip, other, count, options, progress.Report, out closest);
            shell.Out.WriteLine(JsonSerializer.Serialize(figures));
            if (line.GetValue(output) is string folder)
            {
                Directory.CreateDirectory(folder);
                Write(GeneratorCommand.GridOf(network, options), Path.Combine(folder, "grid.png"));
                Write(DrawnPicture.Sheet(closest, Columns), Path.Combine(folder, "closest.png"));
            }
            return ExitCode.Success;
        });
        return command;
    }

    private static void Write(DrawnPicture picture, string path)
    {
        using AtomicFile file = new(path);
        picture.WritePng(file.Stream);
        file.Commit();
    }

    private static Option<string> Needed(string name, string helpName, string description) =>
        new(name) { HelpName = helpName, Description = description, Required = true };

    private static Option<int> Number(string name, string description, int usual) =>
        new(name) { HelpName = "N", Description = description, DefaultValueFactory = _ => usual };
}
