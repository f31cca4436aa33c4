using PureClip.Files;
using PureClip.Model;

namespace PureClip.Checkpoints;

/// <summary>
/// What of a MobileCLIP no configuration says, read off its tensors: whether the branches of its training are fused, how wide its squeezes
/// and first convolutions are, and, in Apple's own layout, how many stages of how many blocks there are. Of a ViTamin its stages.
/// </summary>
internal sealed class MobileClipSizes
{
    private const int MostBlocks = 256, MostStages = 5;

    private static readonly Dialect[] Dialects = [Names.FastVit, Names.Timm, Names.TimmVitamin, Names.MobileClip];

    private readonly IReadOnlyDictionary<string, long[]> _shapes;
    private readonly Dialect _dialect;

    private MobileClipSizes(IReadOnlyDictionary<string, long[]> shapes, Dialect dialect) => (_shapes, _dialect) = (shapes, dialect);

    /// <summary>Whether a configuration leaves something to the tensors.</summary>
    public static bool Concerns(ClipConfig config) =>
        config.Vision is FastVitConfig or VisionTransformerConfig { Stem: not null } or VisionTransformerConfig { Stages: not null };

    /// <summary>A model directory with what its weights tell; itself where they are not there, or tell nothing.</summary>
    public static ModelDirectory Fit(ModelDirectory directory)
    {
        if (!Concerns(directory.Config) || !File.Exists(directory.WeightsPath))
            return directory;
        using SafetensorsSet file = SafetensorsSet.Open(directory.WeightsPath, directory.FurtherWeights, read: true);
        Dictionary<string, long[]> shapes = file.Tensors.ToDictionary(
            static tensor => tensor.Name, static tensor => tensor.Shape.ToArray(), StringComparer.Ordinal);
        return directory with
        {
            Config = Fit(directory.Config, BareNames.Of(shapes.Keys).ByBareName.ToDictionary(
                static name => name.Key, name => shapes[name.Value], StringComparer.Ordinal)),
        };
    }

    /// <summary>A configuration with what tensors tell.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="shapes">Shapes of the checkpoint's tensors by bare name.</param>
    public static ClipConfig Fit(ClipConfig config, IReadOnlyDictionary<string, long[]> shapes)
    {
        if (!Concerns(config) || Names.DialectOf(shapes.ContainsKey) is not Dialect dialect || Array.IndexOf(Dialects, dialect) < 0)
            return config;
        MobileClipSizes sizes = new(shapes, dialect);
        ClipConfig fitted = config with
        {
            Vision = config.Vision switch
            {
                FastVitConfig vision => sizes.FastVit(vision),
                VisionTransformerConfig { Stages: ConvolutionStagesConfig stages } vision => vision with { Stages = sizes.Vitamin(stages) },
                VisionTransformerConfig vision => sizes.Hybrid(vision),
                _ => config.Vision,
            },
            Text = config.Text is { Mixer: TextMixerConfig mixer } text
                ? text with
                {
                    Mixer = new(sizes.Size("text.blocks.0.ffn.fc1.weight", 0) ?? mixer.MlpWidth, sizes.IsFused),
                }
                : config.Text,
        };
        fitted.Validate();
        return fitted;
    }

    /// <summary>What weights of Apple's are that come without a configuration, as Apple publishes them; null where they are no such.</summary>
    /// <param name="shapes">Shapes of the checkpoint's tensors by bare name.</param>
    public static ClipConfig? Read(IReadOnlyDictionary<string, long[]> shapes)
    {
        if (Names.DialectOf(shapes.ContainsKey) != Names.MobileClip)
            return null;
        MobileClipSizes sizes = new(shapes, Names.MobileClip);
        bool isHybrid = sizes.Size("vision.conv_stem.0.conv.weight", 0) is not null;
        int positions = sizes.Size("text.positional_embedding", 2) ?? 77, width = sizes.Size("text.token_embedding", 1) ?? 512;
        int layers = sizes.Count(i => $"text.blocks.{i}.ffn.fc1.weight", i => $"text.blocks.{i}.mlp.fc.weight");
        bool mixes = sizes.Size("text.blocks.0.ffn.fc1.weight", 0) is not null;
        int patches = sizes.Size("vision.positional_embedding", 2) ?? 196;
        VisionConfig vision = isHybrid
            ? MobileClipConfig.Hybrid(
                16 * (int)Math.Sqrt(patches), sizes.Size("vision.class_embedding", 2) ?? 768,
                sizes.Count(i => $"vision.blocks.{i}.ln_1.weight", i => $"vision.blocks.{i}.mlp.fc.weight"))
            : ConvolutionTowers.FastVit(0, 256) with { HasProjectionBias = false };
        TextConfig text = new(
            new(
                width, Math.Max(layers, 1), Math.Max(width / 64, 1),
                sizes.Size(mixes ? "text.blocks.1.mlp.fc.weight" : "text.blocks.0.mlp.fc.weight", 0) ?? 4 * width, GeluKind.Erf, 1e-5f),
            positions, sizes.Size("text.token_embedding", 0) ?? 49_408)
        {
            IsCausal = isHybrid, // no tensor tells; so it is in all that is published
            Mixer = mixes ? new(4 * width, sizes.IsFused) : null,
        };
        return Fit(new(sizes.Size("text.projection", 1) ?? 512, vision, text), shapes);
    }

