using PureClip.Convert.Tensors;

namespace PureClip.Convert.Torch;

/// <summary>torch's names of element types (torch/storage.py, torch/_utils.py).</summary>
internal static class TorchTypes
{
    public const string Untyped = "UntypedStorage";

    /// <summary>The type of a storage class, or null for one that no weight has.</summary>
    public static ElementType? OfStorage(string name) => name switch
    {
        "DoubleStorage" => ElementType.F64,
        "FloatStorage" => ElementType.F32,
        "HalfStorage" => ElementType.F16,
        "BFloat16Storage" => ElementType.BF16,
        "LongStorage" => ElementType.I64,
        "IntStorage" => ElementType.I32,
        "ShortStorage" => ElementType.I16,
        "CharStorage" => ElementType.I8,
        "ByteStorage" or Untyped => ElementType.U8,
        "BoolStorage" => ElementType.Bool,
        _ => null,
    };

    /// <summary>The type of a <c>torch.dtype</c> name, or null for one that no weight has.</summary>
    public static ElementType? OfDtype(string name) => name switch
    {
        "float64" or "double" => ElementType.F64,
        "float32" or "float" => ElementType.F32,
        "float16" or "half" => ElementType.F16,
        "bfloat16" => ElementType.BF16,
        "int64" or "long" => ElementType.I64,
        "int32" or "int" => ElementType.I32,
        "int16" or "short" => ElementType.I16,
        "int8" => ElementType.I8,
        "uint64" => ElementType.U64,
        "uint32" => ElementType.U32,
        "uint16" => ElementType.U16,
        "uint8" => ElementType.U8,
        "bool" => ElementType.Bool,
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
