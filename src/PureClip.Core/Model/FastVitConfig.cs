namespace PureClip.Model;

/// <summary>One stage of a FastViT: what reduces the map before it, and its blocks.</summary>
/// <param name="Width">Channels.</param>
/// <param name="Blocks">Blocks.</param>
/// <param name="MlpWidth">Hidden numbers of a block's MLP.</param>
/// <param name="Attends">Whether its blocks attend; else they mix neighbours by a depthwise convolution.</param>
/// <param name="SqueezeWidth">Hidden numbers of the squeeze before it; 0 where nothing is squeezed.</param>
public sealed record FastVitStage(int Width, int Blocks, int MlpWidth, bool Attends, int SqueezeWidth);

/// <summary>
/// MobileCLIP's vision tower: depthwise convolutions and 1x1 convolutions, and attention where the map is small. The branches of its training
/// are folded when it is loaded, whether or not the file has them folded.
/// </summary>
/// <param name="ImageSize">Pixels of the square input's side.</param>
/// <param name="Stages">Four or five.</param>
/// <param name="FinalSqueezeWidth">Hidden numbers of the squeeze in the last convolution.</param>
/// <remarks>Vasu et al. 2023, "FastViT"; Vasu et al. 2024, "MobileCLIP", 4.2 and table 6.</remarks>
public sealed record FastVitConfig(int ImageSize, IReadOnlyList<FastVitStage> Stages, int FinalSqueezeWidth) : VisionConfig(ImageSize)
{
    /// <summary>Numbers of an attention head.</summary>
    public const int HeadWidth = 32;

    // 256 MiB for a feature map.
    private const long MostNumbers = 1 << 26;

    /// <summary>Whether the file has branches folded: a kernel and a bias in place of convolutions and norms.</summary>
    public bool IsFused { get; init; }

    /// <summary>Whether the first two convolutions have a branch of 1x1; where nothing is fused.</summary>
    public bool HasStemScale { get; init; } = true;

    /// <summary>Whether attention stands behind a layer norm over channels, of eps 1e-5, in place of a batch norm: S3 and S4.</summary>
    public bool HasChannelNorms { get; init; }

    /// <summary>Whether something is added behind the projection: open_clip's layout.</summary>
    public bool HasProjectionBias { get; init; } = true;

    /// <summary>Pixels of a side after the first two convolutions, and after each reduction.</summary>
    internal int SideOf(int stage)
    {
        int side = Half(Half(ImageSize));
        for (int i = 0; i < stage; i++)
            side = Half(side);
        return side;
    }

    /// <summary>Tokens of one picture: the pixels of the last feature map.</summary>
    public override int Tokens => SideOf(Stages.Count - 1) * SideOf(Stages.Count - 1);

    internal override IEnumerable<KeyValuePair<string, object>> Facts =>
    [
        new("vision_width", string.Join(", ", Stages.Select(static stage => stage.Width))),
        new("vision_layers", $"{string.Join(", ", Stages.Select(static stage => stage.Blocks))} (FastViT)"),
        new("vision_mlp_width", string.Join(", ", Stages.Select(static stage => stage.MlpWidth))),
        new("vision_branches", IsFused ? "fused in the file" : "fused when they are loaded"), new("vision_image_size", ImageSize),
    ];

    // Fused or not, it is the same network.
    internal override float[] Signature =>
    [
        ImageSize, Stages.Count, FinalSqueezeWidth, HasChannelNorms ? 1 : 0, HasProjectionBias ? 1 : 0, HasStemScale ? 1 : 0,
        .. Stages.SelectMany(static stage =>
            (float[])[stage.Width, stage.Blocks, stage.MlpWidth, stage.Attends ? 1 : 0, stage.SqueezeWidth]),
    ];

    internal override void Validate()
    {
        base.Validate();
        ClipConfig.Require(ImageSize, 8, 4096, "image size");
        ClipConfig.Require(Stages.Count, 2, 8, "number of vision stages");
        foreach (FastVitStage stage in Stages)
        {
            ClipConfig.Require(stage.Width, 1, 16_384, "vision width");
            ClipConfig.Require(stage.Blocks, 1, 256, "vision blocks of a stage");
            ClipConfig.Require(stage.MlpWidth, 1, 131_072, "vision MLP width");
            ClipConfig.Require(stage.SqueezeWidth, 0, 16_384, "width of a squeeze");
            if (stage.Attends && stage.Width % HeadWidth != 0)
                throw new ArgumentException($"The vision width {stage.Width} of a stage that attends is not a multiple of {HeadWidth}.");
        }
        ClipConfig.Require(FinalSqueezeWidth, 1, 16_384, "width of the last squeeze");
        for (int i = 1; i < Stages.Count; i++)
            if (Stages[i].Width % Stages[i - 1].Width != 0 || Stages[i].Width / Stages[i - 1].Width > 2)
                throw new ArgumentException(
                    $"Stages of {Stages[i - 1].Width} and {Stages[i].Width} channels follow one another; each has as many as the one before "
                    + "it, or twice as many.");
        if ((long)SideOf(0) * SideOf(0) * Stages[0].MlpWidth > MostNumbers)
            throw new ArgumentException(
                $"A feature map of {SideOf(0)} x {SideOf(0)} pixels with {Stages[0].MlpWidth} hidden numbers has more than {MostNumbers}.");
    }

    private static int Half(int side) => (side - 1) / 2 + 1;
}