    private bool IsFused => _shapes.Keys.Any(static name => name.Contains("reparam", StringComparison.Ordinal));

    private FastVitConfig FastVit(FastVitConfig config)
    {
        List<FastVitStage> stages = [];
        for (int i = 0; i < (IsOfApple ? MostStages : config.Stages.Count); i++)
            if (Stage(i, config.Stages.ElementAtOrDefault(i)) is FastVitStage stage)
                stages.Add(stage);
        return config with
        {
            Stages = stages.Count > 0 ? stages : config.Stages,
            FinalSqueezeWidth = Squeeze("vision.final.se") ?? config.FinalSqueezeWidth,
            IsFused = IsFused,
            HasStemScale = IsFused ? config.HasStemScale
                : Size("vision.stem.0.scale.weight", 0) is not null || Size("vision.stem.1.scale.weight", 0) is not null,
        };
    }

    private FastVitStage? Stage(int index, FastVitStage? stated)
    {
        string at = $"vision.stage{index}", first = $"{at}.blocks.0.ffn.fc1.weight";
        if (!IsOfApple)
            return stated! with { SqueezeWidth = Squeeze($"{at}.down.se") ?? 0 };
        int blocks = Count(i => $"{at}.blocks.{i}.ffn.fc1.weight", i => $"{at}.blocks.{i}.ffn.fc2.weight");
        int? width = Size(first, 1) ?? Size($"{at}.blocks.0.ffn.fc2.weight", 0);
        return blocks == 0 || width is null
            ? stated
            : new(
                width.Value, blocks, Size(first, 0) ?? Size($"{at}.blocks.0.ffn.fc2.weight", 1) ?? 3 * width.Value,
                Size($"{at}.blocks.0.attn.qkv.weight", 0) is not null || Size($"{at}.blocks.0.attn.out.weight", 0) is not null,
                Squeeze($"{at}.down.se") ?? 0);
    }

    private VisionTransformerConfig Hybrid(VisionTransformerConfig config)
    {
        int? width = Size("vision.conv_stem.0.conv.weight", 0) ?? Size("vision.conv_stem.1.conv.weight", 0);
        config = config with { Stem = config.Stem! with { Width = width ?? config.Stem.Width } };
        if (!IsOfApple)
            return config;
        int layers = Count(i => $"vision.blocks.{i}.ln_1.weight", i => $"vision.blocks.{i}.mlp.fc.weight");
        return MobileClipConfig.Hybrid(
            config.ImageSize, Size("vision.class_embedding", 2) ?? config.Transformer.Width, Math.Max(layers, 1)) with
        {
            Stem = config.Stem,
        };
    }

    private ConvolutionStagesConfig Vitamin(ConvolutionStagesConfig stated)
    {
        int Blocks(int stage) =>
            Count(i => $"vision.conv_stages.{stage}.{i}.fc.weight", i => $"vision.conv_stages.{stage}.{i}.proj.weight");
        return new(
            Size("vision.conv_stages.conv1.weight", 0) ?? stated.FirstWidth,
            Size("vision.conv_stages.1.0.proj.weight", 0) ?? Size("vision.conv_stages.1.1.proj.weight", 0) ?? stated.SecondWidth,
            Blocks(0) is int first and > 0 ? first : stated.FirstBlocks, Blocks(1) is int second and > 0 ? second : stated.SecondBlocks);
    }

    private bool IsOfApple => _dialect == Names.MobileClip;

    private int? Squeeze(string at) => Size($"{at}.fc1.weight", 0) ?? Size($"{at}.fc2.weight", 1);

    /// <summary>One more than the highest of some layers, so that one missing in between is found to be missing.</summary>
    private int Count(params Func<int, string>[] names)
    {
        for (int i = MostBlocks; i > 0; i--)
            if (Array.Exists(names, name => Size(name(i - 1), 0) is not null))
                return i;
        return 0;
    }

    /// <summary>A size of one of our tensors, as it is stored; null where it is not there, or of another rank.</summary>
    private int? Size(string canonical, int dimension) =>
        Names.Of(canonical, _dialect) is SourceName source && _shapes.TryGetValue(source.Names[0], out long[]? shape)
        && shape.ElementAtOrDefault(dimension) is > 0 and <= 1 << 24 and long size
            ? (int)size
            : null;
}
