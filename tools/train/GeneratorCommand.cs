using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using PureClip.Cli;
using PureClip.Cli.Output;
using PureClip.Files;
using PureClip.Generation;
using PureClip.Train.Data;
using PureClip.Training;

namespace PureClip.Train;

/// <summary><c>pureclip-train generator</c>: trains the network that draws, survives interruptions, and shows what it draws meanwhile.</summary>
internal static class GeneratorCommand
{
    private const int Columns = 8, Patch = 8, Width = 192, Layers = 6, HeadWidth = 64, Frequencies = 256;

    private static readonly TimeSpan BetweenCheckpoints = TimeSpan.FromMinutes(10);

    // Written down before anything was drawn; the last eight are things that no drawing shows together.
    private static readonly string[] Grid =
    [
        "a red apple", "a cat", "a dog", "a house", "a tree", "a blue car", "a smiling face", "a rocket",
        "a fish", "a guitar", "a yellow flower", "a bird", "a cup of coffee", "an umbrella", "the moon", "a heart",
        "a green cat", "a blue apple", "a purple tree", "a pink fish", "a red hat", "a yellow house", "a black heart", "a green car",
    ];

    public static Command Create(Shell shell)
    {
        Argument<string> data = new("DATA") { Description = "The file of drawings that 'pureclip-train data' has written." };
        Option<string> output = new("--output")
        {
            HelpName = "DIR",
            Description = "Where state, log, network and sheets go. A run that is there is continued.",
            Required = true,
        };
        Option<string> model = new("--model")
        {
            HelpName = "DIR",
            Description = "The CLIP in whose space it draws: the network belongs to this very model.",
            Required = true,
        };
        Option<long> steps = new("--steps") { HelpName = "N", Description = "Steps of the whole run.", DefaultValueFactory = _ => 100_000 };
        Option<int> batch = new("--batch") { HelpName = "N", Description = "Pictures of a step.", DefaultValueFactory = _ => 64 };
        Option<int> threads = new("--threads")
        {
            HelpName = "N",
            Description = "Threads that compute.",
            DefaultValueFactory = _ => Environment.ProcessorCount,
        };
        Option<long?> cooldown = new("--cooldown")
        {
            HelpName = "N",
            Description = "From here on the rates fall to nothing within N steps, and the run ends. It is remembered.",
        };
        Command command = new("generator", "Train the network that draws.") { data, output, model, steps, batch, threads, cooldown };
        command.SetAction(line => Run(
            shell, line.GetValue(data)!, line.GetValue(output)!, line.GetValue(model)!, line.GetValue(threads),
            new(line.GetValue(steps), line.GetValue(batch)), line.GetValue(cooldown)));
        return command;
    }

    private static int Run(Shell shell, string data, string output, string model, int threads, GeneratorRecipe recipe, long? cooldown)
    {
        Program.StandBack();
        string stateAt = Path.Combine(output, "state.safetensors");
        (string Run, long Step)? begun = StateFile.Begun(stateAt);
        recipe = recipe.GoingOn(begun?.Run, begun?.Step ?? 0, cooldown);
        using PictureSet set = PictureSet.Open(data);
        using Runtime runtime = new(threads);
        using TrainingCompute compute = TrainingCompute.Of(runtime.Tier, runtime.Pool);
        using Clip clip = Clip.Load(model, new() { Threads = 1 });
        using DrawingPairs pairs = new(set, clip);
        GeneratorConfig config = new(
            Width, Layers, Width / HeadWidth, Patch, PictureSet.Side, clip.EmbeddingWidth, clip.EmbeddingWidth, Frequencies,
            1 + pairs.Styles.Length, IsNormalized: true);
        using GeneratorTrainer trainer = new(config, recipe, pairs, compute);
        StateFile state = trainer.StateIn(stateAt);
        Directory.CreateDirectory(output);
        trainer.Resume(state);
        shell.EndsItself = true; // behind the present step, with its state
        using StreamWriter log = new(Path.Combine(output, "log.jsonl"), append: true);
        using ProgressLine progress = shell.StartProgress((int)recipe.End, "steps", streams: false);
        long saved = Stopwatch.GetTimestamp();
        while (trainer.Step < recipe.End && !shell.Cancellation.IsCancellationRequested)
        {
            long started = Stopwatch.GetTimestamp();
            double loss = trainer.RunStep();
            double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
            progress.Report((int)trainer.Step);
            log.WriteLine(JsonSerializer.Serialize(new
            {
                step = trainer.Step,
                loss = Math.Round(loss, 4),
                pictures_per_second = Math.Round(recipe.BatchSize / seconds, 1),
            }));
            log.Flush();
            if (Stopwatch.GetElapsedTime(saved) < BetweenCheckpoints)
                continue;
            Save(trainer, state, pairs, clip, output);
            saved = Stopwatch.GetTimestamp();
        }
        string network = Save(trainer, state, pairs, clip, output);
        shell.Say($"{trainer.Step} of {recipe.End} steps are done; {network} has the average of their numbers.");
        return trainer.Step >= recipe.End ? ExitCode.Success : ExitCode.Cancelled;
    }

    /// <summary>The fixed prompts, drawn.</summary>
    public static DrawnPicture GridOf(PictureGenerator generator, DrawingOptions options) => DrawnPicture.Sheet(
        [.. Grid.Select(prompt => generator.Draw(DrawingPrompt.FromText(prompt), options)[0])], Columns);

    private static string Save(GeneratorTrainer trainer, StateFile state, DrawingPairs pairs, Clip clip, string output)
    {
        state.Save(trainer.Step);
        string network = Path.Combine(output, "generator.safetensors");
        trainer.Write(network, pairs.Styles, clip.Fingerprint);
        using PictureGenerator generator = PictureGenerator.Load(network, clip);
        DrawnPicture sheet = GridOf(generator, new());
        using AtomicFile file = new(Path.Combine(output, $"grid-{trainer.Step:D7}.png"));
        sheet.WritePng(file.Stream);
        file.Commit();
        return network;
    }
}
