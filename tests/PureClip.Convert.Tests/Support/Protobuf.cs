using System.Text;

namespace PureClip.Convert.Tests.Support;

/// <summary>Hand-made protobuf messages, and the few of onnx.proto3 that tests need.</summary>
internal sealed class Protobuf
{
    private readonly Bytes _bytes = new();

    public byte[] ToArray() => _bytes.ToArray();

    public Protobuf Varint(int field, ulong value)
    {
        Number(((ulong)field << 3) | 0);
        Number(value);
        return this;
    }

    public Protobuf Message(int field, byte[] message)
    {
        Number(((ulong)field << 3) | 2);
        Number((ulong)message.Length);
        _bytes.Add(message);
        return this;
    }

    public Protobuf Message(int field, Protobuf message) => Message(field, message.ToArray());

    public Protobuf Text(int field, string text) => Message(field, Encoding.UTF8.GetBytes(text));

    public Protobuf Raw(params ReadOnlySpan<byte> bytes)
    {
        _bytes.Add(bytes);
        return this;
    }

    /// <summary>A model around a graph's fields.</summary>
    public static byte[] Model(Protobuf graph) => new Protobuf().Varint(1, 7).Text(2, "test").Message(7, graph).ToArray();

    public static Protobuf Node(string type, string[] inputs, string[] outputs, string name = "")
    {
        Protobuf node = new();
        foreach (string input in inputs)
            node.Text(1, input);
        foreach (string output in outputs)
            node.Text(2, output);
        return node.Text(3, name).Text(4, type);
    }

    /// <summary>A tensor without data.</summary>
    public static Protobuf Tensor(string name, int type, params ulong[] shape)
    {
        Protobuf tensor = new();
        foreach (ulong size in shape)
            tensor.Varint(1, size);
        return tensor.Varint(2, (ulong)type).Text(8, name);
    }

    public static Protobuf External(string name, ulong elements, params (string Key, string Value)[] entries)
    {
        Protobuf tensor = Tensor(name, 1, elements);
        foreach ((string key, string value) in entries)
            tensor.Message(13, new Protobuf().Text(1, key).Text(2, value));
        return tensor.Varint(14, 1);
    }

    private void Number(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            _bytes.Add((byte)(value | 0x80));
        _bytes.Add((byte)value);
    }
}
