namespace PureClip.Model;

/// <summary>Where a text is read.</summary>
public enum TextReadOut
{
    /// <summary>At its end-of-text token: CLIP.</summary>
    EndOfText,

    /// <summary>
    /// At the last position of the context: the text is padded, and every position is computed and seen. SigLIP, CLIPA.
    /// </summary>
    LastPosition,

    /// <summary>At a class token behind the text: CoCa.</summary>
    ClassToken,

    /// <summary>At its first token; padding is not seen. Chinese-CLIP, AltCLIP, NLLB in open_clip.</summary>
    FirstToken,

    /// <summary>The mean of its tokens; padding is not seen. RoBERTa and XLM-R in open_clip, M-CLIP, sentence-transformers.</summary>
    MeanOfTokens,
}

/// <summary>What follows the read-out of a text tower.</summary>
public enum TextProjection
{
    /// <summary>A matrix: CLIP.</summary>
    Linear,

    /// <summary>A matrix and a bias: SigLIP.</summary>
    LinearWithBias,

    /// <summary>Nothing, the embedding is as wide as the tower.</summary>
    None,

    /// <summary>Two matrices with the exact GELU between them: XLM-R in open_clip.</summary>
    TwoLayers,

    /// <summary>A matrix and a bias, then a matrix: AltCLIP.</summary>
    Transformed,

    /// <summary>
    /// Nothing, because the tower was saved without it (transformers' CLIPTextModel, the text encoder of Stable Diffusion): there are states
    /// and pooled vectors, but no embeddings in the space of pictures.
    /// </summary>
    Missing,
}

/// <summary>What an encoder of texts, one of BERT's kind, has besides its blocks, in which tokens see all others.</summary>
/// <param name="Positions">Rows of the table of positions.</param>
/// <param name="FirstPosition">
/// The row of the first token: 0 in BERT; 2 in RoBERTa, XLM-R and NLLB, which count from behind the padding's.
/// </param>
/// <param name="TokenTypes">Rows of the table of token types, of which the first is added; 0 where there is none.</param>
/// <param name="PadId">The id of padding, which is not seen.</param>
public sealed record BertConfig(int Positions, int FirstPosition, int TokenTypes, int PadId)
{
    /// <summary>Whether positions are sines and cosines, which no file stores: NLLB.</summary>
    public bool HasSinePositions { get; init; }

    /// <summary>What rows of the token table are multiplied by: √width in NLLB, else 1.</summary>
    public float TokenScale { get; init; } = 1;

    /// <summary>Whether what is embedded is normed before the blocks: in all but NLLB.</summary>
    public bool HasEmbeddingNorm { get; init; } = true;

    /// <summary>Whether what is read is normed: AltCLIP, NLLB.</summary>
    public bool HasFinalNorm { get; init; }

    /// <summary>Whether BERT's own pooler follows, tanh(x · Wᵀ + b): <c>cls_pooler</c> of open_clip.</summary>
    public bool HasPooler { get; init; }

    /// <summary>Numbers between the two matrices of the projection; 0 where there are not two.</summary>
    public int ProjectionWidth { get; init; }

    internal float[] Signature =>
    [
        Positions, FirstPosition, TokenTypes, PadId, HasFinalNorm ? 1 : 0, ProjectionWidth,
        .. HasSinePositions || TokenScale != 1 || !HasEmbeddingNorm || HasPooler
            ? (float[])[HasSinePositions ? 1 : 0, TokenScale, HasEmbeddingNorm ? 1 : 0, HasPooler ? 1 : 0]
            : [],
    ];

    internal void Validate(TextConfig text)
    {
        ClipConfig.Require(FirstPosition, 0, 65_536, "first text position");
        ClipConfig.Require(Positions, text.ContextLength + FirstPosition, 1 << 20, "number of text positions");
        ClipConfig.Require(TokenTypes, 0, 1024, "number of token types");
        ClipConfig.Require(PadId, 0, text.VocabularySize - 1, "padding's id");
        if (HasSinePositions)
            ClipConfig.Require(text.Transformer.Width, 4, 16_384, "width of a text tower whose positions are sines");
        if (!(TokenScale > 0 && float.IsFinite(TokenScale)))
            throw new ArgumentException($"The scale of the text tower's tokens is {TokenScale}; it must be above 0.");
        bool isLong = text.Projection is TextProjection.TwoLayers or TextProjection.Transformed;
        ClipConfig.Require(ProjectionWidth, isLong ? 1 : 0, isLong ? 65_536 : 0, "width between the two matrices of the text projection");
    }
}

/// <summary>The first and the last layer of MobileCLIP-S0's text tower, which mix neighbouring tokens by convolutions.</summary>
/// <param name="MlpWidth">Hidden numbers of their MLPs.</param>
/// <param name="IsFused">Whether the file has the branches of their training folded.</param>
public sealed record TextMixerConfig(int MlpWidth, bool IsFused)
{
    /// <summary>Tokens that a convolution sees.</summary>
    internal const int Kernel = 11;
}

