using System.Buffers;
using System.Globalization;
using System.Text;

namespace PureClip.Files;

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
