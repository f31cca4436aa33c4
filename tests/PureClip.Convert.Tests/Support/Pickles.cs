using System.Buffers.Binary;

namespace PureClip.Convert.Tests.Support;

/// <summary>Hand-made pickles.</summary>
internal static class Pickles
{
    /// <summary>An empty dict.</summary>
    public static byte[] Empty => Of("}");

    /// <summary>Protocol 2, these opcodes, and the stop.</summary>
    public static byte[] Of(string opcodes) => new Bytes().Text("\x80\x02" + opcodes + ".").ToArray();

    /// <summary>A dict with one tensor "x" in storage "0".</summary>
    public static byte[] Tensor(string storage, long elements, long offset, long[] shape, long[] strides) =>
        Of("}" + Text("x") + Rebuild(storage, elements, offset, shape, strides) + "s");

    /// <summary>A dict of tensors of one element in storage "0".</summary>
    public static byte[] Tensors(params (string Name, string Storage)[] tensors) =>
        Of("}(" + string.Concat(tensors.Select(static t => Text(t.Name) + Rebuild(t.Storage, 1, 0, [1], [1]))) + "u");

    public static string Text(string text) => "X" + (char)text.Length + "\0\0\0" + text;

    public static string Integer(long value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return "\x8A\x08" + System.Text.Encoding.Latin1.GetString(bytes);
    }

    public static string Rebuild(string storage, long elements, long offset, long[] shape, long[] strides) =>
        "ctorch._utils\n_rebuild_tensor_v2\n((" + Text("storage") + $"ctorch\n{storage}\n" + Text("0") + Text("cpu") + Integer(elements) + "tQ"
        + Integer(offset) + Tuple(shape) + Tuple(strides) + "\u0089ccollections\nOrderedDict\n)RtR";

    private static string Tuple(long[] items) => "(" + string.Concat(items.Select(Integer)) + "t";
}
