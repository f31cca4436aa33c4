using System.Numerics.Tensors;
using PureClip.Generation;
using PureClip.Imaging;
using PureClip.Train.Data;
using PureClip.Train.Packages;
using PureClip.Training;

namespace PureClip.Train.Measuring;

/// <summary>How well a network draws. Shares are in percent, and beside each stands that of real pictures.</summary>
/// <param name="Captions">Captions of drawings that it has learnt from, a picture each.</param>
/// <param name="RightByModel">Pictures whose caption is first among all, by the CLIP in whose space they are drawn.</param>
/// <param name="RealByModel">The same of a real picture of each caption.</param>
/// <param name="RightByJudge">The same by a model that has not steered the drawing; null without one.</param>
/// <param name="RealByJudge">And of real pictures.</param>
/// <param name="HeldThings">Things that it has never seen, a picture each.</param>
/// <param name="HeldByModel">Their pictures whose name is first among theirs.</param>
/// <param name="HeldRealByModel">The same of real pictures by artists, where there are any.</param>
/// <param name="HeldByJudge">By the judge; null without one.</param>
/// <param name="HeldRealByJudge">And of real pictures.</param>
/// <param name="KernelDistance">
/// Kernel distance of the pictures to <see cref="DrawingMeasures.Reference"/> real ones of other names, times 1000.
/// </param>
/// <param name="RealKernelDistance">That of the real pictures of the captions: no network is nearer.</param>
/// <param name="Memorised">
/// Pictures that are nearer to a drawing that was learnt from than half of the pictures are that nobody learnt from.
/// </param>
/// <param name="NearestDrawn">Median distance to the nearest drawing that was learnt from, on 16 x 16 pixels.</param>
/// <param name="NearestUnseen">The same of real pictures that nobody learnt from.</param>
/// <param name="MemorisedByModel">As <see cref="Memorised"/>, by the cosines of the CLIP.</param>
internal sealed record DrawingFigures(
    int Captions, double RightByModel, double RealByModel, double? RightByJudge, double? RealByJudge, int HeldThings, double HeldByModel,
    double HeldRealByModel, double? HeldByJudge, double? HeldRealByJudge, double KernelDistance, double RealKernelDistance,
    double Memorised, double NearestDrawn, double NearestUnseen, double MemorisedByModel);

/// <summary>Measures a network that draws.</summary>
/// <param name="learnt">The drawings that it has learnt from.</param>
/// <param name="never">Drawings that nobody learnt from.</param>
/// <param name="seed">Which captions, and which noise.</param>
/// <remarks>
/// Kernel distance: Bińkowski et al. 2018 (arXiv 1801.01401), the unbiased estimate with k(x, y) = (x·y + 1)³, here over unit vectors of CLIP's
/// space in place of Inception's, where the division by the width would make it linear.
/// </remarks>
internal sealed class DrawingMeasures(PictureSet learnt, PictureSet never, ulong seed)
{
    /// <summary>Real pictures that others are compared with.</summary>
    public const int Reference = 1000;

    private const int Coarse = 16, ClosestPairs = 20;
    private const ulong OfCaptions = 31, OfReference = 32, OfArtists = 33;

