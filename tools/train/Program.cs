using System.CommandLine;
using System.Diagnostics;
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
        Description = "The folder that packages.sh has made; of its parts only node_modules is needed.",
    };

    public static int Main(string[] args) => Host.Start(Name, shell => Host.Run(
        new RootCommand("Draws the pictures of the shipped model and trains it.") { Data(shell), DrawCommand.Create(shell), Sheet(shell),
            TrainCommand.Create(shell), MeasureCommand.Create(shell), ShipCommand.Create(shell), ReadmeCommand.Create(shell),
            GeneratorCommand.Create(shell), MeasureGeneratorCommand.Create(shell), BenchCommand.Create(shell) },
        args, shell));

    /// <summary>Lowers the priority of this program: whoever uses the machine comes first.</summary>
    public static void StandBack()
    {
        using Process process = Process.GetCurrentProcess();
        if (process.PriorityClass == ProcessPriorityClass.Normal)
            process.PriorityClass = ProcessPriorityClass.BelowNormal;
    }

    /// <summary><c>pureclip-train data</c></summary>
    private static Command Data(Shell shell)
    {
        Option<string?> output = new("--output") { HelpName = "FILE", Description = "The file of drawings to write." };
        Option<string?> measured = new("--measured")
        {
            HelpName = "FILE",
            Description = "Another file for drawings that are never trained on, to measure with.",
        };
        Command command = new("data", "Draw everything that is trained on into one file.") { Packages, output, measured };
        command.SetAction(line =>
        {
            PackageFolders folders = new(line.GetValue(Packages)!);
            EmojiTexts texts = Texts(folders);
            WordNet words = new(folders.WordNet);
            (IconSets icons, OtherDrawings others) = (new(folders.Node, texts), new(folders, texts));
            List<Drawing> all = [.. icons.All().Concat(others.All())
                .Select(drawing => drawing with { Near = words.NearLabel(drawing.Label) })];
            HoldOut.Require(all);
            if (line.GetValue(output) is string target)
                WriteDrawings(shell, all, target);
            if (line.GetValue(measured) is string path)
            {
                HashSet<string> learnt = [.. all.Where(drawing => drawing.Pool == Pool.Emoji).Select(drawing => drawing.Group)];
                List<Drawing> never = [.. icons.OfUnseenArtist().Where(drawing => drawing.Pool == Pool.Emoji
                    && (learnt.Contains(drawing.Group) || texts.IsHeld(texts.Of(drawing.Group)!))), .. icons.OfHeldThings(),
                    .. others.OfUnseenStyle(), .. others.Photographs()];
                int count = PictureSet.Write(never, path, redraws: false, static _ => { }, shell.Cancellation).Drawn;
                shell.Say($"{count} drawings to measure with were written to another file.");
            }
            foreach (string missing in folders.Missing)
                shell.Say($"Not there, and left out: {missing}.");
            return ExitCode.Success;
        });
        return command;
    }

    private static void WriteDrawings(Shell shell, List<Drawing> all, string path)
    {
        (int drawn, int failed, int redrawn) result;
        using (ProgressLine progress = shell.StartProgress(all.Count, "drawings", streams: false))
            result = PictureSet.Write(all, path, redraws: true, progress.Report, shell.Cancellation);
        foreach (IGrouping<Pool, Drawing> pool in all.GroupBy(drawing => drawing.Pool))
            shell.Say($"{pool.Key}: {pool.Count()} drawings of {pool.Select(drawing => drawing.Group).Distinct().Count()} things");
        shell.Say(
            $"{result.drawn} drawings were written, and {result.redrawn} in another style; {result.failed} are empty, the same as others "
            + "or could not be drawn.");
    }

    /// <summary><c>pureclip-train sheet</c></summary>
    private static Command Sheet(Shell shell)
    {
        const int Pictures = 256, Columns = 16;
        Argument<string> data = new("DATA") { Description = "The file of drawings that 'pureclip-train data' has written." };
        Option<string> output = new("--output") { HelpName = "FILE", Description = "The PNG to write.", Required = true };
        Option<string> model = new(
            "--model")
        { HelpName = "DIR", Description = "A model directory whose tokenizer is taken.", Required = true };
        Option<long> step = new("--step") { HelpName = "N", Description = "Which batch.", DefaultValueFactory = _ => 0 };
        Command command = new(
            "sheet", "Show the pictures of a batch: look at them after every change to the data.") { data, output, model, step };
        command.SetAction(line =>
        {
            using PictureSet set = PictureSet.Open(line.GetValue(data)!);
            using Clip clip = Clip.Load(line.GetValue(model)!);
            List<Scene> scenes = new PictogramBatches(set, clip.Tokenizer!).Scenes(1, line.GetValue(step), Pictures, out _);
            SvgPictures.WriteSheet(scenes, set, Columns, line.GetValue(output)!);
            foreach (Scene scene in scenes)
                shell.Out.WriteLine(scene.Caption);
            return ExitCode.Success;
        });
        return command;
    }

    /// <summary>What is said of emoji.</summary>
    public static EmojiTexts Texts(PackageFolders folders) => new(folders.Node, HoldOut.Names);
}
