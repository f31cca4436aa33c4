using PureClip.Checkpoints;

namespace PureClip.Training;

/// <summary>Fine-tuning of a model's own numbers, or of adapters of its matrices: learning, blending, writing.</summary>
internal sealed unsafe class ModelTuning : IDisposable
{
    private const int MicroBatch = 16;

    // What a block learns less than the one above it.
    private const double LayerDecay = 0.75;

    private readonly ModelDirectory _directory;
    private readonly PictureBank _bank;
    private readonly int[] _learnt;
    private readonly FineTuningOptions _options;
    private readonly Checkpoint _checkpoint;
    private readonly TrainingCompute _compute;
    private readonly ClipTraining _clip;
    private readonly NumberSet? _before, _after;
    private readonly NumberSet _mean, _square;
    private readonly string _run;

    /// <param name="directory">The model.</param>
    /// <param name="fingerprint">The model's.</param>
    /// <param name="padId">What its tokenizer puts behind texts.</param>
    /// <param name="bank">The pictures.</param>
    /// <param name="learnt">Those to learn from.</param>
    /// <param name="options">How.</param>
    /// <param name="runtime">Threads and vectors.</param>
    public ModelTuning(
        ModelDirectory directory, string fingerprint, int padId, PictureBank bank, int[] learnt, FineTuningOptions options, Runtime runtime)
    {
        (_directory, _bank, _learnt, _options) = (directory, bank, learnt, options);
        _checkpoint = Checkpoint.Open(directory);
        _compute = TrainingCompute.Of(runtime.Tier, runtime.Pool);
        _clip = new(directory.Config, _compute, adapt: options.Method != FineTuningMethod.Adapters
            ? null
            : list => new(list, options.Targets, options.Rank, options.Rank, (ulong)options.Seed, _compute));
        _clip.Text.PadId = padId;
        _clip.Load(_checkpoint);
        LearnedList list = _clip.Adapters?.List ?? _clip.Numbers.List;
        (_mean, _square) = (new(list), new(list));
        if (_clip.Adapters is LoraAdapters adapters)
        {
            adapters.Freeze(_clip.Numbers);
        }
        else
        {
            (_before, _after) = (new(list), new(list));
            _before.CopyFrom(_clip.Numbers.Numbers);
        }
        _run = $"model {fingerprint}, pictures {bank.FingerprintOf(learnt)}, vectors {runtime.Tier.Name}, {options.Line}";
    }

    /// <summary>Where the state lies while something learns that will be written to an output.</summary>
    public static string StateOf(string output) => Path.TrimEndingDirectorySeparator(output) + ".checkpoint.safetensors";

    private int BatchSize => Math.Min(_options.BatchSize, _learnt.Length);

    private int StepsOfAnEpoch => _learnt.Length / BatchSize;

    /// <summary>Learns until all steps are done or somebody stops it.</summary>
    /// <param name="output">The state lies beside it: what is there is continued.</param>
    /// <param name="progress">Told after every step.</param>
    /// <param name="cancellation">Ends it by an exception.</param>
    /// <returns>Whether all steps were done.</returns>
    /// <exception cref="InvalidDataException">The state that lies there is of another call.</exception>
    public bool Learn(string output, IProgress<FineTuningProgress>? progress, CancellationToken cancellation)
    {
        LearnedList list = _clip.Adapters?.List ?? _clip.Numbers.List;
        NumberSet numbers = _clip.Adapters?.Numbers ?? _clip.Numbers.Numbers;
        NumberSet gradients = _clip.Adapters?.Gradients ?? _clip.Numbers.Gradients;
        StateFile saved = new(StateOf(output), _run, list, ("model", numbers), ("adamw.m", _mean), ("adamw.v", _square));
        AdamW adamw = new(list, _compute.Pool, new(Beta2: 0.999, Decay: 0));
        // As it was trained: a model with a bias of its logits knows the sigmoid loss.
        PairLossKind loss = _checkpoint.HasLogitBias ? PairLossKind.Sigmoid : PairLossKind.Contrastive;
        using ClipStep step = new(_clip, new(loss, MicroBatch));
        int steps = _options.Epochs * StepsOfAnEpoch;
        Schedule schedule = new(steps, WarmUp: Math.Max(1, steps / 10));
        int done = (int)saved.Resume();
        Renew();
        long savedAt = Environment.TickCount64;
        try
        {
            for (; done < steps && !_options.StopLearning.IsCancellationRequested; done++)
            {
                cancellation.ThrowIfCancellationRequested();
                gradients.Clear();
                StepResult result = step.Run(Draw(done));
                if (!double.IsFinite(result.Loss))
                    throw new ArithmeticException($"The loss of step {done + 1} is {result.Loss}. Lower the learning rate.");
                _clip.KeepUnstored();
                _clip.Adapters?.ScaleGradients();
                GradientClip.Run(gradients, 1, _compute.Pool);
                adamw.Step(
                    numbers, gradients, _mean, _square, _options.PeakRate * schedule.At(done), done + 1, all: true,
                    _clip.Adapters is null ? learned => ShareOf(learned.Name) : null);
                Renew();
                if (Environment.TickCount64 - savedAt >= _options.CheckpointEvery.TotalMilliseconds)
                {
                    saved.Save(done + 1);
                    savedAt = Environment.TickCount64;
                }
                progress?.Report(new(done + 1, steps, result.Excess));
            }
        }
        finally
        {
            if (done < steps && done > 0)
                saved.Save(done);
        }
        _after?.CopyFrom(numbers);
        return done == steps;
    }

