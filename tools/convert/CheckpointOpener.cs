using PureClip.Convert.Gguf;
using PureClip.Convert.Onnx;
using PureClip.Convert.Tensors;
using PureClip.Convert.Torch;

namespace PureClip.Convert;

/// <summary>From a path to a readable checkpoint.</summary>
internal static class CheckpointOpener
{
    private const string SafetensorsIndexEnding = ".safetensors" + SourceDirectory.IndexEnding;

    /// <summary>Opens a file, or the weights of a directory.</summary>
    /// <exception cref="InvalidDataException">A file is damaged or of a container that is not supported.</exception>
    /// <exception cref="IOException">A file cannot be opened.</exception>
    public static SourceCheckpoint OpenPath(string path)
    {
        if (!Directory.Exists(path))
            return OpenFile(path);
        SourceDirectory directory = SourceDirectory.Find(path);
        if (directory.Layout == DirectoryLayout.Onnx)
            return OpenGraphs(directory.WeightFiles);
        return OpenFile(directory.WeightFiles[0]);
    }

    /// <summary>Opens a checkpoint file, or the index of a checkpoint in shards.</summary>
    /// <exception cref="InvalidDataException">The file is damaged or of a container that is not supported.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static SourceCheckpoint OpenFile(string path)
    {
        if (path.EndsWith(SafetensorsIndexEnding, StringComparison.Ordinal))
            return SafetensorsCheckpoint.Open(path);
        if (path.EndsWith(SourceDirectory.IndexEnding, StringComparison.Ordinal))
            return TorchShards.Open(path);
        MappedFile file = MappedFile.Open(path);
        try
        {
            if (ContainerSniffer.Sniff(file) != ContainerKind.Safetensors)
                return Open(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
        file.Dispose(); // the library maps it anew
        return SafetensorsCheckpoint.Open(path);
    }

    /// <summary>Opens a mapped file of a container that this tool reads itself: any but safetensors.</summary>
    /// <param name="file">The file; owned by the result, or by the caller where this fails.</param>
    public static SourceCheckpoint Open(MappedFile file) => ContainerSniffer.Sniff(file) switch
    {
        ContainerKind.TorchArchive => TorchArchive.Open(file),
        ContainerKind.TorchStream => LegacyTorchStream.Open(file),
        ContainerKind.Gguf => GgufFile.Open(file),
        ContainerKind.Onnx => OnnxCheckpoint.Open(file),
        _ => Throw.InvalidData<SourceCheckpoint>($"{file.Path} is a safetensors file where a file of another container is needed."),
    };

    private static SourceCheckpoint OpenGraphs(IReadOnlyList<string> paths)
    {
        List<MappedFile> files = [];
        try
        {
            foreach (string path in paths)
                files.Add(MappedFile.Open(path));
            return OnnxCheckpoint.Open(files);
        }
        catch
        {
            files.ForEach(static f => f.Dispose());
            throw;
        }
    }
}