    /// <summary>Draws and measures.</summary>
    /// <param name="generator">The network.</param>
    /// <param name="clip">The model in whose space it draws.</param>
    /// <param name="judge">A model that has not steered it; null for none.</param>
    /// <param name="captions">How many captions.</param>
    /// <param name="options">How it draws.</param>
    /// <param name="progress">Told how many pictures are drawn.</param>
    /// <param name="closest">
    /// Receives the pictures that are nearest to drawings that were learnt from, each followed by that drawing.
    /// </param>
    public DrawingFigures Run(
        PictureGenerator generator, Clip clip, Clip? judge, int captions, DrawingOptions options, Action<int> progress,
        out IReadOnlyList<DrawnPicture> closest)
    {
        (string Caption, int Drawing)[] chosen = Chosen(captions);
        string[] names = [.. chosen.Select(static one => one.Caption)], held = [.. HoldOut.Names.Select(EmojiTexts.Words).Distinct()];
        int done = 0;
        DrawnPicture[] Draw(string[] prompts) => [.. prompts.Select((prompt, i) =>
        {
            DrawnPicture picture = generator.Draw(DrawingPrompt.FromText(prompt), options with { Seed = seed + (ulong)i })[0];
            progress(++done);
            return picture;
        })];
        DrawnPicture[] drawn = Draw(names), drawnHeld = Draw(held);
        ImageSource[] pictures = Sources(drawn), picturesHeld = Sources(drawnHeld);
        ImageSource[] real = [.. chosen.Select(one => Real(learnt, one.Drawing))];
        (ImageSource[] realHeld, string[] realNames) = RealHeld([.. held]);

        (double Drawn, double Real, double Held, double RealHeld) By(Clip by)
        {
            float[][] texts = by.EncodeTexts(names), heldTexts = by.EncodeTexts(held);
            return (Measures.FirstOf(by.EncodeImages(pictures), names, texts, names, 1),
                Measures.FirstOf(by.EncodeImages(real), names, texts, names, 1),
                Measures.FirstOf(by.EncodeImages(picturesHeld), held, heldTexts, held, 1),
                Measures.FirstOf(by.EncodeImages(realHeld), realNames, heldTexts, held, 1));
        }
        (double Drawn, double Real, double Held, double RealHeld) byModel = By(clip);
        (double Drawn, double Real, double Held, double RealHeld)? byJudge = judge is null ? null : By(judge);

        float[][] reference = clip.EncodeImages(
            [.. ReferenceDrawings([.. names, .. held]).Select(drawing => Real(learnt, drawing))]);
        Nearness near = Near(clip, [.. drawn, .. drawnHeld], [.. Unseen()], out closest);
        return new(
            names.Length, byModel.Drawn, byModel.Real, byJudge?.Drawn, byJudge?.Real, held.Length, byModel.Held, byModel.RealHeld,
            byJudge?.Held, byJudge?.RealHeld, Distance(clip.EncodeImages(pictures), reference),
            Distance(clip.EncodeImages(real), reference), near.Memorised, near.Drawn, near.Unseen, near.MemorisedByModel);
    }

    /// <summary>1000 · (mean k(x, x′) + mean k(y, y′) − 2 · mean k(x, y)) over different pictures.</summary>
    internal static double Distance(float[][] x, float[][] y)
    {
        static double Kernel(float[] a, float[] b) => Math.Pow(TensorPrimitives.Dot<float>(a, b) + 1.0, 3);
        static double Within(float[][] all)
        {
            double sum = 0;
            for (int i = 0; i < all.Length; i++)
                for (int j = 0; j < i; j++)
                    sum += Kernel(all[i], all[j]);
            return 2 * sum / ((double)all.Length * (all.Length - 1));
        }
        double across = 0;
        foreach (float[] one in x)
            foreach (float[] other in y)
                across += Kernel(one, other);
        return Math.Round(1000 * (Within(x) + Within(y) - 2 * across / ((double)x.Length * y.Length)), 2);
    }

    private static ImageSource[] Sources(DrawnPicture[] pictures) =>
        [.. pictures.Select(static picture => ImageSource.FromPixels(picture.OnWhite()))];

    private static ImageSource Real(PictureSet set, int drawing) => Measures.OnWhite(set, drawing);

    /// <summary>One of the drawings of a name: any artist's, or all real pictures would be in the style of one.</summary>
    private (string Caption, int Drawing) AnyOf((string Caption, int Drawing)[] same) =>
        same[new Draws(seed, (ulong)same[0].Drawing, 0, OfArtists).Below(same.Length)];

    /// <summary>Names of emoji, each with one of its drawings, in an order that the seed says.</summary>
    private (string Caption, int Drawing)[] Shuffled(ulong purpose)
    {
        (string Caption, int Drawing)[] all = [.. Enumerable.Range(0, learnt.All.Count)
            .Where(i => learnt.All[i].Pool == Pool.Emoji && learnt.All[i].Label.Length > 0)
            .Select(i => (learnt.All[i].Label, i)).GroupBy(static one => one.Label).Select(same => AnyOf([.. same]))
            .OrderBy(static one => one.Caption, StringComparer.Ordinal)];
        return [.. Draws.Permutation(seed, (long)purpose, all.Length).Select(i => all[i])];
    }

    private (string Caption, int Drawing)[] Chosen(int captions) => [.. Shuffled(OfCaptions).Take(captions)];

    /// <summary>Emoji of other names, chosen as the captions are: toned hands and faces would else be most of them.</summary>
    private int[] ReferenceDrawings(HashSet<string> names) =>
        [.. Shuffled(OfReference).Where(one => !names.Contains(one.Caption)).Take(Reference).Select(static one => one.Drawing)];

    private (ImageSource[] Pictures, string[] Names) RealHeld(HashSet<string> held)
    {
        int[] places = [.. Enumerable.Range(0, never.All.Count)
            .Where(i => never.All[i].Pool == Pool.Emoji && held.Contains(never.All[i].Label))];
        return ([.. places.Select(i => Real(never, i))], [.. places.Select(i => never.All[i].Label)]);
    }

