using PureClip.Checkpoints;
using PureClip.Memory;

namespace PureClip.Training;

/// <summary>
/// Teaches a model one's own pictures. Some of them are held out, and a general set shows what is forgotten; the model that is written is
/// the best blend of before and after. Deterministic: the same pictures, options and vector width give the same model.
/// </summary>
/// <remarks>
/// Adapters: Hu et al. 2021. Blending: Wortsman et al. 2021 (WiSE-FT). Captions that are equal count as true of all pictures that have
/// them, so that pictures of one class do not push one another's captions away.
/// </remarks>
public static class FineTuning
{
    private const int Blends = 10, MicroBatch = 16;

    // What a block learns less than the one above it.
    private const double LayerDecay = 0.75;

    /// <summary>Fine-tunes a model and writes the result.</summary>
    /// <param name="model">A model directory with two transformer towers.</param>
    /// <param name="pictures">What to learn: at least 8 pictures of at least two captions.</param>
    /// <param name="output">Where the new model goes: a folder that does not exist yet, or is empty.</param>
    /// <param name="options">How; null for the usual.</param>
    /// <param name="general">Pictures of other things, to see what is forgotten; null for none.</param>
    /// <param name="progress">Told after every step.</param>
    /// <param name="cancellationToken">Ends the work; nothing is written then.</param>
    /// <returns>What was measured before, between and after.</returns>
    /// <exception cref="ArgumentException">Too few pictures or captions, or an option out of its range.</exception>
    /// <exception cref="InvalidDataException">A picture or the model cannot be read.</exception>
    /// <exception cref="NotSupportedException">The model has a tower that cannot be trained.</exception>
    /// <exception cref="IOException">The output is there already, or cannot be written.</exception>
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
        ModelDirectory directory = ModelDirectory.Open(model);
        using Checkpoint checkpoint = Checkpoint.Open(directory.WeightsPath, directory.Config);
        using TrainingCompute compute = TrainingCompute.Of(runtime.Tier, runtime.Pool);
        using ClipTraining clip = new(directory.Config, compute);
        PictureBank target, others;
        using (Clip reader = Clip.Load(model, new() { Runtime = runtime }))
        {
            target = new(reader, pictures, cancellationToken);
            others = new(reader, general ?? [], cancellationToken);
        }
        (int[] learnt, int[] heldOut) = target.Split(options.HeldOut);
        if (target.Captions.Count < 2 || learnt.Length < 2 || heldOut.Length < 2)
            throw new ArgumentException(
                $"There are {target.Count} pictures of {target.Captions.Count} captions, of which {heldOut.Length} would be held out. "
                + "Give at least 8 pictures of two captions or more.", nameof(pictures));

        clip.Load(checkpoint);
        using NumberSet before = new(clip.Numbers.List), after = new(clip.Numbers.List);
        before.CopyFrom(clip.Numbers.Numbers);
        bool isDone = Learn(clip, target, learnt, options, progress, cancellationToken);
        after.CopyFrom(clip.Numbers.Numbers);

