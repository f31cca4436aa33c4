using PureClip.Checkpoints;
using PureClip.Training;

namespace PureClip.Train.Measuring;

/// <summary>The running average of a training as a model directory, which is what is measured and shipped.</summary>
/// <param name="directory">The directory that architecture and tokenizer come from.</param>
/// <param name="checkpoint">Its weights, whose names and number types are taken.</param>
/// <param name="trainer">The training.</param>
internal sealed class AverageModel(ModelDirectory directory, Checkpoint checkpoint, Trainer trainer) : IDisposable
{
    private const string Measured = "measured";

    private readonly NumberSet _kept = new(trainer.Model.Numbers.List);

    /// <summary>Writes it; the training goes on as if nothing had happened.</summary>
    /// <param name="output">A directory that does not exist yet, or is empty.</param>
    /// <param name="scale">What cosines are to be multiplied by; null for what was learnt.</param>
    public void Write(string output, double? scale = null)
    {
        NumberSet numbers = trainer.Model.Numbers.Numbers;
        _kept.CopyFrom(numbers);
        numbers.CopyFrom(trainer.Average);
        try
        {
            if (scale is double factor)
                numbers[ClipTraining.LogitScale][0] = (float)Math.Log(factor);
            ModelWriter.Write(directory, checkpoint, trainer.Model, output);
        }
        finally
        {
            numbers.CopyFrom(_kept);
        }
    }

    /// <summary>Measures it as whoever loads it would find it.</summary>
    /// <param name="measures">With what.</param>
    /// <param name="folder">A folder to write it to for a moment.</param>
    /// <param name="runtime">Threads that compute.</param>
    public Figures Measure(Measures measures, string folder, Runtime runtime)
    {
        string path = Path.Combine(folder, Measured);
        if (Directory.Exists(path))
            Directory.Delete(path, recursive: true); // of a run that was killed here
        Write(path);
        Figures figures;
        using (Clip clip = Clip.Load(path, new() { Runtime = runtime }))
            figures = measures.Run(clip);
        Directory.Delete(path, recursive: true);
        return figures;
    }

    /// <inheritdoc/>
    public void Dispose() => _kept.Dispose();
}
