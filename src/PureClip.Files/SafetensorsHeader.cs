using System.Buffers.Binary;
using System.Collections.Immutable;

namespace PureClip.Files;

/// <summary>
/// The validated header of one file: a length (u64, little-endian), that many bytes of JSON, then the data buffer up to the end of the
/// file. Every rule of the format is one method named Check…; what passes them all covers the data buffer exactly once.
/// </summary>
/// <remarks>
/// Source: the format section of the safetensors README and the reference reader. Where the two differ the reader is followed (white
/// space around the object is accepted), except that it lets a duplicate key win silently; here duplicates are refused.
/// </remarks>
internal sealed class SafetensorsHeader
{
    /// <summary>Bytes of the length field before the JSON text.</summary>
    public const int PrefixBytes = sizeof(ulong);

    /// <summary>Longest JSON text in bytes: the reference reader's limit.</summary>
    public const int MaxJsonBytes = 100_000_000;

    /// <summary>Most dimensions of a tensor, as in PyTorch and NumPy. Keeps <c>[1,1,1,…]</c> from costing eight bytes for two.</summary>
    public const int MaxRank = 64;

    /// <summary>The reserved key whose value is the metadata.</summary>
    public const string MetadataKey = "__metadata__";

    private const string NextStep = "Download or convert the file again; if it came from a tool, report it there.";

    private readonly string _path;
    private readonly Dictionary<string, TensorInfo> _tensors = [];
    private readonly Dictionary<string, string> _metadata = [];

    private SafetensorsHeader(string path) => _path = path;

    /// <summary>Tensors by name.</summary>
    public IReadOnlyDictionary<string, TensorInfo> TensorsByName => _tensors;

    /// <summary>Tensors in the order of their bytes.</summary>
    public ImmutableArray<TensorInfo> Tensors { get; private set; } = [];

    /// <summary>The free text that the writer left; empty where there is none.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _metadata;

    /// <summary>First byte of the data buffer, from the start of the file.</summary>
    public long DataStart { get; private set; }

    /// <summary>Bytes of the whole file.</summary>
    public long FileBytes { get; private set; }

    /// <summary>Reads and checks the header of a file.</summary>
    /// <param name="file">Seekable, at its start. Left somewhere behind the header.</param>
    /// <param name="path">The file's name for messages.</param>
    /// <exception cref="InvalidDataException">The file breaks a rule of the format.</exception>
    public static SafetensorsHeader Read(Stream file, string path)
    {
        SafetensorsHeader header = new(path) { FileBytes = file.Length };
        header.ReadJson(header.ReadJsonText(file));
        header.SortByOffset();
        header.CheckTensorsTouch();
        header.CheckBufferEndsWithFile();
        return header;
    }

    private byte[] ReadJsonText(Stream file)
    {
        CheckIsNoStranger(file);
        CheckPrefixIsThere();
        Span<byte> prefix = stackalloc byte[PrefixBytes];
        file.ReadExactly(prefix);
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        CheckJsonIsNotTooLong(length);
        DataStart = PrefixBytes + (long)length;
        CheckJsonIsInsideFile();
        byte[] text = new byte[length];
        file.ReadExactly(text);
        return text;
    }

