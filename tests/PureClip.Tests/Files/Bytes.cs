using System.Buffers.Binary;
using System.Text;
using PureClip.Files;

namespace PureClip.Tests.Files;

/// <summary>Builds files by hand, valid or not, without the writer under test.</summary>
internal static class Bytes
{
    /// <summary>A file with this header and as many data bytes, counting up from 0.</summary>
    public static byte[] File(string json, int dataBytes = 0) => File(Encoding.UTF8.GetBytes(json), Counting(dataBytes));

    public static byte[] File(byte[] json, byte[] data) => [.. Prefix((ulong)json.Length), .. json, .. data];

    public static byte[] Prefix(ulong length)
    {
        byte[] prefix = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, length);
        return prefix;
    }

    public static byte[] Counting(int count) => [.. Enumerable.Range(0, count).Select(i => (byte)i)];

    /// <summary>One entry: <c>"name":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}</c>.</summary>
    public static string Entry(string name, string dtype, string shape, string offsets) =>
        $"\"{name}\":{{\"dtype\":\"{dtype}\",\"shape\":[{shape}],\"data_offsets\":[{offsets}]}}";

    public static SafetensorsHeader Parse(byte[] file) => SafetensorsHeader.Read(new MemoryStream(file), "attack.safetensors");

    /// <summary>The message with which the header refuses the file.</summary>
    public static string Refusal(byte[] file)
    {
        string message = Assert.Throws<InvalidDataException>(() => Parse(file)).Message;
        Assert.StartsWith("attack.safetensors: ", message, StringComparison.Ordinal);
        Assert.Contains(". Allowed: ", message, StringComparison.Ordinal);
        return message;
    }
}
