using System.Globalization;
using PureClip.Files;
using PureClip.Imaging;
using PureClip.Labels;

namespace PureClip.Training;

/// <summary>What of a model learns.</summary>
public enum FineTuningMethod
{
    /// <summary>
    /// Low-rank adapters on the matrices of both towers (LoRA), merged into them in the end: few numbers, so little is forgotten.
    /// </summary>
    Adapters,

    /// <summary>Every number, later blocks faster than earlier ones.</summary>
    Full,

    /// <summary>
    /// Nothing of the model: a linear head on its vectors, which begins with the captions' own and is pulled back to them. Forgets nothing,
    /// and needs pictures of classes: two or more of each caption.
    /// </summary>
    Head,
}

/// <summary>A picture and what it shows.</summary>
/// <param name="Picture">The picture.</param>
/// <param name="Caption">What is true of it; pictures of one caption are of one class.</param>
public sealed record CaptionedPicture(ImageSource Picture, string Caption);

/// <summary>How a model is fine-tuned.</summary>
public sealed record FineTuningOptions
{
    /// <summary>What learns; null for a head where there are fewer than 1,000 pictures, of classes, else adapters.</summary>
    public FineTuningMethod? Method { get; init; }

    /// <summary>Rank of the adapters, 1 to 256; each adds rank · (rows + columns) numbers to a matrix.</summary>
    public int Rank { get; init; } = 8;

    /// <summary>Which matrices get an adapter.</summary>
    public LoraTargets Targets { get; init; } = LoraTargets.Usual;

    /// <summary>Peak learning rate; null for 1e-3 with adapters and 3e-5 for all numbers.</summary>
    public double? Rate { get; init; }

    /// <summary>How often each picture is seen.</summary>
    public int Epochs { get; init; } = 15;

    /// <summary>Pictures of a step. More are better and take more memory.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>Share of the pictures that is not learnt from but measured with, above 0 and at most a half.</summary>
    public double HeldOut { get; init; } = 0.2;

    /// <summary>How much worse the general set may become, as a share of it, for a blend to be taken.</summary>
    public double MostForgotten { get; init; } = 0.01;

    /// <summary>Of all random decisions: the same seed and pictures give the same model.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>Largest picture that is read, in pixels; at least 1.</summary>
    public long MaxPixels { get; init; } = ImageDecoderOptions.Default.MaxPixels;

    /// <summary>Most bytes of a picture's file; null for the usual, see <see cref="ImageDecoderOptions.MaxFileBytes"/>.</summary>
    public long? MaxFileBytes { get; init; }

    /// <summary>What becomes of captions that have more tokens than the model takes. Otherwise a picture with one is refused by its
    /// name.</summary>
    public Truncation Truncation { get; init; }

    /// <summary>Ends the learning early: what was learnt until then is measured, blended and written.</summary>
    public CancellationToken StopLearning { get; init; }

