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

    /// <summary>Reads a directory in OpenCLIP's layout.</summary>
    public static ModelDirectory Read(string directory, string configPath, string weightsPath)
    {
        JsonFile root = JsonFile.Read(configPath);
        JsonFile model = root.Object("model_cfg") ?? throw root.NotSupported("model_cfg", null, "an object with the model's sizes");
        bool quickGelu = model.Bool("quick_gelu", false);
        ClipConfig config = new(
            model.RequiredInt("embed_dim"),
            model.Object("vision_cfg") is JsonFile vision ? ReadVision(vision, quickGelu, model.RequiredInt("embed_dim")) : null,
            model.Object("text_cfg") is JsonFile text ? ReadText(text, quickGelu, model.RequiredInt("embed_dim")) : null)
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
            TextCleaning = model.Object("text_cfg") is JsonFile words ? CleaningOf(words) : "openai",
            HasOwnTokenizer = model.Object("text_cfg")?.String("hf_tokenizer_name") is not null,
            PadsEnd = model.Object("text_cfg")?.Object("tokenizer_kwargs")?.Bool("strip_sep_token", false) == true,
            Assumptions = assumptions,
        };
    }

    private static VisionConfig ReadVision(JsonFile file, bool quickGelu, int embeddingWidth)
    {
        if (file.String("timm_model_name") is string timm)
            return ConvolutionTowers.Read(file, timm, embeddingWidth) ?? TimmTower.Read(file, timm);
        if (file.IsList("layers"))
            return ReadResNet(file);
        RequireWord(file, "pos_embed_type", "learnable");
        int width = file.Int("width", 768), headWidth = file.Int("head_width", 64);
        if (headWidth < 1 || width % headWidth != 0)
            throw file.NotSupported("head_width", headWidth, $"a divisor of the width {width}");
        bool asks = file.Bool("attentional_pool", false), averages = (file.String("pool_type") ?? "tok") == "avg";
        if (!averages)
            RequireWord(file, "pool_type", "tok");
        if (averages != file.Bool("final_ln_after_pool", false) || (averages && asks))
            throw file.NotSupported(
                "final_ln_after_pool", averages ? "false with pool_type avg" : "true without it", "true with pool_type avg, else false");
        return new VisionTransformerConfig(
            ReadTransformer(file, width, width / headWidth, quickGelu), file.Int("image_size", 224), file.Int("patch_size", 16))
        {
            HasPreNorm = !file.Bool("no_ln_pre", false),
            ReadAt = asks ? VisionReadOut.Queries : averages ? VisionReadOut.MeanOfPatches : VisionReadOut.ClassToken,
            PoolHeads = asks ? file.Int("attn_pooler_heads", 8) : 0,
            PoolQueries = asks ? file.Int("attn_pooler_queries", 256) : 0,
        };
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

    private static TextConfig ReadText(JsonFile file, bool quickGelu, int embeddingWidth)
    {
        if (file.String("hf_model_name") is string name)
            return BertConfigs.ReadOpenClip(file, name, embeddingWidth);
        if (file.Object("tokenizer_kwargs") is JsonFile rules)
            RequireKnownTokenizer(rules);
        string projection = file.String("proj_type") ?? "linear";
        if (projection is not ("linear" or "none"))
            throw file.NotSupported("proj_type", $"\"{projection}\"", "linear or none");
        bool hasClass = file.Bool("embed_cls", false), isCausal = !file.Bool("no_causal_mask", false);
        string pool = file.String("pool_type") ?? "argmax";
        if (pool is not ("argmax" or "eos" or "last"))
            throw file.NotSupported("pool_type", $"\"{pool}\"", "argmax, eos or last");
        if (isCausal && pool == "last" && !hasClass)
            throw file.NotSupported("no_causal_mask", "false with pool_type last", "true");
        if (!isCausal && hasClass)
            throw file.NotSupported("no_causal_mask", "true with embed_cls", "false");
        if (file.Bool("correct_cls_mask", false))
            throw file.NotSupported("correct_cls_mask", "true", "false, as in all published weights");
        TransformerConfig transformer = ReadTransformer(file, file.Int("width", 512), file.Int("heads", 8), quickGelu);
        return new(transformer, file.Int("context_length", 77), file.Int("vocab_size", 49_408))
        {
            EndOfTextId = pool == "eos" ? file.RequiredInt("eos_id") : null,
            // Without a mask, argmax reads among all positions: MobileCLIP.
            ReadAt = hasClass ? TextReadOut.ClassToken : pool == "last" ? TextReadOut.LastPosition : TextReadOut.EndOfText,
            IsCausal = isCausal,
            Projection = projection == "none" ? TextProjection.None
                : file.Bool("proj_bias", false) ? TextProjection.LinearWithBias
                : TextProjection.Linear,
        };
    }

    /// <summary>open_clip's cleaning of texts: its own tokenizer's, or that which precedes a tokenizer of Hugging Face's.</summary>
    private static string CleaningOf(JsonFile text)
    {
        JsonFile rules = text.Object("tokenizer_kwargs") ?? text.Empty("tokenizer_kwargs");
        string? clean = rules.String("clean");
        if (rules.String("language") is string language)
            throw rules.NotSupported("language", $"\"{language}\"", "null: the language is src_lang of tokenizer_config.json");
        return (text.String("hf_tokenizer_name") is null && text.String("hf_model_name") is null, clean) switch
        {
            (true, null or "lower") or (false, "lower") => "openai",
            (false, null or "whitespace") => "whitespace",
            (false, "canonicalize") => clean,
            (true, _) => throw rules.NotSupported("clean", $"\"{clean}\"", "lower, for CLIP's own tokenizer"),
            _ => throw rules.NotSupported("clean", $"\"{clean}\"", "whitespace, canonicalize or lower"),
        };
    }

    /// <summary>What would give a text other ids than OpenCLIP's tokenizers do with their defaults.</summary>
    private static void RequireKnownTokenizer(JsonFile rules)
    {
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

    /// <summary>How pictures are prepared.</summary>
    /// <param name="preprocess"><c>preprocess_cfg</c>, or a file with the same words; null where there is none.</param>
    /// <param name="imageSize">Pixels of a side of the vision tower's input.</param>
    /// <param name="assumptions">Takes a sentence where there is none.</param>
    public static ImagePreprocessorConfig ReadPreprocessing(JsonFile? preprocess, int imageSize, List<string> assumptions)
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
        config.Validate("size", "a factor of", "mean", "std");
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
