using System.Text.Json.Nodes;

namespace PureClip.Convert.Tests.Support;

/// <summary>Writes safetensors files from named bytes, in the order of adding.</summary>
internal sealed class SafetensorsBuilder
{
    private readonly JsonObject _header = [];
    private readonly MemoryStream _data = new();

    public SafetensorsBuilder Add(string name, string type, long[] shape, byte[] bytes)
    {
        long start = _data.Length;
        _data.Write(bytes);
        _header[name] = new JsonObject
        {
            ["dtype"] = type,
            ["shape"] = new JsonArray([.. shape.Select(static n => (JsonNode)n)]),
            ["data_offsets"] = new JsonArray(start, _data.Length),
        };
        return this;
    }

    public byte[] Build()
    {
        byte[] header = System.Text.Encoding.UTF8.GetBytes(_header.ToJsonString());
        return [.. BitConverter.GetBytes((ulong)header.Length), .. header, .. _data.ToArray()];
    }
}
