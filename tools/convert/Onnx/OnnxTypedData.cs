namespace PureClip.Convert.Onnx;

/// <summary>A piece of a typed data field: packed numbers in the file, or one number.</summary>
/// <param name="Field">4 float_data, 5 int32_data, 7 int64_data, 10 double_data, 11 uint64_data.</param>
/// <param name="Packed">Where packed numbers are, or null.</param>
/// <param name="Value">The one number where it was not packed.</param>
internal readonly record struct OnnxTypedData(int Field, ByteRange? Packed, ulong Value);
