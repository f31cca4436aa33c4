using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using PureClip.Checkpoints;
using PureClip.Cli;
using PureClip.Cli.Output;
using PureClip.Train.Data;
using PureClip.Training;

namespace PureClip.Train;

/// <summary><c>pureclip-train run</c>: trains in the background, survives interruptions, and says how long it will take.</summary>
internal static class TrainCommand
{
    private static readonly TimeSpan BetweenCheckpoints = TimeSpan.FromMinutes(10);

    public static Command Create(Shell shell)
    {
        Argument<string> data = new("DATA") { Description = "The file of drawings that 'pureclip-train data' has written." };
        Option<string> output = new(
            "--output")
        {
            HelpName = "DIR",
            Description = "Where checkpoints, the log and the model go. A run that is there is continued.",
            Required = true
        };
        Option<string> model = new(
            "--model")
        { HelpName = "DIR", Description = "A model directory whose architecture and tokenizer are taken.", Required = true };
        Option<long> steps = new("--steps") { HelpName = "N", Description = "Steps of the whole run.", DefaultValueFactory = _ => 40_000 };
        Option<int> batch = new("--batch") { HelpName = "N", Description = "Pairs of a step.", DefaultValueFactory = _ => 256 };
        Option<int> threads = new(
            "--threads")
        { HelpName = "N", Description = "Threads that compute.", DefaultValueFactory = _ => Environment.ProcessorCount };
        Option<bool> starts = new("--continue-weights") { Description = "Start from the model's numbers in place of random ones." };
        Command command = new("run", "Train.") { data, output, model, steps, batch, threads, starts };
        command.SetAction(line => Run(
            shell, line.GetValue(data)!, line.GetValue(output)!, line.GetValue(model)!, line.GetValue(threads), line.GetValue(starts),
            new()
            {
                Steps = line.GetValue(steps),
                BatchSize = line.GetValue(batch),
                Patches = [new(0.6, 28), new(0.84, 36)],
                Average = 0.9995,
            }));
        return command;
    }

    private static int Run(Shell shell, string data, string output, string model, int threads, bool starts, TrainingRecipe recipe)
    {
        // Whoever uses the machine comes first.
        Process.GetCurrentProcess().PriorityClass = ProcessPriorityClass.BelowNormal;
        using PictureSet set = PictureSet.Open(data);
        using Runtime runtime = new(threads);
        using TrainingCompute compute = TrainingCompute.Of(runtime.Tier, runtime.Pool);
        ModelDirectory directory = ModelDirectory.Open(model);
        using Checkpoint checkpoint = Checkpoint.Open(directory.WeightsPath, directory.Config);
        using Clip reader = Clip.Load(model, new() { Runtime = runtime });
        PictogramBatches batches = new(set, reader.Tokenizer!);
        using ClipTraining clip = new(directory.Config, compute, batches.Facts.Count);
        clip.Initialize(recipe.Seed);
        if (starts)
            clip.Load(checkpoint);
        using Trainer trainer = new(clip, recipe, batches);
        Directory.CreateDirectory(output);
        using StreamWriter log = new(Path.Combine(output, "log.jsonl"), append: true);
        using (ProgressLine progress = shell.StartProgress((int)recipe.Steps, "steps", streams: false))
            trainer.Run(new(Path.Combine(output, "checkpoints")), BetweenCheckpoints, step =>
            {
                progress.Report((int)step.Step);
                log.WriteLine(JsonSerializer.Serialize(new
                {
                    step = step.Step,
                    loss = Math.Round(step.Loss, 4),
                    excess = Math.Round(step.Excess, 4),
                    recall = Math.Round(step.Recall, 4),
                    gradient = Math.Round(step.GradientNorm, 3),
                    scale = Math.Round(step.LogitScale, 2),
                    rate = Math.Round(step.Rate, 4),
                    pairs_per_second = Math.Round(step.Pairs / step.Seconds),
                }));
                log.Flush();
            }, shell.Cancellation);

        clip.Numbers.Numbers.CopyFrom(trainer.Average);
        string written = Path.Combine(output, $"model-{trainer.Step}");
        if (!Directory.Exists(written))
            ModelWriter.Write(directory, checkpoint, clip, written);
        shell.Say($"{trainer.Step} of {recipe.Steps} steps are done; {written} has the average of their numbers.");
        return ExitCode.Success;
    }
}