    /// <summary>Emoji that nobody learnt from: an artist's, and things by others. Every fourth of them is enough for a median.</summary>
    private IEnumerable<ImageSource> Unseen() => Enumerable.Range(0, never.All.Count)
        .Where(i => never.All[i].Pool == Pool.Emoji && i % 4 == 0).Select(i => Real(never, i));

    private readonly record struct Nearness(double Memorised, double Drawn, double Unseen, double MemorisedByModel);

    /// <summary>How near pictures are to those that were learnt from, beside how near pictures are that were not.</summary>
    private Nearness Near(Clip clip, DrawnPicture[] drawn, ImageSource[] unseen, out IReadOnlyList<DrawnPicture> closest)
    {
        int[] pool = [.. Enumerable.Range(0, learnt.All.Count)
            .Where(i => learnt.All[i].Pool is Pool.Emoji or Pool.Icon or Pool.ClipArt)];
        float[][] all = [.. pool.Select(i => CoarseOf(learnt, i))], vectors = clip.EncodeImages([.. pool.Select(i => Real(learnt, i))]);
        float[][] ofDrawn = [.. drawn.Select(static picture => CoarseOf(picture.OnWhite().Pixels))];
        (double Distance, int Place)[] nearest = [.. ofDrawn.Select(picture => Nearest(picture, all))];
        (double Distance, int Place)[] nearestUnseen =
            [.. unseen.Select(picture => Nearest(CoarseOf(((RgbImage)clip.Preprocessor!.Decoded(picture.Decode())).Pixels), all))];
        double limit = Median(nearestUnseen), limitByModel = Median(
            [.. clip.EncodeImages(unseen).Select(vector => (-Cosine(vector, vectors), 0))]);
        double byModel = clip.EncodeImages(Sources(drawn)).Count(vector => -Cosine(vector, vectors) < limitByModel);
        closest = [.. Enumerable.Range(0, drawn.Length).OrderBy(i => nearest[i].Distance).Take(ClosestPairs)
            .SelectMany(i => (DrawnPicture[])[drawn[i], PictureOf(pool[nearest[i].Place])])];
        return new(
            Math.Round(100.0 * nearest.Count(one => one.Distance < limit) / drawn.Length, 2), Math.Round(Median(nearest), 3),
            Math.Round(limit, 3), Math.Round(100.0 * byModel / drawn.Length, 2));
    }

    private DrawnPicture PictureOf(int drawing)
    {
        byte[] pixels = new byte[PictureSet.BytesEach];
        learnt.Read(drawing, pixels);
        for (int i = 0; i < pixels.Length; i += 4)
            for (int c = 0; c < 3 && pixels[i + 3] > 0; c++)
                pixels[i + c] = (byte)Math.Min(255, (pixels[i + c] * 255 + pixels[i + 3] / 2) / pixels[i + 3]);
        return new(pixels, PictureSet.Side, PictureSet.Side, 0);
    }

    private static double Cosine(float[] vector, float[][] among) => among.Max(other => TensorPrimitives.Dot<float>(vector, other));

    private static (double Distance, int Place) Nearest(float[] picture, float[][] among) => among
        .Select((other, i) => ((double)TensorPrimitives.Distance<float>(picture, other), i)).Min();

    private static double Median((double Distance, int Place)[] all) =>
        all.Length == 0 ? 0 : all.Select(static one => one.Distance).Order().ElementAt(all.Length / 2);

    private static float[] CoarseOf(PictureSet set, int drawing)
    {
        byte[] pixels = new byte[PictureSet.BytesEach];
        set.Read(drawing, pixels);
        return CoarseOf(PictureSet.OnWhite(pixels));
    }

    /// <summary>[16 · 16 · 3]: means of 4 x 4 pixels on white, 0 to 1.</summary>
    private static float[] CoarseOf(ReadOnlySpan<byte> rgb)
    {
        const int Each = PictureSet.Side / Coarse;
        float[] coarse = new float[3 * Coarse * Coarse];
        for (int y = 0; y < PictureSet.Side; y++)
            for (int x = 0; x < PictureSet.Side; x++)
                for (int c = 0; c < 3; c++)
                    coarse[(y / Each * Coarse + x / Each) * 3 + c] += rgb[(y * PictureSet.Side + x) * 3 + c] / (255f * Each * Each);
        return coarse;
    }
}
