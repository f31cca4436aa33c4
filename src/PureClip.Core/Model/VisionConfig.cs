namespace PureClip.Model;

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

/// <summary>What becomes of a picture's tokens in the end.</summary>
public enum VisionReadOut
{
    /// <summary>The class token is read, normed.</summary>
    ClassToken,

    /// <summary>The mean of the patches is normed: CLIPA.</summary>
    MeanOfPatches,

    /// <summary>
    /// All tokens are normed; one that is learnt asks them, and a residual MLP follows: SigLIP, and Perception Encoder.
    /// </summary>
    AttentionHead,

    /// <summary>Tokens that are learnt ask all others, each normed by itself; the first one's answer is normed: CoCa.</summary>
    Queries,
}

/// <summary>What follows the read-out of a vision tower.</summary>
public enum VisionProjection
{
    /// <summary>A matrix: CLIP.</summary>
    Linear,

    /// <summary>A matrix and a bias: EVA, Perception Encoder.</summary>
    LinearWithBias,

    /// <summary>Nothing, the embedding is as wide as the tower: SigLIP.</summary>
    None,
}

/// <summary>By which rule a table of positions becomes one of another grid. Each is how the named programs do it.</summary>
public enum PositionRule
{
    /// <summary>Bicubic with antialiasing: open_clip, timm.</summary>
    BicubicAntialiased,

    /// <summary>Bicubic without: transformers.</summary>
    Bicubic,

    /// <summary>Bilinear with antialiasing: SigLIP 2 NaFlex of transformers.</summary>
    BilinearAntialiased,

    /// <summary>Bilinear without: Perception Encoder's own code.</summary>
    Bilinear,
}

/// <summary>Convolutions that make patches: MobileCLIP-B.</summary>
/// <param name="Width">Channels of the first two.</param>
/// <param name="Padding">Pixels of zeros around the picture before the first: 1 in Apple's own program, 0 in timm's.</param>
public sealed record ConvolutionStemConfig(int Width, int Padding);

/// <summary>Two stages of convolutions, each at half the size of what is before it, that make patches of 16 pixels: ViTamin.</summary>
/// <param name="FirstWidth">Channels of the entry and of the first stage.</param>
/// <param name="SecondWidth">Channels of the second.</param>
/// <param name="FirstBlocks">Blocks of the first stage.</param>
/// <param name="SecondBlocks">Blocks of the second.</param>
public sealed record ConvolutionStagesConfig(int FirstWidth, int SecondWidth, int FirstBlocks, int SecondBlocks)
{
    /// <summary>Hidden channels of a block, for each of its outputs.</summary>
    internal const int Expansion = 4;
}

/// <summary>A ViT on square patches. The defaults of what is no parameter are CLIP's.</summary>
/// <param name="Transformer">Its blocks.</param>
/// <param name="ImageSize">Pixels of the square input's side.</param>
/// <param name="PatchSize">Pixels of a patch's side.</param>
public sealed record VisionTransformerConfig(TransformerConfig Transformer, int ImageSize, int PatchSize) : VisionConfig(ImageSize)
{
    private readonly int? _trainedImageSize;

    /// <summary>Whether a class token stands before the patches.</summary>
    public bool HasClassToken { get; init; } = true;

    /// <summary>Whether the patch embedding has a bias.</summary>
    public bool HasPatchBias { get; init; }

    /// <summary>What makes patches of 16 pixels in place of one matrix; null where one does.</summary>
    public ConvolutionStemConfig? Stem { get; init; }

    /// <summary>The stages that make them; null where there are none.</summary>
    public ConvolutionStagesConfig? Stages { get; init; }

    /// <summary>Whether there is a norm before the blocks.</summary>
    public bool HasPreNorm { get; init; } = true;

    /// <summary>What becomes of the tokens in the end.</summary>
    public VisionReadOut ReadAt { get; init; }

    /// <summary>What follows the read-out.</summary>
    public VisionProjection Projection { get; init; }

    /// <summary>Heads of the pool, a divisor of its width; 0 where nothing asks.</summary>
    public int PoolHeads { get; init; }

    /// <summary>Hidden numbers of the attention head's MLP; 0 where there is none.</summary>
    public int PoolMlpWidth { get; init; }

    /// <summary>Learnt tokens that ask; 0 where nothing does.</summary>
    public int PoolQueries { get; init; }

    /// <summary>Pixels of the side that the stored table of positions is for; <see cref="VisionConfig.ImageSize"/> for most.</summary>
    public int TrainedImageSize
    {
        get => _trainedImageSize ?? ImageSize;
        init => _trainedImageSize = value;
    }

    /// <summary>By which rule the table becomes one of another grid.</summary>
    public PositionRule PositionRule { get; init; }

    /// <summary>
    /// Most patches of a picture, where its size follows its own proportions (SigLIP 2 NaFlex) and the table of positions is interpolated for
    /// each; null where all pictures have one size.
    /// </summary>
    public int? MostPatches { get; init; }

    /// <summary>Patches along a side; pixels beyond the last whole patch are not seen.</summary>
    public int Grid => ImageSize / PatchSize;

    /// <summary>Patches along a side of the stored table.</summary>
    public int TrainedGrid => TrainedImageSize / PatchSize;

    /// <summary>Tokens of one picture: its patches and the class token.</summary>
    public override int Tokens => MostPatches ?? (Grid * Grid + ClassTokens);

    /// <summary>Class tokens: 1 or 0.</summary>
    internal int ClassTokens => HasClassToken ? 1 : 0;

