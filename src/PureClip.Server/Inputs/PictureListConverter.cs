using System.Text.Json;
using System.Text.Json.Serialization;
using PureClip.Server.Hosting;

namespace PureClip.Server.Inputs;

/// <summary>A picture or a list of them, as data URIs or base64, where only pictures are meant.</summary>
internal sealed class PictureListConverter : JsonConverter<List<Input>>
{
    public override List<Input> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        List<Input> pictures = [];
        if (reader.TokenType != JsonTokenType.StartArray)
            pictures.Add(One(ref reader, "image"));
        else
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                pictures.Add(One(ref reader, $"images[{pictures.Count}]"));
        return pictures;
    }

    public override void Write(Utf8JsonWriter writer, List<Input> value, JsonSerializerOptions options) =>
        throw new NotSupportedException();

    private static Input One(ref Utf8JsonReader reader, string place) => reader.TokenType == JsonTokenType.String
        ? Input.OfPicture(JsonText.Picture(ref reader, place))
        : throw RequestException.Bad($"{place} must be a picture: 'data:image/jpeg;base64,…', or base64 alone.", place);
}
