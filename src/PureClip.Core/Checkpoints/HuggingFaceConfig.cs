using PureClip.Files;
using PureClip.Imaging;
using PureClip.Model;

namespace PureClip.Checkpoints;

/// <summary>Reads <c>config.json</c> and <c>preprocessor_config.json</c> as transformers writes them for CLIP, defaults included.</summary>
internal static class HuggingFaceConfig
{
    private const string Supported = "clip, clip_text_model or clip_vision_model";

    /// <summary>The end-of-text id of early configurations, which is wrong and means: read the text at its largest id.</summary>
    private const int LegacyEndOfTextId = 2;

    /// <summary>Reads a directory in Hugging Face's layout.</summary>
    public static ModelDirectory Read(string directory, string configPath, string weightsPath)
    {
        JsonFile file = JsonFile.Read(configPath);
        List<string> assumptions = [];
        ClipConfig config = ReadArchitecture(file);
        config.Validate();
        JsonFile? extra = file.Object("pureclip");
        return new()
        {
            Path = directory,
            Layout = ModelLayout.HuggingFace,
            Config = config,
            Preprocessing = config.Vision is null ? new() : ReadPreprocessing(directory, config.Vision.ImageSize, extra, assumptions),
            WeightsPath = weightsPath,
            TextCleaning = ReadCleaning(extra),
            Assumptions = assumptions,
        };
    }

    private static ClipConfig ReadArchitecture(JsonFile file)
    {
        string? architecture = file.FirstString("architectures");
        string? type = file.String("model_type");
        bool nested = Array.Exists(["text_config", "vision_config", "text_config_dict", "vision_config_dict"], file.Has);
        switch (type)
        {
            case "clip_text_model":
                return new(file.Int("projection_dim", 512), null, ReadText(file));
            case "clip_vision_model":
                return new(file.Int("projection_dim", 512), ReadVision(file), null);
            case "clip":
            case null when nested:
                // A tower saved on its own may keep the whole model's configuration.
                bool textOnly = architecture is "CLIPTextModelWithProjection" or "CLIPTextModel";
                bool visionOnly = architecture is "CLIPVisionModelWithProjection" or "CLIPVisionModel";
                return new(
                    file.Int("projection_dim", 512), textOnly ? null : ReadVision(SubConfig(file, "vision_config")),
                    visionOnly ? null : ReadText(SubConfig(file, "text_config")));
            default:
                throw file.NotSupported("model_type", type is null ? null : $"\"{type}\"", Supported);
        }
    }

    /// <summary>
    /// The older <c>…_dict</c> form of a part, where it is there, overrides the newer one; where neither is, all is default.
    /// </summary>
    private static JsonFile SubConfig(JsonFile file, string name) =>
        file.Object(name + "_dict") ?? file.Object(name) ?? file.Empty(name);

    private static TextConfig ReadText(JsonFile file)
    {
        int end = file.Int("eos_token_id", LegacyEndOfTextId);
        return new(ReadTransformer(file, width: 512, heads: 8), file.Int("max_position_embeddings", 77), file.Int("vocab_size", 49_408))
        {
            EndOfTextId = end == LegacyEndOfTextId ? null : end,
        };
    }

    private static VisionTransformerConfig ReadVision(JsonFile file)
    {
        if (file.Int("num_channels", 3) is int channels and not 3)
            throw file.NotSupported("num_channels", channels, "3");
        return new(ReadTransformer(file, width: 768, heads: 12), file.Int("image_size", 224), file.Int("patch_size", 32));
    }

    /// <summary>Sizes of a tower; absent ones have the defaults of transformers' configuration classes.</summary>
    private static TransformerConfig ReadTransformer(JsonFile file, int width, int heads) => new(
        Width: file.Int("hidden_size", width),
        Layers: file.Int("num_hidden_layers", 12),
        Heads: file.Int("num_attention_heads", heads),
        MlpWidth: file.Int("intermediate_size", 4 * width),
        Gelu: ModelDirectory.ReadGelu(file),
        LayerNormEps: (float)file.Number("layer_norm_eps", 1e-5));

    private static ImagePreprocessorConfig ReadPreprocessing(string directory, int imageSize, JsonFile? extra, List<string> assumptions)
    {
        ImagePreprocessorConfig config = ImagePreprocessorConfig.OpenAI(imageSize);
        if (FindPreprocessor(directory) is not JsonFile file)
            assumptions.Add($"No preprocessor_config.json: pictures are prepared as OpenAI does, at {imageSize} pixels.");
        else
            config = ReadProcessor(file, config);
        if (config.OutputWidth != imageSize || config.OutputHeight != imageSize)
            throw new InvalidDataException(
                $"{directory}: preprocessing makes {config.OutputWidth} x {config.OutputHeight} pixels, but the vision tower takes " +
                $"{imageSize} x {imageSize}. Check that preprocessor_config.json belongs to this model.");
        config = ApplyExtra(config, extra);
        config.Validate();
        return config;
    }

