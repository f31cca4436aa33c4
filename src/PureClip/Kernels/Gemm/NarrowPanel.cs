using System.Numerics.Tensors;

namespace PureClip.Kernels;

/// <summary>A panel of floats to the type in which it is stored.</summary>
internal static unsafe class NarrowPanel
{
    /// <summary>Rounds a panel.</summary>
    /// <param name="layout">What to.</param>
    /// <param name="numbers">[rows, NR]</param>
    /// <param name="destination">The stored panel.</param>
    /// <param name="scales">[NR]: what an integer of a column is worth; read for integers only.</param>
    /// <param name="offsetSums">[NR]: offset times the sum of a column's integers; written for integers only.</param>
    public static void To(PanelLayout layout, ReadOnlySpan<float> numbers, byte* destination, float* scales, float* offsetSums)
    {
        switch (layout.Type)
        {
            case WeightType.BF16: ToBFloat16(numbers, (ushort*)destination); break;
            case WeightType.F16: TensorPrimitives.ConvertToHalf(numbers, new Span<Half>(destination, numbers.Length)); break;
            default: ToIntegers(layout, numbers, (sbyte*)destination, scales, offsetSums); break;
        }
    }

    /// <summary>To nearest, ties to even.</summary>
    private static void ToBFloat16(ReadOnlySpan<float> numbers, ushort* destination)
    {
        for (int i = 0; i < numbers.Length; i++)
        {
            uint bits = BitConverter.SingleToUInt32Bits(numbers[i]);
            destination[i] = (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
        }
    }

    private static void ToIntegers(PanelLayout layout, ReadOnlySpan<float> numbers, sbyte* destination, float* scales, float* offsetSums)
    {
        int nr = layout.Nr, group = layout.Group, rows = numbers.Length / nr;
        for (int column = 0; column < nr; column++)
        {
            float inverse = scales[column] > 0f ? 1f / scales[column] : 0f;
            int sum = 0;
            for (int k = 0; k < rows; k++)
            {
                int rounded = (int)Math.Clamp(MathF.Round(numbers[k * nr + column] * inverse), -IntegerRow.Largest, IntegerRow.Largest);
                destination[(k / group * nr + column) * group + k % group] = (sbyte)rounded;
                sum += rounded;
            }
            offsetSums[column] = layout.Offset * sum;
        }
    }
}
