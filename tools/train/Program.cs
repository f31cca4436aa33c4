using System.CommandLine;
using PureClip.Cli;
using PureClip.Cli.Output;
using PureClip.Train.Data;
using PureClip.Train.Packages;

namespace PureClip.Train;

/// <summary>The program that makes the shipped model's data and trains on it.</summary>
internal static class Program
{
    private const string Name = "pureclip-train";

    private static readonly Argument<string> Packages = new("PACKAGES")
    {
        Description = "A folder with the packages @iconify/json, emojibase-data and emojilib, as 'npm install' leaves them (node_modules).",
    };

    public static int Main(string[] args) => Host.Start(Name, shell => Host.Run(
        new RootCommand("Draws the pictures of the shipped model and trains it.") { Data(shell), Draw(shell), Sheet(shell), Run(shell),
            BenchCommand.Create(shell) },
        args, shell));

    /// <summary><c>pureclip-train data</c></summary>
    private static Command Data(Shell shell)
    {
        Option<string> output = new("--output") { HelpName = "FILE", Description = "The file of drawings to write.", Required = true };
        Command command = new("data", "Draw everything that is trained on into one file.") { Packages, output };
        command.SetAction(line =>
        {
            List<Drawing> all = [.. Sets(line.GetValue(Packages)!).All()];
            (int drawn, int failed) result;
            using (ProgressLine progress = shell.StartProgress(all.Count, "drawings", streams: false))
                result = PictureSet.Write(all, line.GetValue(output)!, progress.Report, shell.Cancellation);
            foreach (IGrouping<Pool, Drawing> pool in all.GroupBy(drawing => drawing.Pool))
                shell.Say($"{pool.Key}: {pool.Count()} drawings of {pool.Select(drawing => drawing.Group).Distinct().Count()} things");
            shell.Say($"{result.drawn} drawings were written, {result.failed} could not be drawn.");
            return ExitCode.Success;
        });
        return command;
    }

    /// <summary><c>pureclip-train draw</c></summary>
    private static Command Draw(Shell shell)
    {
        Option<string> output = new("--output") { HelpName = "DIR", Description = "The folder to write.", Required = true };
        Option<int> classes = new(
            "--classes")
        {
            HelpName = "N",
            Description = "A folder for each of so many kinds; 0 for captions.csv.",
            DefaultValueFactory = _ => 0
        };
        Option<int> most = new(
            "--most")
        { HelpName = "N", Description = "Most drawings of a class, or of all.", DefaultValueFactory = _ => 20 };
        Option<int> side = new("--side") { HelpName = "N", Description = "Pixels of a picture's side.", DefaultValueFactory = _ => 96 };
        Command command = new(
            "draw", "Draw pictures of an artist that the model has never seen, to fine-tune with.") { Packages, output, classes, most,
            side };
        command.SetAction(line =>
        {
            string folder = line.GetValue(output)!;
            List<Drawing> all = [.. Sets(line.GetValue(Packages)!).OfUnseenArtist().Where(drawing => drawing.Pool == Pool.Emoji)];
            List<(Drawing Drawing, string Folder)> chosen = line.GetValue(classes) is int count and > 0
                ? [.. all.GroupBy(drawing => drawing.Kind).Where(kind => kind.Count() >= line.GetValue(most)).Take(count)
                    .SelectMany(kind => kind.Take(line.GetValue(most)).Select(drawing => (drawing, kind.Key)))]
                : [.. all.Take(line.GetValue(most)).Select(static drawing => (drawing, ""))];
            List<string> captions = [];
            foreach ((Drawing drawing, string kind) in chosen)
            {
                shell.Cancellation.ThrowIfCancellationRequested();
                string file = Path.Combine(kind, $"{drawing.Name}.png");
                Directory.CreateDirectory(Path.Combine(folder, kind));
                if (SvgPictures.WritePng(drawing.Svg, line.GetValue(side), Path.Combine(folder, file)))
                    captions.Add($"{file}\t{drawing.Label}");
            }
            if (line.GetValue(classes) == 0)
                File.WriteAllLines(Path.Combine(folder, "captions.csv"), captions);
            shell.Say($"{captions.Count} pictures were drawn.");
            return ExitCode.Success;
        });
        return command;
    }

    /// <summary><c>pureclip-train sheet</c></summary>
    private static Command Sheet(Shell shell)
    {
        const int Rows = 6, Columns = 12;
        Argument<string> data = new("DATA") { Description = "The file of drawings that 'pureclip-train data' has written." };
        Option<string> output = new("--output") { HelpName = "FILE", Description = "The PNG to write.", Required = true };
        Option<string> model = new(
            "--model")
        { HelpName = "DIR", Description = "A model directory whose tokenizer is taken.", Required = true };
        Option<long> step = new("--step") { HelpName = "N", Description = "Which batch.", DefaultValueFactory = _ => 0 };
        Command command = new(
            "sheet", "Show the first pictures of a batch: look at them after every change to the data.") { data, output, model, step };
        command.SetAction(line =>
        {
            using PictureSet set = PictureSet.Open(line.GetValue(data)!);
            using Clip clip = Clip.Load(line.GetValue(model)!);
            List<Scene> scenes = new PictogramBatches(set, clip.Tokenizer!).Scenes(1, line.GetValue(step), 256, out _);
            SvgPictures.WriteSheet(scenes.Take(Rows * Columns), set, Columns, line.GetValue(output)!);
            foreach (Scene scene in scenes.Take(Rows * Columns))
                shell.Out.WriteLine(scene.Caption);
            return ExitCode.Success;
        });
        return command;
    }

    private static Command Run(Shell shell) => TrainCommand.Create(shell);

    private static IconSets Sets(string packages) =>
        new(packages,
        new(packages, File.ReadLines(Path.Combine(AppContext.BaseDirectory, "held_out.txt")).Select(static line => line.Trim())));
}
