using PureClip.Files;
using PureClip.Imaging;
using PureClip.Model;

namespace PureClip.Checkpoints;

/// <summary>Reads <c>preprocessor_config.json</c> as transformers writes it for CLIP, and <c>processor_config.json</c>, defaults
/// included.</summary>
internal static class HuggingFaceProcessor
{
    /// <summary>How a directory's pictures are prepared.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="imageSize">Pixels of a side of the vision tower's input.</param>
    /// <param name="extra">What stands under the key <c>pureclip</c> of <c>config.json</c>; null where nothing does.</param>
    /// <param name="assumptions">Takes a sentence for whatever no file says.</param>
    /// <param name="rounding">
    /// How the offset of a crop is rounded where <paramref name="extra"/> does not say: as OpenAI does for a CLIP, whose files are of both
    /// kinds of programs; down, as transformers does, for what only transformers runs.
    /// </param>
    /// <param name="isSiglip">Whether what no file says is as in SigLIP's class of transformers, not as in CLIP's.</param>
    public static ImagePreprocessorConfig Read(
        string directory, int imageSize, JsonFile? extra, List<string> assumptions, bool isSiglip = false,
        CropRounding rounding = CropRounding.HalfToEven)
    {
        ImagePreprocessorConfig config = isSiglip ? Siglip(imageSize) : ImagePreprocessorConfig.OpenAI(imageSize);
        config = config with { CropRounding = rounding };
        if (FindPreprocessor(directory) is not JsonFile file)
            assumptions.Add(
                $"No preprocessor_config.json: pictures are prepared as {(isSiglip ? "SigLIP" : "OpenAI")} does, at {imageSize} pixels.");
        else
            config = ReadProcessor(file, config, assumptions);
        if (config.OutputWidth != imageSize || config.OutputHeight != imageSize)
            throw new InvalidDataException(
                $"{directory}: preprocessing makes {config.OutputWidth} x {config.OutputHeight} pixels, but the vision tower takes " +
                $"{imageSize} x {imageSize}. Check that preprocessor_config.json belongs to this model.");
        config = ApplyExtra(config, extra);
        config.Validate("size", "rescale_factor", "image_mean", "image_std");
        return config;
    }

    /// <summary>SiglipImageProcessor: both edges are resized, nothing is cut, and channels run from −1 to 1.</summary>
    private static ImagePreprocessorConfig Siglip(int size) => ImagePreprocessorConfig.OpenAI(size) with
    {
        ResizeMode = ResizeMode.Squash,
        DoCenterCrop = false,
        Mean = new(0.5f, 0.5f, 0.5f),
        Std = new(0.5f, 0.5f, 0.5f),
    };

    /// <summary>Most patches of a picture whose size follows its own proportions.</summary>
    /// <param name="directory">The model's.</param>
    public static int MostPatches(string directory) => FindPreprocessor(directory)?.Int("max_num_patches", 256) ?? 256;

