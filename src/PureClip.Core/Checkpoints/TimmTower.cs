using System.Globalization;
using System.Text.RegularExpressions;
using PureClip.Files;
using PureClip.Model;

namespace PureClip.Checkpoints;

/// <summary>
/// A vision tower of timm that <c>open_clip_config.json</c> names: what its name stands for, and what <c>timm_model_kwargs</c> change of
/// it.
/// </summary>
/// <remarks>
/// timm: <c>vision_transformer.py</c>, <c>eva.py</c> and <c>vitamin.py</c>, the functions of these names; <c>timm_model.py</c> of open_clip.
/// </remarks>
internal static partial class TimmTower
{
    private const string Known =
        "one of vit_…_siglip_…, eva02_…_clip_…, eva_giant_patch14_clip_224, vit_pe_core_…, fastvit_mci0 to 4, vit_base_mci_224, "
        + "convnext_…, vitamin_…, and a plain vit_…_patch… (SigLIP, EVA, Perception Encoder, MobileCLIP, ConvNeXt, ViTamin, ViT)";

    // Pixels and patches of a side by which EVA02's rotary positions are scaled: 224 / 14.
    private const int EvaGrid = 16;

    private static readonly string[] KnownArguments =
    [
        "img_size", "patch_size", "embed_dim", "depth", "num_heads", "mlp_ratio", "act_layer", "attn_pool_mlp_ratio", "init_values",
        "dynamic_img_size", "dynamic_img_pad", "drop_path_rate", "patch_drop_rate", "proj_drop_rate", "attn_drop_rate",
    ];

    // Width, blocks, heads and the MLP's ratio of each size.
    private static readonly Dictionary<string, (int Width, int Layers, int Heads, double Ratio)> Sizes = new()
    {
        ["tiny"] = (192, 12, 3, 4),
        ["small"] = (384, 12, 6, 4),
        ["base"] = (768, 12, 12, 4),
        ["large"] = (1024, 24, 16, 4),
        ["huge"] = (1280, 32, 16, 4),
        ["so400m"] = (1152, 27, 16, 3.7362),
        ["giantopt"] = (1536, 40, 16, 4),
        ["enormous"] = (1792, 64, 16, 15_360 / 1792.0),
        ["giant"] = (1408, 40, 16, 6144 / 1408.0),
        ["gigantic"] = (1536, 50, 16, 8960 / 1536.0),
    };

    /// <summary>Reads <c>vision_cfg</c>.</summary>
    /// <param name="file"><c>vision_cfg</c>.</param>
    /// <param name="name"><c>timm_model_name</c>.</param>
    /// <exception cref="InvalidDataException">The tower is not known, or an argument of it.</exception>
    public static VisionTransformerConfig Read(JsonFile file, string name)
    {
        JsonFile arguments = file.Object("timm_model_kwargs") ?? file.Empty("timm_model_kwargs");
        foreach (string argument in arguments.Names)
            if (Array.IndexOf(KnownArguments, argument) < 0)
                throw arguments.NotSupported(argument, "there", $"only {string.Join(", ", KnownArguments.Take(8))}");
        if (arguments.Has("init_values"))
            throw arguments.NotSupported("init_values", "set (LayerScale)", "null");
        if (VitaminPattern().Match(name) is { Success: true } vitamin)
            return Vitamin(file, arguments, vitamin);
        Match match = NamePattern().Match(name);
        if (!match.Success || !Sizes.TryGetValue(match.Groups["size"].Value, out var size))
            throw file.NotSupported("timm_model_name", KnownGaps.Describe(name), Known);
        int patch = arguments.Int("patch_size", Number(match.Groups["patch"]));
        int image = file.Int("image_size", Number(match.Groups["image"]));
        if (arguments.IntOrNull("img_size") is int other && other != image)
            throw arguments.NotSupported("img_size", other, $"{image}, as image_size says");
        int width = arguments.Int("embed_dim", size.Width);
        TransformerConfig blocks = new(
            width, arguments.Int("depth", size.Layers), arguments.Int("num_heads", size.Heads),
            (int)(width * arguments.Number("mlp_ratio", size.Ratio)), GeluKind.Erf, 1e-6f);
        return FamilyOf(match) switch
        {
            "vit_pe_core" => Perception(file, arguments, blocks, match, image, patch),
            "eva02" or "eva" => Eva(file, arguments, blocks, match, image, patch),
            "plain" => Plain(file, arguments, blocks, match, image, patch),
            _ => Siglip(file, arguments, blocks, name, image, patch),
        };
    }

