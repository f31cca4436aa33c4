namespace PureClip.Convert;

/// <summary>In which layout a directory holds a model.</summary>
internal enum DirectoryLayout
{
    /// <summary>config.json and model.safetensors or pytorch_model.bin, whole or in shards.</summary>
    HuggingFace,

    /// <summary>open_clip_config.json and one weight file.</summary>
    OpenClip,

    /// <summary>model.onnx, or text_model.onnx and vision_model.onnx.</summary>
    Onnx,
}