    /// <summary>Measures blends of before and after, and chooses one.</summary>
    public FineTuningResult Blend(int[] heldOut, PictureBank others, CancellationToken cancellation)
    {
        using Measure measure = new(_clip);
        List<Blend> blends = [];
        for (int i = 0; i <= FineTuning.Blends; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            double share = (double)i / FineTuning.Blends;
            Mix(share);
            SetScore? ofOthers = others.Count > 0 ? measure.Of(others, [.. Enumerable.Range(0, others.Count)]) : null;
            blends.Add(new(share, measure.Of(_bank, heldOut), ofOthers));
        }
        return new(_learnt.Length, _bank.Captions.Count, false, blends, FineTuning.Choose(blends, _options.MostForgotten));
    }

    /// <summary>Writes the model of a blend, and its adapters beside it.</summary>
    public void Write(double share, string output)
    {
        Mix(share);
        ModelWriter.Write(_directory, _checkpoint, _clip, output);
        if (_clip.Adapters is LoraAdapters adapters)
            LoraWriter.Write(Path.Combine(output, LoraWriter.FolderName), adapters, _clip, _checkpoint, share, _directory.Path);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _before?.Dispose();
        _after?.Dispose();
        _mean.Dispose();
        _square.Dispose();
        _clip.Dispose();
        _compute.Dispose();
        _checkpoint.Dispose();
    }

    /// <summary>Makes the towers' matrices of what was stepped.</summary>
    private void Renew()
    {
        if (_clip.Adapters is LoraAdapters adapters)
            adapters.Merge(_clip.Numbers);
        else
            _clip.Numbers.Pack();
    }

    /// <summary>before + share · (after − before); of adapters that is a smaller α/r.</summary>
    private void Mix(double share)
    {
        if (_clip.Adapters is LoraAdapters adapters)
        {
            adapters.Merge(_clip.Numbers, share);
            return;
        }
        NumberSet numbers = _clip.Numbers.Numbers;
        for (long i = 0; i < numbers.Count; i++)
            numbers.Pointer[i] = (float)(_before!.Pointer[i] + share * (_after!.Pointer[i] - _before.Pointer[i]));
        _clip.Numbers.Pack();
    }

    /// <summary>What a tensor learns of the peak rate: less the further down it is. The scale of cosines stays as it is.</summary>
    private double ShareOf(string name)
    {
        if (name is ClipTraining.LogitScale or ClipTraining.LogitBias)
            return 0;
        int layers = name.StartsWith("text.", StringComparison.Ordinal)
            ? _clip.Config.Text!.Transformer.Layers
            : ((Model.VisionTransformerConfig)_clip.Config.Vision!).Transformer.Layers;
        string[] words = name.Split('.');
        int depth = words is [_, "blocks", string number, ..] ? int.Parse(number) + 1
            : words[1] is "ln_post" or "ln_final" or "projection" or "projection_inner" or "head" or "query_pool" ? layers + 1
            : 0;
        return Math.Pow(LayerDecay, layers + 1 - depth);
    }

    /// <summary>The pictures of a step, half of them mirrored; a caption is true of every picture that has it.</summary>
    private ClipBatch Draw(int step)
    {
        ulong seed = (ulong)_options.Seed;
        int size = BatchSize, perEpoch = StepsOfAnEpoch, numbers = _clip.Vision.PixelsPerPicture;
        int[] order = Draws.Permutation(seed, step / perEpoch, _learnt.Length);
        int[] chosen = [.. order.Skip(step % perEpoch * size).Take(size).Select(i => _learnt[i])];
        float[] pixels = new float[size * numbers];
        _compute.Pool.For(size, i =>
        {
            bool isMirrored = new Draws(seed, (ulong)step, (ulong)i, 4).Uniform() < 0.5;
            _bank.Read(chosen[i], isMirrored, pixels.AsSpan(i * numbers, numbers));
        });
        bool[] positives = new bool[size * size];
        for (int i = 0; i < size; i++)
            for (int j = 0; j < size; j++)
                positives[i * size + j] = _bank.CaptionOf[chosen[i]] == _bank.CaptionOf[chosen[j]];
        return new()
        {
            Pixels = pixels,
            Texts = [.. chosen.Select(picture => _bank.Texts[_bank.CaptionOf[picture]])],
            Positives = positives,
        };
    }
}