    /// <summary>The same weights run with either GELU: it is the name that says which one they were published with.</summary>
    private static VisionTransformerConfig Siglip(
        JsonFile file, JsonFile arguments, TransformerConfig blocks, string name, int image, int patch)
    {
        RequirePool(file, "map");
        GeluKind gelu = arguments.String("act_layer") switch
        {
            null => TanhSiglip().IsMatch(name) ? GeluKind.Tanh : GeluKind.Erf,
            "gelu" => GeluKind.Erf,
            "gelu_tanh" => GeluKind.Tanh,
            string other => throw arguments.NotSupported("act_layer", $"\"{other}\"", "gelu or gelu_tanh"),
        };
        return SiglipConfig.Tower(blocks with { Gelu = gelu }, image, patch) with { Projection = ProjectionOf(file) };
    }

    private static VisionTransformerConfig Eva(
        JsonFile file, JsonFile arguments, TransformerConfig blocks, Match match, int image, int patch)
    {
        RequireUsualGelu(arguments);
        RequirePool(file, "token");
        bool isPlain = match.Groups["size"].Value is "enormous" or "giant";
        return new(
            isPlain
                ? blocks with { Norms = match.Groups["size"].Value == "enormous" ? NormPlace.Branch : NormPlace.Before }
                : blocks with
                {
                    MlpWidth = arguments.Has("mlp_ratio") ? blocks.MlpWidth : blocks.Width * 8 / 3,
                    IsGated = true,
                    HasInnerNorms = true,
                    Rotary = new(ColumnsFirst: false, FirstPlace: 0, EvaGrid),
                },
            image, patch)
        {
            HasPatchBias = true,
            HasPreNorm = false,
            Projection = ProjectionOf(file),
        };
    }

    private static VisionTransformerConfig Perception(
        JsonFile file, JsonFile arguments, TransformerConfig blocks, Match match, int image, int patch)
    {
        RequireUsualGelu(arguments);
        RequirePool(file, "map");
        const int Heads = 8;
        return new(
            blocks with
            {
                LayerNormEps = 1e-5f,
                Rotary = new(ColumnsFirst: true, FirstPlace: 1, Number(match.Groups["image"]) / Number(match.Groups["patch"])),
            },
            image, patch)
        {
            HasClassToken = match.Groups["size"].Value != "gigantic",
            ReadAt = VisionReadOut.AttentionHead,
            PoolHeads = Heads,
            PoolMlpWidth = (int)(blocks.Width * arguments.Number("attn_pool_mlp_ratio", 4)),
            Projection = ProjectionOf(file),
        };
    }

    /// <summary>A ViT behind stages of convolutions, whose widths the tensors tell; read at the mean of its patches.</summary>
    private static VisionTransformerConfig Vitamin(JsonFile file, JsonFile arguments, Match match)
    {
        RequireUsualGelu(arguments);
        if (file.String("timm_pool") is not ("" or "avg"))
            throw file.NotSupported(
                "timm_pool", file.String("timm_pool") is string found ? $"\"{found}\"" : "absent", "\"\" or \"avg\"");
        (int width, int layers, int heads, int first) = match.Groups["size"].Value switch
        {
            "small" => (384, 14, 6, 64),
            "base" => (768, 14, 12, 128),
            "xlarge" => (1152, 32, 16, 192),
            _ => (1024, 31, 16, 160),
        };
        width = arguments.Int("embed_dim", width);
        return new(
            new(
                width, arguments.Int("depth", layers), arguments.Int("num_heads", heads), (int)(width * arguments.Number("mlp_ratio", 2)),
                GeluKind.Erf, 1e-6f)
            {
                IsGeGlu = true,
            },
            file.Int("image_size", Number(match.Groups["image"])), 16)
        {
            HasClassToken = false,
            HasPatchBias = true,
            HasPreNorm = false,
            Stages = new(first, 2 * first, 2, 4),
            ReadAt = VisionReadOut.MeanOfPatches,
            Projection = ProjectionOf(file),
        };
    }

