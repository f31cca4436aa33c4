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
    public void CoolsDownFromAnyCheckpointBitByBit()
    {
        string folder = Directory.CreateTempSubdirectory("pureclip-training-").FullName;
        try
        {
            CheckpointFolder stable = new(Path.Combine(folder, "stable")), ends = new(Path.Combine(folder, "ends"));
            using (TinyClip tiny = new(60, threads: 2))
            using (Trainer trainer = new(tiny.Model, Short, tiny))
            {
                for (int i = 0; i < 4; i++)
                    trainer.RunStep();
                stable.Save(trainer);
            }
            TrainingRecipe cooling = Short.GoingOn(stable.Begun()!.Value.Recipe, stable.Begun()!.Value.Step, holds: false, cooldown: 6);
            Assert.Equal(new Cooldown(4, 6), cooling.Cooldown);
            ends.TakeFrom(stable);
            float[] expected = Cool(stable, cooling, interruptAfter: long.MaxValue, out List<double> rates);
            Assert.Equal(6, rates.Count);
            Assert.Equal(Short.Schedule.At(4), rates[0], 1e-12);                     // it begins where it is
            Assert.Equal(Short.Schedule.At(4) * (1 - Math.Sqrt(5 / 6.0)), rates[5], 1e-12);

            Cool(ends, cooling, interruptAfter: 7, out _);
            TrainingRecipe again = Short.GoingOn(ends.Begun()!.Value.Recipe, ends.Begun()!.Value.Step, holds: false, cooldown: null);
            Assert.Equal(cooling.ToJson(), again.ToJson());                          // what was told is remembered
            NearAssert.SameBits(expected, Cool(ends, again, interruptAfter: long.MaxValue, out _), "cooled down in two parts");
            Assert.Contains("step-00000004.safetensors", Directory.GetFiles(ends.Path).Select(Path.GetFileName)); // where it fell from
            Assert.Contains("within 6 steps", Assert.Throws<InvalidOperationException>(
                () => Short.GoingOn(again, 10, holds: false, cooldown: 5)).Message);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        static float[] Cool(CheckpointFolder folder, TrainingRecipe recipe, long interruptAfter, out List<double> rates)
        {
            using TinyClip tiny = new(60, threads: 3);
            using Trainer trainer = new(tiny.Model, recipe, tiny);
            using CancellationTokenSource stop = new();
            List<double> seen = rates = [];
            trainer.Run(folder, TimeSpan.Zero, p =>
            {
                seen.Add(p.Rate);
                if (p.Step >= interruptAfter)
                    stop.Cancel();
            }, stop.Token);
            return State(trainer);
        }
    }

    [Fact]
    public void ACooldownTakesBeforeItsRestAllStagesOfPatches()
    {
        TrainingRecipe recipe = new() { Steps = 1000, Patches = [new(0.6, 28), new(0.84, 36)], Cooldown = new(100, 90) };
        Assert.Equal(
            [28, 28, 28, 36, 36, null, null], ((long[])[0, 100, 149, 151, 172, 175, 189]).Select(recipe.KeptAt));
        Assert.Equal(190, recipe.End);
        Assert.Equal(0.998, recipe.Cooldown!.AverageAt(99, 0.998));
        Assert.Equal(1 - 1 / 9.0, recipe.Cooldown.AverageAt(100, 0.998), 1e-12);     // a tenth of it
    }

    [Fact]
    public void HeldRatesStayUntilACooldown()
    {
        TrainingRecipe held = Short.GoingOn(null, 0, holds: true, cooldown: null), later = Short.GoingOn(Short, 6, holds: true, cooldown: null);
        Assert.Equal(1, held.Schedule.At(1_000_000));
        Assert.Equal(long.MaxValue, held.End);
        Assert.Equal(Short.Schedule.At(6), later.Schedule.At(500));
        Assert.Equal(Short.Schedule.At(3), later.Schedule.At(3));
        TrainingRecipe ending = Short.GoingOn(later, 500, holds: false, cooldown: 10);
        Assert.Equal((6, 510), (ending.HeldFrom, ending.End));
        Assert.Equal(Short.Schedule.At(6) * (1 - Math.Sqrt(0.5)), ending.Schedule.At(505), 1e-12);
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
