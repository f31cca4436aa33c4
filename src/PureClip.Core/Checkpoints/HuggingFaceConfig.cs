using PureClip.Files;
using PureClip.Model;
using PureClip.Tokenization;

namespace PureClip.Checkpoints;

/// <summary>Reads <c>config.json</c> as transformers writes it for CLIP, defaults included.</summary>
internal static class HuggingFaceConfig
{
    private const string Supported =
        "clip, metaclip_2 or siglip, or a text_model or vision_model of one of these, chinese_clip, altclip, M-CLIP, distilbert or "
        + "jina_clip";

    /// <summary>The end-of-text id of early configurations, which is wrong and means: read the text at its largest id.</summary>
    private const int LegacyEndOfTextId = 2;

    /// <summary>Until the tokenizer has been asked.</summary>
    private const int AbsentEndOfTextId = -1;

    private const string Architectures = "CLIPModel, CLIPTextModelWithProjection or CLIPVisionModelWithProjection";

    private const int UsualEndOfTextId = 49_407, UsualEmbeddingWidth = 512;

    /// <summary>Whether a <c>config.json</c> is that of a CLIP of transformers: other programs give their files the same name.</summary>
    public static bool IsModel(JsonFile file) => file.String("model_type") switch
    {
        "clip" or "clip_text_model" or "clip_vision_model" => true,
        null => IsNested(file),
        string type => IsMetaClip2(type) || SiglipConfig.IsModelType(type) || BertConfigs.IsModelType(type)
            || JinaClipConfig.IsModelType(type),
    };

    /// <summary>Reads a directory in Hugging Face's layout.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="configPath">Its <c>config.json</c>.</param>
    /// <param name="weightsPath">Its weights.</param>
    /// <param name="tokenizerPath">Where its vocabulary is; null for the directory itself.</param>
    public static ModelDirectory Read(string directory, string configPath, string weightsPath, string? tokenizerPath = null)
    {
        JsonFile file = JsonFile.Read(configPath);
        List<string> assumptions = [];
        (ClipConfig config, string[] further) = BertConfigs.IsModelType(file.String("model_type"))
            ? BertConfigs.Read(file, directory, part => SubConfig(file, part), ReadVision)
            : (ReadArchitecture(file), []);
        if (IsMetaClip2(file.String("model_type")) && config.Text is TextConfig worldwide)
            config = config with { Text = worldwide with { EndOfTextId = EndOfMetaClip2(file) } };
        if (config.Text is TextConfig text && text.EndOfTextId == AbsentEndOfTextId)
            config = config with { Text = text with { EndOfTextId = FindEnd(tokenizerPath ?? directory, text, assumptions) } };
        string? type = file.String("model_type");
        bool isSiglip = SiglipConfig.IsModelType(type), isFlexible = SiglipConfig.IsFlexible(type);
        bool isJina = JinaClipConfig.IsModelType(type);
        if (isFlexible && config.Vision is VisionTransformerConfig vision)
        {
            JsonFile part = type == "siglip2" ? SubConfig(file, "vision_config") : file;
            config = config with { Vision = SiglipConfig.Flexible(vision, part, HuggingFaceProcessor.MostPatches(directory)) };
        }
        config.Validate();
        if (isJina)
            assumptions.Add(JinaClipConfig.WithoutText);
        JsonFile? extra = file.Object("pureclip");
        return new()
        {
            Path = directory,
            TokenizerPath = tokenizerPath ?? directory,
            Layout = ModelLayout.HuggingFace,
            Config = config,
            Preprocessing = config.Vision is null ? new()
                : config.Vision is VisionTransformerConfig { MostPatches: not null } flexible
                ? HuggingFaceProcessor.ReadFlexible(directory, flexible, assumptions)
                : isJina ? JinaClipConfig.ReadPreprocessing(directory, config.Vision.ImageSize, assumptions)
                : HuggingFaceProcessor.Read(
                    directory, config.Vision.ImageSize, extra, assumptions, isSiglip,
                    IsOfTransformersAlone(file) ? CropRounding.Floor : CropRounding.HalfToEven),
            WeightsPath = weightsPath,
            FurtherWeights = further,
            TextCleaning = ReadCleaning(extra),
            HasOwnTokenizer = isSiglip,
            Assumptions = assumptions,
        };
    }

    private static bool IsOfTransformersAlone(JsonFile file) =>
        file.String("model_type") is "metaclip_2" or "metaclip_2_vision_model" or "altclip" or "chinese_clip";

    private static bool IsMetaClip2(string? type) => type is "metaclip_2" or "metaclip_2_text_model" or "metaclip_2_vision_model";

    /// <summary>The end of XLM-V's texts. It is 2, which in a CLIP's configuration would be a mistake of old.</summary>
    private static int EndOfMetaClip2(JsonFile file) =>
        (file.String("model_type") == "metaclip_2" ? SubConfig(file, "text_config") : file).Int("eos_token_id", LegacyEndOfTextId);

