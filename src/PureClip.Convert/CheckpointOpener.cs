using System.Buffers.Binary;
using System.Text;
using PureClip.Convert.Gguf;
using PureClip.Convert.Onnx;
using PureClip.Convert.Torch;
using PureClip.Files;

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
        Lease file = Lease.Open(path);
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
    public static SourceCheckpoint Open(Lease file) => ContainerSniffer.Sniff(file) switch
    {
        ContainerKind.TorchArchive => TorchArchive.Open(file),
        ContainerKind.TorchStream => LegacyTorchStream.Open(file),
        ContainerKind.Gguf => GgufFile.Open(file),
        ContainerKind.Onnx => OnnxCheckpoint.Open(file),
        _ => Problem.InvalidData<SourceCheckpoint>($"{file.Path} is a safetensors file where a file of another container is needed."),
    };

    private static SourceCheckpoint OpenGraphs(IReadOnlyList<string> paths)
    {
        List<Lease> files = [];
        try
        {
            foreach (string path in paths)
                files.Add(Lease.Open(path));
            return OnnxCheckpoint.Open(files);
        }
        catch
        {
            files.ForEach(static f => f.Dispose());
            throw;
        }
    }
}

/// <summary>Recognises a checkpoint's container by its first bytes, never by its name.</summary>
internal static class ContainerSniffer
{
    private const int TarMagicOffset = 257;

    /// <exception cref="InvalidDataException">
    /// The container is unknown or not supported; the message says which it is and what to do.
    /// </exception>
    public static ContainerKind Sniff(Lease file)
    {
        ReadOnlySpan<byte> start = file.Span(0, (int)Math.Min(file.Length, 512));
        if (start.StartsWith("PK\x03\x04"u8))
            return IsTorch(file);
        if (start.StartsWith("GGUF"u8))
            return ContainerKind.Gguf;
        if (start is [0x80, >= 2 and <= 5, ..])
            return ContainerKind.TorchStream;
        if (start.Length >= 9 && IsSafetensors(start, file.Length))
            return ContainerKind.Safetensors;
        if (start is [0x08, < 0x80, ..])
            return ContainerKind.Onnx;
        return Problem.InvalidData<ContainerKind>($"{file.Path}: {Refusal(start)}");
    }

    private static ContainerKind IsTorch(Lease file)
    {
        if (TorchArchive.IsNumpy(file))
            Problem.InvalidData(
                $"{file.Path} is a numpy .npz archive (big_vision), which is not supported. Use the model's PyTorch or safetensors " +
                "file.");
        return ContainerKind.TorchArchive;
    }

    /// <summary>u64 header length, then JSON, before which white space is tolerated.</summary>
    private static bool IsSafetensors(ReadOnlySpan<byte> start, long length)
    {
        ulong header = BinaryPrimitives.ReadUInt64LittleEndian(start);
        ReadOnlySpan<byte> json = start[8..].TrimStart(" \t\r\n"u8);
        return header <= (ulong)(length - 8) && json is [(byte)'{', ..];
    }

    private static string Refusal(ReadOnlySpan<byte> start)
    {
        if (start.Length >= TarMagicOffset + 5 && start[TarMagicOffset..].StartsWith("ustar"u8))
            return
                "this is a tar file, as torch wrote before 0.1.10 (2017) or as an archive to unpack. Unpack it, or load and save it " +
                "with a newer PyTorch.";
        if (start is [0x89, (byte)'H', (byte)'D', (byte)'F', ..])
            return "this is an HDF5 file (TensorFlow), which is not supported. Use the model's PyTorch or safetensors file.";
        if (start.StartsWith("version https://git-lfs"u8))
            return "this is a Git LFS pointer, not the file itself. Fetch it with 'git lfs pull' or download it from the model's page.";
        if (start.StartsWith("<!DOCTYPE"u8) || start.StartsWith("<html"u8))
            return "this is a web page, not a checkpoint. The download went wrong.";
        ReadOnlySpan<byte> first = start[..Math.Min(start.Length, 8)];
        string hex = System.Convert.ToHexString(first);
        string text = new([.. Encoding.Latin1.GetString(first).Select(static c => c is >= ' ' and <= '~' ? c : '.')]);
        return $"no known checkpoint starts with {hex} ('{text}'). Known are TorchScript and torch.save files, safetensors, GGUF and ONNX.";
    }
}

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
