using System.Buffers.Binary;
using Google.Protobuf;
using PureClip.Convert.Tensors;
using PureClip.Files;

namespace PureClip.Convert.Onnx;

/// <summary>Elements of ONNX tensors: in the file, in external files beside it, or decoded where they are varints.</summary>
internal sealed class OnnxTensorReader(OnnxModel model, ExternalDataFiles external)
{
    private readonly Dictionary<OnnxTensor, SourceTensor> _open = [];

    /// <summary>Makes a tensor readable.</summary>
    /// <exception cref="InvalidDataException">Its type is unsupported, or its data does not fit its shape.</exception>
    public SourceTensor Open(OnnxTensor tensor) =>
        _open.TryGetValue(tensor, out SourceTensor? open) ? open : _open[tensor] = OpenFirst(tensor);

    private StridedTensor OpenFirst(OnnxTensor tensor)
    {
        string name = tensor.Name;
        long[] shape = [.. tensor.Shape];
        NumberType type = OnnxTypes.Of(tensor.DataType)
            ?? Problem.InvalidData<NumberType>($"'{name}' has the ONNX data type {tensor.DataType}, which is not supported.");
        long bytes = TensorShape.ElementCount(shape, name) * type.Size();
        if (tensor.IsExternal)
        {
            (Lease file, long offset) = external.Locate(tensor, bytes);
            return new StridedTensor(name, type, shape, file, offset);
        }
        if (tensor.Raw is ByteRange raw)
            return OpenRange(name, type, shape, raw, bytes);
        Lease decoded = Lease.FromBytes(DecodeTyped(tensor, type, bytes), name);
        return new StridedTensor(name, type, shape, decoded, 0);
    }

    private StridedTensor OpenRange(string name, NumberType type, long[] shape, ByteRange range, long bytes)
    {
        if (range.Length != bytes)
            Problem.InvalidData(
                $"'{name}' of shape {TensorShape.Text(shape)} and type {type} needs {bytes} bytes, but has {range.Length}.");
        return new StridedTensor(name, type, shape, model.File, range.Offset);
    }

    /// <summary>Varints take at least one byte each, so that the result is at most eight times what the file holds.</summary>
    private byte[] DecodeTyped(OnnxTensor tensor, NumberType type, long bytes)
    {
        long held = 0;
        foreach (OnnxTypedData piece in tensor.Typed)
            held += piece.Packed is ByteRange range ? range.Length : 1;
        if (bytes / type.Size() > held)
            Problem.InvalidData($"'{tensor.Name}' needs {bytes / type.Size()} numbers, but its data has only {held} bytes.");
        byte[] result = new byte[bytes];
        int position = 0;
        foreach (OnnxTypedData piece in tensor.Typed)
            if (piece.Field == OnnxTypes.TypedField(type))
                DecodePiece(piece, tensor.Name, type, result, ref position);
        if (position != bytes)
            Problem.InvalidData($"'{tensor.Name}' needs {bytes} bytes of {type}, but its data gives {position}.");
        return result;
    }

    private void DecodePiece(OnnxTypedData piece, string name, NumberType type, byte[] result, ref int position)
    {
        if (piece.Packed is not ByteRange range)
        {
            Store(piece.Value, name, type, result, ref position);
            return;
        }
        ReadOnlySpan<byte> bytes = model.File.Span(range.Offset, range.Length);
        if (type is NumberType.F32 or NumberType.F64)
        {
            if (bytes.Length > result.Length - position)
                Problem.InvalidData($"'{name}' has more data than its shape needs.");
            bytes.CopyTo(result.AsSpan(position));
            position += bytes.Length;
            return;
        }
        try
        {
            using ProtobufReader numbers = new(model.File, range.Offset, range.Length);
            while (!numbers.AtEnd)
                Store(numbers.Packed(), name, type, result, ref position);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new InvalidDataException($"'{name}' is damaged: {e.Message}", e);
        }
    }

    private static void Store(ulong value, string name, NumberType type, byte[] result, ref int position)
    {
        Span<byte> element = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(element, value);
        if (result.Length - position < type.Size())
            Problem.InvalidData($"'{name}' has more data than its shape needs.");
        element[..type.Size()].CopyTo(result.AsSpan(position));
        position += type.Size();
    }
}

/// <summary>TensorProto.DataType as element types.</summary>
internal static class OnnxTypes
{
    /// <summary>The type, or null for one that no weight has.</summary>
    public static NumberType? Of(int dataType) => dataType switch
    {
        1 => NumberType.F32,
        2 => NumberType.U8,
        3 => NumberType.I8,
        4 => NumberType.U16,
        5 => NumberType.I16,
        6 => NumberType.I32,
        7 => NumberType.I64,
        9 => NumberType.Bool,
        10 => NumberType.F16,
        11 => NumberType.F64,
        12 => NumberType.U32,
        13 => NumberType.U64,
        16 => NumberType.BF16,
        _ => null,
    };

    /// <summary>
    /// The TensorProto field that holds elements of a type where raw_data does not (onnx.proto3, comments of TensorProto).
    /// </summary>
    public static int TypedField(NumberType type) => type switch
    {
        NumberType.F32 => 4,
        NumberType.I64 => 7,
        NumberType.F64 => 10,
        NumberType.U32 or NumberType.U64 => 11,
        _ => 5,
    };
}
