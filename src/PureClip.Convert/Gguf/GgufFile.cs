using System.Buffers.Binary;
using System.Numerics;
using PureClip.Convert.Tensors;
using PureClip.Files;
using PureClip.Model;

namespace PureClip.Convert.Gguf;

/// <summary>GGUF files of clip.cpp (ggml docs/gguf.md, versions 2 and 3; the rules are those that gguf.cpp enforces).</summary>
internal static class GgufFile
{
    /// <summary>Tensors of one file; ViT-bigG has about 1,300.</summary>
    private const ulong MaxTensors = 100_000;

    private const ulong MaxNameBytes = 63;
    private const uint MaxRank = 4;
    private const int DefaultAlignment = 32;
    private const uint Magic = 0x46554747;

    /// <summary>Opens a file.</summary>
    /// <param name="file">The file; owned by the result, or by the caller where this fails.</param>
    /// <exception cref="InvalidDataException">The file breaks a rule of the format, or is not a CLIP.</exception>
    public static SourceCheckpoint Open(Lease file)
    {
        GgufReader reader = new(file);
        if (reader.UInt32() != Magic)
            Problem.InvalidData($"{file.Path} does not start with GGUF.");
        uint version = ReadVersion(reader, file.Path);
        ulong tensorCount = reader.UInt64();
        ulong keyCount = reader.UInt64();
        GgufKeyValues keys = GgufKeyValues.Read(reader, keyCount);
        RequireClip(keys, file.Path);
        List<SourceTensor> tensors = ReadTensors(reader, tensorCount, Alignment(keys), file);
        bool scaleMissing = tensors.TrueForAll(static t => t.Name != "logit_scale");
        SourceCheckpoint checkpoint = new("GGUF of clip.cpp", [file], tensors) { Facts = Facts(keys, scaleMissing) };
        checkpoint.Metadata.Add(new("GGUF version", version.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        checkpoint.Metadata.AddRange(keys.All.Select(static p => KeyValuePair.Create(p.Key, GgufKeyValues.Describe(p.Value))));
        if (scaleMissing)
            checkpoint.Notes.Add(
                "clip.cpp does not store the logit scale; 100 (its logarithm is 4.6052), which every released CLIP has, is to be " +
                "assumed.");
        if (checkpoint.Facts.Vocabulary is not null)
            checkpoint.Notes.Add("clip.cpp stores tokens but no merges; the merges of CLIP's own vocabulary are to be used.");
        return checkpoint;
    }

    private static uint ReadVersion(GgufReader reader, string path)
    {
        uint version = reader.UInt32();
        if (version is 2 or 3)
            return version;
        bool swapped = BinaryPrimitives.ReverseEndianness(version) is 2 or 3;
        return Problem.InvalidData<uint>(swapped
            ? $"{path} is a big-endian GGUF file, which is not supported. Convert it with ggml's gguf_convert_endian.py."
            : $"{path} has GGUF version {version}; 2 and 3 are supported.");
    }

    private static void RequireClip(GgufKeyValues keys, string path)
    {
        if (keys.Text("clip.projector_type") is string projector)
            Problem.InvalidData(
                $"{path} is a llama.cpp mmproj file (projector '{projector}'). It ends in a projector into a language model instead of " +
                "CLIP's visual_projection, and may lack the last block, so that it gives no CLIP embeddings. Convert the CLIP model " +
                "it was made from.");
        if (keys.Text("general.architecture") is string architecture && architecture != "clip")
            Problem.InvalidData($"{path} holds a model of architecture '{architecture}', not 'clip'.");
    }

    private static int Alignment(GgufKeyValues keys)
    {
        if (!keys.All.ContainsKey("general.alignment"))
            return DefaultAlignment;
        int alignment = keys.Integer("general.alignment") ?? 0;
        if (alignment is < 8 or > 65_536 || !BitOperations.IsPow2(alignment))
            Problem.InvalidData($"general.alignment is {alignment}; a power of two from 8 to 65536 is allowed.");
        return alignment;
    }

    private static List<SourceTensor> ReadTensors(GgufReader reader, ulong count, int alignment, Lease file)
    {
        const int leastInfoBytes = 8 + 4 + 4 + 8;
        if (count > MaxTensors || count > (ulong)(reader.Remaining / leastInfoBytes))
            Problem.InvalidData(
                $"{file.Path} claims {count} tensors; {reader.Remaining} bytes are left, and at most {MaxTensors} are allowed.");
        List<GgufTensorInfo> infos = [];
        for (ulong i = 0; i < count; i++)
            infos.Add(ReadInfo(reader));
        long start = Align(reader.Position, alignment);
        long expected = 0;
        List<SourceTensor> tensors = [];
        foreach (GgufTensorInfo info in infos)
        {
            if (info.Offset != (ulong)expected)
                Problem.InvalidData($"'{info.Name}' is at data offset {info.Offset}, but the tensors before it end at {expected}.");
            tensors.Add(info.Open(file, start + expected));
            expected = Align(expected + info.ByteCount, alignment);
        }
        return tensors;
    }

    private static GgufTensorInfo ReadInfo(GgufReader reader)
    {
        string name = reader.String(MaxNameBytes, "a tensor's name");
        uint rank = reader.UInt32();
        if (rank > MaxRank)
            Problem.InvalidData($"'{name}' has {rank} dimensions; at most {MaxRank} are allowed.");
        long[] shape = new long[rank];
        for (int i = shape.Length - 1; i >= 0; i--) // the file lists the contiguous dimension first
            shape[i] = (long)Math.Min(reader.UInt64(), long.MaxValue);
        return new GgufTensorInfo(name, GgmlType.Of(reader.UInt32(), name), shape, reader.UInt64());
    }

    private static long Align(long offset, int alignment) => (offset + alignment - 1) & -alignment;

    private static SourceFacts Facts(GgufKeyValues keys, bool scaleMissing)
    {
        GeluKind? gelu = keys.Flag("clip.use_gelu") switch { true => GeluKind.Erf, false => GeluKind.Quick, null => null };
        return new SourceFacts
        {
            Vision = Tower(keys, "clip.vision", gelu),
            Text = Tower(keys, "clip.text", gelu),
            ImageSize = keys.Integer("clip.vision.image_size"),
            PatchSize = keys.Integer("clip.vision.patch_size"),
            ImageMean = keys.Singles("clip.vision.image_mean"),
            ImageDeviation = keys.Singles("clip.vision.image_std"),
            LogitScaleMissing = scaleMissing,
            Vocabulary = keys.Strings("tokenizer.ggml.tokens"),
        };
    }

    private static TowerFacts Tower(GgufKeyValues keys, string tower, GeluKind? gelu) => new()
    {
        Gelu = gelu,
        Heads = keys.Integer($"{tower}.attention.head_count"),
        LayerNormEps = keys.Single($"{tower}.attention.layer_norm_epsilon"),
    };
}

/// <summary>One line of a GGUF file's list of tensors, checked for sizes.</summary>
internal sealed class GgufTensorInfo
{
    private readonly GgmlType _type;
    private readonly long[] _shape;

    /// <exception cref="InvalidDataException">The sizes overflow or do not make whole blocks.</exception>
    public GgufTensorInfo(string name, GgmlType type, long[] shape, ulong offset)
    {
        long elements = TensorShape.ElementCount(shape, name);
        if (type.BlockElements > 1 && (shape.Length == 0 || shape[^1] % type.BlockElements != 0))
            Problem.InvalidData(
                $"'{name}' of shape {TensorShape.Text(shape)} is {type.Name}, but its rows are not multiples of {type.BlockElements}.");
        Name = name;
        Offset = offset;
        ByteCount = elements / type.BlockElements * type.BlockBytes;
        _type = type;
        _shape = shape;
    }

    public string Name { get; }

    /// <summary>Bytes from the start of the data section.</summary>
    public ulong Offset { get; }

    /// <summary>Bytes without the padding after them.</summary>
    public long ByteCount { get; }

    /// <summary>The tensor at its place in the file.</summary>
    public SourceTensor Open(Lease file, long offset) => _type.Plain is NumberType plain
        ? new StridedTensor(Name, plain, _shape, file, offset)
        : new GgmlBlockTensor(Name, _type, _shape, file, offset);
}
