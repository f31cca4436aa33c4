using System.Globalization;
using System.Text.RegularExpressions;
using PureClip.Files;
using PureClip.Model;

namespace PureClip.Checkpoints;

/// <summary>
/// Vision towers of convolutions that <c>open_clip_config.json</c> names in timm's words: MobileCLIP's FastViT and B, ConvNeXt. What their
/// names stand for, and what <c>timm_model_kwargs</c> change of it.
/// </summary>
/// <remarks>timm: <c>fastvit.py</c>, <c>vision_transformer_hybrid.py</c>, <c>convnext.py</c>; <c>timm_model.py</c> of open_clip.</remarks>
internal static partial class ConvolutionTowers
{
    // Blocks and channels of each stage, the MLP's ratio and whether reductions squeeze.
    private static readonly (int[] Blocks, int[] Widths, int Ratio, bool Squeezes)[] FastVits =
    [
        ([2, 6, 10, 2], [64, 128, 256, 512], 3, true), ([4, 12, 20, 4], [64, 128, 256, 512], 3, true),
        ([4, 12, 24, 4], [80, 160, 320, 640], 3, true), ([2, 12, 24, 4, 2], [96, 192, 384, 768, 1536], 4, false),
        ([2, 12, 24, 4, 4], [128, 256, 512, 1024, 2048], 4, false),
    ];

    private static readonly Dictionary<string, (int[] Blocks, int[] Widths)> ConvNexts = new()
    {
        ["tiny"] = ([3, 3, 9, 3], [96, 192, 384, 768]),
        ["small"] = ([3, 3, 27, 3], [96, 192, 384, 768]),
        ["base"] = ([3, 3, 27, 3], [128, 256, 512, 1024]),
        ["large"] = ([3, 3, 27, 3], [192, 384, 768, 1536]),
        ["xlarge"] = ([3, 3, 27, 3], [256, 512, 1024, 2048]),
        ["xxlarge"] = ([3, 4, 30, 3], [384, 768, 1536, 3072]),
    };