/// <summary>The text tower: a transformer; CLIP's, where nothing else is said, is causal and read at its end-of-text token.</summary>
/// <param name="Transformer">Its blocks.</param>
/// <param name="ContextLength">Most tokens of a text, start and end included: 77 for OpenAI's models.</param>
/// <param name="VocabularySize">Rows of the token embedding.</param>
public sealed record TextConfig(TransformerConfig Transformer, int ContextLength, int VocabularySize)
{
    private readonly int? _trainedContextLength;

    /// <summary>
    /// The id at whose first occurrence the text is read, or null to read it at its largest id (OpenAI's rule, which Hugging Face keeps
    /// for <c>eos_token_id</c> 2).
    /// </summary>
    public int? EndOfTextId { get; init; }

    /// <summary>Where the text is read.</summary>
    public TextReadOut ReadAt { get; init; }

    /// <summary>Whether tokens see only what came before them.</summary>
    public bool IsCausal { get; init; } = true;

    /// <summary>What follows the read-out.</summary>
    public TextProjection Projection { get; init; }

    /// <summary>What an encoder of BERT's kind has besides; null for the others.</summary>
    public BertConfig? Bert { get; init; }

    /// <summary>What the first and the last layer are in place of blocks; null where they are blocks as all others.</summary>
    public TextMixerConfig? Mixer { get; init; }

    /// <summary>Rows of the stored table of positions; <see cref="ContextLength"/> for most.</summary>
    public int TrainedContextLength
    {
        get => _trainedContextLength ?? ContextLength;
        init => _trainedContextLength = value;
    }

    /// <summary>By which rule the table is stretched where it is.</summary>
    public TextPositionRule PositionRule { get; init; }

    /// <summary>Whether all is as in CLIP, so that whatever knows CLIP knows this.</summary>
    internal bool IsPlain =>
        ReadAt == TextReadOut.EndOfText && IsCausal && Projection == TextProjection.Linear && Transformer.IsPlain && Mixer is null;

    /// <summary>Whether tokens see the padding, so that all positions of the context have to be computed.</summary>
    internal bool SeesPadding =>
        Bert is null && (ReadAt == TextReadOut.LastPosition || (ReadAt == TextReadOut.EndOfText && (!IsCausal || Mixer is not null)));

    /// <summary>How many tokens of an id sequence matter: up to and including the one at which the text is read.</summary>
    internal int LengthToPool(ReadOnlySpan<int> ids)
    {
        int position = EndOfTextId is int end ? ids.IndexOf(end) : System.Numerics.Tensors.TensorPrimitives.IndexOfMax(ids);
        return position < 0 ? 1 : position + 1; // without the end token the reference reads position 0 (argmax over no match)
    }

    // With stretched positions it is the same model: its rules say the length.
    /// <summary>Numbers that tell one text tower from another, in an order that stays: fingerprints are made of them.</summary>
    internal float[] Signature => IsPlain
        ? [TrainedContextLength, VocabularySize, .. Transformer.Signature]
        :
        [
            TrainedContextLength, VocabularySize, .. Transformer.Signature, (int)ReadAt, IsCausal ? 1 : 0, (int)Projection,
            .. Bert?.Signature ?? [], .. Mixer is null ? (float[])[] : [Mixer.MlpWidth],
        ];

    /// <summary>What it says, by name, for people.</summary>
    internal IEnumerable<KeyValuePair<string, object>> Facts =>
    [
        .. Transformer.Facts("text"), new("text_context_length", ContextLength), new("text_vocabulary_size", VocabularySize),
        new("text_read_at", ReadAt switch
        {
            TextReadOut.LastPosition => "last position of the padded text",
            TextReadOut.ClassToken => "class token behind the text",
            TextReadOut.FirstToken => "first token",
            TextReadOut.MeanOfTokens => "mean of the tokens",
            _ => EndOfTextId is int end ? $"first token {end}" : "largest token id",
        }),
        .. Bert is { HasSinePositions: true }
            ? (KeyValuePair<string, object>[])[new("text_positions", "sines and cosines, not stored")]
            : [],
        .. SeesPadding && !IsCausal ? (KeyValuePair<string, object>[])[new("text_sees", "all tokens, the padding too")] : [],
        .. Mixer is null ? (KeyValuePair<string, object>[])[] : [new("text_mixers", "convolutions in the first and the last layer")],
        .. TrainedContextLength == ContextLength ? (KeyValuePair<string, object>[])[]
            : [new("text_positions", $"stretched from {TrainedContextLength} to {ContextLength} ({PositionRule})")],
    ];

    internal void Validate()
    {
        Transformer.Validate("text");
        ClipConfig.Require(ContextLength, 2, 65_536, "context length");
        ClipConfig.Require(TrainedContextLength, 2, ContextLength, "number of stored text positions");
        ClipConfig.Require(VocabularySize, 3, 4_000_000, "vocabulary size");
        Transformer.ValidateTokens("text", ContextLength, "its context length");
        Bert?.Validate(this);
        if (Mixer is null)
            return;
        ClipConfig.Require(Transformer.Layers, 3, 256, "text layers, the two at the ends included");
        ClipConfig.Require(Mixer.MlpWidth, 1, 131_072, "MLP width of the text tower's convolutions");
    }
}
