using PureClip.Convert.Gguf;
using PureClip.Convert.Onnx;
using PureClip.Convert.Tensors;
using PureClip.Convert.Torch;

namespace PureClip.Convert;

/// <summary>From a path to a readable checkpoint.</summary>
internal static class CheckpointOpener
{
    /// <summary>Opens a checkpoint file of the containers that this tool reads itself.</summary>
    /// <exception cref="InvalidDataException">The file is damaged or of a container that is not supported.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static SourceCheckpoint OpenFile(string path)
    {
        MappedFile file = MappedFile.Open(path);
        try
        {
            return Open(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Opens a mapped file.</summary>
    /// <param name="file">The file; owned by the result, or by the caller where this fails.</param>
    public static SourceCheckpoint Open(MappedFile file) => ContainerSniffer.Sniff(file) switch
    {
        ContainerKind.TorchArchive => TorchArchive.Open(file),
        ContainerKind.TorchStream => LegacyTorchStream.Open(file),
        ContainerKind.Gguf => GgufFile.Open(file),
        ContainerKind.Onnx => OnnxCheckpoint.Open(file),
        _ => Throw.InvalidData<SourceCheckpoint>($"{file.Path} is a safetensors file, which the library reads directly."),
    };
}
