using PureClip.Training.Tests.Support;

namespace PureClip.Training.Tests;

/// <summary>Whenever a process is killed, another one goes on and ends with the bits of a run that nobody disturbed.</summary>
public class KillTests
{
    [Fact]
    public void ATrainingGoesOn()
    {
        using Workshop shop = new();
        float[] expected = Run(shop.Other, threads: 2, out _);
        ChildRun.Kill("train", shop.Output, 7, last: 50);
        ChildRun.Kill("train", shop.Output, 23, last: 50); // goes on itself, and is killed again
        NearAssert.SameBits(expected, Run(shop.Output, threads: 3, out int steps), "after two kills");
        Assert.InRange(steps, 9, 60 - 22); // at most the step that was being written was lost
    }

    [Fact]
    public void AFineTuningGoesOn()
    {
        using Workshop shop = new();
        FineTuningResult Finish(string output, Action<int> step) => FineTuning.Run(
            TestData.Weights("pictogram-mini"), Workshop.Pictures(), output, ChildRun.Tuning, progress: new Steps(step));
        FineTuningResult expected = Finish(shop.Other, _ => { });
        ChildRun.Kill("finetune", shop.Output, 5, last: 20);
        Assert.True(File.Exists(shop.Output + ".checkpoint.safetensors"));
        Assert.False(Directory.Exists(shop.Output));
        int first = 0;
        FineTuningResult found = Finish(shop.Output, step => first = first == 0 ? step : first);
        Assert.InRange(first, 5, 21);
        Assert.Equal(expected.Blends, found.Blends);
        foreach (string file in (string[])["model.safetensors", "adapter/adapter_model.safetensors", "adapter/adapter_config.json"])
            Assert.Equal(File.ReadAllBytes(Path.Combine(shop.Other, file)), File.ReadAllBytes(Path.Combine(shop.Output, file)));
        Assert.False(File.Exists(shop.Output + ".checkpoint.safetensors"));
    }

    private static float[] Run(string folder, int threads, out int steps)
    {
        using TinyClip tiny = new(60, threads);
        using Trainer trainer = new(tiny.Model, ChildRun.Recipe, tiny);
        int count = 0;
        Assert.True(trainer.Run(new(folder), TimeSpan.FromHours(1), _ => count++));
        steps = count;
        return [.. trainer.Model.Numbers.List.All.SelectMany(
            l => (float[])[.. trainer.Model.Numbers.Numbers[l], .. trainer.Average[l], .. trainer.Mean[l], .. trainer.Square[l]])];
    }

    private sealed class Steps(Action<int> tell) : IProgress<FineTuningProgress>
    {
        public void Report(FineTuningProgress value) => tell(value.Step);
    }
}