    /// <summary>A ViT read at its class token: MobileCLIP2-L-14's with CLIP's norm before the blocks, BiomedCLIP's without.</summary>
    private static VisionTransformerConfig Plain(
        JsonFile file, JsonFile arguments, TransformerConfig blocks, Match match, int image, int patch)
    {
        RequireUsualGelu(arguments);
        if (file.String("timm_pool") is not ("token" or "")) // the latter leaves what the network has
            throw file.NotSupported(
                "timm_pool", file.String("timm_pool") is string found ? $"\"{found}\"" : "absent, which means \"avg\"",
                "\"token\" or \"\"");
        bool isClip = match.Groups["clip"].Success;
        return new(
            blocks with
            {
                LayerNormEps = isClip ? 1e-5f : 1e-6f,
                Gelu = match.Groups["quick"].Success ? GeluKind.Quick : GeluKind.Erf,
            },
            image, patch)
        {
            HasPatchBias = !isClip,
            HasPreNorm = isClip,
            Projection = ProjectionOf(file),
        };
    }

    /// <summary><c>timm_proj</c>: without one the trunk's own head, which has a bias, makes embeddings.</summary>
    private static VisionProjection ProjectionOf(JsonFile file) => file.String("timm_proj") switch
    {
        null or "" => VisionProjection.LinearWithBias,
        "none" => VisionProjection.None,
        "linear" when !file.Bool("timm_proj_bias", false) => VisionProjection.Linear,
        string other => throw file.NotSupported("timm_proj", $"\"{other}\"", "none, linear without bias, or null"),
    };

    private static void RequireUsualGelu(JsonFile arguments)
    {
        if (arguments.String("act_layer") is string act and not "gelu")
            throw arguments.NotSupported("act_layer", $"\"{act}\"", "gelu");
    }

    private static void RequirePool(JsonFile file, string only)
    {
        if (file.String("timm_pool") is string found && found != only)
            throw file.NotSupported("timm_pool", $"\"{found}\"", $"\"{only}\"");
    }

    private static string FamilyOf(Match match) => match.Groups["plain"].Success ? "plain" : match.Groups["family"].Value;

    private static int Number(Group digits) => int.Parse(digits.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);

    [GeneratedRegex(
        @"^((?<family>vit)_(?<size>base|large|so400m|giantopt)_patch(?<patch>\d{1,3})_siglip_(?<image>\d{1,4})"
        + @"|(?<family>eva02)_(?<size>base|large|enormous)_patch(?<patch>\d{1,3})_clip_(?<image>\d{1,4})"
        + @"|(?<family>eva)_(?<size>giant)_patch(?<patch>\d{1,3})_clip_(?<image>\d{1,4})"
        + @"|(?<family>vit_pe_core)_(?<size>tiny|small|base|large|gigantic)_patch(?<patch>\d{1,3})_(?<image>\d{1,4})"
        + @"|(?<plain>vit)_(?<size>tiny|small|base|large|huge)_patch(?<patch>\d{1,3})_(?<clip>clip_(?<quick>quickgelu_)?)?"
        + @"(?<image>\d{1,4}))(\.\w+)?$",
        RegexOptions.ExplicitCapture)]
    private static partial Regex NamePattern();

    [GeneratedRegex(@"^vitamin_(?<size>small|base|large2?|xlarge)_(?<image>\d{1,4})(\.\w+)?$", RegexOptions.ExplicitCapture)]
    private static partial Regex VitaminPattern();

    [GeneratedRegex("^vit_(base_patch32_siglip_256|large_patch16_siglip_512|so400m_patch16_siglip_|giantopt_)")]
    private static partial Regex TanhSiglip();
}
