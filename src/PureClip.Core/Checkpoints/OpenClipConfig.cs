using PureClip.Files;
using PureClip.Imaging;
using PureClip.Model;

namespace PureClip.Checkpoints;

/// <summary>Reads <c>open_clip_config.json</c>: <c>model_cfg</c> and <c>preprocess_cfg</c>, with OpenCLIP's defaults.</summary>
internal static class OpenClipConfig
{
    // Fields that change the architecture where they are true. Absent means false.
    private static readonly string[] BlockSwitches =
        ["qk_norm", "scaled_cosine_attn", "scale_heads", "scale_attn_inner", "scale_attn", "scale_fc"];
    private static readonly string[] VisionSwitches = ["attentional_pool", "no_ln_pre"];
    private static readonly string[] TextSwitches = ["embed_cls", "no_causal_mask", "proj_bias"];

    /// <summary>Reads a directory in OpenCLIP's layout.</summary>
    public static ModelDirectory Read(string directory, string configPath, string weightsPath)
    {
        JsonFile root = JsonFile.Read(configPath);
        JsonFile model = root.Object("model_cfg") ?? throw root.NotSupported("model_cfg", null, "an object with the model's sizes");
        bool quickGelu = model.Bool("quick_gelu", false);
        if (model.Has("multimodal_cfg"))
            throw model.NotSupported("multimodal_cfg", "present (a CoCa model)", "a model of two plain towers");
        ClipConfig config = new(
            model.RequiredInt("embed_dim"),
            model.Object("vision_cfg") is JsonFile vision ? ReadVision(vision, quickGelu) : null,
            model.Object("text_cfg") is JsonFile text ? ReadText(text, quickGelu) : null)
        {
            InitialLogitScale = (float)model.Number("init_logit_scale", ClipConfig.UsualInitialLogitScale),
            InitialLogitBias = (float)model.Number("init_logit_bias", 0),
        };
        config.Validate();
        List<string> assumptions = [];
        if (!model.Has("quick_gelu"))
            assumptions.Add("open_clip_config.json does not say quick_gelu: the exact (erf) GELU is used, OpenCLIP's default.");
        return new()
        {
            Path = directory,
            TokenizerPath = directory,
            Layout = ModelLayout.OpenClip,
            Config = config,
            Preprocessing = ReadPreprocessing(root.Object("preprocess_cfg"), config.Vision?.ImageSize ?? 224, assumptions),
            WeightsPath = weightsPath,
            TextCleaning = "openai",
            Assumptions = assumptions,
        };
    }

    private static VisionConfig ReadVision(JsonFile file, bool quickGelu)
    {
        if (file.String("timm_model_name") is string timm)
            throw file.NotSupported("timm_model_name", $"\"{timm}\"", "OpenCLIP's own ViT (no timm tower)");
        if (file.IsList("layers"))
            return ReadResNet(file);
        RequireOff(file, VisionSwitches);
        RequireWord(file, "pool_type", "tok");
        RequireWord(file, "pos_embed_type", "learnable");
        int width = file.Int("width", 768), headWidth = file.Int("head_width", 64);
        if (headWidth < 1 || width % headWidth != 0)
            throw file.NotSupported("head_width", headWidth, $"a divisor of the width {width}");
        return new VisionTransformerConfig(
            ReadTransformer(file, width, width / headWidth, quickGelu), file.Int("image_size", 224), file.Int("patch_size", 16));
    }

    /// <summary>A list of layers means CLIP's own ResNet. <c>quick_gelu</c> is about the text tower then: a ResNet has ReLU.</summary>
    private static ResNetConfig ReadResNet(JsonFile file)
    {
        if (file.Integers("layers") is not [int first, int second, int third, int fourth])
            throw file.NotSupported("layers", "a list of another length", "a number (a ViT) or a list of four (a ResNet)");
        int width = file.Int("width", 768), headWidth = file.Int("head_width", 64);
        if (headWidth < 1)
            throw file.NotSupported("head_width", headWidth, "a positive number");
        int heads = (int)Math.Min(width * 32L / headWidth, int.MaxValue);
        return new(width, (first, second, third, fourth), heads, file.Int("image_size", 224));
    }

