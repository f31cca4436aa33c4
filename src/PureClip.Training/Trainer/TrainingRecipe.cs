using System.Text.Json;
using System.Text.Json.Serialization;
using PureClip.Files;

namespace PureClip.Training;

/// <summary>How many patches of a picture are left up to a share of the run.</summary>
/// <param name="Until">Share of the steps, up to 1.</param>
/// <param name="Kept">Patches; null for all.</param>
internal sealed record PatchStage(double Until, int? Kept);

/// <summary>
/// Everything that decides what a run becomes, apart from its data. Stored in every checkpoint; defaults are those of the shipped model.
/// </summary>
internal sealed record TrainingRecipe
{
    /// <summary>Of all random numbers.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Steps of the whole run: the schedule is a function of them, so that a resumed run goes on where it was.</summary>
    public required long Steps { get; init; }

    /// <summary>Pairs of a step.</summary>
    public int BatchSize { get; init; } = 256;

    /// <summary>How a batch is computed.</summary>
    public ClipStepOptions Step { get; init; } = new();

    /// <summary>Peak rate of AdamW.</summary>
    public double AdamWRate { get; init; } = 1e-3;

    /// <summary>Peak rate of Muon, which steps the matrices of blocks; 0 for AdamW everywhere.</summary>
    public double MuonRate { get; init; } = 0.02;

    /// <summary>Moments and decay of AdamW.</summary>
    public AdamWOptions AdamW { get; init; } = new();

    /// <summary>Momentum and decay of Muon.</summary>
    public MuonOptions Muon { get; init; } = new();

    /// <summary>The longest gradient, all tensors together.</summary>
    public double LongestGradient { get; init; } = 5;

    /// <summary>Steps until the rates are at their peak.</summary>
    public int WarmUp { get; init; } = 100;

    /// <summary>Share of the rates that is left at the end.</summary>
    public double Floor { get; init; } = 0.01;

    /// <summary>
    /// From this step on the rates stay as they are, until a cooldown ends the run; 0 for a run that is level behind its warm-up. Null: they
    /// follow the cosine.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? HeldFrom { get; init; }

    /// <summary>How the run ends early; null where it does not.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Cooldown? Cooldown { get; init; }

    /// <summary>The step behind the last: that of the cooldown; of a run that is held no end is in sight.</summary>
    [JsonIgnore]
    public long End => Cooldown?.End ?? (HeldFrom is null ? Steps : long.MaxValue);

    /// <summary>The rates over the run.</summary>
    [JsonIgnore]
    public Schedule Schedule => new(Steps, WarmUp, Floor) { HeldFrom = HeldFrom, Cooldown = Cooldown };

    /// <summary>What the running average of the numbers keeps a step in the long run.</summary>
    public double Average { get; init; } = 0.998;

    /// <summary>Bounds of the logarithm of the logit scale.</summary>
    public double LeastLogScale { get; init; } = 1;

    /// <inheritdoc cref="LeastLogScale"/>
    public double MostLogScale { get; init; } = 4.0943445622221; // ln 60

    /// <summary>
    /// Patches left out of pictures, which makes steps faster; the last part of a run should see all of them. Empty for none.
    /// </summary>
    public IReadOnlyList<PatchStage> Patches { get; init; } = [];

    /// <summary>Patches that are left at a step; null for all. A cooldown goes through all stages that are still to come.</summary>
    public int? KeptAt(long step)
    {
        double place = Cooldown is Cooldown end && step >= end.From
            ? end.From + (double)Math.Max(0, Steps - end.From) * (step - end.From) / end.Steps
            : step;
        return Patches.FirstOrDefault(stage => place < stage.Until * Steps)?.Kept;
    }

    /// <summary>Whether a run of another recipe may go on with this one at a step: what the other has not been told begins just there.</summary>
    public bool GoesOnFrom(TrainingRecipe begun, long step) => begun.ToJson() == (this with
    {
        HeldFrom = begun.HeldFrom is null && HeldFrom == step ? null : HeldFrom,
        Cooldown = begun.Cooldown is null && Cooldown?.From == step ? null : Cooldown,
    }).ToJson();

    /// <summary>This recipe with what else a run has been told that was begun with it: to hold its rates, and to cool down.</summary>
    /// <param name="begun">The recipe of its newest checkpoint; null for a new run.</param>
    /// <param name="step">Steps of it that are done.</param>
    /// <param name="holds">Whether the rates stay as they are from here on.</param>
    /// <param name="cooldown">Steps within which they fall to nothing; null for as it was told before, if ever.</param>
    /// <exception cref="InvalidOperationException">It is cooling down already, within another number of steps.</exception>
    public TrainingRecipe GoingOn(TrainingRecipe? begun, long step, bool holds, long? cooldown)
    {
        if (begun?.Cooldown is Cooldown known && cooldown is not null && cooldown != known.Steps)
            throw new InvalidOperationException(
                $"The run has been cooling down since step {known.From}, within {known.Steps} steps, and cannot do so within {cooldown}. "
                + "Go on with as many, or begin another cooldown in a copy of a folder whose newest checkpoint is before it.");
        return this with
        {
            HeldFrom = begun?.HeldFrom ?? (holds && begun?.Cooldown is null ? step : null),
            Cooldown = begun?.Cooldown ?? (cooldown is long steps ? new(step, steps) : null),
        };
    }

    /// <summary>As text that <see cref="Parse"/> reads, the same for equal recipes.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, RecipeJson.Default.TrainingRecipe);

    /// <summary>Reads <see cref="ToJson"/>'s text.</summary>
    public static TrainingRecipe Parse(string json) => JsonSerializer.Deserialize(json, RecipeJson.Default.TrainingRecipe)!;

    /// <summary>Checks every setting.</summary>
    /// <exception cref="ArgumentException">One is out of its range; the message names it and the range.</exception>
    public void Validate()
    {
        Problem.Require(Steps >= 1, "Steps", Steps, "at least 1");
        Problem.Require(BatchSize >= 2, "BatchSize", BatchSize, "at least 2: a pair alone has nothing to be told from");
        Problem.Require(Step.MicroBatch >= 1, "MicroBatch", Step.MicroBatch, "at least 1");
        Problem.Require(AdamWRate is > 0 and < 1, "AdamWRate", AdamWRate, "above 0 and below 1");
        Problem.Require(MuonRate is >= 0 and < 1, "MuonRate", MuonRate, "at least 0 and below 1");
        Problem.Require(LongestGradient > 0, "LongestGradient", LongestGradient, "above 0");
        Problem.Require(WarmUp >= 0, "WarmUp", WarmUp, "at least 0");
        Problem.Require(HeldFrom is null or >= 0, "HeldFrom", HeldFrom, "at least 0");
        Problem.Require(Cooldown is null or { From: >= 0, Steps: >= 1 }, "Cooldown", Cooldown, "of at least 1 step");
        Problem.Require(Average is >= 0 and < 1, "Average", Average, "at least 0 and below 1");
        Problem.Require(LeastLogScale <= MostLogScale, "LeastLogScale", LeastLogScale, $"at most MostLogScale, {MostLogScale}");
    }
}

[JsonSerializable(typeof(TrainingRecipe))]
[JsonSourceGenerationOptions(UseStringEnumConverter = true)]
internal sealed partial class RecipeJson : JsonSerializerContext;
