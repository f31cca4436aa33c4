using PureClip.Labels;

namespace PureClip.Training;

/// <summary>
/// A head on a model's vectors: multinomial logistic regression that begins with the captions' own vectors and is pulled back to them by
/// λ/2·‖W − W_text‖², with λ by cross-validation. With few pictures the texts are the better part of what is known, so they are the prior.
/// </summary>
/// <remarks>Each picture is learnt from as it is and mirrored; what is judged is never mirrored.</remarks>
internal sealed class HeadTuning(
    Clip clip, PictureBank target, int[] learnt, int[] heldOut, PictureBank others, FineTuningOptions options)
{
    /// <summary>The file in the output.</summary>
    public const string FileName = "head.safetensors";

    // Strength of the pull, for weights of the length of unit vectors. Logits are those times the model's scale.
    private static readonly double[] Lambdas = [0.03, 0.1, 0.3, 1, 3, 10, 30];

    private const int AtATime = 64;

    /// <summary>Learns, measures, and writes the head, unless no blend is better than the captions alone.</summary>
    public FineTuningResult Run(string output, CancellationToken cancellation)
    {
        if (!target.IsOfClasses(learnt))
            throw new ArgumentException(
                "A head tells classes apart, and takes two pictures of each to learn from and two to hold out: give at least four of every "
                + "caption, or let adapters learn.", "pictures");
        Classifier names = ZeroShotClassifier.Create(clip, target.Captions, cancellationToken: cancellation);
        TrainedProbe probe = LinearProbe.Train(Views(cancellation), new()
        {
            Names = names,
            PullsToNames = true,
            Lambdas = [.. Lambdas.Select(lambda => lambda / (clip.LogitScale * clip.LogitScale))],
            Threads = clip.Runtime.Threads,
        }, cancellationToken: cancellation);

        SetScore? ofOthers = others.Count == 0 ? null : OfOthers(cancellation);
        float[][] pictures = Encode(target, heldOut, isMirrored: false, cancellation);
        Blend[] blends = [.. Enumerable.Range(0, FineTuning.Blends + 1).Select(i =>
        {
            double share = (double)i / FineTuning.Blends;
            return new Blend(share, Score(Classifier.Blend(names, probe.Classifier, share), pictures), ofOthers);
        })];
        Blend chosen = FineTuning.Choose(blends, options.MostForgotten);
        if (chosen.Target.PictureToText <= blends[0].Target.PictureToText)
            chosen = blends[0];
        if (chosen.Share > 0)
        {
            Directory.CreateDirectory(output);
            Classifier.Blend(names, probe.Classifier, chosen.Share).Save(Path.Combine(output, FileName));
        }
        ValidatedSetting best = probe.Classifier.Validation!.Value;
        return new(learnt.Length, target.Captions.Count, false, blends, chosen)
        {
            Method = FineTuningMethod.Head,
            Validation = best with { Value = best.Value * clip.LogitScale * clip.LogitScale },
        };
    }

    /// <summary>What is learnt from: each picture and its mirror image.</summary>
    private LabelledEmbeddings Views(CancellationToken cancellation)
    {
        float[][] plain = Encode(target, learnt, isMirrored: false, cancellation),
            mirrored = Encode(target, learnt, isMirrored: true, cancellation);
        int[] classes = [.. learnt.Select(picture => target.CaptionOf[picture])], places = [.. Enumerable.Range(0, learnt.Length)];
        return new(clip.Space, target.Captions, [.. plain, .. mirrored], [.. classes, .. classes], [.. places, .. places]);
    }

    private SetScore Score(Classifier classifier, float[][] pictures)
    {
        int[] captions = target.CaptionsOf(heldOut);
        int right = heldOut.Select(
            (picture, i) => classifier.Best(pictures[i]).Label == target.CaptionOf[picture] ? 1 : 0).Sum();
        SetScore byDirections = Measure.Score(
            target, heldOut, pictures, captions, [.. captions.Select(caption => classifier.Direction(target.Captions[caption])!)]);
        return byDirections with { PictureToText = (double)right / heldOut.Length };
    }

    /// <summary>The general set: the model stays as it is, and so does what it finds.</summary>
    private SetScore OfOthers(CancellationToken cancellation)
    {
        int[] all = [.. Enumerable.Range(0, others.Count)], captions = others.CaptionsOf(all);
        float[][] texts = clip.EncodeTexts([.. captions.Select(caption => others.Captions[caption])], cancellationToken: cancellation);
        return Measure.Score(others, all, Encode(others, all, isMirrored: false, cancellation), captions, texts);
    }

    private float[][] Encode(PictureBank bank, int[] chosen, bool isMirrored, CancellationToken cancellation)
    {
        int numbers = clip.Preprocessor!.OutputLength, width = clip.EmbeddingWidth;
        List<float[]> vectors = [];
        foreach (int[] part in chosen.Chunk(AtATime))
        {
            float[] pixels = new float[part.Length * numbers], embeddings = new float[part.Length * width];
            for (int i = 0; i < part.Length; i++)
                bank.Read(part[i], isMirrored, pixels.AsSpan(i * numbers, numbers));
            clip.EncodePixels(pixels, part.Length, embeddings, cancellation);
            vectors.AddRange(embeddings.Chunk(width));
        }
        return [.. vectors];
    }
}
