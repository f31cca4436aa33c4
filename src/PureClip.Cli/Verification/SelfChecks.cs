using System.Numerics.Tensors;

namespace PureClip.Cli.Verification;

/// <summary>What holds for every model, whatever its numbers are.</summary>
internal static class SelfChecks
{
    // Normalisation in single precision over at most some thousand numbers.
    private const float LengthTolerance = 1e-5f;

    private static readonly string[] Texts = ["a photo of a cat", "two", "a red square and a blue circle on white"];

    /// <summary>Encodes a few inputs, alone and together.</summary>
    public static IEnumerable<Check> Run(Clip clip)
    {
        if (clip.Config.Text is not null)
            yield return Compare("text embeddings", [.. Texts.Select(clip.EncodeText)], clip.EncodeTexts(Texts));
        if (clip.Config.Vision is not null)
            yield return Pictures(clip);
    }

    private static Check Pictures(Clip clip)
    {
        const int count = 3;
        int length = clip.Preprocessor!.OutputLength, width = clip.EmbeddingWidth;
        float[] pixels = new float[count * length], together = new float[count * width];
        for (int i = 0; i < pixels.Length; i++)
            pixels[i] = MathF.Sin(i * 0.01f * (1 + i / length)); // three different patterns in the range of normalised pixels
        clip.EncodePixels(pixels, count, together);
        float[][] alone = new float[count][];
        for (int i = 0; i < count; i++)
            clip.EncodePixels(pixels.AsSpan(i * length, length), 1, alone[i] = new float[width]);
        return Compare("picture embeddings", alone, [.. Enumerable.Range(0, count).Select(i => together[(i * width)..((i + 1) * width)])]);
    }

    private static Check Compare(string name, float[][] alone, float[][] together)
    {
        for (int i = 0; i < alone.Length; i++)
        {
            float length = TensorPrimitives.Norm<float>(alone[i]);
            if (!(MathF.Abs(length - 1) <= LengthTolerance))
                return new Check(name, Outcome.Failed, $"the length is {length} and not 1: the weights are damaged, or too large for single precision");
            if (!alone[i].AsSpan().SequenceEqual(together[i]))
                return new Check(name, Outcome.Failed, "an input gives other numbers alone than in company");
        }
        return new Check(name, Outcome.Passed, "of length 1, and the same bits alone as in company");
    }
}
