using System.Globalization;
using System.Text.RegularExpressions;
using PureClip.Files;
using PureClip.Generation;

namespace PureClip.Training;

/// <summary>How a network that draws is trained. Everything that decides what becomes of it, apart from its data.</summary>
/// <param name="Steps">Steps of the whole run: the schedule is a function of them.</param>
/// <param name="BatchSize">Pictures of a step.</param>
/// <param name="Seed">Of all random numbers.</param>
/// <param name="MuonRate">Peak rate for the matrices of blocks.</param>
/// <param name="AdamWRate">Peak rate of the rest, which does not decay.</param>
/// <param name="WarmUp">Steps until the rates are at their peak.</param>
/// <param name="Average">What the running average keeps a step in the long run.</param>
/// <param name="TimeMean">
/// Times are σ(mean + deviation · a normal number): below 0, most are near the noise, where only what is said tells what is to be drawn.
/// </param>
/// <param name="TimeDeviation">The deviation.</param>
/// <remarks>Times: Esser et al. 2024; mean and deviation Li and He 2025.</remarks>
internal sealed partial record GeneratorRecipe(
    long Steps, int BatchSize = 64, ulong Seed = 1, double MuonRate = 0.02, double AdamWRate = 1e-3, int WarmUp = 60,
    double Average = 0.9995, double TimeMean = -1.4, double TimeDeviation = 1.4)
{
    /// <summary>The longest gradient, all tensors together.</summary>
    public double LongestGradient { get; init; } = 1;

    /// <summary>How the run ends early; null where it does not.</summary>
    public Cooldown? Cooldown { get; init; }

    /// <summary>The step behind the last.</summary>
    public long End => Cooldown?.End ?? Steps;

    /// <summary>This recipe with the cooldown of a state that was begun with it, or with one that begins there.</summary>
    /// <param name="state">The run of the state, as <see cref="StateFile.Begun"/> says it; null for none.</param>
    /// <param name="step">Its steps.</param>
    /// <param name="steps">Steps within which the rates fall to nothing; null for as it was told before, if ever.</param>
    /// <exception cref="InvalidOperationException">It is cooling down already, within another number of steps.</exception>
    public GeneratorRecipe GoingOn(string? state, long step, long? steps)
    {
        if (CooldownText().Match(state ?? "") is not { Success: true } known)
            return this with { Cooldown = steps is long some ? new(step, some) : null };
        long from = long.Parse(known.Groups[1].Value, CultureInfo.InvariantCulture),
            within = long.Parse(known.Groups[2].Value, CultureInfo.InvariantCulture);
        return steps is null || steps == within
            ? this with { Cooldown = new(from, within) }
            : throw new InvalidOperationException(
                $"The run has been cooling down since step {from}, within {within} steps, and cannot do so within {steps}. "
                + "Go on with as many, or begin another cooldown with a copy of a state from before it.");
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Steps} steps of {BatchSize}, seed {Seed}, rates {MuonRate} and {AdamWRate}, warm-up {WarmUp}, average {Average}, "
        + $"times {TimeMean} and {TimeDeviation}, gradient {LongestGradient}")
        + (Cooldown is null ? "" : string.Create(
            CultureInfo.InvariantCulture, $", cooling down from step {Cooldown.From} within {Cooldown.Steps}"));

    [GeneratedRegex(", cooling down from step (\\d+) within (\\d+)")]
    private static partial Regex CooldownText();
}

/// <summary>Where drawings and what is said of them come from.</summary>
internal interface IDrawingSource
{
    /// <summary>Tells these data, and the CLIP that they are told by, from others.</summary>
    string Fingerprint { get; }

    /// <summary>A step's drawing: a pure function of these, called on one thread at a time.</summary>
    /// <param name="seed">The run's.</param>
    /// <param name="step">Counted from 0.</param>
    /// <param name="slot">Its place in the batch.</param>
    /// <param name="pixels">[4, side, side]: receives it, premultiplied, −1 to 1.</param>
    /// <returns>What is said of it.</returns>
    DrawnThing Draw(ulong seed, long step, int slot, Span<float> pixels);
}

/// <summary>
/// Trains a network that draws. What it becomes is a function of recipe, data and vector width alone: any number of threads and any
/// interruptions give the same bits.
/// </summary>
internal sealed class GeneratorTrainer : IDisposable
{
    // Pictures that go through the network at a time.
    private const int MicroBatch = 8;

