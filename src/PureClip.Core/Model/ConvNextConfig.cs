namespace PureClip.Model;

/// <summary>A ConvNeXt: depthwise convolutions of 7x7 with layer norm and MLP.</summary>
/// <param name="ImageSize">Pixels of the square input's side.</param>
/// <param name="Widths">Channels of each stage.</param>
/// <param name="Blocks">Blocks of each stage.</param>
/// <param name="LayerNormEps">Added to variances: 1e-6, but 1e-5 in xxlarge.</param>
/// <remarks>Liu et al. 2022, "A ConvNet for the 2020s".</remarks>
public sealed record ConvNextConfig(int ImageSize, IReadOnlyList<int> Widths, IReadOnlyList<int> Blocks, float LayerNormEps)
    : VisionConfig(ImageSize)
{
    // 256 MiB for a feature map.
    private const long MostNumbers = 1 << 26;

    /// <summary>Numbers between the two matrices of the projection; 0 where it is one matrix.</summary>
    public int HiddenWidth { get; init; }

    /// <summary>Tokens of one picture: the pixels of the last feature map.</summary>
    public override int Tokens => SideOf(Widths.Count - 1) * SideOf(Widths.Count - 1);

    /// <summary>Pixels of a side in a stage; what is left over beyond whole windows is not seen.</summary>
    internal int SideOf(int stage) => (ImageSize / 4) >> stage;

    internal override IEnumerable<KeyValuePair<string, object>> Facts =>
    [
        new("vision_width", string.Join(", ", Widths)), new("vision_layers", $"{string.Join(", ", Blocks)} (ConvNeXt)"),
        new("vision_layer_norm_eps", LayerNormEps),
        new("vision_projection", HiddenWidth > 0 ? $"two matrices, {HiddenWidth} numbers between them" : "a matrix"),
        new("vision_image_size", ImageSize),
    ];

    internal override float[] Signature =>
    [
        ImageSize, .. Widths.Select(static width => (float)width), .. Blocks.Select(static count => (float)count), LayerNormEps,
        HiddenWidth,
    ];

    internal override void Validate()
    {
        base.Validate();
        ClipConfig.Require(Widths.Count, 1, 8, "number of vision stages");
        if (Blocks.Count != Widths.Count)
            throw new ArgumentException($"{Widths.Count} widths and {Blocks.Count} numbers of blocks do not belong together.");
        foreach (int width in Widths)
            ClipConfig.Require(width, 1, 16_384, "vision width");
        foreach (int count in Blocks)
            ClipConfig.Require(count, 1, 256, "vision blocks of a stage");
        ClipConfig.Require(HiddenWidth, 0, 131_072, "hidden width of the vision projection");
        ClipConfig.Require(SideOf(Widths.Count - 1), 1, 1024, "side of the last feature map");
        if (!(LayerNormEps >= 0f && LayerNormEps < 1f))
            throw new ArgumentException($"vision layer norm eps is {LayerNormEps}; it must be at least 0 and below 1.");
        if ((long)SideOf(0) * SideOf(0) * 4 * Widths[0] > MostNumbers)
            throw new ArgumentException(
                $"A feature map of {SideOf(0)} x {SideOf(0)} pixels with {4 * Widths[0]} hidden numbers has more than {MostNumbers}.");
    }
}
