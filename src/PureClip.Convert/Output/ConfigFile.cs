using System.Text.Json;
using PureClip.Convert.Resolution;
using PureClip.Imaging;
using PureClip.Model;

namespace PureClip.Convert.Output;

/// <summary>
/// Writes config.json as transformers' CLIPConfig has it. What that cannot say stands under the one extra key "pureclip", which the
/// Python tools pass over.
/// </summary>
internal static class ConfigFile
{
    /// <summary>ln(1/0.07), the value before training, which every published file has.</summary>
    private const double LogitScaleInit = 2.6592;

    /// <summary>Published files say 0, 2, 1 for start, end and padding. transformers reads the wrong 2 as "at the largest id".</summary>
    private const int LegacyStart = 0, LegacyEnd = 2, LegacyPad = 1;

    /// <summary>Writes the file.</summary>
    /// <param name="path">File to create.</param>
    /// <param name="model">The model.</param>
    /// <param name="dtype">torch's name of the weights' type.</param>
    /// <param name="sources">Name and SHA-256 of the files it came from.</param>
    public static void Write(string path, ModelDescription model, string dtype, IReadOnlyList<SourceFile> sources) =>
        JsonOutput.Write(path, json =>
        {
            ClipConfig config = model.Config;
            json.WriteStartArray("architectures");
            json.WriteStringValue(config switch
            {
                { Text: null } => "CLIPVisionModelWithProjection",
                { Vision: null } => "CLIPTextModelWithProjection",
                _ => "CLIPModel",
            });
            json.WriteEndArray();
            if (config is { Vision: VisionTransformerConfig vision, Text: TextConfig text })
                WriteBoth(json, config, vision, text);
            else if (config.Vision is VisionTransformerConfig onlyVision)
                WriteVision(json, onlyVision, config.EmbeddingWidth);
            else
                WriteText(json, config.Text!, config.EmbeddingWidth);
            json.WriteString("torch_dtype", dtype);
            WriteExtra(json, model, sources);
        });

    private static void WriteBoth(Utf8JsonWriter json, ClipConfig config, VisionTransformerConfig vision, TextConfig text)
    {
        json.WriteString("model_type", "clip");
        json.WriteNumber("initializer_factor", 1.0);
        json.WriteNumber("logit_scale_init_value", LogitScaleInit);
        json.WriteNumber("projection_dim", config.EmbeddingWidth);
        json.WriteStartObject("text_config");
        WriteText(json, text, config.EmbeddingWidth);
        json.WriteEndObject();
        json.WriteStartObject("vision_config");
        WriteVision(json, vision, config.EmbeddingWidth);
        json.WriteEndObject();
    }

    private static void WriteText(Utf8JsonWriter json, TextConfig text, int embeddingWidth)
    {
        json.WriteString("model_type", "clip_text_model");
        WriteTransformer(json, text.Transformer, embeddingWidth);
        json.WriteNumber("max_position_embeddings", text.ContextLength);
        json.WriteNumber("vocab_size", text.VocabularySize);
        // CLIP's two special tokens are neighbours
        json.WriteNumber("bos_token_id", text.EndOfTextId is int end ? Math.Max(end - 1, 0) : LegacyStart);
        if (text.EndOfTextId != LegacyEnd) // a token 2 that is meant is what the tokenizer ends texts with, and must not stand here
            json.WriteNumber("eos_token_id", text.EndOfTextId ?? LegacyEnd);
        json.WriteNumber("pad_token_id", text.EndOfTextId ?? LegacyPad);
    }

    private static void WriteVision(Utf8JsonWriter json, VisionTransformerConfig vision, int embeddingWidth)
    {
        json.WriteString("model_type", "clip_vision_model");
        WriteTransformer(json, vision.Transformer, embeddingWidth);
        json.WriteNumber("image_size", vision.ImageSize);
        json.WriteNumber("patch_size", vision.PatchSize);
        json.WriteNumber("num_channels", 3);
    }

