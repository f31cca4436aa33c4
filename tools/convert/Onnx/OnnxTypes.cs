using PureClip.Convert.Tensors;

namespace PureClip.Convert.Onnx;

/// <summary>TensorProto.DataType as element types.</summary>
internal static class OnnxTypes
{
    /// <summary>The type, or null for one that no weight has.</summary>
    public static ElementType? Of(int dataType) => dataType switch
    {
        1 => ElementType.F32,
        2 => ElementType.U8,
        3 => ElementType.I8,
        4 => ElementType.U16,
        5 => ElementType.I16,
        6 => ElementType.I32,
        7 => ElementType.I64,
        9 => ElementType.Bool,
        10 => ElementType.F16,
        11 => ElementType.F64,
        12 => ElementType.U32,
        13 => ElementType.U64,
        16 => ElementType.BF16,
        _ => null,
    };

    /// <summary>The TensorProto field that holds elements of a type where raw_data does not (onnx.proto3, comments of TensorProto).</summary>
    public static int TypedField(ElementType type) => type switch
    {
        ElementType.F32 => 4,
        ElementType.I64 => 7,
        ElementType.F64 => 10,
        ElementType.U32 or ElementType.U64 => 11,
        _ => 5,
    };
}
