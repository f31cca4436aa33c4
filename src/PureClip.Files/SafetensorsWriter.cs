using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace PureClip.Files;

/// <summary>
/// Writes safetensors files byte for byte as the reference writer does: tensors by dtype (descending), then by the UTF-8 bytes of their
/// names; JSON without spaces, metadata first, padded so that the data begins at a multiple of 8. The same tensors in any order give
/// the same file. Metadata keys are sorted too (the reference leaves their order open).
/// </summary>
public static class SafetensorsWriter
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

/// <summary>A tensor to be written: its description, and how to produce its bytes when their turn comes.</summary>
/// <param name="Name">Key in the file: Unicode text, unique, not <c>__metadata__</c>.</param>
/// <param name="Type">Type of the numbers.</param>
/// <param name="Shape">Dimensions, row-major; empty for a scalar.</param>
/// <param name="Write">Called once; must write exactly the tensor's bytes, little-endian, in pieces of any size.</param>
public sealed record TensorSource(string Name, NumberType Type, ImmutableArray<long> Shape, Action<Stream> Write)
{
    /// <summary>An F32 tensor that is in memory already; it is not copied.</summary>
    public static TensorSource FromFloats(string name, ImmutableArray<long> shape, ReadOnlyMemory<float> values) =>
        new(name, NumberType.F32, shape, stream => stream.Write(MemoryMarshal.AsBytes(values.Span)));

    /// <summary>A tensor of another file, which must stay open until it has been written.</summary>
    public static TensorSource FromFile(SafetensorsFile file, TensorInfo tensor) =>
        new(tensor.Name, tensor.Type, tensor.Shape, stream => file.CopyTo(tensor, stream));
}

/// <summary>How far a file has been written, reported after every tensor.</summary>
/// <param name="Tensor">The tensor just finished.</param>
/// <param name="BytesWritten">Bytes of all tensors so far.</param>
/// <param name="BytesTotal">Bytes of all tensors.</param>
public readonly record struct WriteProgress(string Tensor, long BytesWritten, long BytesTotal);

/// <summary>The order, the offsets and the JSON text of a file to be written, as the reference writer would choose them.</summary>
/// <remarks>
/// Not written with Utf8JsonWriter: its encoders escape characters beyond the Basic Multilingual Plane and a few more, which the reference
/// (serde_json) writes as they are.
/// </remarks>
internal sealed class HeaderText
{
    /// <summary>The reference writer's: data begins at a multiple of the largest element, 8 bytes.</summary>
    public const int UsualAlignment = 8;