    private static TextConfig ReadText(JsonFile file, bool quickGelu)
    {
        if (file.String("hf_model_name") is string name)
            throw file.NotSupported("hf_model_name", $"\"{name}\"", "OpenCLIP's own text transformer");
        if (file.String("hf_tokenizer_name") is string tokenizer)
            throw file.NotSupported("hf_tokenizer_name", $"\"{tokenizer}\"", "CLIP's own tokenizer");
        if (file.Object("tokenizer_kwargs") is JsonFile rules)
            RequireUsualTokenizer(rules);
        RequireOff(file, TextSwitches);
        RequireWord(file, "proj_type", "linear");
        string pool = file.String("pool_type") ?? "argmax";
        if (pool is not ("argmax" or "eos"))
            throw file.NotSupported("pool_type", $"\"{pool}\"", "argmax or eos");
        TransformerConfig transformer = ReadTransformer(file, file.Int("width", 512), file.Int("heads", 8), quickGelu);
        return new(transformer, file.Int("context_length", 77), file.Int("vocab_size", 49_408))
        {
            EndOfTextId = pool == "eos" ? file.RequiredInt("eos_id") : null,
        };
    }

    /// <summary>What would give a text other ids than OpenCLIP's own tokenizer does with its defaults.</summary>
    private static void RequireUsualTokenizer(JsonFile rules)
    {
        RequireWord(rules, "clean", "lower");
        if (rules.Has("additional_special_tokens"))
            throw rules.NotSupported("additional_special_tokens", "there", "CLIP's own two special tokens");
        if (rules.String("reduction_mask") is { Length: > 0 } mask)
            throw rules.NotSupported("reduction_mask", $"\"{mask}\"", "none: longer texts are cut at their end, or refused");
    }

    private static TransformerConfig ReadTransformer(JsonFile file, int width, int heads, bool quickGelu)
    {
        if (file.Has("ls_init_value"))
            throw file.NotSupported("ls_init_value", "set (LayerScale)", "null");
        RequireOff(file, BlockSwitches);
        string? approximate = file.Object("act_kwargs")?.String("approximate");
        if (approximate is not (null or "none" or "tanh"))
            throw file.NotSupported("act_kwargs.approximate", $"\"{approximate}\"", "none or tanh");
        return new(
            Width: width,
            Layers: file.Int("layers", 12),
            Heads: heads,
            MlpWidth: (int)(width * file.Number("mlp_ratio", 4.0)),
            Gelu: quickGelu ? GeluKind.Quick : approximate == "tanh" ? GeluKind.Tanh : GeluKind.Erf,
            LayerNormEps: (float)(file.Object("norm_kwargs")?.Number("eps", 1e-5) ?? 1e-5));
    }

    private static ImagePreprocessorConfig ReadPreprocessing(JsonFile? preprocess, int imageSize, List<string> assumptions)
    {
        ImagePreprocessorConfig config = ImagePreprocessorConfig.OpenAI(imageSize); // the size is the tower's, whatever the file says
        if (preprocess is not JsonFile file)
        {
            assumptions.Add($"No preprocess_cfg: pictures are prepared as OpenAI does, at {imageSize} pixels.");
            return config;
        }
        if (file.String("mode") is string mode and not "RGB")
            throw file.NotSupported("mode", $"\"{mode}\"", "RGB");
        int fill = file.Int("fill_color", 0);
        if (fill is < 0 or > 255)
            throw file.NotSupported("fill_color", fill, "0 to 255");
        config = config with
        {
            Interpolation = file.String("interpolation") switch
            {
                null or "bicubic" => ResampleFilter.Bicubic,
                "bilinear" => ResampleFilter.Bilinear,
                string other => throw file.NotSupported("interpolation", $"\"{other}\"", "bicubic or bilinear"),
            },
            ResizeMode = file.String("resize_mode") switch
            {
                null or "shortest" => ResizeMode.ShortestEdge,
                "squash" => ResizeMode.Squash,
                "longest" => ResizeMode.Longest,
                string other => throw file.NotSupported("resize_mode", $"\"{other}\"", "shortest, squash or longest"),
            },
            FillValue = (byte)fill,
            Mean = file.Triple("mean") is (float mr, float mg, float mb) ? new(mr, mg, mb) : config.Mean,
            Std = file.Triple("std") is (float sr, float sg, float sb) ? new(sr, sg, sb) : config.Std,
        };
        config.Validate();
        return config;
    }

    private static void RequireOff(JsonFile file, string[] switches)
    {
        foreach (string field in switches)
            if (file.Bool(field, false))
                throw file.NotSupported(field, "true", "false");
    }

    private static void RequireWord(JsonFile file, string field, string only)
    {
        if (file.String(field) is string found && found != only)
            throw file.NotSupported(field, $"\"{found}\"", $"\"{only}\"");
    }
}
