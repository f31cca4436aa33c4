namespace PureClip.Convert.Onnx;

/// <summary>Bytes of an ONNX file, which protobuf bounds to 2 GiB.</summary>
/// <param name="Offset">Byte offset.</param>
/// <param name="Length">Bytes.</param>
internal readonly record struct ByteRange(int Offset, int Length);
