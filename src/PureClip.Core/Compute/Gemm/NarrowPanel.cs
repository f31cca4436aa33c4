using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using PureClip.Files;

namespace PureClip.Kernels;

/// <summary>A panel of floats to the type in which it is stored.</summary>
internal static unsafe class NarrowPanel
{
    // From here on, rounding to nearest gives infinity.
    private const float EndOfHalves = 65_520f;

    /// <summary>Rounds a panel.</summary>
    /// <param name="layout">What to.</param>
    /// <param name="numbers">[rows, NR]</param>
    /// <param name="destination">The stored panel.</param>
    /// <param name="scales">[NR]: what an integer of a column is worth; read for integers only.</param>
    /// <param name="offsetSums">[NR]: offset times the sum of a column's integers, as a 32-bit integer; written for integers only.</param>
    public static void To(PanelLayout layout, ReadOnlySpan<float> numbers, byte* destination, float* scales, float* offsetSums)
    {
        switch (layout.Type)
        {
            case WeightType.BF16: ToBFloat16(layout.Nr, numbers, (uint*)destination); break;
            case WeightType.F16: ToHalf(layout.Nr, numbers, (uint*)destination); break;
            default: ToIntegers(layout, numbers, (sbyte*)destination, scales, offsetSums); break;
        }
    }

    /// <exception cref="InvalidDataException">A number is NaN.</exception>
    private static void ToBFloat16(int nr, ReadOnlySpan<float> numbers, uint* destination)
    {
        NumberTypes.RefuseNaN(numbers);
        for (int row = 0; row < numbers.Length; row += nr)
            for (int i = 0; i < nr / 2; i++)
                *destination++ = ToBFloat16(numbers[row + i]) | (ToBFloat16(numbers[row + i + nr / 2]) << 16);
    }

    /// <summary>To nearest, ties to even.</summary>
    private static uint ToBFloat16(float number)
    {
        uint bits = BitConverter.SingleToUInt32Bits(number);
        return (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16;
    }

    /// <exception cref="InvalidDataException">A number that no finite half stands for.</exception>
    private static void ToHalf(int nr, ReadOnlySpan<float> numbers, uint* destination)
    {
        float largest = MathF.Abs(TensorPrimitives.MaxMagnitude(numbers));
        if (!(largest < EndOfHalves))
            throw new InvalidDataException(float.IsFinite(largest)
                ? $"a weight is {largest}, and the largest of a 16-bit float is 65,504. Use BF16 or F32 weights."
                : $"a weight is {largest}. The file is damaged: download it again.");
        Span<Half> halves = stackalloc Half[numbers.Length];
        TensorPrimitives.ConvertToHalf(numbers, halves);
        ReadOnlySpan<ushort> bits = MemoryMarshal.Cast<Half, ushort>(halves);
        for (int row = 0; row < bits.Length; row += nr)
            for (int i = 0; i < nr / 2; i++)
                *destination++ = bits[row + i] | ((uint)bits[row + i + nr / 2] << 16);
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
                float scaled = MathF.Round(numbers[k * nr + column] * inverse);
                int rounded = (int)Math.Clamp(scaled, -IntegerRow.LargestWeight, IntegerRow.LargestWeight);
                destination[(k / group * nr + column) * group + k % group] = (sbyte)rounded;
                sum += rounded;
            }
            ((int*)offsetSums)[column] = layout.Offset * sum;
        }
    }
}
