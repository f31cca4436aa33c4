using System.Buffers.Binary;

namespace PureClip.Files;

/// <summary>
/// Writes safetensors files byte for byte as the reference writer does: tensors by dtype (descending), then by the UTF-8 bytes of their
/// names; JSON without spaces, metadata first, padded so that the data begins at a multiple of 8. The same tensors in any order give
/// the same file. Metadata keys are sorted too (the reference leaves their order open).
/// </summary>
internal static class SafetensorsWriter
{
    /// <summary>
    /// Writes a file, whole or not at all (<see cref="AtomicFile"/>). Memory: the header, and what the sources take.
    /// </summary>
    /// <param name="path">File to create or replace.</param>
    /// <param name="tensors">In any order.</param>
    /// <param name="metadata">Free text; null for none.</param>
    /// <param name="progress">Told after every tensor.</param>
    /// <param name="cancellation">Looked at before every piece that a source writes.</param>
    /// <param name="alignment">What the position of the data in the file is a multiple of: 8 or a larger power of 2.</param>
    /// <exception cref="ArgumentException">Two tensors of one name, a reserved name, half a surrogate pair, or no valid shape.</exception>
    /// <exception cref="InvalidDataException">A source wrote too many or too few bytes.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static void Write(string path, IEnumerable<TensorSource> tensors, IReadOnlyDictionary<string, string>? metadata = null,
        IProgress<WriteProgress>? progress = null, CancellationToken cancellation = default, int alignment = HeaderText.UsualAlignment)
    {
        HeaderText header = new(tensors, metadata, alignment);
        using AtomicFile file = new(path, SafetensorsHeader.PrefixBytes + header.Json.Length + header.DataBytes);
        WriteHeader(file.Stream, header.Json);
        WriteTensors(file.Stream, path, header, progress, cancellation);
        cancellation.ThrowIfCancellationRequested();
        file.Commit();
    }

    /// <summary>Writes the bytes of a file into one that is open.</summary>
    /// <param name="file">Where to.</param>
    /// <param name="tensors">In any order.</param>
    /// <param name="metadata">Free text; null for none.</param>
    /// <exception cref="ArgumentException">Two tensors of one name, a reserved name, half a surrogate pair, or no valid shape.</exception>
    /// <exception cref="InvalidDataException">A source wrote too many or too few bytes.</exception>
    public static void Write(FileStream file, IEnumerable<TensorSource> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        HeaderText header = new(tensors, metadata);
        WriteHeader(file, header.Json);
        WriteTensors(file, file.Name, header, null, CancellationToken.None);
    }

    private static void WriteHeader(FileStream file, ReadOnlySpan<byte> json)
    {
        Span<byte> prefix = stackalloc byte[SafetensorsHeader.PrefixBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, (ulong)json.Length);
        file.Write(prefix);
        file.Write(json);
    }

    private static void WriteTensors(FileStream file, string path, HeaderText header,
        IProgress<WriteProgress>? progress, CancellationToken cancellation)
    {
        long done = 0;
        foreach ((TensorSource tensor, long bytes) in header.Tensors)
        {
            cancellation.ThrowIfCancellationRequested();
            TensorStream stream = new(file, path, tensor.Name, bytes, cancellation);
            tensor.Write(stream);
            stream.CheckIsComplete();
            done += bytes;
            progress?.Report(new WriteProgress(tensor.Name, done, header.DataBytes));
        }
    }
}
