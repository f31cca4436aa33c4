using PureClip.Kernels;

namespace PureClip.Model;

/// <summary>Which GELU a checkpoint was trained with. No weight file stores it, and a wrong one is silently wrong.</summary>
public enum GeluKind
{
    /// <summary>x·σ(1.702·x): OpenAI's models, DFN, MetaCLIP.</summary>
    Quick,

    /// <summary>x·Φ(x) with the error function: most OpenCLIP models.</summary>
    Erf,

    /// <summary>The tanh approximation of x·Φ(x).</summary>
    Tanh,
}

/// <summary>The sizes of a stack of residual attention blocks.</summary>
/// <param name="Width">Numbers a token, a multiple of <paramref name="Heads"/>.</param>
/// <param name="Layers">Blocks, at least 1.</param>
/// <param name="Heads">Attention heads. OpenAI's models have one for every 64 of width; others do not.</param>
/// <param name="MlpWidth">Hidden numbers of the MLP, usually 4 times the width.</param>
/// <param name="Gelu">Activation of the MLP.</param>
/// <param name="LayerNormEps">Added to the variance in every layer norm, usually 1e-5.</param>
public sealed record TransformerConfig(int Width, int Layers, int Heads, int MlpWidth, GeluKind Gelu, float LayerNormEps)
{
    private const int MostTokens = 65_536;

    // 256 MiB a buffer: 30 times what the largest published tower takes (ViT-bigG at 448 pixels).
    private const long MostNumbers = 1 << 26;

    /// <summary>Numbers of one head's query, key and value.</summary>
    public int HeadWidth => Width / Heads;

    /// <summary>Which activation, in the words of who computes it.</summary>
    internal Act Act => Gelu switch
    {
        GeluKind.Quick => Act.QuickGelu,
        GeluKind.Erf => Act.Gelu,
        _ => Act.GeluTanh,
    };

    /// <summary>Numbers that tell one stack of blocks from another, in an order that stays: fingerprints are made of them.</summary>
    internal float[] Signature => [Width, Layers, Heads, MlpWidth, (int)Gelu, LayerNormEps];

    /// <summary>What it says, by name, for people.</summary>
    internal IEnumerable<KeyValuePair<string, object>> Facts(string tower) =>
    [
        new($"{tower}_width", Width), new($"{tower}_layers", Layers), new($"{tower}_heads", Heads), new($"{tower}_mlp_width", MlpWidth),
        new($"{tower}_gelu", Gelu.ToString()), new($"{tower}_layer_norm_eps", LayerNormEps),
    ];

    /// <summary>
    /// Bounds what the tokens of one sequence take, before anything is read: a buffer of the residual stream has tokens · width floats, and
    /// attention packs a head's keys and values, at most twice that, for each thread.
    /// </summary>
    internal void ValidateTokens(string tower, int tokens, string what)
    {
        ClipConfig.Require(tokens, 1, MostTokens, $"number of {tower} tokens ({what})");
        if ((long)tokens * Width > MostNumbers)
            throw new ArgumentException(
                $"The {tower} tower has {tokens} tokens ({what}) of {Width} numbers, {(long)tokens * Width} together; " +
                $"at most {MostNumbers} are supported.");
    }

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

/// <summary>A vision tower. Which kind it is, its type says: <see cref="VisionTransformerConfig"/> or <see cref="ResNetConfig"/>.</summary>
/// <param name="ImageSize">Pixels of the square input's side.</param>
public abstract record VisionConfig(int ImageSize)
{
    /// <summary>Tokens that one picture becomes.</summary>
    public abstract int Tokens { get; }

    /// <summary>Numbers that tell one architecture from another, in an order that stays: fingerprints are made of them.</summary>
    internal abstract float[] Signature { get; }

    /// <summary>What it says, by name, for people.</summary>
    internal abstract IEnumerable<KeyValuePair<string, object>> Facts { get; }

    internal virtual void Validate() => ClipConfig.Require(ImageSize, 1, 4096, "image size");
}

/// <summary>A ViT on square patches.</summary>
/// <param name="Transformer">Its blocks.</param>
/// <param name="ImageSize">Pixels of the square input's side.</param>
/// <param name="PatchSize">Pixels of a patch's side.</param>
public sealed record VisionTransformerConfig(TransformerConfig Transformer, int ImageSize, int PatchSize) : VisionConfig(ImageSize)
{
    /// <summary>Patches along a side; pixels beyond the last whole patch are not seen.</summary>
    public int Grid => ImageSize / PatchSize;

    /// <summary>Tokens of one picture: its patches and the class token.</summary>
    public override int Tokens => Grid * Grid + 1;

    internal override float[] Signature => [ImageSize, PatchSize, .. Transformer.Signature];

    internal override IEnumerable<KeyValuePair<string, object>> Facts =>
        [.. Transformer.Facts("vision"), new("vision_image_size", ImageSize), new("vision_patch_size", PatchSize)];