    private static void WriteTransformer(Utf8JsonWriter json, TransformerConfig config, int embeddingWidth)
    {
        json.WriteNumber("hidden_size", config.Width);
        json.WriteNumber("intermediate_size", config.MlpWidth);
        json.WriteNumber("num_hidden_layers", config.Layers);
        json.WriteNumber("num_attention_heads", config.Heads);
        json.WriteNumber("projection_dim", embeddingWidth);
        json.WriteString("hidden_act", config.Gelu switch
        {
            GeluKind.Quick => "quick_gelu",
            GeluKind.Erf => "gelu",
            _ => "gelu_pytorch_tanh",
        });
        json.WriteNumber("layer_norm_eps", config.LayerNormEps);
        json.WriteNumber("attention_dropout", 0.0);
        json.WriteNumber("initializer_factor", 1.0);
        json.WriteNumber("initializer_range", 0.02);
    }

    private static void WriteExtra(Utf8JsonWriter json, ModelDescription model, IReadOnlyList<SourceFile> sources)
    {
        json.WriteStartObject("pureclip");
        if (model is { Config.Text: not null, TextCleaning: string cleaning })
            json.WriteString("text_cleaning", cleaning);
        if (model.Config.Vision is not null)
        {
            ImagePreprocessorConfig pictures = model.Preprocessing;
            json.WriteString("crop_rounding", pictures.CropRounding == CropRounding.Floor ? "floor" : "half_to_even");
            json.WriteString("pixel_order", pictures.PixelOrder == PixelOrder.ResizeFirst ? "resize_first" : "rgb_first");
            json.WriteString("resize_mode", pictures.ResizeMode switch
            {
                ResizeMode.Squash => "squash",
                ResizeMode.Longest => "longest",
                _ => "shortest",
            });
            if (pictures.FillValue != 0)
                json.WriteNumber("fill_color", pictures.FillValue);
        }
        WriteSources(json, sources);
        json.WriteEndObject();
    }

