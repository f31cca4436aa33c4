using System.Diagnostics;

namespace PureClip.Training;

/// <summary>One step, for people and for a log.</summary>
/// <param name="Step">Steps done, this one included.</param>
/// <param name="Steps">Steps of the run.</param>
/// <param name="Loss">All losses together.</param>
/// <param name="Excess">What of it is above the least that its targets allow.</param>
/// <param name="Recall">Share of pictures of the batch whose nearest text is true of them.</param>
/// <param name="GradientNorm">Before it was cut.</param>
/// <param name="LogitScale">What cosines are multiplied by.</param>
/// <param name="Rate">Share of the peak rates.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Pairs">Pairs of it.</param>
internal readonly record struct TrainingProgress(
    long Step, long Steps, double Loss, double Excess, double Recall, double GradientNorm, double LogitScale, double Rate, double Seconds,
    int Pairs);

/// <summary>
/// Trains a CLIP, a step after the other. What it becomes is a function of recipe, data and vector width alone: any number of threads and
/// any interruptions give the same bits.
/// </summary>
internal sealed class Trainer : IDisposable
{
    // Batches that are drawn while the one before them is computed.
    private const int Ahead = 2;

    private readonly ClipTraining _model;
    private readonly IBatchSource _source;
    private readonly ClipStep _step;
    private readonly AdamW _adamw;
    private readonly Muon _muon;
    private readonly Schedule _schedule;
    private readonly Dictionary<long, Task<ClipBatch>> _drawn = [];

    /// <param name="model">What is trained, with its initial numbers.</param>
    /// <param name="recipe">How.</param>
    /// <param name="source">With what.</param>
    /// <exception cref="ArgumentException">A setting of the recipe is out of its range.</exception>
    public Trainer(ClipTraining model, TrainingRecipe recipe, IBatchSource source)
    {
        recipe.Validate();
        (_model, Recipe, _source) = (model, recipe, source);
        LearnedList list = model.Numbers.List;
        (Average, Mean, Square) = (new(list), new(list), new(list));
        Average.CopyFrom(model.Numbers.Numbers);
        _step = new(model, recipe.Step);
        _adamw = new(list, model.Compute.Pool, recipe.AdamW);
        _muon = new(list, model.Compute, recipe.Muon);
        _schedule = recipe.Schedule;
    }

    /// <summary>How.</summary>
    public TrainingRecipe Recipe { get; }

    /// <summary>Steps done.</summary>
    public long Step { get; internal set; }

    /// <summary>What is trained.</summary>
    public ClipTraining Model => _model;

    /// <summary>Tells the data from others.</summary>
    public string Data => _source.Fingerprint;

    /// <summary>The running average of the numbers: what is evaluated and shipped.</summary>
    public NumberSet Average { get; }

    /// <summary>AdamW's mean of gradients, and Muon's momentum where that steps a tensor.</summary>
    internal NumberSet Mean { get; }

    /// <summary>AdamW's mean of squares.</summary>
    internal NumberSet Square { get; }

    /// <summary>Whether all steps are done.</summary>
    public bool IsDone => Step >= Recipe.End;

    /// <summary>Does the next step.</summary>
    /// <exception cref="ArithmeticException">The loss is no number any more.</exception>
    public TrainingProgress RunStep()
    {
        long started = Stopwatch.GetTimestamp();
        ClipBatch batch = Take(Step);
        NumberSet numbers = _model.Numbers.Numbers, gradients = _model.Numbers.Gradients;
        gradients.Clear();
        StepResult result = _step.Run(batch);
        if (!double.IsFinite(result.Loss))
            throw new ArithmeticException(
                $"The loss of step {Step + 1} is {result.Loss}. Lower the learning rates, and go on from an earlier checkpoint.");
        double norm = GradientClip.Run(gradients, Recipe.LongestGradient, _model.Compute.Pool), rate = _schedule.At(Step);
        bool usesMuon = Recipe.MuonRate > 0;
        _adamw.Step(numbers, gradients, Mean, Square, Recipe.AdamWRate * rate, Step + 1, all: !usesMuon);
        if (usesMuon)
            _muon.Step(numbers, gradients, Mean, Recipe.MuonRate * rate);
        ref float logScale = ref numbers[ClipTraining.LogitScale][0];
        logScale = Math.Clamp(logScale, (float)Recipe.LeastLogScale, (float)Recipe.MostLogScale);
        double kept = Recipe.Cooldown?.AverageAt(Step, Recipe.Average) ?? Recipe.Average;
        MovingAverage.Step(Average, numbers, Step, kept, _model.Compute.Pool);
        _model.Numbers.Pack();
        Step++;
        return new(
            Step, Recipe.End, result.Loss, result.Excess, result.Recall, norm, Math.Exp(logScale), rate,
            Stopwatch.GetElapsedTime(started).TotalSeconds, batch.Count);
    }

    /// <summary>Runs until all steps are done, keeping checkpoints; cancelling ends it after the present step with a checkpoint.</summary>
    /// <param name="folder">Where checkpoints go; a run that is there is continued.</param>
    /// <param name="every">Time from one checkpoint to the next.</param>
    /// <param name="progress">Told after every step.</param>
    /// <param name="cancellation">Ends the run early.</param>
    /// <returns>Whether all steps are done.</returns>
    public bool Run(CheckpointFolder folder, TimeSpan every, Action<TrainingProgress> progress, CancellationToken cancellation = default)
    {
        folder.Resume(this);
        long saved = Stopwatch.GetTimestamp();
        while (!IsDone && !cancellation.IsCancellationRequested)
        {
            progress(RunStep());
            if (Stopwatch.GetElapsedTime(saved) < every)
                continue;
            folder.Save(this);
            saved = Stopwatch.GetTimestamp();
        }
        folder.Save(this);
        return IsDone;
    }

    /// <summary>Forgets batches that were drawn ahead: the next step is another one.</summary>
    internal void Restart(long step)
    {
        Step = step;
        _drawn.Clear();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _step.Dispose();
        _muon.Dispose();
        Average.Dispose();
        Mean.Dispose();
        Square.Dispose();
    }

    private ClipBatch Take(long step)
    {
        for (long next = step; next <= step + Ahead && next < Recipe.End; next++)
            if (!_drawn.ContainsKey(next))
            {
                long drawn = next;
                _drawn.Add(next, Task.Run(() => _source.Draw(Recipe.Seed, drawn, Recipe.BatchSize, Recipe.KeptAt(drawn))));
            }
        _drawn.Remove(step, out Task<ClipBatch>? task);
        return task!.GetAwaiter().GetResult();
    }
}
