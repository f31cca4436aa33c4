namespace PureClip.Convert.Knowledge;

/// <summary>
/// OpenAI's models and OpenCLIP's ViT family as data (openai/CLIP clip/model.py; open_clip src/open_clip/model_configs; TinyCLIP
/// src/open_clip/model_configs). Context 77, vocabulary 49408.
/// </summary>
internal static class Architectures
{
    /// <summary>What stands behind a name where the model was trained with QuickGELU.</summary>
    public const string QuickGeluSuffix = "-quickgelu";

    /// <summary>Numbers of one attention head, unless the table says otherwise.</summary>
    public const int UsualHeadWidth = 64;

    /// <summary>All of them; where shapes are equal, the first is the usual name.</summary>
    public static IReadOnlyList<Architecture> All { get; } =
    [
        // name, embedding | image, patch, width, layers, heads, MLP | text width, heads, layers
        Vit("ViT-B-32", 512, 224, 32, 768, 12, 12, 3072, 512, 8, 12),
        Vit("ViT-B-32-256", 512, 256, 32, 768, 12, 12, 3072, 512, 8, 12),
        Vit("ViT-B-32-plus-256", 640, 256, 32, 896, 12, 14, 3584, 640, 10, 12),
        Vit("ViT-B-16", 512, 224, 16, 768, 12, 12, 3072, 512, 8, 12),
        Vit("ViT-B-16-plus", 640, 224, 16, 896, 12, 14, 3584, 640, 10, 12),
        Vit("ViT-B-16-plus-240", 640, 240, 16, 896, 12, 14, 3584, 640, 10, 12),
        Vit("ViT-L-14", 768, 224, 14, 1024, 24, 16, 4096, 768, 12, 12),
        Vit("ViT-L-14-280", 768, 280, 14, 1024, 24, 16, 4096, 768, 12, 12),
        Vit("ViT-L-14-336", 768, 336, 14, 1024, 24, 16, 4096, 768, 12, 12),
        Vit("ViT-L-16", 768, 224, 16, 1024, 24, 16, 4096, 768, 12, 12),
        Vit("ViT-L-16-320", 768, 320, 16, 1024, 24, 16, 4096, 768, 12, 12),
        Vit("ViT-H-14", 1024, 224, 14, 1280, 32, 16, 5120, 1024, 16, 24), // heads of 80
        Vit("ViT-H-14-378", 1024, 378, 14, 1280, 32, 16, 5120, 1024, 16, 24),
        Vit("ViT-H-16", 1024, 224, 16, 1280, 32, 16, 5120, 1024, 16, 24),
        Vit("ViT-g-14", 1024, 224, 14, 1408, 40, 16, 6144, 1024, 16, 24), // heads of 88
        Vit("ViT-bigG-14", 1280, 224, 14, 1664, 48, 16, 8192, 1280, 20, 32), // heads of 104
        Vit("ViT-e-14", 1280, 224, 14, 1792, 56, 16, 15360, 1280, 20, 36), // heads of 112
        Vit("ViT-S-32", 384, 224, 32, 384, 12, 6, 1536, 384, 6, 12),
        Vit("ViT-S-16", 384, 224, 16, 384, 12, 6, 1536, 384, 6, 12),
        Vit("ViT-S-32-alt", 256, 224, 32, 384, 12, 6, 1536, 256, 4, 10),
        Vit("ViT-S-16-alt", 256, 224, 16, 384, 12, 6, 1536, 256, 4, 10),
        Vit("ViT-M-32", 512, 224, 32, 512, 12, 8, 2048, 512, 8, 12),
        Vit("ViT-M-16", 512, 224, 16, 512, 12, 8, 2048, 512, 8, 12),
        Vit("ViT-M-32-alt", 384, 224, 32, 512, 12, 8, 2048, 384, 6, 12),
        Vit("TinyCLIP-ViT-8M-16-Text-3M", 512, 224, 16, 256, 10, 4, 1024, 256, 4, 3),
        Vit("TinyCLIP-ViT-39M-16-Text-19M", 512, 224, 16, 512, 12, 8, 2048, 512, 8, 6),
        Vit("TinyCLIP-ViT-40M-32-Text-19M", 512, 224, 32, 512, 12, 8, 2048, 512, 8, 6),
        Vit("TinyCLIP-ViT-61M-32-Text-29M", 512, 224, 32, 640, 12, 10, 2560, 512, 8, 9),
        // name, embedding | image, width, blocks | text width, heads, layers
        ResNet("RN50", 1024, 224, 64, (3, 4, 6, 3), 512, 8, 12),
        ResNet("RN101", 512, 224, 64, (3, 4, 23, 3), 512, 8, 12),
        ResNet("RN50x4", 640, 288, 80, (4, 6, 10, 6), 640, 10, 12),
        ResNet("RN50x16", 768, 384, 96, (6, 8, 18, 8), 768, 12, 12),
        ResNet("RN50x64", 1024, 448, 128, (3, 15, 36, 10), 1024, 16, 12),
        ResNet("TinyCLIP-ResNet-30M-Text-29M", 1024, 224, 56, (3, 4, 6, 3), 512, 8, 9),
        ResNet("TinyCLIP-ResNet-19M-Text-19M", 1024, 224, 44, (3, 4, 6, 3), 512, 8, 6),
    ];

