using PureClip.Memory;

namespace PureClip.Training;

/// <summary>Embeds a set with the numbers as they are and sees what finds what.</summary>
internal sealed class Measure(ClipTraining clip) : IDisposable
{
    private const int MicroBatch = 16;

    private readonly BlockScratch _scratch = new();
    private readonly VisionTraining.Memory _pictures = new(clip.Vision);
    private readonly TextTraining.Memory _texts = new(clip.Text);
    private readonly TrainingMatrix _embeddings = new();

    public SetScore Of(PictureBank bank, int[] chosen)
    {
        int[] captions = bank.CaptionsOf(chosen);
        return Score(bank, chosen, Pictures(bank, chosen), captions, Texts(bank, captions));
    }

    /// <summary>Unit vectors of some pictures, and of each one's caption.</summary>
    public (float[][] Pictures, float[][] Texts) Embed(PictureBank bank, int[] chosen) =>
        (Pictures(bank, chosen), Texts(bank, [.. chosen.Select(picture => bank.CaptionOf[picture])]));

    /// <summary>What finds what among unit vectors of some pictures and of their captions.</summary>
    public static SetScore Score(PictureBank bank, int[] chosen, float[][] pictures, int[] captions, float[][] texts)
    {
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
