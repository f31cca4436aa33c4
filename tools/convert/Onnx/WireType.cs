namespace PureClip.Convert.Onnx;

/// <summary>Wire types that occur (protobuf encoding, "Message Structure"); groups are refused.</summary>
internal enum WireType
{
    Varint = 0,
    Fixed64 = 1,
    Bytes = 2,
    Fixed32 = 5,
}