    private readonly GeneratorConfig _c;
    private readonly TrainingCompute _compute;
    private readonly TrainedNumbers _numbers;
    private readonly GeneratorTraining _network;
    private readonly NumberSet _mean, _square;
    private readonly AdamW _adamw;
    private readonly Muon _muon;
    private readonly Schedule _schedule;
    private readonly IDrawingSource _source;
    private Task<(float[] Pixels, float[] Noise, DrawnThing[] Things)>? _next;
    private long _nextStep = -1;

    /// <param name="c">Sizes.</param>
    /// <param name="recipe">How.</param>
    /// <param name="source">With what.</param>
    /// <param name="compute">Who computes.</param>
    public GeneratorTrainer(GeneratorConfig c, GeneratorRecipe recipe, IDrawingSource source, TrainingCompute compute)
    {
        (_c, Recipe, _source, _compute) = (c, recipe, source, compute);
        LearnedList list = GeneratorTraining.Declare(c);
        _numbers = new(list, compute);
        Initialize(recipe.Seed);
        _network = new(_numbers, c);
        (_mean, _square, Average) = (new(list), new(list), new(list));
        Average.CopyFrom(_numbers.Numbers);
        _adamw = new(list, compute.Pool, new(Decay: 0));
        _muon = new(list, compute, new());
        _schedule = new(recipe.Steps, recipe.WarmUp) { Cooldown = recipe.Cooldown };
        _numbers.Pack();
    }

    /// <summary>How.</summary>
    public GeneratorRecipe Recipe { get; }

    /// <summary>Steps done.</summary>
    public long Step { get; private set; }

    /// <summary>The running average of the numbers: what draws.</summary>
    public NumberSet Average { get; }

    /// <summary>What learns.</summary>
    public TrainedNumbers Numbers => _numbers;

    /// <summary>The state in a file, of this run alone.</summary>
    public StateFile StateIn(string path) => new(
        path, RunOf(Recipe), _numbers.List, ("model", _numbers.Numbers), ("average", Average), ("m", _mean), ("v", _square))
    {
        GoesOnFrom = (run, step) => step == Recipe.Cooldown?.From && run == RunOf(Recipe with { Cooldown = null }),
    };

    /// <summary>Goes on from a state that is there, if there is one.</summary>
    public void Resume(StateFile state)
    {
        Step = state.Resume();
        _numbers.Pack();
    }

    /// <summary>Does the next step.</summary>
    /// <returns>The loss.</returns>
    /// <exception cref="ArithmeticException">The loss is no number any more.</exception>
    public double RunStep()
    {
        (float[] pixels, float[] noise, DrawnThing[] things) = Take(Step);
        int numbers = _c.Numbers, count = Recipe.BatchSize;
        _numbers.Gradients.Clear();
        double loss = 0;
        for (int first = 0; first < count; first += MicroBatch)
        {
            int length = Math.Min(MicroBatch, count - first);
            ReadOnlySpan<float> x = pixels.AsSpan(first * numbers, length * numbers);
            float[] times = new float[length], z = new float[x.Length], p = new float[x.Length];
            for (int i = 0; i < length; i++)
                times[i] = TimeOf(first + i);
            FlowLoss.Mix(x, noise.AsSpan(first * numbers, x.Length), times, z);
            _network.Forward(z, times, things[first..(first + length)], p);
            loss += FlowLoss.Run(p, x, times, (long)count * numbers, z);
            _network.Backward(z);
        }
        if (!double.IsFinite(loss))
            throw new ArithmeticException($"The loss of step {Step + 1} is {loss}. Lower the rates.");
        double rate = _schedule.At(Step);
        GradientClip.Run(_numbers.Gradients, Recipe.LongestGradient, _compute.Pool);
        _adamw.Step(_numbers.Numbers, _numbers.Gradients, _mean, _square, Recipe.AdamWRate * rate, Step + 1);
        _muon.Step(_numbers.Numbers, _numbers.Gradients, _mean, Recipe.MuonRate * rate);
        double kept = Recipe.Cooldown?.AverageAt(Step, Recipe.Average) ?? Recipe.Average;
        MovingAverage.Step(Average, _numbers.Numbers, Step, kept, _compute.Pool);
        _numbers.Pack();
        Step++;
        return loss;
    }

    /// <summary>Writes the average as a network that draws, in 16 bits.</summary>
    public void Write(string path, IReadOnlyList<string> styles, string fingerprint) =>
        GeneratorFile.Write(path, _c, styles, fingerprint, name => Average[name].ToArray(), NumberType.F16);

