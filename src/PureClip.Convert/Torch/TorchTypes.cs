using PureClip.Files;

namespace PureClip.Convert.Torch;

/// <summary>torch's names of element types (torch/storage.py, torch/_utils.py).</summary>
internal static class TorchTypes
{
    public const string Untyped = "UntypedStorage";

    /// <summary>The type of a storage class, or null for one that no weight has.</summary>
    public static NumberType? OfStorage(string name) => name switch
    {
        "DoubleStorage" => NumberType.F64,
        "FloatStorage" => NumberType.F32,
        "HalfStorage" => NumberType.F16,
        "BFloat16Storage" => NumberType.BF16,
        "LongStorage" => NumberType.I64,
        "IntStorage" => NumberType.I32,
        "ShortStorage" => NumberType.I16,
        "CharStorage" => NumberType.I8,
        "ByteStorage" or Untyped => NumberType.U8,
        "BoolStorage" => NumberType.Bool,
        _ => null,
    };

    /// <summary>The type of a <c>torch.dtype</c> name, or null for one that no weight has.</summary>
    public static NumberType? OfDtype(string name) => name switch
    {
        "float64" or "double" => NumberType.F64,
        "float32" or "float" => NumberType.F32,
        "float16" or "half" => NumberType.F16,
        "bfloat16" => NumberType.BF16,
        "int64" or "long" => NumberType.I64,
        "int32" or "int" => NumberType.I32,
        "int16" or "short" => NumberType.I16,
        "int8" => NumberType.I8,
        "uint64" => NumberType.U64,
        "uint32" => NumberType.U32,
        "uint16" => NumberType.U16,
        "uint8" => NumberType.U8,
        "bool" => NumberType.Bool,
        _ => null,
    };

    /// <summary>Bytes of one element of a storage class; 0 where the class is unknown.</summary>
    public static int StorageElementSize(string name) => name switch
    {
        "ComplexFloatStorage" => 8,
        "ComplexDoubleStorage" => 16,
        "QInt8Storage" or "QUInt8Storage" or "QUInt4x2Storage" or "QUInt2x4Storage" => 1,
        "QInt32Storage" => 4,
        _ => OfStorage(name)?.Size() ?? 0,
    };
}
