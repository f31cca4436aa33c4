using PureClip.Train.Measuring;
using PureClip.Training;

namespace PureClip.Train.Tests;

/// <summary>The program's training, as <c>make.sh</c> calls it.</summary>
public sealed class RunTests : IDisposable
{
    private readonly PackageFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ARunEndsWhereItIsToldAndCoolsDownFromThere()
    {
        using (Data.PictureSet set = TrainTests.Drawn(_folder))
        {
        }
        Assert.Equal(0, Run("--until", "2"));
        Assert.Equal(2, NewestStep());
        Assert.Equal(0, Run("--until", "2")); // it has ended there
        Assert.Equal(2, NewestStep());
        Assert.Equal(0, Run("--cooldown", "2"));
        Assert.Equal(4, NewestStep());
        Assert.True(File.Exists(Path.Combine(_folder.Path, "run", "model-4", "model.safetensors")));
        Assert.Equal(0, Run("--until", "2"));
        Assert.Equal(4, NewestStep());
    }

    private int Run(params string[] more) => Program.Main([
        "run", Path.Combine(_folder.Path, "drawings.safetensors"), "--output", Path.Combine(_folder.Path, "run"),
        "--model", TestData.Weights("pictogram-mini"), "--steps", "40", "--batch", "4", "--threads", "1", .. more]);

    private long NewestStep() =>
        new CheckpointFolder(Path.Combine(_folder.Path, "run", TrainingRun.Checkpoints)).Begun()!.Value.Step;
}