    /// <summary>Reads <c>vision_cfg</c>; null where the name is of none of these.</summary>
    /// <param name="file"><c>vision_cfg</c>.</param>
    /// <param name="name"><c>timm_model_name</c>.</param>
    /// <param name="embeddingWidth">Numbers of an embedding.</param>
    /// <exception cref="InvalidDataException">An argument of it is not known.</exception>
    public static VisionConfig? Read(JsonFile file, string name, int embeddingWidth)
    {
        Match match = NamePattern().Match(name);
        if (!match.Success)
            return null;
        JsonFile arguments = file.Object("timm_model_kwargs") ?? file.Empty("timm_model_kwargs");
        if (match.Groups["mci"].Success)
            return ReadFastVit(file, arguments, int.Parse(match.Groups["mci"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture));
        if (match.Groups["convnext"].Success)
            return ReadConvNext(file, arguments, match.Groups["convnext"].Value, embeddingWidth);
        return ReadHybrid(file, arguments);
    }

    /// <summary>MobileCLIP's: mci0 to mci4. Whether branches are fused, and how wide squeezes are, the tensors tell.</summary>
    public static FastVitConfig FastVit(int size, int imageSize, int[]? blocks = null, int[]? widths = null)
    {
        var known = FastVits[size];
        (blocks, widths) = (blocks ?? known.Blocks, widths ?? known.Widths);
        bool isLarge = blocks.Length == 5;
        return new(
            imageSize,
            [
                .. widths.Select((width, i) => new FastVitStage(
                    width, blocks[i], known.Ratio * width, Attends: i >= 3, known.Squeezes && i is 2 or 3 && !isLarge ? width / 4 : 0)),
            ],
            widths[^1] / 8)
        {
            HasStemScale = !isLarge,
            HasChannelNorms = isLarge,
        };
    }

    private static FastVitConfig ReadFastVit(JsonFile file, JsonFile arguments, int size)
    {
        Require(arguments, "layers", "embed_dims", "img_size");
        RequireWord(file, "timm_pool", "avg");
        if (file.String("timm_proj") is { Length: > 0 } projection)
            throw file.NotSupported("timm_proj", $"\"{projection}\"", "null: the network's own head");
        int[]? blocks = arguments.IsList("layers") ? arguments.Integers("layers") : null;
        int[]? widths = arguments.IsList("embed_dims") ? arguments.Integers("embed_dims") : null;
        int stages = FastVits[size].Blocks.Length;
        if ((blocks ?? FastVits[size].Blocks).Length != stages || (widths ?? FastVits[size].Widths).Length != stages)
            throw arguments.NotSupported("layers", "with embed_dims a list of another length", $"lists of {stages}");
        return FastVit(size, file.Int("image_size", 256), blocks, widths);
    }

    /// <summary>MobileCLIP-B: a ViT behind three convolutions, whose width the tensors tell.</summary>
    private static VisionTransformerConfig ReadHybrid(JsonFile file, JsonFile arguments)
    {
        Require(arguments, "img_size", "embed_dim", "depth", "num_heads");
        RequireWord(file, "timm_pool", "token");
        if (file.String("timm_proj") is { Length: > 0 } projection)
            throw file.NotSupported("timm_proj", $"\"{projection}\"", "null: the network's own head");
        int image = file.Int("image_size", 224);
        if (arguments.IntOrNull("img_size") is int other && other != image)
            throw arguments.NotSupported("img_size", other, $"{image}, as image_size says");
        int width = arguments.Int("embed_dim", 768);
        return Hybrid(
            new(width, arguments.Int("depth", 12), arguments.Int("num_heads", 12), 4 * width, GeluKind.Erf, 1e-6f), image, padding: 0,
            VisionProjection.LinearWithBias);
    }

    /// <summary>A ViT behind three convolutions: its class token has no position.</summary>
    public static VisionTransformerConfig Hybrid(TransformerConfig blocks, int imageSize, int padding, VisionProjection projection) =>
        new(blocks, imageSize, 16)
        {
            HasPreNorm = false,
            Stem = new(Math.Max(blocks.Width / 4, 1), padding),
            Projection = projection,
        };

    private static ConvNextConfig ReadConvNext(JsonFile file, JsonFile arguments, string size, int embeddingWidth)
    {
        Require(arguments, "depths", "dims", "drop_path_rate");
        if (file.String("timm_pool") is { Length: > 0 } pool and not "avg")
            throw file.NotSupported("timm_pool", $"\"{pool}\"", "\"\": the network's own average");
        int[] blocks = arguments.IsList("depths") ? arguments.Integers("depths") : ConvNexts[size].Blocks;
        int[] widths = arguments.IsList("dims") ? arguments.Integers("dims") : ConvNexts[size].Widths;
        if (blocks.Length != widths.Length)
            throw arguments.NotSupported("dims", $"a list of {widths.Length}", $"a list of {blocks.Length}, as depths");
        string? projection = file.String("timm_proj");
        if (projection is not ("linear" or "mlp") || file.Bool("timm_proj_bias", false))
            throw file.NotSupported("timm_proj", projection is null ? null : $"\"{projection}\"", "linear or mlp, without bias");
        return new(file.Int("image_size", 224), widths, blocks, size == "xxlarge" ? 1e-5f : 1e-6f)
        {
            HiddenWidth = projection == "mlp" ? 2 * embeddingWidth : 0, // as open_clip has it
        };
    }

    private static void Require(JsonFile arguments, params string[] known)
    {
        foreach (string argument in arguments.Names)
            if (Array.IndexOf(known, argument) < 0)
                throw arguments.NotSupported(argument, "there", $"only {string.Join(", ", known)}");
    }

    private static void RequireWord(JsonFile file, string field, string only)
    {
        if (file.String(field) is string found && found != only)
            throw file.NotSupported(field, $"\"{found}\"", $"\"{only}\"");
    }

    [GeneratedRegex(
        @"^(fastvit_mci(?<mci>[0-4])|(?<hybrid>vit_base_mci_224)|convnext_(?<convnext>tiny|small|base|large|xlarge|xxlarge))(\.\w+)?$",
        RegexOptions.ExplicitCapture)]
    private static partial Regex NamePattern();
}
