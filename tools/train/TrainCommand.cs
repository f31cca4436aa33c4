using System.CommandLine;
using PureClip.Cli;
using PureClip.Cli.Output;
using PureClip.Train.Data;
using PureClip.Train.Measuring;
using PureClip.Training;

namespace PureClip.Train;

/// <summary><c>pureclip-train run</c>: trains in the background, survives interruptions, and says how long it will take.</summary>
internal static class TrainCommand
{
    // Every third picture of the unseen artist: what is looked at often is soon no measure any more.
    private const int MeasuredShare = 3;

    private const double MuonRate = 0.006, AdamWRate = 5e-4;

    private static readonly TimeSpan BetweenCheckpoints = TimeSpan.FromMinutes(5);

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
        Option<double> muon = new("--muon-rate")
        {
            HelpName = "RATE",
            Description = "Peak rate of the matrices of blocks.",
            DefaultValueFactory = _ => MuonRate,
        };
        Option<double> adamw = new("--adamw-rate")
        {
            HelpName = "RATE",
            Description = "Peak rate of all else.",
            DefaultValueFactory = _ => AdamWRate,
        };
        Option<bool> starts = new("--continue-weights") { Description = "Start from the model's numbers in place of random ones." };
        Option<string?> measured = new("--measured")
        {
            HelpName = "FILE",
            Description = "The file of drawings that are never trained on: the average is measured with them, and on the gallery.",
        };
        Option<string?> gallery = new("--gallery") { HelpName = "DIR", Description = "A folder of pictures named after what they show." };
        Option<int> every = new(
            "--measure-every")
        { HelpName = "N", Description = "Steps from one measurement to the next.", DefaultValueFactory = _ => 500 };
        Option<string?> from = new("--from")
        {
            HelpName = "DIR",
            Description = "The folder of another run, whose newest checkpoint an empty output begins with.",
        };
        Option<long?> until = new("--until")
        {
            HelpName = "STEP",
            Description = "End behind this step with a checkpoint, to go on another time.",
        };
        Option<bool> hold = new("--hold") { Description = "From here on the rates stay as they are, until a cooldown." };
        Option<long?> cooldown = new("--cooldown")
        {
            HelpName = "N",
            Description = "From here on the rates fall to nothing within N steps, and the run ends. It is remembered.",
        };
        Command command = new("run", "Train.")
        {
            data, output, model, steps, batch, threads, muon, adamw, starts, measured, gallery, every, from, until, hold, cooldown,
        };
        command.SetAction(line => Run(
            shell,
            new(
                line.GetValue(data)!, line.GetValue(output)!, line.GetValue(model)!, line.GetValue(threads), line.GetValue(starts),
                line.GetValue(measured), line.GetValue(gallery), line.GetValue(every), line.GetValue(from), line.GetValue(until),
                line.GetValue(hold), line.GetValue(cooldown)),
            new()
            {
                Steps = line.GetValue(steps),
                BatchSize = line.GetValue(batch),
                MuonRate = line.GetValue(muon),
                AdamWRate = line.GetValue(adamw),
                Patches = [new(0.6, 28), new(0.84, 36)],
                Average = 0.9995,
            }));
        return command;
    }

    private sealed record Options(
        string Data, string Output, string Model, int Threads, bool StartsFromModel, string? Measured, string? Gallery, int MeasureEvery,
        string? From, long? Until, bool Holds, long? Cooldown);

    private static int Run(Shell shell, Options options, TrainingRecipe recipe)
    {
        shell.EndsItself = true; // behind the present step, with a checkpoint
        Program.StandBack();
        CheckpointFolder checkpoints = new(Path.Combine(options.Output, TrainingRun.Checkpoints));
        if (options.From is string other && checkpoints.Newest is null)
            checkpoints.TakeFrom(new(Path.Combine(other, TrainingRun.Checkpoints)));
        (TrainingRecipe Recipe, long Step)? begun = checkpoints.Begun();
        recipe = recipe.GoingOn(begun?.Recipe, begun?.Step ?? 0, options.Holds, options.Cooldown);
        using TrainingRun run = new(options.Data, options.Model, recipe, options.Threads, options.StartsFromModel);
        using PictureSet? never = options.Measured is null ? null : PictureSet.Open(options.Measured);
        Measures? measures = never is null ? null : new(never, options.Gallery, MeasuredShare);
        Directory.CreateDirectory(options.Output);
        using RunLog log = new(options.Output, shell);
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(shell.Cancellation);
        void EndBehind(long step)
        {
            if (step >= options.Until)
                ending.Cancel();
        }
        EndBehind(begun?.Step ?? 0);
        using (ProgressLine progress = shell.StartProgress((int)Math.Min(recipe.End, int.MaxValue), "steps", streams: false))
            run.Trainer.Run(checkpoints, BetweenCheckpoints, step =>
            {
                progress.Report((int)step.Step);
                log.Write(step);
                if (measures is not null && step.Step % options.MeasureEvery == 0)
                    log.Write(step, run.Average.Measure(measures, options.Output, run.Runtime));
                EndBehind(step.Step);
            }, ending.Token);
        string written = Path.Combine(options.Output, $"model-{run.Trainer.Step}");
        if (!Directory.Exists(written))
            run.Average.Write(written);
        string steps = recipe.End == long.MaxValue ? $"{run.Trainer.Step}" : $"{run.Trainer.Step} of {recipe.End}";
        shell.Say($"{steps} steps are done; {written} has the average of their numbers.");
        return run.Trainer.IsDone || run.Trainer.Step >= options.Until ? ExitCode.Success : ExitCode.Cancelled;
    }
}
