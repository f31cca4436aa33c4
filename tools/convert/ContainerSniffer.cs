using System.Buffers.Binary;
using System.Text;
using PureClip.Convert.Tensors;
using PureClip.Convert.Torch;

namespace PureClip.Convert;

/// <summary>Recognises a checkpoint's container by its first bytes, never by its name.</summary>
internal static class ContainerSniffer
{
    private const int TarMagicOffset = 257;

    /// <exception cref="InvalidDataException">The container is unknown or not supported; the message says which it is and what to do.</exception>
    public static ContainerKind Sniff(MappedFile file)
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
        return Throw.InvalidData<ContainerKind>($"{file.Path}: {Refusal(start)}");
    }

    private static ContainerKind IsTorch(MappedFile file)
    {
        if (TorchArchive.IsNumpy(file))
            Throw.InvalidData(
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
