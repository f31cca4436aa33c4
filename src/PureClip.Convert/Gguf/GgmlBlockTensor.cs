using System.Buffers.Binary;
using System.Runtime.InteropServices;
using PureClip.Convert.Tensors;
using PureClip.Files;

namespace PureClip.Convert.Gguf;

/// <summary>
/// A tensor in ggml's blocks of 32, read as single precision (ggml-quants.c, dequantize_row_*). The formulas need no more than one
/// multiplication and one addition, done in single precision as ggml does.
/// </summary>
internal sealed class GgmlBlockTensor : SourceTensor
{
    private const int BlockElements = 32;

    private readonly Lease _file;
    private readonly long _offset;
    private readonly GgmlType _type;

    /// <param name="name">The parameter's name.</param>
    /// <param name="type">A type with blocks.</param>
    /// <param name="shape">Sizes, outermost first; the last a multiple of 32.</param>
    /// <param name="file">The file that holds the blocks; not owned.</param>
    /// <param name="offset">Byte offset of the first block.</param>
    /// <exception cref="InvalidDataException">A block would lie outside the file.</exception>
    public GgmlBlockTensor(string name, GgmlType type, ReadOnlySpan<long> shape, Lease file, long offset)
        : base(name, NumberType.F32, shape)
    {
        _file = file;
        _offset = offset;
        _type = type;
        file.RequireRange(offset, ElementCount / BlockElements * type.BlockBytes, $"tensor '{name}'");
    }

    public override string StoredAs => _type.Name;

    public override SourceTensor WithName(string name) => new GgmlBlockTensor(name, _type, Shape, _file, _offset);

    public override SourceTensor Reshape(ReadOnlySpan<long> shape)
    {
        RequireSameCount(shape);
        return new GgmlBlockTensor(Name, _type, shape, _file, _offset);
    }

    /// <summary>ggml stores Linear weights as Hugging Face does; nothing asks for their transpose.</summary>
    public override SourceTensor Transpose() => Problem.InvalidData<SourceTensor>($"'{Name}' is {_type.Name} and cannot be transposed.");

    protected override void ReadElements(long first, int count, Span<byte> destination)
    {
        Span<float> values = MemoryMarshal.Cast<byte, float>(destination);
        Span<float> block = stackalloc float[BlockElements];
        while (count > 0)
        {
            int skip = (int)(first % BlockElements);
            int run = Math.Min(count, BlockElements - skip);
            Dequantize(_file.Span(_offset + first / BlockElements * _type.BlockBytes, _type.BlockBytes), block);
            block.Slice(skip, run).CopyTo(values);
            values = values[run..];
            first += run;
            count -= run;
        }
    }

    private void Dequantize(ReadOnlySpan<byte> block, Span<float> values)
    {
        float scale = (float)BinaryPrimitives.ReadHalfLittleEndian(block);
        switch (_type.Name)
        {
            case "Q4_0": Nibbles(block[2..], 0, scale, -8, 0f, values); break;
            case "Q4_1": Nibbles(block[4..], 0, scale, 0, Minimum(block), values); break;
            case "Q5_0": Nibbles(block[6..], BinaryPrimitives.ReadUInt32LittleEndian(block[2..]), scale, -16, 0f, values); break;
            case "Q5_1": Nibbles(block[8..], BinaryPrimitives.ReadUInt32LittleEndian(block[4..]), scale, 0, Minimum(block), values); break;
            default: Bytes(block[2..], scale, values); break;
        }
    }

    private static float Minimum(ReadOnlySpan<byte> block) => (float)BinaryPrimitives.ReadHalfLittleEndian(block[2..]);

    /// <summary>
    /// Byte j holds element j in its low and element j + 16 in its high four bits; bit i of fifth is the fifth bit of element i.
    /// </summary>
    private static void Nibbles(ReadOnlySpan<byte> packed, uint fifth, float scale, int shift, float minimum, Span<float> values)
    {
        for (int j = 0; j < BlockElements / 2; j++)
        {
            uint low = (packed[j] & 15u) | ((fifth >> j & 1) << 4);
            uint high = (uint)(packed[j] >> 4) | ((fifth >> (j + 16) & 1) << 4);
            values[j] = ((int)low + shift) * scale + minimum;
            values[j + 16] = ((int)high + shift) * scale + minimum;
        }
    }

    private static void Bytes(ReadOnlySpan<byte> packed, float scale, Span<float> values)
    {
        for (int j = 0; j < BlockElements; j++)
            values[j] = (sbyte)packed[j] * scale;
    }
}

/// <summary>One element type of ggml: how many elements a block has and how many bytes.</summary>
/// <param name="Name">ggml's name.</param>
/// <param name="BlockElements">Elements of a block; 1 where there are no blocks.</param>
/// <param name="BlockBytes">Bytes of a block.</param>
/// <param name="Plain">The element type where elements are plain, null where blocks must be dequantised.</param>
internal sealed record GgmlType(string Name, int BlockElements, int BlockBytes, NumberType? Plain)
{
    private static readonly Dictionary<uint, GgmlType> Known = new()
    {
        [0] = new("F32", 1, 4, NumberType.F32),
        [1] = new("F16", 1, 2, NumberType.F16),
        [2] = new("Q4_0", 32, 18, null),
        [3] = new("Q4_1", 32, 20, null),
        [6] = new("Q5_0", 32, 22, null),
        [7] = new("Q5_1", 32, 24, null),
        [8] = new("Q8_0", 32, 34, null),
        [24] = new("I8", 1, 1, NumberType.I8),
        [25] = new("I16", 1, 2, NumberType.I16),
        [26] = new("I32", 1, 4, NumberType.I32),
        [27] = new("I64", 1, 8, NumberType.I64),
        [28] = new("F64", 1, 8, NumberType.F64),
        [30] = new("BF16", 1, 2, NumberType.BF16),
    };

    /// <exception cref="InvalidDataException">The type is not supported.</exception>
    public static GgmlType Of(uint id, string tensor)
    {
        if (Known.TryGetValue(id, out GgmlType? type))
            return type;
        string supported = string.Join(", ", Known.Values.Select(static t => t.Name));
        return Problem.InvalidData<GgmlType>(
            $"'{tensor}' has the ggml type {id}; supported are {supported}. Quantise the model to one of them.");
    }
}
