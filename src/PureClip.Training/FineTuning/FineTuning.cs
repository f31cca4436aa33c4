using PureClip.Checkpoints;

namespace PureClip.Training;

/// <summary>
/// Teaches a model one's own pictures. Some of them are held out, and a general set shows what is forgotten; what is written is the best
/// blend of before and after. Deterministic: the same pictures, options and vector width give the same bytes, however often it was
/// interrupted.
/// </summary>
/// <remarks>
/// Adapters: Hu et al. 2021. Blending: Wortsman et al. 2021 (WiSE-FT). Captions that are equal count as true of all pictures that have
/// them, so that pictures of one class do not push one another's captions away.
/// </remarks>
public static class FineTuning
{
    /// <summary>Blends that are tried between before and after, one of them both ends.</summary>
    internal const int Blends = 10;

    // From here on there is enough to learn from that a head on vectors as they are is left behind.
    private const int PicturesForAdapters = 1000;

    /// <summary>Fine-tunes a model and writes the result.</summary>
    /// <param name="model">A model directory with two towers; to change its numbers, transformers both, of any family.</param>
    /// <param name="pictures">What to learn: at least 8 pictures of at least two captions.</param>
    /// <param name="output">Where what was learnt goes: a folder that does not exist yet, or is empty.</param>
    /// <param name="options">How; null for the usual.</param>
    /// <param name="general">Pictures of other things, to see what is forgotten; null for none.</param>
    /// <param name="progress">Told after every step.</param>
    /// <param name="cancellationToken">
    /// Ends the work; nothing is written then but the checkpoint, from which the same call goes on.
    /// </param>
    /// <returns>What was measured before, between and after.</returns>
    /// <exception cref="ArgumentException">Too few pictures or captions, or an option out of its range.</exception>
    /// <exception cref="InvalidDataException">
    /// A picture or the model cannot be read, a caption has too many tokens, or the checkpoint is of another call.
    /// </exception>
    /// <exception cref="NotSupportedException">
    /// The model's numbers are to change, and it has a tower that is no transformer; a head learns with every model.
    /// </exception>
    /// <exception cref="IOException">The output is there already, or cannot be written.</exception>
    /// <remarks>
    /// A head is <c>head.safetensors</c> in <paramref name="output"/>: a classifier of <see cref="Labels.Classifier.Load"/>. Of the other
    /// methods, <paramref name="output"/> becomes a model directory of the same layout as <paramref name="model"/>; with adapters there is
    /// a folder <c>adapter</c> in it, as PEFT reads it and <see cref="ClipOptions.Adapter"/> takes it, for the model as it was. While it
    /// learns, <paramref name="output"/> with <c>.checkpoint.safetensors</c> behind it keeps the state.
    /// </remarks>
    public static FineTuningResult Run(
        string model, IReadOnlyList<CaptionedPicture> pictures, string output, FineTuningOptions? options = null,
        IReadOnlyList<CaptionedPicture>? general = null, IProgress<FineTuningProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(model);
        ArgumentNullException.ThrowIfNull(pictures);
        ArgumentException.ThrowIfNullOrEmpty(output);
        options ??= new();
        options.Validate();
        ModelWriter.RequireEmpty(output);
        Runtime runtime = options.Runtime ?? Runtime.Shared;
        using Clip clip = Clip.Load(model, new()
        {
            Runtime = runtime,
            MaxPixels = options.MaxPixels,
            MaxFileBytes = options.MaxFileBytes,
            Truncation = options.Truncation,
        });
        PictureBank target = new(clip, pictures, cancellationToken), others = new(clip, general ?? [], cancellationToken);
        (int[] learnt, int[] heldOut) = target.Split(options.HeldOut);
        if (target.Captions.Count < 2 || learnt.Length < 2 || heldOut.Length < 2)
            throw new ArgumentException(
                $"There are {target.Count} pictures of {target.Captions.Count} captions, of which {heldOut.Length} would be held out. "
                + "Give at least 8 pictures of two captions or more.", nameof(pictures));
        FineTuningMethod method = options.Method
            ?? (target.Count < PicturesForAdapters && target.IsOfClasses(learnt) ? FineTuningMethod.Head : FineTuningMethod.Adapters);
        if (method == FineTuningMethod.Head)
            return new HeadTuning(clip, target, learnt, heldOut, others, options).Run(output, cancellationToken);
        ModelDirectory directory = ModelDirectory.Open(model);
        using ModelTuning tuning = new(
            directory, clip.Fingerprint, clip.Tokenizer!.PadId, target, learnt, options with { Method = method }, runtime);
        bool isDone = tuning.Learn(output, progress, cancellationToken);
        FineTuningResult result = tuning.Blend(heldOut, others, cancellationToken) with { Method = method, StoppedEarly = !isDone };
        tuning.Write(result.Chosen.Share, output);
        if (isDone)
            File.Delete(ModelTuning.StateOf(output));
        return result;
    }

    /// <summary>
    /// The best on the target among those that forget little enough; of equals, the one nearest to the middle, which is the most robust.
    /// </summary>
    internal static Blend Choose(IReadOnlyList<Blend> blends, double mostForgotten) => blends
        .Where(blend => blend.General is not SetScore general || general.Mean >= blends[0].General!.Value.Mean - mostForgotten)
        .OrderByDescending(static blend => blend.Target.PictureToText).ThenBy(static blend => Math.Abs(blend.Share - 0.5)).First();
}