    /// <summary>Where the model comes from.</summary>
    internal static void WriteSources(Utf8JsonWriter json, IReadOnlyList<SourceFile> sources)
    {
        json.WriteStartArray("source");
        foreach (SourceFile source in sources)
        {
            json.WriteStartObject();
            json.WriteString("file", source.Name);
            json.WriteString("sha256", source.Sha256);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}

/// <summary>Writes open_clip_config.json as OpenCLIP has it: for towers that transformers does not know.</summary>
internal static class OpenClipFile
{
    /// <summary>Its name, and that of the weights beside it.</summary>
    public const string Name = "open_clip_config.json", WeightsName = "open_clip_model.safetensors";

    /// <summary>Writes the file.</summary>
    /// <param name="path">File to create.</param>
    /// <param name="model">The model.</param>
    /// <param name="sources">Name and SHA-256 of the files it came from.</param>
    public static void Write(string path, ModelDescription model, IReadOnlyList<SourceFile> sources) => JsonOutput.Write(path, json =>
    {
        json.WriteStartObject("model_cfg");
        json.WriteNumber("embed_dim", model.Config.EmbeddingWidth);
        json.WriteBoolean("quick_gelu", model.Config.Text?.Transformer.Gelu == GeluKind.Quick);
        if (model.Config.Vision is ResNetConfig vision)
            WriteResNet(json, vision);
        if (model.Config.Text is TextConfig text)
            WriteText(json, text);
        json.WriteEndObject();
        WritePreprocessing(json, model.Preprocessing);
        json.WriteStartObject("pureclip");
        ConfigFile.WriteSources(json, sources);
        json.WriteEndObject();
    });

    private static void WriteResNet(Utf8JsonWriter json, ResNetConfig vision)
    {
        json.WriteStartObject("vision_cfg");
        json.WriteNumber("image_size", vision.ImageSize);
        json.WriteStartArray("layers");
        foreach (int blocks in (int[])[vision.Blocks.First, vision.Blocks.Second, vision.Blocks.Third, vision.Blocks.Fourth])
            json.WriteNumberValue(blocks);
        json.WriteEndArray();
        json.WriteNumber("width", vision.Width);
        json.WriteNumber("head_width", vision.PoolWidth / vision.Heads);
        json.WriteNull("patch_size");
        json.WriteEndObject();
    }

    private static void WriteText(Utf8JsonWriter json, TextConfig text)
    {
        TransformerConfig transformer = text.Transformer;
        json.WriteStartObject("text_cfg");
        json.WriteNumber("context_length", text.ContextLength);
        json.WriteNumber("vocab_size", text.VocabularySize);
        json.WriteNumber("width", transformer.Width);
        json.WriteNumber("heads", transformer.Heads);
        json.WriteNumber("layers", transformer.Layers);
        json.WriteNumber("mlp_ratio", (double)transformer.MlpWidth / transformer.Width);
        if (transformer.Gelu == GeluKind.Tanh)
        {
            json.WriteStartObject("act_kwargs");
            json.WriteString("approximate", "tanh");
            json.WriteEndObject();
        }
        json.WriteStartObject("norm_kwargs");
        json.WriteNumber("eps", transformer.LayerNormEps);
        json.WriteEndObject();
        if (text.EndOfTextId is int end)
        {
            json.WriteString("pool_type", "eos");
            json.WriteNumber("eos_id", end);
        }
        json.WriteEndObject();
    }

    private static void WritePreprocessing(Utf8JsonWriter json, ImagePreprocessorConfig pictures)
    {
        json.WriteStartObject("preprocess_cfg");
        PreprocessorFile.WriteChannels(json, "mean", pictures.Mean);
        PreprocessorFile.WriteChannels(json, "std", pictures.Std);
        json.WriteString("interpolation", pictures.Interpolation == ResampleFilter.Bilinear ? "bilinear" : "bicubic");
        json.WriteString("resize_mode", pictures.ResizeMode switch
        {
            ResizeMode.Squash => "squash",
            ResizeMode.Longest => "longest",
            _ => "shortest",
        });
        json.WriteNumber("fill_color", pictures.FillValue);
        json.WriteEndObject();
    }
}

/// <summary>Writes preprocessor_config.json as transformers' CLIPImageProcessor has it.</summary>
internal static class PreprocessorFile
{
    /// <summary>
    /// The numbers of OpenAI's files digit by digit: a single has several decimals of eight digits, and others compare texts.
    /// </summary>
    private static readonly decimal[] Published = [0.48145466m, 0.4578275m, 0.40821073m, 0.26862954m, 0.26130258m, 0.27577711m];

    /// <summary>Writes the file.</summary>
    public static void Write(string path, ImagePreprocessorConfig config) => JsonOutput.Write(path, json =>
    {
        json.WriteStartObject("crop_size");
        json.WriteNumber("height", config.OutputHeight);
        json.WriteNumber("width", config.OutputWidth);
        json.WriteEndObject();
        json.WriteBoolean("do_center_crop", config.DoCenterCrop);
        json.WriteBoolean("do_convert_rgb", true);
        json.WriteBoolean("do_normalize", config.DoNormalize);
        json.WriteBoolean("do_rescale", config.DoRescale);
        json.WriteBoolean("do_resize", config.DoResize);
        json.WriteString("feature_extractor_type", "CLIPFeatureExtractor");
        WriteChannels(json, "image_mean", config.Mean);
        json.WriteString("image_processor_type", "CLIPImageProcessor");
        WriteChannels(json, "image_std", config.Std);
        json.WriteNumber("resample", (int)config.Interpolation); // the enumeration's numbers are Pillow's
        json.WriteNumber("rescale_factor", config.RescaleFactor);
        WriteSize(json, config);
    });

    private static void WriteSize(Utf8JsonWriter json, ImagePreprocessorConfig config)
    {
        json.WriteStartObject("size");
        if (config.ResizeMode == ResizeMode.Squash)
        {
            json.WriteNumber("height", config.OutputHeight);
            json.WriteNumber("width", config.OutputWidth);
        }
        else
            json.WriteNumber("shortest_edge", config.ShortestEdge);
        json.WriteEndObject();
    }

    internal static void WriteChannels(Utf8JsonWriter json, string name, ChannelValues values)
    {
        json.WriteStartArray(name);
        WriteNumber(json, values.Red);
        WriteNumber(json, values.Green);
        WriteNumber(json, values.Blue);
        json.WriteEndArray();
    }

    private static void WriteNumber(Utf8JsonWriter json, float value)
    {
        decimal published = Array.Find(Published, number => (float)number == value);
        if (published != 0)
            json.WriteNumberValue(published);
        else
            json.WriteNumberValue(value);
    }
}
