namespace PureClip.Convert;

/// <summary>What kind of file or directory a checkpoint is.</summary>
internal enum ContainerKind
{
    /// <summary>TorchScript archive or torch.save zip.</summary>
    TorchArchive,

    /// <summary>torch.save of before 1.6.</summary>
    TorchStream,

    Safetensors,

    Gguf,

    Onnx,
}