    internal override void Validate()
    {
        base.Validate();
        Transformer.Validate("vision");
        ClipConfig.Require(PatchSize, 1, ImageSize, "patch size");
        Transformer.ValidateTokens("vision", Tokens, $"{Grid} x {Grid} patches and a class token");
    }
}

/// <summary>CLIP's own ResNet: three convolutions at the entry, average pools for strides, and an attention pool in the end.</summary>
/// <param name="Width">Channels after the entry: 64 for RN50; even.</param>
/// <param name="Blocks">Blocks of each of the four layers: 3, 4, 6 and 3 for RN50.</param>
/// <param name="Heads">Heads of the attention pool, a divisor of its 32 widths.</param>
/// <param name="ImageSize">Pixels of the square input's side, a multiple of 32.</param>
/// <remarks>He et al. 2016 with the changes of Radford et al. 2021, 2.4.</remarks>
public sealed record ResNetConfig(int Width, (int First, int Second, int Third, int Fourth) Blocks, int Heads, int ImageSize)
    : VisionConfig(ImageSize)
{
    // 256 MiB for a feature map: 10 times the largest of RN50x64.
    private const long MostNumbers = 1 << 26;

    /// <summary>Pixels of a side of the last feature map.</summary>
    public int Grid => ImageSize / 32;

    /// <summary>Tokens of one picture: the pixels of the last feature map and their mean.</summary>
    public override int Tokens => Grid * Grid + 1;

    /// <summary>Channels of the last feature map.</summary>
    public int PoolWidth => 32 * Width;

    internal override IEnumerable<KeyValuePair<string, object>> Facts =>
    [
        new("vision_width", Width), new("vision_layers", $"{Blocks.First}, {Blocks.Second}, {Blocks.Third}, {Blocks.Fourth} (ResNet)"),
        new("vision_heads", Heads), new("vision_image_size", ImageSize),
    ];

    internal override float[] Signature => [ImageSize, Width, Blocks.First, Blocks.Second, Blocks.Third, Blocks.Fourth, Heads];

    internal override void Validate()
    {
        base.Validate();
        ClipConfig.Require(Width, 2, 512, "vision width");
        foreach (int blocks in (int[])[Blocks.First, Blocks.Second, Blocks.Third, Blocks.Fourth])
            ClipConfig.Require(blocks, 1, 256, "vision blocks of a layer");
        ClipConfig.Require(Heads, 1, PoolWidth, "vision heads");
        if (Width % 2 != 0)
            throw new ArgumentException($"The vision width is {Width}; a ResNet's is even.");
        if (ImageSize % 32 != 0)
            throw new ArgumentException($"The image size is {ImageSize}; a ResNet's is a multiple of 32.");
        if (PoolWidth % Heads != 0)
            throw new ArgumentException($"The attention pool's width {PoolWidth} is not a multiple of its {Heads} heads.");
        if ((long)ImageSize * ImageSize / 4 * Width > MostNumbers)
            throw new ArgumentException(
                $"A feature map of {ImageSize / 2} x {ImageSize / 2} pixels with {Width} channels has more than {MostNumbers} numbers.");
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

    /// <summary>Numbers that tell one text tower from another, in an order that stays: fingerprints are made of them.</summary>
    internal float[] Signature => [ContextLength, VocabularySize, .. Transformer.Signature];

    /// <summary>What it says, by name, for people.</summary>
    internal IEnumerable<KeyValuePair<string, object>> Facts =>
    [
        .. Transformer.Facts("text"), new("text_context_length", ContextLength), new("text_vocabulary_size", VocabularySize),
        new("text_read_at", EndOfTextId is int end ? $"first token {end}" : "largest token id"),
    ];

    internal void Validate()
    {
        Transformer.Validate("text");
        ClipConfig.Require(ContextLength, 2, 65_536, "context length");
        ClipConfig.Require(VocabularySize, 3, 4_000_000, "vocabulary size");
        Transformer.ValidateTokens("text", ContextLength, "its context length");
    }
}

/// <summary>The architecture of one CLIP model, or of one of its towers.</summary>
/// <param name="EmbeddingWidth">Numbers of an embedding: the width of the space that both towers project into.</param>
/// <param name="Vision">The vision tower, or null where the checkpoint has none.</param>
/// <param name="Text">The text tower, or null where the checkpoint has none.</param>
public sealed record ClipConfig(int EmbeddingWidth, VisionConfig? Vision, TextConfig? Text)
{
    /// <summary>What the references begin a training with, as it is stored: nearly ln(1 / 0.07).</summary>
    internal const float UsualInitialLogitScale = 2.6592f;

    private readonly float _initialLogitScale = UsualInitialLogitScale;

    /// <summary>
    /// The logit scale, as it is stored, that a training begins with and weights without one have; 0, which changes no cosine, for a lone
    /// tower.
    /// </summary>
    internal float InitialLogitScale
    {
        get => Vision is null || Text is null ? 0f : _initialLogitScale;
        init => _initialLogitScale = value;
    }

    /// <summary>The same for what is added to scaled cosines.</summary>
    internal float InitialLogitBias { get; init; }

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