    /// <summary>A pointer or a page would be a header of 2^61 bytes.</summary>
    private void CheckIsNoStranger(Stream file)
    {
        Span<byte> start = stackalloc byte[64];
        start = start[..file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        file.Position = 0;
        if (Problem.Stranger(start) is string stranger)
            Problem.InvalidData($"{_path}: {stranger}");
    }

    private void CheckPrefixIsThere()
    {
        if (FileBytes < PrefixBytes)
            Fail($"the file has {FileBytes} bytes", $"at least {PrefixBytes}, the length of the header");
    }

    private void CheckJsonIsNotTooLong(ulong length)
    {
        if (length > MaxJsonBytes)
            Fail($"the header claims {length} bytes, as if this were no safetensors file", $"at most {MaxJsonBytes}");
    }

    private void CheckJsonIsInsideFile()
    {
        if (DataStart > FileBytes)
            Fail($"the header ends at byte {DataStart}, but the file has {FileBytes}", "a header inside the file");
    }

    private void ReadJson(ReadOnlySpan<byte> text)
    {
        StrictJsonReader json = new(text, _path, NextStep);
        bool metadataSeen = false;
        json.ReadObjectStart("the header");
        while (json.TryReadName(out string name))
        {
            if (name == MetadataKey)
                ReadMetadata(ref json, ref metadataSeen);
            else
                ReadTensor(ref json, name);
        }
        json.ReadEnd();
    }

    private void ReadMetadata(ref StrictJsonReader json, ref bool seen)
    {
        CheckMetadataComesOnce(seen);
        seen = true;
        json.ReadObjectStart(MetadataKey);
        while (json.TryReadName(out string key))
        {
            string value = json.ReadString("a value of " + MetadataKey);
            CheckMetadataKeyIsNew(_metadata.TryAdd(key, value), key);
        }
    }

    private void CheckMetadataComesOnce(bool seen)
    {
        if (seen)
            Fail($"{MetadataKey} comes twice", "once at most");
    }

    private void CheckMetadataKeyIsNew(bool isNew, string key)
    {
        if (!isNew)
            Fail($"{MetadataKey} has the key {Problem.Quote(key)} twice", "every key once");
    }

    private void ReadTensor(ref StrictJsonReader json, string name)
    {
        string? dtypeName = null;
        ImmutableArray<long> shape = default, offsets = default;
        json.ReadObjectStart("a tensor's entry");
        while (json.TryReadName(out string field))
        {
            switch (field)
            {
                case "dtype":
                    CheckFieldIsNew(dtypeName is null, name, field);
                    dtypeName = json.ReadString(field);
                    break;
                case "shape":
                    CheckFieldIsNew(shape.IsDefault, name, field);
                    shape = json.ReadCounts(field, MaxRank);
                    break;
                case "data_offsets":
                    CheckFieldIsNew(offsets.IsDefault, name, field);
                    offsets = json.ReadCounts(field, maxCount: 2);
                    break;
                default:
                    json.SkipValue(); // The reference reader ignores members it does not know.
                    break;
            }
        }
        CheckNoFieldIsMissing(dtypeName is null || shape.IsDefault || offsets.IsDefault, name);
        CheckOffsetsAreOrdered(offsets, name);
        NumberType dtype = CheckDType(dtypeName!, name);
        long bytes = offsets[1] - offsets[0];
        long elements = CheckSize(name, dtype, shape, bytes);
        CheckNameIsNew(_tensors.TryAdd(name, new TensorInfo(name, dtype, shape, elements, offsets[0], bytes)), name);
    }

    private void CheckFieldIsNew(bool isNew, string name, string field)
    {
        if (!isNew)
            Fail($"tensor {Problem.Quote(name)} has the member {field} twice", "once");
    }

    private void CheckNoFieldIsMissing(bool missing, string name)
    {
        if (missing)
            Fail($"tensor {Problem.Quote(name)} lacks dtype, shape or data_offsets", "all three");
    }

    private void CheckOffsetsAreOrdered(ImmutableArray<long> offsets, string name)
    {
        if (offsets.Length != 2 || offsets[0] > offsets[1])
            Fail(
                $"tensor {Problem.Quote(name)} has the data_offsets [{string.Join(", ", offsets)}]", "[begin, end] with begin at most end");
    }

    private NumberType CheckDType(string dtypeName, string name)
    {
        if (!NumberTypes.TryParse(dtypeName, out NumberType dtype))
            Fail($"tensor {Problem.Quote(name)} has the dtype {Problem.Quote(dtypeName)}", NumberTypes.AllNames);
        return dtype;
    }

    private long CheckSize(string name, NumberType dtype, ImmutableArray<long> shape, long bytes)
    {
        bool fits = dtype.TryByteLength(shape.AsSpan(), out long elements, out long expected);
        if (!fits || expected != bytes)
            Fail($"tensor {Problem.Quote(name)} has {bytes} bytes for {dtype.Name()} [{string.Join(", ", shape)}]",
                fits ? $"{expected} bytes" : "a whole number of bytes below 2^60");
        return elements;
    }

    private void CheckNameIsNew(bool isNew, string name)
    {
        if (!isNew)
            Fail($"tensor {Problem.Quote(name)} comes twice", "every name once");
    }

    /// <summary>Empty tensors come before the one that begins where they lie, and by name among themselves.</summary>
    private void SortByOffset() => Tensors = [.. _tensors.Values
        .OrderBy(tensor => tensor.ByteOffset)
        .ThenBy(tensor => tensor.ByteLength)
        .ThenBy(tensor => tensor.Name, StringComparer.Ordinal)];

    /// <summary>No hole, no overlap: the first tensor begins at 0 and each next one where its predecessor ended.</summary>
    private void CheckTensorsTouch()
    {
        long end = 0;
        foreach (TensorInfo tensor in Tensors)
        {
            if (tensor.ByteOffset != end)
                Fail($"tensor {tensor} begins at byte {tensor.ByteOffset} of the data",
                    $"{end}, where the tensor before it ends (no holes, no overlap)");
            end += tensor.ByteLength;
        }
    }

    /// <summary>Bytes behind the last tensor could hide a second file (a polyglot); missing ones mean a broken download.</summary>
    private void CheckBufferEndsWithFile()
    {
        long found = FileBytes - DataStart;
        long expected = Tensors.IsEmpty ? 0 : Tensors[^1].ByteOffset + Tensors[^1].ByteLength;
        if (found != expected)
            Fail($"{found} bytes follow the header, but the tensors end at {expected}", "a file that ends with its last tensor");
    }

    private void Fail(string found, string allowed) => Problem.InvalidData(_path, found, allowed, NextStep);
}

/// <summary>What a header says about one tensor. Instances come from a validated header only, so their sizes can be trusted.</summary>
public sealed class TensorInfo
{
    /// <summary>Describes a tensor whose sizes have been checked.</summary>
    internal TensorInfo(string name, NumberType type, ImmutableArray<long> shape, long elementCount, long byteOffset, long byteLength)
    {
        Name = name;
        Type = type;
        Shape = shape;
        ElementCount = elementCount;
        ByteOffset = byteOffset;
        ByteLength = byteLength;
    }

    /// <summary>The key in the header: any Unicode text, never to be used as a file name.</summary>
    public string Name { get; }

    /// <summary>Type of the numbers.</summary>
    public NumberType Type { get; }

    /// <summary>Dimensions, row-major; empty for a scalar, and any of them may be zero.</summary>
    public ImmutableArray<long> Shape { get; }

    /// <summary>Product of <see cref="Shape"/>: 1 for a scalar, 0 where a dimension is zero.</summary>
    public long ElementCount { get; }

    /// <summary>Where the tensor begins, in bytes from the start of the data buffer (which follows the header).</summary>
    public long ByteOffset { get; }

    /// <summary>Bytes of the tensor.</summary>
    public long ByteLength { get; }

    /// <summary>Name, type and shape for messages: <c>"logit_scale" F32 []</c>.</summary>
    public override string ToString() => $"{Problem.Quote(Name)} {Type.Name()} [{string.Join(", ", Shape)}]";
}