    private static JsonFile? FindPreprocessor(string directory)
    {
        string path = Path.Combine(directory, "preprocessor_config.json");
        if (File.Exists(path))
            return JsonFile.Read(path);
        path = Path.Combine(directory, "processor_config.json");
        return File.Exists(path) ? JsonFile.Read(path).Object("image_processor") : null;
    }

    private static ImagePreprocessorConfig ReadProcessor(JsonFile file, ImagePreprocessorConfig config)
    {
        bool rescales = file.Bool("do_rescale", true), normalizes = file.Bool("do_normalize", true);
        config = config with
        {
            DoResize = file.Bool("do_resize", true),
            DoCenterCrop = file.Bool("do_center_crop", true),
            DoRescale = rescales,
            DoNormalize = normalizes,
            // Always in double precision from the factor, which is how 1/255 is applied there.
            RescaleRule = RescaleRule.MultiplyByFactor,
            RescaleFactor = file.Number("rescale_factor", 1 / 255.0),
            Interpolation = ReadFilter(file),
            Mean = Channels(file.Triple("image_mean")) ?? config.Mean,
            Std = Channels(file.Triple("image_std")) ?? config.Std,
        };
        config = ReadSize(file, config);
        return config.DoCenterCrop ? ReadCrop(file, config) : config;
    }

    /// <summary><c>resample</c> is Pillow's number of the filter, which the enumeration's values are.</summary>
    private static ResampleFilter ReadFilter(JsonFile file)
    {
        int number = file.Int("resample", (int)ResampleFilter.Bicubic);
        return Enum.IsDefined((ResampleFilter)number)
            ? (ResampleFilter)number
            : throw file.NotSupported("resample", number, "0 (nearest), 1 (Lanczos), 2 (bilinear), 3 (bicubic), 4 (box) or 5 (Hamming)");
    }

    /// <summary>
    /// <c>size</c>: a number or <c>shortest_edge</c> is the shorter edge; height and width are both edges, without keeping proportions.
    /// </summary>
    private static ImagePreprocessorConfig ReadSize(JsonFile file, ImagePreprocessorConfig config)
    {
        if (file.IsNumber("size"))
            return config with { ShortestEdge = file.RequiredInt("size") };
        if (file.Object("size") is not JsonFile size)
            return config;
        if (size.IntOrNull("shortest_edge") is int edge)
            return config with { ShortestEdge = edge };
        if (size.IntOrNull("height") is int height && size.IntOrNull("width") is int width)
            return config with { ResizeMode = ResizeMode.Squash, OutputHeight = height, OutputWidth = width };
        throw file.NotSupported("size", "an object without them", "a number, or an object with shortest_edge or with height and width");
    }

    private static ImagePreprocessorConfig ReadCrop(JsonFile file, ImagePreprocessorConfig config)
    {
        (int height, int width) = (config.OutputHeight, config.OutputWidth);
        if (file.IsNumber("crop_size"))
            height = width = file.RequiredInt("crop_size");
        else if (file.Object("crop_size") is JsonFile crop)
            (height, width) = (crop.RequiredInt("height"), crop.RequiredInt("width"));
        if (config.ResizeMode == ResizeMode.Squash && (height, width) != (config.OutputHeight, config.OutputWidth))
            throw file.NotSupported(
                "crop_size", $"{height} x {width}",
                $"{config.OutputHeight} x {config.OutputWidth}, to which size resizes without keeping proportions");
        return config with { OutputHeight = height, OutputWidth = width };
    }

    /// <summary>What the layout has no field for stands under the key <c>pureclip</c> of <c>config.json</c>.</summary>
    private static ImagePreprocessorConfig ApplyExtra(ImagePreprocessorConfig config, JsonFile? extra) => extra is not JsonFile file
        ? config
        : config with
        {
            CropRounding = file.String("crop_rounding") switch
            {
                null => config.CropRounding,
                "half_to_even" => CropRounding.HalfToEven,
                "floor" => CropRounding.Floor,
                string other => throw file.NotSupported("crop_rounding", $"\"{other}\"", "half_to_even or floor"),
            },
            PixelOrder = file.String("pixel_order") switch
            {
                null => config.PixelOrder,
                "rgb_first" => PixelOrder.RgbFirst,
                "resize_first" => PixelOrder.ResizeFirst,
                string other => throw file.NotSupported("pixel_order", $"\"{other}\"", "rgb_first or resize_first"),
            },
            ResizeMode = file.String("resize_mode") switch
            {
                null => config.ResizeMode,
                "shortest" => ResizeMode.ShortestEdge,
                "squash" => ResizeMode.Squash,
                "longest" => ResizeMode.Longest,
                string other => throw file.NotSupported("resize_mode", $"\"{other}\"", "shortest, squash or longest"),
            },
        };

    private static string? ReadCleaning(JsonFile? extra)
    {
        if (extra is not JsonFile file || file.String("text_cleaning") is not string cleaning)
            return null;
        return cleaning is "openai" or "huggingface"
            ? cleaning
            : throw file.NotSupported("text_cleaning", $"\"{cleaning}\"", "openai or huggingface");
    }

    private static ChannelValues? Channels((float, float, float)? values) => values is (float r, float g, float b) ? new(r, g, b) : null;
}
