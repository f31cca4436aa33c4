using PureClip.Training.Tests.Support;

namespace PureClip.Training.Tests;

/// <summary>A trainer learns, goes on where it was, and gives the same bits however it is run.</summary>
public class TrainerTests
{
    private static readonly TrainingRecipe Short = new()
    {
        Steps = 12,
        BatchSize = 20,
        WarmUp = 3,
        Step = new(MicroBatch: 6),
        Patches = [new(0.5, 9)],
    };

    [Fact]
    public void LearnsPairsByHeart()
    {
        using TinyClip tiny = new(128, threads: 2);
        using Trainer trainer = new(
            tiny.Model, new() { Steps = 120, BatchSize = 128, WarmUp = 10, AdamWRate = 3e-3, Step = new(MicroBatch: 64) }, tiny);
        TrainingProgress first = trainer.RunStep(), last = first;
        Assert.InRange(first.Loss, Math.Log(128) - 0.5, Math.Log(128) + 2);
        // nothing is known yet; narrow embeddings are near one another by chance
        while (!trainer.IsDone)
            last = trainer.RunStep();
        Assert.Equal(1, last.Recall);
        Assert.InRange(last.Excess, 0, 0.1);
    }

    [Fact]
    public void AdamWAloneLearnsAsWell()
    {
        using TinyClip tiny = new(32);
        using Trainer trainer = new(tiny.Model, new() { Steps = 150, BatchSize = 32, WarmUp = 10, AdamWRate = 3e-3, MuonRate = 0 }, tiny);
        TrainingProgress last = default;
        while (!trainer.IsDone)
            last = trainer.RunStep();
        Assert.InRange(last.Recall, 0.95, 1);
    }

    [Fact]
    public void TheSigmoidLossLearnsAsWell()
    {
        using TinyClip tiny = new(32);
        tiny.Model.Numbers.Numbers[ClipTraining.LogitBias][0] = -10;
        using Trainer trainer = new(
            tiny.Model, new() { Steps = 150, BatchSize = 32, WarmUp = 10, AdamWRate = 3e-3, Step = new(PairLossKind.Sigmoid) }, tiny);
        TrainingProgress last = default;
        while (!trainer.IsDone)
            last = trainer.RunStep();
        Assert.InRange(last.Recall, 0.95, 1);
    }

    [Theory]
    [InlineData(2, 6, false)]
    [InlineData(3, 6, false)]
    [InlineData(5, 1, false)]
    [InlineData(1, 7, false)]
    [InlineData(8, 16, false)]
    [InlineData(1, 6, true)]
    public void BitsDependOnNeitherThreadsNorMicroBatchesNorMemory(int threads, int microBatch, bool recomputes)
    {
        float[] expected = Train(threads: 1, Short, steps: 3);
        TrainingRecipe other =
            Short with { Step = Short.Step with { MicroBatch = microBatch, MemoryBudget = recomputes ? 0 : long.MaxValue } };
        NearAssert.SameBits(expected, Train(threads, other, steps: 3), $"{threads} threads, micro-batches of {microBatch}");
    }

    [Fact]
    public void ResumesBitByBit()
    {
        float[] expected = Train(threads: 2, Short, steps: 12);
        string folder = Directory.CreateTempSubdirectory("pureclip-training-").FullName;
        try
        {
            using (TinyClip tiny = new(60, threads: 2))
            using (Trainer trainer = new(tiny.Model, Short, tiny))
            {
                for (int i = 0; i < 7; i++)
                    trainer.RunStep();
                new CheckpointFolder(folder).Save(trainer);
                trainer.RunStep(); // lost, as if the process had been killed here
            }
            using TinyClip again = new(60, threads: 3);
            again.Model.Initialize(8); // whatever was there before does not matter
            using Trainer resumed = new(again.Model, Short, again);
            int steps = 0;
            Assert.True(resumed.Run(new(folder), TimeSpan.FromHours(1), _ => steps++));
            Assert.Equal(5, steps);
            NearAssert.SameBits(expected, State(resumed), "resumed");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void KeepsTheLastTwoCheckpointsAndStopsWhenAsked()
    {
        string folder = Directory.CreateTempSubdirectory("pureclip-training-").FullName;
        try
        {
            using TinyClip tiny = new(60);
            using Trainer trainer = new(tiny.Model, Short, tiny);
            using CancellationTokenSource cancellation = new();
            CheckpointFolder checkpoints = new(folder);
            Assert.False(trainer.Run(checkpoints, TimeSpan.Zero, p => { if (p.Step == 4) cancellation.Cancel(); }, cancellation.Token));
            Assert.Equal(
                ["step-00000003.safetensors", "step-00000004.safetensors"], Directory.GetFiles(folder).Select(Path.GetFileName).Order());
            Assert.Equal("step-00000004.safetensors", Path.GetFileName(checkpoints.Newest));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void RefusesToContinueAnotherRun()
    {
        string folder = Directory.CreateTempSubdirectory("pureclip-training-").FullName;
        try
        {
            using TinyClip tiny = new(60), others = new(61);
            using Trainer trainer = new(tiny.Model, Short, tiny);
            CheckpointFolder checkpoints = new(folder);
            checkpoints.Save(trainer);
            using Trainer longer = new(tiny.Model, Short with { Steps = 13 }, tiny), other = new(tiny.Model, Short, others);
            Assert.Contains("its recipe is", Assert.Throws<InvalidDataException>(() => checkpoints.Resume(longer)).Message);
            Assert.Contains("61 pairs of noise", Assert.Throws<InvalidDataException>(() => checkpoints.Resume(other)).Message);
            Assert.True(checkpoints.Resume(other, force: true));
            Assert.True(checkpoints.Resume(trainer));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void RecipesSurviveAsText()
    {
        TrainingRecipe read = TrainingRecipe.Parse(Short.ToJson());
        Assert.Equal(Short.ToJson(), read.ToJson());
        Assert.Equal(9, read.KeptAt(5));
        Assert.Null(read.KeptAt(6));
    }

    private static float[] Train(int threads, TrainingRecipe recipe, int steps)
    {
        using TinyClip tiny = new(60, threads);
        using Trainer trainer = new(tiny.Model, recipe, tiny);
        for (int i = 0; i < steps; i++)
            trainer.RunStep();
        return State(trainer);
    }

    private static float[] State(Trainer trainer) =>
        [.. trainer.Model.Numbers.List.All.SelectMany(
            l => (float[])[.. trainer.Model.Numbers.Numbers[l], .. trainer.Average[l], .. trainer.Mean[l], .. trainer.Square[l]])];
}