    /// <summary>Rows of class tokens in the table of positions: none behind convolutions.</summary>
    internal int ClassPositions => Stem is null ? ClassTokens : 0;

    /// <summary>Whether all is as in CLIP, so that whatever knows CLIP knows this.</summary>
    internal bool IsPlain => HasClassToken && !HasPatchBias && HasPreNorm && ReadAt == VisionReadOut.ClassToken
        && Projection == VisionProjection.Linear && MostPatches is null && Stem is null && Stages is null && Transformer.IsPlain;

    // Of another size than the trained one it is the same model: its rules say the size.
    internal override float[] Signature => IsPlain
        ? [TrainedImageSize, PatchSize, .. Transformer.Signature]
        :
        [
            TrainedImageSize, PatchSize, .. Transformer.Signature, ClassTokens, HasPatchBias ? 1 : 0, HasPreNorm ? 1 : 0, (int)ReadAt,
            (int)Projection, PoolHeads, PoolMlpWidth, PoolQueries, .. MostPatches is null ? (float[])[] : [1],
            .. Stem is null ? (float[])[] : [Stem.Width, Stem.Padding],
            .. Stages is null ? (float[])[] : [Stages.FirstWidth, Stages.SecondWidth, Stages.FirstBlocks, Stages.SecondBlocks],
        ];

    internal override IEnumerable<KeyValuePair<string, object>> Facts
    {
        get
        {
            List<KeyValuePair<string, object>> facts =
                [.. Transformer.Facts("vision"), new("vision_image_size", ImageSize), new("vision_patch_size", PatchSize)];
            if (MostPatches is int most)
                facts.Add(new("vision_patches", $"at most {most}, in a picture's own proportions"));
            if (TrainedGrid != Grid)
                facts.Add(new("vision_positions", $"interpolated from {TrainedGrid} x {TrainedGrid} to {Grid} x {Grid} patches "
                    + $"({PositionRule}); trained at {TrainedImageSize} pixels"));
            if (Stem is not null)
                facts.Add(new("vision_stem", $"convolutions of {Stem.Width} channels, padding {Stem.Padding}"));
            if (Stages is not null)
                facts.Add(new("vision_stem", $"{Stages.FirstBlocks} blocks of convolutions with {Stages.FirstWidth} channels, "
                    + $"{Stages.SecondBlocks} with {Stages.SecondWidth}"));
            if (!IsPlain)
                facts.Add(new("vision_read_at", ReadAt switch
                {
                    VisionReadOut.ClassToken => "class token",
                    VisionReadOut.MeanOfPatches => "mean of patches",
                    VisionReadOut.AttentionHead => $"attention head of {PoolHeads} heads",
                    _ => $"first of {PoolQueries} queries of {PoolHeads} heads",
                }));
            return facts;
        }
    }

    internal override void Validate()
    {
        base.Validate();
        Transformer.Validate("vision");
        ClipConfig.Require(PatchSize, 1, ImageSize, "patch size");
        ClipConfig.Require(TrainedImageSize, PatchSize, 4096, "image size of the stored positions");
        if (MostPatches is int most)
            ClipConfig.Require(most, 1, 65_536, "most patches of a picture");
        if (MostPatches is not null && (HasClassToken || Transformer.Rotary is not null))
            throw new ArgumentException("Pictures of any proportions have neither a class token nor rotary positions.");
        if (Stem is not null)
        {
            ClipConfig.Require(Stem.Width, 1, 16_384, "width of the vision tower's first convolutions");
            ClipConfig.Require(Stem.Padding, 0, 1, "padding of the vision tower's first convolution");
        }
        if (Stages is not null)
        {
            ClipConfig.Require(Stages.FirstWidth, 2, 16_384, "width of the vision tower's first stage");
            ClipConfig.Require(Stages.SecondWidth, 2, 16_384, "width of the vision tower's second stage");
            ClipConfig.Require(Stages.FirstBlocks, 1, 256, "blocks of the vision tower's first stage");
            ClipConfig.Require(Stages.SecondBlocks, 1, 256, "blocks of the vision tower's second stage");
        }
        if ((Stem is not null || Stages is not null) && (PatchSize != 16 || ImageSize % 16 != 0 || MostPatches is not null))
            throw new ArgumentException(
                $"Convolutions make patches of 16 pixels, and pictures are a multiple of that; here {PatchSize} of {ImageSize}.");
        Transformer.ValidateTokens("vision", Tokens, $"{Grid} x {Grid} patches{(HasClassToken ? " and a class token" : "")}");
        if (ReadAt == VisionReadOut.ClassToken && !HasClassToken)
            throw new ArgumentException("The vision tower is read at its class token, but has none.");
        if (ReadAt is VisionReadOut.AttentionHead or VisionReadOut.Queries)
            ClipConfig.Require(PoolHeads, 1, Transformer.Width, "heads of the vision tower's pool");
        if (ReadAt == VisionReadOut.AttentionHead)
            ClipConfig.Require(PoolMlpWidth, 1, 131_072, "MLP width of the vision tower's head");
        if (ReadAt == VisionReadOut.Queries)
            ClipConfig.Require(PoolQueries, 1, 4096, "queries of the vision tower's pool");
        if (ReadAt == VisionReadOut.AttentionHead && Transformer.Width % PoolHeads != 0)
            throw new ArgumentException($"The vision width {Transformer.Width} is not a multiple of the head's {PoolHeads} heads.");
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
        ClipConfig.Require(Tokens, 2, 16_384, "tokens of the attention pool");
    }
}
