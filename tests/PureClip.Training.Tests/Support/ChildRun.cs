using System.Diagnostics;

namespace PureClip.Training.Tests.Support;

/// <summary>This assembly as a program: a run in a process of its own, to be killed. It waits for ever before it could be done.</summary>
internal static class ChildRun
{
    /// <summary>A run that a child begins and another process ends.</summary>
    public static readonly TrainingRecipe Recipe = new()
    {
        Steps = 60,
        BatchSize = 20,
        WarmUp = 3,
        Step = new(MicroBatch: 6),
        Patches = [new(0.5, 9)],
    };

    /// <summary>A fine-tuning that a child begins and another process ends.</summary>
    public static readonly FineTuningOptions Tuning = new()
    {
        Method = FineTuningMethod.Adapters,
        Epochs = 12,
        BatchSize = 9,
        CheckpointEvery = TimeSpan.Zero,
    };

    public static int Main(string[] arguments)
    {
        if (arguments is not [string kind, string folder, string last])
            return 2;
        int stop = int.Parse(last);
        void Tell(long step)
        {
            Console.WriteLine(step);
            if (step >= stop)
                Thread.Sleep(Timeout.Infinite);
        }
        if (kind == "train")
        {
            using TinyClip tiny = new(60, threads: 2);
            using Trainer trainer = new(tiny.Model, Recipe, tiny);
            trainer.Run(new(folder), TimeSpan.Zero, step => Tell(step.Step));
            return 0;
        }
        FineTuning.Run(
            TestData.Weights("pictogram-mini"), Workshop.Pictures(), folder, Tuning, progress: new Teller(step => Tell(step.Step)));
        return 0;
    }

    /// <summary>Begins a run in a child and kills it (SIGKILL) as soon as it has told of a step.</summary>
    /// <param name="kind">"train" or "finetune".</param>
    /// <param name="folder">Where it keeps its state.</param>
    /// <param name="step">The step that is waited for.</param>
    /// <param name="last">The step behind which the child only waits.</param>
    public static void Kill(string kind, string folder, int step, int last)
    {
        ProcessStartInfo start = new("dotnet", [typeof(ChildRun).Assembly.Location, kind, folder, last.ToString()])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process child = Process.Start(start)!;
        Task<string> errors = child.StandardError.ReadToEndAsync();
        try
        {
            while (child.StandardOutput.ReadLine() is string line)
                if (int.Parse(line) >= step)
                {
                    child.Kill();
                    child.WaitForExit();
                    return;
                }
            Assert.Fail($"The child ended before step {step}: {errors.GetAwaiter().GetResult()}");
        }
        finally
        {
            if (!child.HasExited)
                child.Kill();
        }
    }

    private sealed class Teller(Action<FineTuningProgress> tell) : IProgress<FineTuningProgress>
    {
        public void Report(FineTuningProgress value) => tell(value);
    }
}
