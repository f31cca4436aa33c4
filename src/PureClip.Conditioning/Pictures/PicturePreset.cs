namespace PureClip.TextToImage;

/// <summary>What stands against pictures where a generator is guided away from nothing.</summary>
public enum PictureNegative
{
    /// <summary>The generator takes none.</summary>
    Nothing,

    /// <summary>Zeros.</summary>
    Zeros,

    /// <summary>What the encoder makes of pixels that are all 0 after normalisation: the mean colour.</summary>
    ZeroPixels,
}

/// <summary>How tensors of pictures are laid out. n pictures; w the width of a vector, or tokens and their width.</summary>
public enum PictureLayout
{
    /// <summary>[2, n, w]: what stands against them first.</summary>
    Pair,

    /// <summary>[1, n, w].</summary>
    Rows,

    /// <summary>[n, w].</summary>
    Batch,
}

/// <summary>What a generator takes of pictures, as data. Vectors are projected and not of length 1.</summary>
/// <param name="Name">Its name.</param>
/// <param name="TensorName">The pipeline's argument.</param>
/// <param name="Layout">Its shape.</param>
/// <param name="Negative">What stands against the pictures.</param>
public sealed record PicturePreset(string Name, string TensorName, PictureLayout Layout, PictureNegative Negative)
{
    /// <summary>Whether the tokens of the layer before the last are taken, class token included and without a norm, in place of a
    /// vector.</summary>
    public bool TakesTokens { get; init; }

    /// <summary>IP-Adapter: <c>models/image_encoder</c>, or <c>sdxl_models/image_encoder</c>.</summary>
    public static PicturePreset IpAdapter { get; } =
        new("ip-adapter", "ip_adapter_image_embeds", PictureLayout.Pair, PictureNegative.Zeros);

    /// <summary>IP-Adapter Plus and Full, with the same encoders.</summary>
    public static PicturePreset IpAdapterPlus { get; } =
        new("ip-adapter-plus", "ip_adapter_image_embeds", PictureLayout.Pair, PictureNegative.ZeroPixels) { TakesTokens = true };

    /// <summary>Kandinsky 2.2's decoder: the vector of a picture in place of the prior's.</summary>
    public static PicturePreset Kandinsky22 { get; } =
        new("kandinsky22", "image_embeds", PictureLayout.Batch, PictureNegative.ZeroPixels);

    /// <summary>Stable Cascade's prior.</summary>
    public static PicturePreset StableCascade { get; } = new("cascade", "image_embeds", PictureLayout.Rows, PictureNegative.Nothing);

    /// <summary>Stable unCLIP 2.1; the pipeline adds noise.</summary>
    public static PicturePreset StableUnclip { get; } = new("unclip", "image_embeds", PictureLayout.Batch, PictureNegative.Nothing);

    /// <summary>Stable Video Diffusion.</summary>
    public static PicturePreset StableVideo { get; } = new("svd", "image_embeds", PictureLayout.Rows, PictureNegative.Nothing);

    /// <summary>Every preset.</summary>
    public static IReadOnlyList<PicturePreset> All { get; } =
        [IpAdapter, IpAdapterPlus, Kandinsky22, StableCascade, StableUnclip, StableVideo];

    /// <summary>The preset of a name, in any case; null where there is none.</summary>
    public static PicturePreset? Find(string name) =>
        All.FirstOrDefault(preset => preset.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <inheritdoc/>
    public override string ToString() => Name;
}
