using System.Text;

namespace PureClip.Convert.Tests.Support;

/// <summary>A GGUF file in which every field can be a lie.</summary>
internal sealed class GgufBuilder
{
    private readonly List<(string Key, uint Type, byte[] Value)> _keys = [];
    private readonly List<(string Name, uint Type, ulong[] Sizes, byte[] Data, ulong? Offset)> _tensors = [];

    public uint Version { get; init; } = 3;

    public ulong? TensorCount { get; init; }

    public ulong? KeyCount { get; init; }

    public GgufBuilder Key(string key, uint type, byte[] value)
    {
        _keys.Add((key, type, value));
        return this;
    }

    /// <param name="name">The tensor's name.</param>
    /// <param name="type">ggml type.</param>
    /// <param name="sizes">Sizes, contiguous dimension first.</param>
    /// <param name="data">The tensor's bytes.</param>
    /// <param name="offset">What the file says instead of the true offset.</param>
    public GgufBuilder Tensor(string name, uint type, ulong[] sizes, byte[] data, ulong? offset = null)
    {
        _tensors.Add((name, type, sizes, data, offset));
        return this;
    }

    public byte[] Build()
    {
        Bytes head = new Bytes().Text("GGUF").U32(Version).U64(TensorCount ?? (ulong)_tensors.Count).U64(KeyCount ?? (ulong)_keys.Count);
        foreach ((string key, uint type, byte[] value) in _keys)
            Name(head, key).U32(type).Add(value);
        Bytes data = new();
        foreach ((string name, uint type, ulong[] sizes, byte[] bytes, ulong? offset) in _tensors)
        {
            Name(head, name).U32((uint)sizes.Length);
            foreach (ulong size in sizes)
                head.U64(size);
            head.U32(type).U64(offset ?? (ulong)data.Length);
            data.Add(bytes).Add(new byte[(32 - bytes.Length % 32) % 32]);
        }
        return head.Add(new byte[(32 - head.Length % 32) % 32]).Add(data.ToArray()).ToArray();
    }

    private static Bytes Name(Bytes bytes, string text) => bytes.U64((ulong)Encoding.UTF8.GetByteCount(text)).Add(Encoding.UTF8.GetBytes(text));
}