        using Measure measure = new(clip);
        List<Blend> blends = [];
        for (int i = 0; i <= Blends; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Mix(clip, before, after, (double)i / Blends);
            SetScore? ofOthers = others.Count > 0 ? measure.Of(others, [.. Enumerable.Range(0, others.Count)]) : null;
            blends.Add(new((double)i / Blends, measure.Of(target, heldOut), ofOthers));
        }
        Blend chosen = Choose(blends, options.MostForgotten);
        Mix(clip, before, after, chosen.Share);
        ModelWriter.Write(directory, checkpoint, clip, output);
        return new(learnt.Length, target.Captions.Count, !isDone, blends, chosen);
    }

    /// <summary>
    /// The best on the target among those that forget little enough; of equals, the one nearest to the middle, which is the most robust.
    /// </summary>
    internal static Blend Choose(IReadOnlyList<Blend> blends, double mostForgotten) => blends
        .Where(blend => blend.General is not SetScore general || general.Mean >= blends[0].General!.Value.Mean - mostForgotten)
        .OrderByDescending(static blend => blend.Target.PictureToText).ThenBy(static blend => Math.Abs(blend.Share - 0.5)).First();

    private static unsafe void Mix(ClipTraining clip, NumberSet before, NumberSet after, double share)
    {
        NumberSet numbers = clip.Numbers.Numbers;
        for (long i = 0; i < numbers.Count; i++)
            numbers.Pointer[i] = (float)(before.Pointer[i] + share * (after.Pointer[i] - before.Pointer[i]));
        clip.Numbers.Pack();
    }

    /// <returns>Whether all steps were done.</returns>
    private static bool Learn(
        ClipTraining clip, PictureBank bank, int[] learnt, FineTuningOptions options, IProgress<FineTuningProgress>? progress,
        CancellationToken cancellation)
    {
        bool adapts = options.Method == FineTuningMethod.Adapters;
        using LoraAdapters? adapters = adapts ? new(clip.Numbers, Adapted(clip), options.Rank, options.Rank, (ulong)options.Seed) : null;
        LearnedList list = adapters?.List ?? clip.Numbers.List;
        using NumberSet mean = new(list), square = new(list);
        AdamW adamw = new(list, clip.Compute.Pool, new(Beta2: 0.999, Decay: 0));
        using ClipStep step = new(clip, new(MicroBatch: MicroBatch));
        int size = Math.Min(options.BatchSize, learnt.Length), perEpoch = learnt.Length / size, steps = options.Epochs * perEpoch;
        Schedule schedule = new(steps, WarmUp: Math.Max(1, steps / 10));
        for (int k = 0; k < steps; k++)
        {
            cancellation.ThrowIfCancellationRequested();
            if (options.StopLearning.IsCancellationRequested)
                return false;
            clip.Numbers.Gradients.Clear();
            StepResult result = step.Run(Draw(clip, bank, learnt, (ulong)options.Seed, k, perEpoch, size));
            adapters?.TakeGradients();
            GradientClip.Run(adapters?.Gradients ?? clip.Numbers.Gradients, 1, clip.Compute.Pool);
            adamw.Step(
                adapters?.Numbers ?? clip.Numbers.Numbers, adapters?.Gradients ?? clip.Numbers.Gradients, mean, square,
                options.PeakRate * schedule.At(k), k + 1,
                all: true, adapts ? null : learned => ShareOf(clip, learned.Name));
            if (adapters is not null)
                adapters.Merge();
            else
                clip.Numbers.Pack();
            progress?.Report(new(k + 1, steps, result.Excess));
        }
        return true;
    }

    /// <summary>Matrices of the blocks of both towers.</summary>
    private static IEnumerable<string> Adapted(ClipTraining clip) =>
        clip.Numbers.List.All.Where(static learned => learned.Rule.Parts > 0).Select(static learned => learned.Name);

    /// <summary>What a tensor learns of the peak rate: less the further down it is. The scale of cosines stays as it is.</summary>
    private static double ShareOf(ClipTraining clip, string name)
    {
        if (name is ClipTraining.LogitScale or ClipTraining.LogitBias)
            return 0;
        int layers = name.StartsWith("text.", StringComparison.Ordinal)
            ? clip.Config.Text!.Transformer.Layers
            : ((PureClip.Model.VisionTransformerConfig)clip.Config.Vision!).Transformer.Layers;
        string[] words = name.Split('.');
        int depth = words is [_, "blocks", string number, ..] ? int.Parse(number) + 1
            : words[1] is "ln_post" or "ln_final" or "projection" ? layers + 1
            : 0;
        return Math.Pow(LayerDecay, layers + 1 - depth);
    }

    /// <summary>The pictures of a step, half of them mirrored; a caption is true of every picture that has it.</summary>
    private static ClipBatch Draw(ClipTraining clip, PictureBank bank, int[] learnt, ulong seed, int step, int perEpoch, int size)
    {
        int[] order = Draws.Permutation(seed, step / perEpoch, learnt.Length);
        int[] chosen = [.. order.Skip(step % perEpoch * size).Take(size).Select(i => learnt[i])];
        int numbers = clip.Vision.PixelsPerPicture;
        float[] pixels = new float[size * numbers];
        clip.Compute.Pool.For(size, i =>
        {
            bool isMirrored = new Draws(seed, (ulong)step, (ulong)i, 4).Uniform() < 0.5;
            bank.Read(chosen[i], isMirrored, pixels.AsSpan(i * numbers, numbers));
        });
        bool[] positives = new bool[size * size];
        for (int i = 0; i < size; i++)
            for (int j = 0; j < size; j++)
                positives[i * size + j] = bank.CaptionOf[chosen[i]] == bank.CaptionOf[chosen[j]];
        return new() { Pixels = pixels, Texts = [.. chosen.Select(picture => bank.Texts[bank.CaptionOf[picture]])], Positives = positives };
    }

    /// <summary>Embeds a set with the numbers as they are and sees what finds what.</summary>
    private sealed class Measure(ClipTraining clip) : IDisposable
    {
        private readonly BlockScratch _scratch = new();
        private readonly VisionTraining.Memory _pictures = new(clip.Vision);
        private readonly TextTraining.Memory _texts = new(clip.Text);
        private readonly TrainingMatrix _embeddings = new();

        public SetScore Of(PictureBank bank, int[] chosen)
        {
            int[] captions = [.. chosen.Select(picture => bank.CaptionOf[picture]).Distinct()];
            float[][] pictures = Pictures(bank, chosen), texts = Texts(bank, captions);
            int right = chosen.Select((picture, i) => captions[Nearest(pictures[i], texts)] == bank.CaptionOf[picture] ? 1 : 0).Sum();
            int found = captions.Select((caption, i) => bank.CaptionOf[chosen[Nearest(texts[i], pictures)]] == caption ? 1 : 0).Sum();
            return new(chosen.Length, (double)right / chosen.Length, (double)found / captions.Length);
        }

        public void Dispose()
        {
            _scratch.Dispose();
            _pictures.Dispose();
            _texts.Dispose();
            _embeddings.Dispose();
        }

        private float[][] Pictures(PictureBank bank, int[] chosen)
        {
            List<float[]> all = [];
            int numbers = clip.Vision.PixelsPerPicture;
            foreach (int[] part in chosen.Chunk(MicroBatch))
            {
                float[] pixels = new float[part.Length * numbers];
                for (int i = 0; i < part.Length; i++)
                    bank.Read(part[i], isMirrored: false, pixels.AsSpan(i * numbers, numbers));
                MatrixView to = _embeddings.Shape(part.Length, clip.Config.EmbeddingWidth);
                clip.Vision.Forward(pixels, null, _pictures, _scratch, to);
                Collect(to, all);
            }
            return [.. all];
        }

        private float[][] Texts(PictureBank bank, int[] captions)
        {
            List<float[]> all = [];
            foreach (int[] part in captions.Chunk(MicroBatch))
            {
                MatrixView to = _embeddings.Shape(part.Length, clip.Config.EmbeddingWidth);
                clip.Text.Forward([.. part.Select(caption => bank.Texts[caption])], _texts, _scratch, to);
                Collect(to, all);
            }
            return [.. all];
        }

        private static void Collect(MatrixView rows, List<float[]> all)
        {
            for (int i = 0; i < rows.Rows; i++)
            {
                float[] row = rows.RowSpan(i).ToArray();
                float length = (float)Math.Sqrt(UnitRows.Dot(row, row));
                all.Add(Array.ConvertAll(row, x => x / length));
            }
        }

        private static int Nearest(float[] query, float[][] among)
        {
            int best = 0;
            float most = float.NegativeInfinity;
            for (int i = 0; i < among.Length; i++)
                if (System.Numerics.Tensors.TensorPrimitives.Dot<float>(query, among[i]) is float score && score > most)
                    (most, best) = (score, i);
            return best;
        }
    }
}