    /// <summary>Time from one checkpoint to the next while a model learns.</summary>
    public TimeSpan CheckpointEvery { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Threads and vectors; null for those of the program.</summary>
    public Runtime? Runtime { get; init; }

    internal double PeakRate => Rate ?? (Method == FineTuningMethod.Full ? 3e-5 : 1e-3);

    /// <summary>All that decides what is learnt, as text.</summary>
    internal string Line => string.Create(
        CultureInfo.InvariantCulture,
        $"{Method} of rank {Rank} at {Targets}, rate {PeakRate}, {Epochs} epochs of {BatchSize}, seed {Seed}")
        + (Truncation == Truncation.Error ? "" : ", long captions cut");

    internal void Validate()
    {
        Problem.Require(
            Method is not FineTuningMethod method || Enum.IsDefined(method), nameof(Method), Method, "Head, Adapters, Full or null");
        Problem.Require(Targets != 0 && (Targets & ~LoraTargets.All) == 0, nameof(Targets), Targets, "one or more of those that there are");
        Problem.Require(MaxPixels >= 1, nameof(MaxPixels), MaxPixels, "at least 1");
        Problem.Require(MaxFileBytes is null or >= 1, nameof(MaxFileBytes), MaxFileBytes ?? 0, "at least 1, or null");
        Problem.Require(Enum.IsDefined(Truncation), nameof(Truncation), Truncation, "one of those that there are");
        Problem.Require(CheckpointEvery >= TimeSpan.Zero, nameof(CheckpointEvery), CheckpointEvery, "not negative");
        Problem.Require(Rank is >= 1 and <= 256, nameof(Rank), Rank, "from 1 to 256");
        Problem.Require(PeakRate is > 0 and <= 0.1, nameof(Rate), PeakRate, "above 0 and at most 0.1");
        Problem.Require(Epochs is >= 1 and <= 10_000, nameof(Epochs), Epochs, "from 1 to 10000");
        Problem.Require(BatchSize is >= 2 and <= 65_536, nameof(BatchSize), BatchSize, "from 2 to 65536");
        Problem.Require(HeldOut is > 0 and <= 0.5, nameof(HeldOut), HeldOut, "above 0 and at most 0.5");
        Problem.Require(MostForgotten is >= 0 and <= 1, nameof(MostForgotten), MostForgotten, "from 0 to 1");
    }
}

/// <summary>How far a fine-tuning is.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Steps">Steps in all.</param>
/// <param name="Loss">What of the last step's loss is above the least that its captions allow.</param>
public readonly record struct FineTuningProgress(int Step, int Steps, double Loss);

/// <summary>How well pictures and captions of a set find one another.</summary>
/// <param name="Pictures">Pictures of the set.</param>
/// <param name="PictureToText">Share of the pictures whose nearest caption is their own.</param>
/// <param name="TextToPicture">Share of the captions whose nearest picture is one of their own.</param>
public readonly record struct SetScore(int Pictures, double PictureToText, double TextToPicture)
{
    /// <summary>The mean of both directions.</summary>
    public double Mean => (PictureToText + TextToPicture) / 2;

    /// <summary>The interval in which the true share lies with 95 % confidence (Wilson 1927), for <see cref="PictureToText"/>.</summary>
    public (double Low, double High) Interval
    {
        get
        {
            if (Pictures == 0)
                return (0, 1);
            const double Z = 1.959964;
            double n = Pictures, middle = PictureToText + Z * Z / (2 * n),
                size = Z * Math.Sqrt(PictureToText * (1 - PictureToText) / n + Z * Z / (4 * n * n));
            return (Math.Max(0, (middle - size) / (1 + Z * Z / n)), Math.Min(1, (middle + size) / (1 + Z * Z / n)));
        }
    }
}

/// <summary>A blend of the model before and after: before + share · (after − before), over all numbers.</summary>
/// <param name="Share">0 is the model as it was, 1 the fine-tuned one.</param>
/// <param name="Target">The held-out pictures.</param>
/// <param name="General">The general set; null where none was given.</param>
public sealed record Blend(double Share, SetScore Target, SetScore? General);

/// <summary>What came of a fine-tuning.</summary>
/// <param name="Learnt">Pictures that were learnt from.</param>
/// <param name="Captions">Different captions.</param>
/// <param name="StoppedEarly">Whether learning was ended before it was done.</param>
/// <param name="Blends">Blends from 0 to 1, in steps of a tenth.</param>
/// <param name="Chosen">The one that was written: the best on the held-out pictures among those that forget little enough.</param>
public sealed record FineTuningResult(int Learnt, int Captions, bool StoppedEarly, IReadOnlyList<Blend> Blends, Blend Chosen)
{
    /// <summary>What learnt.</summary>
    public FineTuningMethod Method { get; init; }

    /// <summary>
    /// How a head did in a cross-validation over the pictures that it learnt from, with the λ that was chosen; null for other methods.
    /// </summary>
    public ValidatedSetting? Validation { get; init; }
}
