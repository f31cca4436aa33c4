using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using PureClip.Cli;
using PureClip.Files;
using PureClip.Train.Data;
using PureClip.Train.Measuring;
using PureClip.Train.Packages;
using PureClip.Train.Shipping;
using PureClip.Training;

namespace PureClip.Train;

/// <summary><c>pureclip-train ship</c>: a checkpoint becomes what the repository has of the shipped model.</summary>
internal static class ShipCommand
{
    private const string IconifyVersion = "2.2.535";

    public static Command Create(Shell shell)
    {
        Argument<string> run = new("RUN") { Description = "The folder of the run." };
        Argument<string> data = new("DATA") { Description = "The file of drawings that it was trained on." };
        Option<string> measured = Needed("--measured", "FILE", "The file of drawings that are never trained on.");
        Option<string> packages = Needed("--packages", "DIR", "The folder that packages.sh has made: authors and licences stand there.");
        Option<string> model = Needed("--model", "DIR", "The model directory that the run took its architecture and tokenizer from.");
        Option<string> gallery = Needed("--gallery", "DIR", "A folder of pictures named after what they show.");
        Option<string> reference = Needed("--reference", "FILE", "The file of reference vectors that is to be replaced.");
        Option<string> output = Needed("--output", "DIR", "A new folder for the model and the file of reference vectors.");
        Command command = new("ship", "Write model, card, attribution and reference vectors of a run's newest checkpoint.")
        {
            run, data, measured, packages, model, gallery, reference, output,
        };
        command.SetAction(line =>
        {
            Run(shell, line.GetValue(run)!, line.GetValue(data)!, line.GetValue(measured)!, line.GetValue(packages)!, line.GetValue(model)!,
                line.GetValue(gallery)!, line.GetValue(reference)!, line.GetValue(output)!);
            return ExitCode.Success;
        });
        return command;
    }

    private static void Run(
        Shell shell, string runFolder, string data, string measured, string packages, string model, string gallery, string reference,
        string output)
    {
        CheckpointFolder checkpoints = new(Path.Combine(runFolder, TrainingRun.Checkpoints));
        TrainingRecipe recipe = checkpoints.Begun()?.Recipe
            ?? throw new FileNotFoundException($"{runFolder} has no checkpoints of a training.");
        using TrainingRun run = new(data, model, recipe, Environment.ProcessorCount, startsFromModel: false);
        checkpoints.Resume(run.Trainer);
        using PictureSet never = PictureSet.Open(measured);
        Measures measures = new(never, gallery, every: 1);
        Directory.CreateDirectory(output);
        string target = Path.Combine(output, "pictogram-mini");
        Figures figures = run.Average.Measure(measures, output, run.Runtime);
        run.Average.Write(target, figures.Scale);

        string curve = ModelCard.Curve(File.ReadLines(Path.Combine(runFolder, RunLog.FileName)), out int looks);
        Dictionary<string, object> values = ModelCard.Of(figures);
        values["parameters"] = Math.Round(1e-6 * Parameters(Path.Combine(target, "model.safetensors")), 2);
        values["megabytes"] = Math.Round(1e-6 * new FileInfo(Path.Combine(target, "model.safetensors")).Length, 1);
        values["pictures"] = run.Set.All.Count;
        values["redrawn"] = Enumerable.Range(0, run.Set.All.Count).Sum(i => run.Set.VariantsOf(i).Count());
        values["steps"] = run.Trainer.IsDone ? $"{run.Trainer.Step}" : $"{run.Trainer.Step} of {recipe.Steps}";
        values["batch"] = recipe.BatchSize;
        values["draws"] = Math.Round(1e-6 * run.Trainer.Step * recipe.BatchSize, 2);
        values["muon"] = recipe.MuonRate;
        values["adamw"] = recipe.AdamWRate;
        values["schedule"] = ScheduleOf(recipe);
        values["average"] = Math.Round(recipe.Cooldown?.AverageAt(run.Trainer.Step, recipe.Average) ?? recipe.Average, 5);
        values["unseen"] = measures.Unseen;
        values["looks"] = looks;
        values["curve"] = curve;
        File.WriteAllText(
            Path.Combine(target, "MODEL_CARD.md"),
            ModelCard.Fill(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "card.md")), values));
        File.WriteAllText(Path.Combine(target, "ATTRIBUTION.md"), Attribution.Of(run.Set, new PackageFolders(packages), IconifyVersion));
        ReferenceFile.Write(reference, target, gallery, figures, Path.Combine(output, Path.GetFileName(reference)));
        shell.Out.WriteLine(JsonSerializer.Serialize(figures));
    }

    /// <summary>Rates and patches over the run.</summary>
    internal static string ScheduleOf(TrainingRecipe recipe)
    {
        string end = recipe.Cooldown is Cooldown cooldown
            ? string.Create(CultureInfo.InvariantCulture, $" of {recipe.Steps} steps up to step {cooldown.From}, from there on within "
                + $"{cooldown.Steps} steps to nothing as 1 − √t, with what was left of the stages of patches")
            : "";
        string rates = recipe.HeldFrom is long held
            ? string.Create(CultureInfo.InvariantCulture, $"warm-up and cosine until step {held}, then level")
            : "warm-up and cosine";
        IEnumerable<string> stages = recipe.Patches.Select(static stage => string.Create(
            CultureInfo.InvariantCulture, $"{stage.Kept} of 64 patches until {100 * stage.Until:0} % of the steps"));
        return $"{rates}{end}; {string.Join(", ", stages.Append("then all"))}";
    }

    private static Option<string> Needed(string name, string helpName, string description) =>
        new(name) { HelpName = helpName, Description = description, Required = true };

    private static long Parameters(string weights)
    {
        using SafetensorsFile file = SafetensorsFile.Open(weights);
        return file.Tensors.Sum(static tensor => tensor.Shape.Aggregate(1L, static (count, size) => count * size));
    }
}
