using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace PureClip.Convert.Tensors;

/// <summary>Elements of any type as single precision: exact for F32, F16, BF16 and integers of up to 24 bits, rounded otherwise.</summary>
internal static class ElementReader
{
    /// <summary>Elements converted at once: 64 kB of doubles stay in the second-level cache.</summary>
    private const int ChunkElements = 8192;

    /// <summary>Reads consecutive elements of a tensor.</summary>
    /// <param name="tensor">Where from.</param>
    /// <param name="first">Index of the first element.</param>
    /// <param name="destination">[count], overwritten.</param>
    public static void ReadSingles(this SourceTensor tensor, long first, Span<float> destination)
    {
        Span<byte> bytes = new byte[Math.Min(destination.Length, ChunkElements) * tensor.Type.Size()];
        while (destination.Length > 0)
        {
            int count = Math.Min(destination.Length, ChunkElements);
            Span<byte> chunk = bytes[..(count * tensor.Type.Size())];
            tensor.Read(first, chunk);
            ToSingles(tensor.Type, chunk, destination[..count]);
            destination = destination[count..];
            first += count;
        }
    }

    /// <summary>Converts little-endian elements.</summary>
    public static void ToSingles(ElementType type, ReadOnlySpan<byte> elements, Span<float> destination)
    {
        switch (type)
        {
            case ElementType.F32: MemoryMarshal.Cast<byte, float>(elements).CopyTo(destination); break;
            case ElementType.F16: TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(elements), destination); break;
            case ElementType.BF16: Widen(MemoryMarshal.Cast<byte, ushort>(elements), destination); break;
            case ElementType.F64: Convert<double>(elements, destination); break;
            case ElementType.I64: Convert<long>(elements, destination); break;
            case ElementType.I32: Convert<int>(elements, destination); break;
            case ElementType.I16: Convert<short>(elements, destination); break;
            case ElementType.I8: Convert<sbyte>(elements, destination); break;
            case ElementType.U64: Convert<ulong>(elements, destination); break;
            case ElementType.U32: Convert<uint>(elements, destination); break;
            case ElementType.U16: Convert<ushort>(elements, destination); break;
            default: Convert<byte>(elements, destination); break;
        }
    }

    private static void Convert<T>(ReadOnlySpan<byte> elements, Span<float> destination)
        where T : unmanaged, System.Numerics.INumberBase<T> =>
        TensorPrimitives.ConvertTruncating<T, float>(MemoryMarshal.Cast<byte, T>(elements), destination);

    /// <summary>A BF16 is the upper half of a single.</summary>
    private static void Widen(ReadOnlySpan<ushort> source, Span<float> destination)
    {
        for (int i = 0; i < source.Length; i++)
            destination[i] = BitConverter.UInt32BitsToSingle((uint)source[i] << 16);
    }
}
