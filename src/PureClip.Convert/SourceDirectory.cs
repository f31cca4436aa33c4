using PureClip.Checkpoints;
using PureClip.Files;

namespace PureClip.Convert;

/// <summary>The weight files of a model directory. Names choose among files; what a file is, its first bytes say.</summary>
/// <param name="Path">The directory.</param>
/// <param name="Layout">How it holds the model.</param>
/// <param name="WeightFiles">Full paths: one file, the index of shards, or two ONNX graphs.</param>
internal sealed record SourceDirectory(string Path, DirectoryLayout Layout, IReadOnlyList<string> WeightFiles)
{
    /// <summary>What a name ends with that lists shards instead of holding weights.</summary>
    public const string IndexEnding = ".index.json";

    /// <summary>transformers' order of preference, then the half precision variant that diffusers writes.</summary>
    private static readonly string[] HuggingFaceFiles =
    [
        "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json", "model.fp16.safetensors",
    ];

    /// <summary>open_clip's order of preference (factory.py, _find_checkpoint_in_dir).</summary>
    private static readonly string[] OpenClipFiles =
    [
        "open_clip_model.safetensors", "open_clip_pytorch_model.safetensors", "open_clip_pytorch_model.bin", "open_clip_pytorch_model.pth",
        "model.safetensors", "pytorch_model.bin", "pytorch_model.pth", "model.pth",
    ];

    /// <summary>Whole graphs before pairs, full precision before half before eight bits (transformers.js, dtypes.js).</summary>
    private static readonly string[][] OnnxFiles =
    [
        ["model.onnx"], ["text_model.onnx", "vision_model.onnx"],
        ["model_fp16.onnx"], ["text_model_fp16.onnx", "vision_model_fp16.onnx"],
        ["model_quantized.onnx"], ["text_model_quantized.onnx", "vision_model_quantized.onnx"],
        ["model_int8.onnx"], ["text_model_int8.onnx", "vision_model_int8.onnx"],
        ["model_uint8.onnx"], ["text_model_uint8.onnx", "vision_model_uint8.onnx"],
        ["vision_model.onnx"], ["text_model.onnx"],
    ];

    /// <summary>
    /// Finds the weights of a directory. Where a repository holds a model in several layouts, as LAION's do, the one that says most about
    /// the architecture is taken: Hugging Face, OpenCLIP, ONNX. A config.json of another program beside OpenCLIP's, such as timm's, is
    /// passed over with its weights.
    /// </summary>
    /// <exception cref="InvalidDataException">There is no weight file of a known name.</exception>
    public static SourceDirectory Find(string path) =>
        (IsOfAnother(path) ? null : First(path, "config.json", DirectoryLayout.HuggingFace, HuggingFaceFiles))
        ?? First(path, "open_clip_config.json", DirectoryLayout.OpenClip, OpenClipFiles)
        ?? MobileClip(path)
        ?? Onnx(path)
        ?? First(path, "", DirectoryLayout.OpenClip, OpenClipFiles[..4])
        ?? First(path, "", DirectoryLayout.HuggingFace, HuggingFaceFiles)
        ?? Problem.InvalidData<SourceDirectory>(
            $"{path} holds no weights under a name that is known, such as {HuggingFaceFiles[0]}, {HuggingFaceFiles[2]}, " +
            $"{OpenClipFiles[0]} or onnx/{OnnxFiles[0][0]}. Name the file itself instead of the directory.");

    private static bool IsOfAnother(string path)
    {
        string config = System.IO.Path.Combine(path, ModelPlace.HuggingFaceConfigName);
        return File.Exists(System.IO.Path.Combine(path, ModelPlace.OpenClipConfigName)) && File.Exists(config)
            && !HuggingFaceConfig.IsModel(JsonFile.Read(config));
    }

    private static SourceDirectory? First(string path, string config, DirectoryLayout layout, string[] names)
    {
        if (config.Length > 0 && !File.Exists(System.IO.Path.Combine(path, config)))
            return null;
        string? found = names.Select(name => System.IO.Path.Combine(path, name)).FirstOrDefault(File.Exists);
        return found is null ? null : new SourceDirectory(path, layout, [found]);
    }

    /// <summary>Apple's: its program's configuration or one weight file of its name.</summary>
    private static SourceDirectory? MobileClip(string path)
    {
        string converted = System.IO.Path.Combine(path, HuggingFaceFiles[0]);
        if (MobileClipConfig.Find(path) is not null && File.Exists(converted))
            return new(path, DirectoryLayout.MobileClip, [converted]);
        return Directory.GetFiles(path, "mobileclip*.pt") is [string only] ? new(path, DirectoryLayout.MobileClip, [only]) : null;
    }

    private static SourceDirectory? Onnx(string path)
    {
        foreach (string folder in new[] { System.IO.Path.Combine(path, "onnx"), path })
            foreach (string[] names in OnnxFiles)
                if (names.All(name => File.Exists(System.IO.Path.Combine(folder, name))))
                    return new SourceDirectory(path, DirectoryLayout.Onnx, [.. names.Select(name => System.IO.Path.Combine(folder, name))]);
        return null;
    }
}

/// <summary>In which layout a directory holds a model.</summary>
internal enum DirectoryLayout
{
    /// <summary>config.json and model.safetensors or pytorch_model.bin, whole or in shards.</summary>
    HuggingFace,

    /// <summary>open_clip_config.json and one weight file.</summary>
    OpenClip,

    /// <summary>mobileclip_s0.pt, and beside it perhaps mobileclip_s0.json.</summary>
    MobileClip,

    /// <summary>model.onnx, or text_model.onnx and vision_model.onnx.</summary>
    Onnx,
}