    /// <summary>
    /// The architecture of a name, or null: OpenCLIP's names in any case, with or without "-quickgelu", and OpenAI's "ViT-L/14@336px".
    /// </summary>
    public static Architecture? ByName(string name)
    {
        string plain = name.Replace('/', '-').Replace("@336px", "-336", StringComparison.Ordinal);
        if (plain.EndsWith(QuickGeluSuffix, StringComparison.OrdinalIgnoreCase))
            plain = plain[..^QuickGeluSuffix.Length];
        return All.FirstOrDefault(a => a.Name.Equals(plain, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>The architectures that these shapes fit; towers that the checkpoint lacks fit any.</summary>
    public static IReadOnlyList<Architecture> Matching(ShapeFacts shapes) => [.. All.Where(a => Fits(a, shapes))];

    /// <summary>Attention heads of a vision tower by its width, and whether that is known or assumed from heads of 64.</summary>
    public static (int Heads, bool IsKnown) VisionHeads(int width)
    {
        Architecture? known = All.FirstOrDefault(a => a.Vision?.Width == width);
        return known?.Vision is VisionArchitecture vision ? (vision.Heads, true) : (Math.Max(1, width / UsualHeadWidth), false);
    }

    /// <summary>Attention heads of a text tower by its width, and whether that is known or assumed from heads of 64.</summary>
    public static (int Heads, bool IsKnown) TextHeads(int width)
    {
        Architecture? known = All.FirstOrDefault(a => a.Text.Width == width);
        return known is not null ? (known.Text.Heads, true) : (Math.Max(1, width / UsualHeadWidth), false);
    }

    private static bool Fits(Architecture architecture, ShapeFacts shapes)
    {
        if (architecture.EmbeddingWidth != shapes.EmbeddingWidth)
            return false;
        bool visionFits = shapes.ResNet is not null ? architecture.ResNet == shapes.ResNet
            : shapes.VisionWidth is null ? architecture.Vision is not null
            : shapes.VisionWidth == architecture.Vision?.Width && shapes.VisionLayers == architecture.Vision?.Layers
                && shapes.PatchSize == architecture.Vision?.PatchSize && shapes.ImageSize == architecture.Vision?.ImageSize;
        bool textFits = shapes.TextWidth is null
            || (shapes.TextWidth == architecture.Text.Width && shapes.TextLayers == architecture.Text.Layers);
        return visionFits && textFits;
    }

    private static Architecture Vit(
        string name, int embedding, int image, int patch, int width, int layers, int heads, int mlp,
        int textWidth, int textHeads, int textLayers) =>
        new(name, embedding, new(image, patch, width, layers, heads, mlp), new(textWidth, textHeads, textLayers));

    private static Architecture ResNet(
        string name, int embedding, int image, int width, (int, int, int, int) blocks, int textWidth, int textHeads, int textLayers) =>
        new(name, embedding, null, new(textWidth, textHeads, textLayers)) { ResNet = new(image, width, blocks) };
}

/// <summary>One architecture under the name that OpenAI or OpenCLIP gives it.</summary>
/// <param name="Name">OpenCLIP's name, without "-quickgelu".</param>
/// <param name="EmbeddingWidth">Numbers of an embedding.</param>
/// <param name="Vision">The vision tower, or null for a ResNet.</param>
/// <param name="Text">The text tower.</param>
internal sealed record Architecture(string Name, int EmbeddingWidth, VisionArchitecture? Vision, TextArchitecture Text)
{
    /// <summary>The vision tower where it is CLIP's own ResNet; else null.</summary>
    public ResNetArchitecture? ResNet { get; init; }
}

/// <summary>A ResNet of a known architecture. Heads of its attention pool have 64 numbers.</summary>
/// <param name="ImageSize">Pixels of the square input's side.</param>
/// <param name="Width">Channels after the entry.</param>
/// <param name="Blocks">Blocks of each of the four layers.</param>
internal sealed record ResNetArchitecture(int ImageSize, int Width, (int First, int Second, int Third, int Fourth) Blocks);

/// <summary>The vision tower of a known architecture.</summary>
/// <param name="ImageSize">Pixels of the square input's side.</param>
/// <param name="PatchSize">Pixels of a patch's side.</param>
/// <param name="Width">Numbers a token.</param>
/// <param name="Layers">Blocks.</param>
/// <param name="Heads">Attention heads; no weight file tells them.</param>
/// <param name="MlpWidth">Hidden numbers of the MLP.</param>
internal sealed record VisionArchitecture(int ImageSize, int PatchSize, int Width, int Layers, int Heads, int MlpWidth);

/// <summary>The text tower of a known architecture. Context 77 and vocabulary 49408 are common to all.</summary>
/// <param name="Width">Numbers a token.</param>
/// <param name="Heads">Attention heads.</param>
/// <param name="Layers">Blocks.</param>
internal sealed record TextArchitecture(int Width, int Heads, int Layers);

/// <summary>What the shapes of a checkpoint's tensors say (OpenAI's build_model reads the same).</summary>
/// <param name="EmbeddingWidth">Columns of the projections.</param>
/// <param name="VisionWidth">Numbers a vision token, or null without a vision tower.</param>
/// <param name="VisionLayers">Blocks of the vision tower.</param>
/// <param name="PatchSize">Pixels of a patch's side.</param>
/// <param name="ImageSize">Patch size times the side of the grid.</param>
/// <param name="TextWidth">Numbers a text token, or null without a text tower.</param>
/// <param name="TextLayers">Blocks of the text tower.</param>
internal sealed record ShapeFacts(
    int EmbeddingWidth, int? VisionWidth, int? VisionLayers, int? PatchSize, int? ImageSize, int? TextWidth, int? TextLayers)
{
    /// <summary>The vision tower where it is a ResNet; else null.</summary>
    public ResNetArchitecture? ResNet { get; init; }
}
