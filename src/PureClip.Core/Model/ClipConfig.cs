namespace PureClip.Model;

/// <summary>The sizes of a stack of residual attention blocks.</summary>
/// <param name="Width">Numbers a token, a multiple of <paramref name="Heads"/>.</param>
/// <param name="Layers">Blocks, at least 1.</param>
/// <param name="Heads">Attention heads. OpenAI's models have one for every 64 of width; others do not.</param>
/// <param name="MlpWidth">Hidden numbers of the MLP, usually 4 times the width.</param>
/// <param name="Gelu">Activation of the MLP.</param>
/// <param name="LayerNormEps">Added to the variance in every layer norm, usually 1e-5.</param>
public sealed record TransformerConfig(int Width, int Layers, int Heads, int MlpWidth, GeluKind Gelu, float LayerNormEps)
{
    /// <summary>Numbers of one head's query, key and value.</summary>
    public int HeadWidth => Width / Heads;

    internal void Validate(string tower)
    {
        ClipConfig.Require(Width, 1, 16_384, $"{tower} width");
        ClipConfig.Require(Layers, 1, 256, $"{tower} layers");
        ClipConfig.Require(Heads, 1, Width, $"{tower} heads");
        ClipConfig.Require(MlpWidth, 1, 131_072, $"{tower} MLP width");
        if (Width % Heads != 0)
            throw new ArgumentException($"{tower} width {Width} is not a multiple of its {Heads} heads.");
        if (!(LayerNormEps >= 0f && LayerNormEps < 1f))
            throw new ArgumentException($"{tower} layer norm eps is {LayerNormEps}; it must be at least 0 and below 1.");
    }
}

/// <summary>The vision tower: a ViT on square patches.</summary>
/// <param name="Transformer">Its blocks.</param>
/// <param name="ImageSize">Pixels of the square input's side.</param>
/// <param name="PatchSize">Pixels of a patch's side.</param>
public sealed record VisionConfig(TransformerConfig Transformer, int ImageSize, int PatchSize)
{
    /// <summary>Patches along a side; pixels beyond the last whole patch are not seen.</summary>
    public int Grid => ImageSize / PatchSize;

    /// <summary>Tokens of one picture: its patches and the class token.</summary>
    public int Tokens => Grid * Grid + 1;

    internal void Validate()
    {
        Transformer.Validate("vision");
        ClipConfig.Require(ImageSize, 1, 4096, "image size");
        ClipConfig.Require(PatchSize, 1, ImageSize, "patch size");
    }
}

/// <summary>The text tower: a causal transformer that is read at its end-of-text token.</summary>
/// <param name="Transformer">Its blocks.</param>
/// <param name="ContextLength">Most tokens of a text, start and end included: 77 for OpenAI's models.</param>
/// <param name="VocabularySize">Rows of the token embedding.</param>
public sealed record TextConfig(TransformerConfig Transformer, int ContextLength, int VocabularySize)
{
    /// <summary>
    /// The id at whose first occurrence the text is read, or null to read it at its largest id (OpenAI's rule, which Hugging Face keeps
    /// for <c>eos_token_id</c> 2).
    /// </summary>
    public int? EndOfTextId { get; init; }

    /// <summary>How many tokens of an id sequence matter: up to and including the one at which the text is read.</summary>
    internal int LengthToPool(ReadOnlySpan<int> ids)
    {
        int position = EndOfTextId is int end ? ids.IndexOf(end) : System.Numerics.Tensors.TensorPrimitives.IndexOfMax(ids);
        return position < 0 ? 1 : position + 1; // without the end token the reference reads position 0 (argmax over no match)
    }

    internal void Validate()
    {
        Transformer.Validate("text");
        ClipConfig.Require(ContextLength, 2, 65_536, "context length");
        ClipConfig.Require(VocabularySize, 3, 4_000_000, "vocabulary size");
    }
}

/// <summary>The architecture of one CLIP model, or of one of its towers.</summary>
/// <param name="EmbeddingWidth">Numbers of an embedding: the width of the space that both towers project into.</param>
/// <param name="Vision">The vision tower, or null where the checkpoint has none.</param>
/// <param name="Text">The text tower, or null where the checkpoint has none.</param>
public sealed record ClipConfig(int EmbeddingWidth, VisionConfig? Vision, TextConfig? Text)
{
    /// <summary>Checks every size.</summary>
    /// <exception cref="ArgumentException">A size is out of its range; the message names it and the range.</exception>
    public void Validate()
    {
        Require(EmbeddingWidth, 1, 65_536, "embedding width");
        if (Vision is null && Text is null)
            throw new ArgumentException("The configuration has neither a vision nor a text tower.");
        Vision?.Validate();
        Text?.Validate();
    }

    internal static void Require(int value, int least, int most, string what)
    {
        if (value < least || value > most)
            throw new ArgumentException($"The {what} is {value}; it must be from {least} to {most}.");
    }
}
