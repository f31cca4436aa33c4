namespace PureClip.Model;

/// <summary>
/// Floating-point operations of a forward pass: two for each multiply-add of a matrix product. Counted is what is computed: texts end at
/// their end token, attention of texts looks back only, and the last block computes one token of each sequence besides keys and values.
/// Norms, activations and softmax, about one in a hundred, are left out, as is usual.
/// </summary>
internal static class ModelFlops
{
    /// <summary>One picture.</summary>
    public static double OfImage(VisionConfig vision, int embeddingWidth)
    {
        double tokens = vision.Tokens, patches = tokens - 1, width = vision.Transformer.Width;
        double embedding = 2 * patches * 3 * vision.PatchSize * vision.PatchSize * width;
        return embedding + Blocks(vision.Transformer, tokens, pairs: tokens * tokens) + 2 * width * embeddingWidth;
    }

    /// <summary>One text of so many tokens, start and end included.</summary>
    public static double OfText(TextConfig text, int embeddingWidth, int tokens) =>
        Blocks(text.Transformer, tokens, pairs: tokens * (tokens + 1.0) / 2) + 2.0 * text.Transformer.Width * embeddingWidth;

    private static double Blocks(TransformerConfig t, double tokens, double pairs) =>
        (t.Layers - 1) * (Projections(t, tokens, tokens) + Attention(t, pairs))
        + Projections(t, tokens, read: 1) + Attention(t, tokens);

    /// <summary>Keys and values of all tokens; query, output and MLP of those that are read on.</summary>
    private static double Projections(TransformerConfig t, double tokens, double read) =>
        2 * tokens * t.Width * 2 * t.Width + 2 * read * t.Width * (2.0 * t.Width + 2.0 * t.MlpWidth);

    /// <summary>Query · key and weight · value for each pair of tokens.</summary>
    private static double Attention(TransformerConfig t, double pairs) => 2 * 2 * pairs * t.Width;
}
