using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace PureClip.Server.Inputs;

/// <summary>A vector of an answer: numbers, each with as many digits as tell it from its neighbours, or base64 of its bytes.</summary>
/// <param name="Numbers">The vector.</param>
/// <param name="AsBase64">Whether it is written as base64 of little-endian float32.</param>
[JsonConverter(typeof(VectorConverter))]
internal readonly record struct Vector(float[] Numbers, bool AsBase64 = false);

/// <summary>Writes vectors.</summary>
internal sealed class VectorConverter : JsonConverter<Vector>
{
    public override Vector Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException();

    public override void Write(Utf8JsonWriter writer, Vector value, JsonSerializerOptions options)
    {
        if (value.AsBase64)
        {
            writer.WriteBase64StringValue(MemoryMarshal.AsBytes(value.Numbers.AsSpan()));
            return;
        }
        writer.WriteStartArray();
        foreach (float number in value.Numbers)
            writer.WriteNumberValue(number);
        writer.WriteEndArray();
    }
}