    private static ClipConfig ReadArchitecture(JsonFile file)
    {
        string? architecture = file.FirstString("architectures");
        RequirePlain(file, architecture);
        switch (file.String("model_type"))
        {
            case "clip_text_model" or "metaclip_2_text_model":
                return OfText(file);
            case "clip_vision_model" or "metaclip_2_vision_model":
                return OfVision(file);
            case "clip" or "metaclip_2":
            case null when IsNested(file):
                JsonFile vision = SubConfig(file, "vision_config"), text = SubConfig(file, "text_config");
                // A tower saved on its own may keep the whole model's configuration. What is its own stands in its part.
                if (architecture is "CLIPTextModelWithProjection" or "CLIPTextModel" or "MetaClip2TextModelWithProjection")
                    return OfText(text);
                if (architecture is "CLIPVisionModelWithProjection" or "CLIPVisionModel" or "MetaClip2VisionModelWithProjection")
                    return OfVision(vision);
                return new(file.Int("projection_dim", UsualEmbeddingWidth), ReadVision(vision), ReadText(text))
                {
                    InitialLogitScale = (float)file.Number("logit_scale_init_value", ClipConfig.UsualInitialLogitScale),
                };
            case string type when SiglipConfig.IsModelType(type):
                return SiglipConfig.Read(file, part => SubConfig(file, part));
            case string type when JinaClipConfig.IsModelType(type):
                return JinaClipConfig.Read(file, part => SubConfig(file, part));
            case null when file.String("architecture") is string timm:
                throw file.NotSupported("model_type", $"absent, as in the files of timm (its architecture is {Problem.Quote(timm)})",
                    Supported);
            case string other:
                throw file.NotSupported("model_type", KnownGaps.Describe(other), Supported);
            default:
                throw file.NotSupported("model_type", null, Supported);
        }
    }

    private static ClipConfig OfText(JsonFile file) => new(file.Int("projection_dim", UsualEmbeddingWidth), null, ReadText(file));

    private static ClipConfig OfVision(JsonFile file) => new(file.Int("projection_dim", UsualEmbeddingWidth), ReadVision(file), null);

    private static bool IsNested(JsonFile file) =>
        Array.Exists(["text_config", "vision_config", "text_config_dict", "vision_config_dict"], file.Has);

    /// <summary>Refuses a model with another head, and one whose weights a library has packed, before the weights do not fit.</summary>
    private static void RequirePlain(JsonFile file, string? architecture)
    {
        if (architecture?.EndsWith("ForImageClassification", StringComparison.Ordinal) == true)
            throw file.NotSupported(
                "architectures", $"{architecture}, a vision tower with classes of its own in place of a projection", Architectures);
        if (file.Has("quantization_config"))
            throw file.NotSupported(
                "quantization_config", $"there ({file.Object("quantization_config")?.String("quant_method") ?? "of no named method"}): a " +
                "library for quantization has packed the weights",
                    "a model with its original weights, which can be rounded when it is loaded");
    }

    /// <summary>
    /// The older <c>…_dict</c> form of a part, where it is there, overrides the newer one; where neither is, all is default.
    /// </summary>
    private static JsonFile SubConfig(JsonFile file, string name) =>
        file.Object(name + "_dict") ?? file.Object(name) ?? file.Empty(name);

    private static TextConfig ReadText(JsonFile file) =>
        new(ReadTransformer(file, width: 512, heads: 8), file.Int("max_position_embeddings", 77), file.Int("vocab_size", 49_408))
        {
            EndOfTextId = ReadEnd(file),
        };

    /// <summary>Newer files may have a list, of one id where the model is a CLIP.</summary>
    private static int? ReadEnd(JsonFile file)
    {
        int? end = !file.IsList("eos_token_id")
            ? file.IntOrNull("eos_token_id")
            : file.Integers("eos_token_id") is [int only]
                ? only
                : throw file.NotSupported("eos_token_id", "a list of several ids, or of none", "one id");
        return end switch
        {
            null => AbsentEndOfTextId,
            LegacyEndOfTextId => null,
            < 0 => throw file.NotSupported("eos_token_id", end, "a token's id"),
            _ => end,
        };
    }

    /// <summary>
    /// Newer files leave default values out. A text ends as its tokenizer says; where the directory has none, with the default.
    /// </summary>
    private static int? FindEnd(string tokenizerPath, TextConfig text, List<string> assumptions)
    {
        int? end = TokenizerFiles.EndIdOf(tokenizerPath) ?? (UsualEndOfTextId < text.VocabularySize ? UsualEndOfTextId : null);
        assumptions.Add(end is null
            ? "config.json does not say eos_token_id, and there is no vocabulary: texts are read at their largest id."
            : $"config.json does not say eos_token_id: texts are read at token {end}, with which the tokenizer ends them.");
        return end;
    }

    private static VisionTransformerConfig ReadVision(JsonFile file)
    {
        if (file.Int("num_channels", 3) is int channels and not 3)
            throw file.NotSupported("num_channels", channels, "3");
        return new(ReadTransformer(file, width: 768, heads: 12), file.Int("image_size", 224), file.Int("patch_size", 32))
        {
            PositionRule = PositionRule.Bicubic,
        };
    }

    /// <summary>Sizes of a tower; absent ones have the defaults of transformers' configuration classes.</summary>
    private static TransformerConfig ReadTransformer(JsonFile file, int width, int heads) => new(
        Width: file.Int("hidden_size", width),
        Layers: file.Int("num_hidden_layers", 12),
        Heads: file.Int("num_attention_heads", heads),
        MlpWidth: file.Int("intermediate_size", 4 * width),
        Gelu: ModelDirectory.ReadGelu(file),
        LayerNormEps: (float)file.Number("layer_norm_eps", 1e-5));

    private static string? ReadCleaning(JsonFile? extra)
    {
        if (extra is not JsonFile file || file.String("text_cleaning") is not string cleaning)
            return null;
        return cleaning is "openai" or "huggingface"
            ? cleaning
            : throw file.NotSupported("text_cleaning", $"\"{cleaning}\"", "openai or huggingface");
    }
}
