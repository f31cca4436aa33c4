using PureClip.Checkpoints;
using PureClip.Train.Data;
using PureClip.Training;

namespace PureClip.Train.Measuring;

/// <summary>A training of the shipped model, with all that it is made of.</summary>
internal sealed class TrainingRun : IDisposable
{
    /// <summary>The folder of checkpoints within that of a run.</summary>
    public const string Checkpoints = "checkpoints";

    private readonly TrainingCompute _compute;
    private readonly Checkpoint _checkpoint;
    private readonly Clip _reader;
    private readonly ClipTraining _clip;

    /// <param name="data">The file of drawings.</param>
    /// <param name="model">A model directory whose architecture and tokenizer are taken.</param>
    /// <param name="recipe">How.</param>
    /// <param name="threads">Threads that compute.</param>
    /// <param name="startsFromModel">Whether the model's numbers are where it starts.</param>
    public TrainingRun(string data, string model, TrainingRecipe recipe, int threads, bool startsFromModel)
    {
        Set = PictureSet.Open(data);
        Runtime = new(threads);
        _compute = TrainingCompute.Of(Runtime.Tier, Runtime.Pool);
        ModelDirectory directory = ModelDirectory.Open(model);
        _checkpoint = Checkpoint.Open(directory.WeightsPath, directory.Config);
        _reader = Clip.Load(model, new() { Runtime = Runtime });
        PictogramBatches batches = new(Set, _reader.Tokenizer!);
        _clip = new(directory.Config, _compute, batches.Facts.Count);
        _clip.Initialize(recipe.Seed);
        if (startsFromModel)
            _clip.Load(_checkpoint);
        Trainer = new(_clip, recipe, batches);
        Average = new(directory, _checkpoint, Trainer);
    }

    /// <summary>What it learns from.</summary>
    public PictureSet Set { get; }

    /// <summary>Threads.</summary>
    public Runtime Runtime { get; }

    /// <summary>The trainer.</summary>
    public Trainer Trainer { get; }

    /// <summary>What it has become.</summary>
    public AverageModel Average { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Average.Dispose();
        Trainer.Dispose();
        _clip.Dispose();
        _reader.Dispose();
        _checkpoint.Dispose();
        _compute.Dispose();
        Runtime.Dispose();
        Set.Dispose();
    }
}