    /// <inheritdoc/>
    public void Dispose()
    {
        _next?.GetAwaiter().GetResult();
        _network.Dispose();
        _numbers.Dispose();
        _muon.Dispose();
        _mean.Dispose();
        _square.Dispose();
        Average.Dispose();
    }

    private string RunOf(GeneratorRecipe recipe) =>
        $"{_c.ToJson()}, {recipe}, data {_source.Fingerprint}, vectors {_compute.Tier.Name}";

    /// <summary>A picture's time: strata of the normal distribution over the batch, which lowers the loss's variance for nothing.</summary>
    private float TimeOf(int slot)
    {
        double u = (slot + new Draws(Recipe.Seed, (ulong)Step, (ulong)slot, 22).Uniform()) / Recipe.BatchSize;
        double normal = NormalQuantile(Math.Clamp(u, 1e-9, 1 - 1e-9));
        return (float)(1 / (1 + Math.Exp(-(Recipe.TimeMean + Recipe.TimeDeviation * normal))));
    }

    /// <summary>Φ⁻¹ (Acklam 2003, relative error 1.2e-9).</summary>
    internal static double NormalQuantile(double p)
    {
        if (p > 0.5)
            return -NormalQuantile(1 - p);
        if (p < 0.02425)
        {
            double q = Math.Sqrt(-2 * Math.Log(p));
            return (((((-7.784894002430293e-03 * q - 3.223964580411365e-01) * q - 2.400758277161838) * q - 2.549732539343734) * q
                + 4.374664141464968) * q + 2.938163982698783)
                / ((((7.784695709041462e-03 * q + 3.224671290700398e-01) * q + 2.445134137142996) * q + 3.754408661907416) * q + 1);
        }
        double s = p - 0.5, r = s * s;
        return (((((-3.969683028665376e+01 * r + 2.209460984245205e+02) * r - 2.759285104469687e+02) * r + 1.383577518672690e+02) * r
            - 3.066479806614716e+01) * r + 2.506628277459239) * s
            / (((((-5.447609879822406e+01 * r + 1.615858368580409e+02) * r - 1.556989798598866e+02) * r + 6.680131188771972e+01) * r
            - 1.328068155288572e+01) * r + 1);
    }

    /// <summary>A batch, and the next one on another thread meanwhile.</summary>
    private (float[] Pixels, float[] Noise, DrawnThing[] Things) Take(long step)
    {
        (float[] Pixels, float[] Noise, DrawnThing[] Things) batch =
            _next is not null && _nextStep == step ? _next.GetAwaiter().GetResult() : Draw(step);
        _nextStep = step + 1;
        _next = Task.Run(() => Draw(step + 1));
        return batch;
    }

    private (float[] Pixels, float[] Noise, DrawnThing[] Things) Draw(long step)
    {
        lock (_source)
        {
            float[] pixels = new float[Recipe.BatchSize * _c.Numbers], noise = new float[pixels.Length];
            DrawnThing[] things = new DrawnThing[Recipe.BatchSize];
            for (int slot = 0; slot < things.Length; slot++)
            {
                int first = slot * _c.Numbers;
                things[slot] = _source.Draw(Recipe.Seed, step, slot, pixels.AsSpan(first, _c.Numbers));
                Noise.Fill(new Draws(Recipe.Seed, (ulong)step, (ulong)slot, 21).Bits(), noise.AsSpan(first, _c.Numbers));
            }
            return (pixels, noise, things);
        }
    }

    /// <summary>
    /// Matrices N(0, 1/inputs), the last of each branch and all modulation 0, so that every block begins as the identity (Peebles and Xie
    /// 2023, adaLN-zero); positions, kinds and what stands for nothing N(0, 0.02²).
    /// </summary>
    private void Initialize(ulong seed)
    {
        for (int i = 0; i < _numbers.List.All.Count; i++)
        {
            Learned learned = _numbers.List.All[i];
            bool isZero = learned.Name.EndsWith(".bias", StringComparison.Ordinal)
                || learned.Name.Contains("modulation", StringComparison.Ordinal) || learned.Name == "final.weight";
            double deviation = isZero ? 0 : learned.Rule.Decays ? 1 / Math.Sqrt(learned.Columns) : 0.02;
            Draws draws = new(seed, (ulong)i, 0, 20);
            foreach (ref float number in _numbers.Numbers[learned])
                number = (float)(deviation * draws.Normal());
        }
    }
}
