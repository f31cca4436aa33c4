using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using PureClip.Convert.Tensors;

namespace PureClip.Convert.Output;

/// <summary>Single precision to narrower types, to nearest and ties to even (IEEE 754, 4.3.1).</summary>
internal static class Rounding
{
    /// <summary>What a BF16 drops: the lower half of a single.</summary>
    private const int DroppedBits = 16;

    /// <summary>Writes numbers in another type.</summary>
    /// <param name="values">[count]</param>
    /// <param name="type">F32, F16 or BF16.</param>
    /// <param name="destination">[count · element size] bytes, overwritten.</param>
    public static void Narrow(ReadOnlySpan<float> values, ElementType type, Span<byte> destination)
    {
        switch (type)
        {
            case ElementType.F32: MemoryMarshal.AsBytes(values).CopyTo(destination); break;
            case ElementType.F16: TensorPrimitives.ConvertToHalf(values, MemoryMarshal.Cast<byte, Half>(destination)); break;
            case ElementType.BF16: NarrowToBFloat16(values, MemoryMarshal.Cast<byte, ushort>(destination)); break;
            default: throw new ArgumentOutOfRangeException(nameof(type), type, "Weights are written as F32, F16 or BF16.");
        }
    }

    /// <summary>
    /// A double as the single that rounds to the same narrower number: cut off, with the last bit set where something was lost (rounding
    /// to odd). Rounding to nearest twice would be wrong for numbers close to a tie.
    /// </summary>
    public static float ToOdd(double value)
    {
        float nearest = (float)value;
        if (!double.IsFinite(value) || nearest == value)
            return nearest;
        uint bits = BitConverter.SingleToUInt32Bits(nearest);
        if (Math.Abs((double)nearest) > Math.Abs(value))
            bits--;
        return BitConverter.UInt32BitsToSingle(bits | 1);
    }

    private static void NarrowToBFloat16(ReadOnlySpan<float> values, Span<ushort> destination)
    {
        for (int i = 0; i < values.Length; i++)
        {
            uint bits = BitConverter.SingleToUInt32Bits(values[i]);
            uint upper = bits >> DroppedBits;
            uint rounded = (bits + 0x7FFF + (upper & 1)) >> DroppedBits;
            destination[i] = (ushort)(float.IsNaN(values[i]) ? upper | 0x40 : rounded); // a NaN stays one, and quiet
        }
    }
}