    private static readonly SearchValues<char> Escaped =
        SearchValues.Create([.. Enumerable.Range(0, ' ').Select(code => (char)code), '"', '\\']);

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    // UTF-8 order is that of code points; .NET's ordinal order of UTF-16 differs beyond U+D7FF.
    private static readonly Comparer<byte[]> ByteOrder = Comparer<byte[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b));

    /// <summary>Sorts, checks and describes the tensors.</summary>
    /// <param name="tensors">In any order.</param>
    /// <param name="metadata">Free text; null for none.</param>
    /// <param name="alignment">What the position of the data in the file is a multiple of: 8 or a larger power of 2.</param>
    /// <exception cref="ArgumentException">A name or shape that no file could hold.</exception>
    public HeaderText(IEnumerable<TensorSource> tensors, IReadOnlyDictionary<string, string>? metadata, int alignment = UsualAlignment)
    {
        StringBuilder json = new("{");
        AppendMetadata(json, metadata);
        HashSet<string> names = [SafetensorsHeader.MetadataKey];
        foreach (TensorSource tensor in Sort(tensors))
        {
            if (!names.Add(tensor.Name))
                throw new ArgumentException($"The tensor name {Problem.Quote(tensor.Name)} is taken. Allowed: unique names other than " +
                    $"{SafetensorsHeader.MetadataKey}. Rename one of the tensors.", nameof(tensors));
            long bytes = ByteLength(tensor);
            long end = checked(DataBytes + bytes);
            AppendTensor(json, tensor, DataBytes, end);
            Tensors.Add((tensor, bytes));
            DataBytes = end;
        }
        Json = Pad(Encode(json.Append('}').ToString()), alignment);
    }

    /// <summary>Tensors in the order of the file, with their bytes.</summary>
    public List<(TensorSource Tensor, long Bytes)> Tensors { get; } = [];

    /// <summary>UTF-8, padded with spaces up to where the data begins.</summary>
    public byte[] Json { get; }

    /// <summary>Bytes of all tensors.</summary>
    public long DataBytes { get; }

    private static IEnumerable<TensorSource> Sort(IEnumerable<TensorSource> tensors) =>
        tensors.OrderByDescending(tensor => tensor.Type).ThenBy(tensor => Encode(tensor.Name), ByteOrder);

    private static byte[] Encode(string text)
    {
        try
        {
            return StrictUtf8.GetBytes(text);
        }
        catch (EncoderFallbackException e)
        {
            throw new ArgumentException(
                $"{Problem.Quote(text)} has half of a surrogate pair. Allowed: Unicode text. Correct the name or the metadata.", e);
        }
    }

    private static long ByteLength(TensorSource tensor)
    {
        bool isSize = tensor.Shape.All(dimension => dimension >= 0) && tensor.Shape.Length <= SafetensorsHeader.MaxRank;
        if (isSize && tensor.Type.TryByteLength(tensor.Shape.AsSpan(), out _, out long bytes))
            return bytes;
        throw new ArgumentException(
            $"Tensor {Problem.Quote(tensor.Name)}: {tensor.Type.Name()} [{string.Join(", ", tensor.Shape)}] is no size. Allowed: at most " +
            $"{SafetensorsHeader.MaxRank} dimensions of 0 or more, together a whole number of bytes below 2^60. Correct the shape.");
    }

    private static void AppendMetadata(StringBuilder json, IReadOnlyDictionary<string, string>? metadata)
    {
        if (metadata is null)
            return;
        AppendKey(json, SafetensorsHeader.MetadataKey).Append('{');
        foreach ((string key, string value) in metadata.OrderBy(pair => Encode(pair.Key), ByteOrder))
            AppendString(AppendKey(json, key), value);
        json.Append('}');
    }

    private static void AppendTensor(StringBuilder json, TensorSource tensor, long begin, long end) =>
        AppendKey(json, tensor.Name).Append(CultureInfo.InvariantCulture,
            $$"""{"dtype":"{{tensor.Type.Name()}}","shape":[{{string.Join(',', tensor.Shape)}}],"data_offsets":[{{begin}},{{end}}]}""");

    /// <summary>A comma where one is due, the key and a colon.</summary>
    private static StringBuilder AppendKey(StringBuilder json, string key) =>
        AppendString(json[^1] == '{' ? json : json.Append(','), key).Append(':');

    /// <summary>RFC 8259, section 7, with the fewest escapes: quote, backslash and control characters.</summary>
    private static StringBuilder AppendString(StringBuilder json, ReadOnlySpan<char> text)
    {
        json.Append('"');
        for (int escaped; (escaped = text.IndexOfAny(Escaped)) >= 0; text = text[(escaped + 1)..])
            json.Append(text[..escaped]).Append(Escape(text[escaped]));
        return json.Append(text).Append('"');
    }

    private static string Escape(char c) => c switch
    {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\b' => "\\b",
        '\f' => "\\f",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        _ => $"\\u{(int)c:x4}",
    };

    private static byte[] Pad(byte[] json, int alignment)
    {
        int padding = -(SafetensorsHeader.PrefixBytes + json.Length) & (alignment - 1);
        if (json.Length + padding > SafetensorsHeader.MaxJsonBytes)
            throw new ArgumentException($"The header would have {json.Length} bytes. Allowed: at most {SafetensorsHeader.MaxJsonBytes}. " +
                "Write fewer tensors or less metadata.");
        Array.Resize(ref json, json.Length + padding);
        json.AsSpan(json.Length - padding).Fill((byte)' ');
        return json;
    }
}

/// <summary>What a tensor's source writes into: passes bytes on, refuses too many, and ends when the whole is cancelled.</summary>
/// <param name="file">Where the bytes go.</param>
/// <param name="path">The file's name for messages.</param>
/// <param name="tensor">The tensor's name for messages.</param>
/// <param name="bytes">Bytes of the tensor.</param>
/// <param name="cancellation">Looked at before every write.</param>
internal sealed class TensorStream(Stream file, string path, string tensor, long bytes, CancellationToken cancellation) : Stream
{
    private long _written;

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <summary>Bytes written so far.</summary>
    public override long Length => _written;

    /// <summary>Bytes written so far; cannot be set.</summary>
    public override long Position { get => _written; set => throw new NotSupportedException(); }

    /// <inheritdoc/>
    /// <exception cref="InvalidDataException">More bytes than the tensor has.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        cancellation.ThrowIfCancellationRequested();
        if (buffer.Length > bytes - _written)
            Fail(_written + buffer.Length);
        file.Write(buffer);
        _written += buffer.Length;
    }

    /// <summary>Refuses to go on with fewer bytes than the tensor has.</summary>
    /// <exception cref="InvalidDataException">Bytes are missing.</exception>
    public void CheckIsComplete()
    {
        if (_written != bytes)
            Fail(_written);
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <summary>Does nothing: the file is flushed once, at its end.</summary>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    private void Fail(long found) => Problem.InvalidData(path, $"the source of tensor {Problem.Quote(tensor)} wrote {found} bytes",
        $"exactly {bytes}", "Correct the shape or the source.");
}