    /// <summary>As <see cref="Read"/>, for pictures that keep their proportions.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="vision">The tower.</param>
    /// <param name="assumptions">Takes a sentence for whatever no file says.</param>
    public static ImagePreprocessorConfig ReadFlexible(string directory, VisionTransformerConfig vision, List<string> assumptions)
    {
        ImagePreprocessorConfig config = Siglip(vision.ImageSize) with
        {
            Interpolation = ResampleFilter.Bilinear,
            MostPatches = vision.MostPatches,
            PatchSize = vision.PatchSize,
        };
        if (FindPreprocessor(directory) is not JsonFile file)
        {
            assumptions.Add(
                $"No preprocessor_config.json: pictures have at most {vision.MostPatches} patches, as SigLIP 2 NaFlex has them.");
            return config;
        }
        if (file.Int("patch_size", vision.PatchSize) is int patch && patch != vision.PatchSize)
            throw file.NotSupported("patch_size", patch, $"{vision.PatchSize}, as the vision tower has it");
        config = ReadProcessor(file, config, assumptions);
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

    private static ImagePreprocessorConfig ReadProcessor(JsonFile file, ImagePreprocessorConfig config, List<string> assumptions)
    {
        string? kind = file.String("image_processor_type") ?? file.String("feature_extractor_type");
        if (kind?.Contains("CLIP", StringComparison.Ordinal) == false && kind.StartsWith("Siglip", StringComparison.Ordinal) == false)
            assumptions.Add($"The picture rules are those of a {kind}: what they do not say is done as a CLIPImageProcessor does it.");
        if (file.Bool("do_pad", false))
            throw file.NotSupported("do_pad", "true", "false");
        bool rescales = file.Bool("do_rescale", true), normalizes = file.Bool("do_normalize", true);
        config = config with
        {
            DoResize = file.Bool("do_resize", true),
            DoCenterCrop = file.Bool("do_center_crop", config.DoCenterCrop),
            DoRescale = rescales,
            DoNormalize = normalizes,
            // Always in double precision from the factor, which is how 1/255 is applied there.
            RescaleRule = RescaleRule.MultiplyByFactor,
            RescaleFactor = file.Number("rescale_factor", 1 / 255.0),
            Interpolation = ReadFilter(file, config.Interpolation),
            Mean = Channels(file.Triple("image_mean")) ?? config.Mean,
            Std = Channels(file.Triple("image_std")) ?? config.Std,
        };
        config = ReadSize(file, config);
        return config.DoCenterCrop ? ReadCrop(file, config) : config;
    }

    /// <summary><c>resample</c> is Pillow's number of the filter, which the enumeration's values are.</summary>
    private static ResampleFilter ReadFilter(JsonFile file, ResampleFilter usual)
    {
        int number = file.Int("resample", (int)usual);
        return Enum.IsDefined((ResampleFilter)number)
            ? (ResampleFilter)number
            : throw file.NotSupported("resample", number, "0 (nearest), 1 (Lanczos), 2 (bilinear), 3 (bicubic), 4 (box) or 5 (Hamming)");
    }

    /// <summary>
    /// <c>size</c>: a number or <c>shortest_edge</c> is the shorter edge; height and width, or a list of both, are both edges, without
    /// keeping proportions, and so is any with <c>use_square_size</c> (Kosmos-2).
    /// </summary>
    private static ImagePreprocessorConfig ReadSize(JsonFile file, ImagePreprocessorConfig config)
    {
        const string Sizes = "a number, a list of height and width, or an object with shortest_edge or with height and width";
        bool isSquare = file.Bool("use_square_size", false);
        ImagePreprocessorConfig Both(int height, int width) =>
            config with { ResizeMode = ResizeMode.Squash, OutputHeight = height, OutputWidth = width };
        ImagePreprocessorConfig Shorter(int edge) => isSquare ? Both(edge, edge) : config with { ShortestEdge = edge };
        if (file.IsNumber("size"))
            return Shorter(file.RequiredInt("size"));
        if (file.IsList("size"))
            return file.Integers("size") switch
            {
                [int edge] => Shorter(edge),
                [int height, int width] => Both(height, width),
                _ => throw file.NotSupported("size", "a list of another length", Sizes),
            };
        if (file.Object("size") is not JsonFile size)
            return Shorter(config.ShortestEdge);
        foreach (string other in (string[])["longest_edge", "max_height", "max_width"])
            if (size.Has(other))
                throw file.NotSupported("size", $"an object with {other}", Sizes);
        if (size.IntOrNull("shortest_edge") is int shortest)
            return Shorter(shortest);
        return size.IntOrNull("height") is int rows && size.IntOrNull("width") is int columns
            ? Both(rows, columns)
            : throw file.NotSupported("size", "an object without them", Sizes);
    }

    private static ImagePreprocessorConfig ReadCrop(JsonFile file, ImagePreprocessorConfig config)
    {
        (int height, int width) = (config.OutputHeight, config.OutputWidth);
        if (file.IsNumber("crop_size"))
            height = width = file.RequiredInt("crop_size");
        else if (file.IsList("crop_size"))
            (height, width) = file.Integers("crop_size") switch
            {
                [int edge] => (edge, edge),
                [int rows, int columns] => (rows, columns),
                _ => throw file.NotSupported("crop_size", "a list of another length", "a number, or a list of height and width"),
            };
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
            FillValue = file.Int("fill_color", config.FillValue) is int fill and >= 0 and <= byte.MaxValue
                ? (byte)fill
                : throw file.NotSupported("fill_color", file.Int("fill_color", 0), "0 to 255"),
        };

    private static ChannelValues? Channels((float, float, float)? values) => values is (float r, float g, float b) ? new(r, g, b) : null;
}
