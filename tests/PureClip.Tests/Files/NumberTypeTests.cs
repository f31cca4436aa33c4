using System.Buffers.Binary;
using PureClip.Files;

namespace PureClip.Tests.Files;

/// <summary>Widening: all 65,536 values of both 16-bit types, against sums of powers of two in double.</summary>
public sealed class DTypesTests
{
    [Fact]
    public void Names_and_bits_are_those_of_the_format()
    {
        (NumberType, string, int)[] expected =
        [
            (NumberType.Bool, "BOOL", 8), (NumberType.F4, "F4", 4), (NumberType.F6E2M3, "F6_E2M3", 6), (NumberType.F6E3M2, "F6_E3M2", 6),
            (NumberType.U8, "U8", 8), (NumberType.I8, "I8", 8), (NumberType.F8E5M2, "F8_E5M2", 8), (NumberType.F8E4M3, "F8_E4M3", 8),
            (NumberType.F8E8M0, "F8_E8M0", 8), (NumberType.F8E4M3Fnuz, "F8_E4M3FNUZ", 8), (NumberType.F8E5M2Fnuz, "F8_E5M2FNUZ", 8),
            (NumberType.I16, "I16", 16), (NumberType.U16, "U16", 16), (NumberType.F16, "F16", 16), (NumberType.BF16, "BF16", 16),
            (NumberType.I32, "I32", 32), (NumberType.U32, "U32", 32), (NumberType.F32, "F32", 32),
            (NumberType.C64, "C64", 64), (NumberType.F64, "F64", 64), (NumberType.I64, "I64", 64), (NumberType.U64, "U64", 64),
        ];
        Assert.Equal(expected, Enum.GetValues<NumberType>().Select(dtype => (dtype, dtype.Name(), dtype.Bits())));
    }

    [Fact]
    public void Every_name_is_found_again_and_no_other()
    {
        foreach (NumberType dtype in Enum.GetValues<NumberType>())
        {
            Assert.True(NumberTypes.TryParse(dtype.Name(), out NumberType found));
            Assert.Equal(dtype, found);
        }
        Assert.False(NumberTypes.TryParse("bf16", out _));
    }

    [Theory]
    [InlineData(new long[0], 1, 4)]
    [InlineData(new long[] { 3, 5 }, 15, 60)]
    [InlineData(new long[] { 7, 0, 9 }, 0, 0)]
    [InlineData(new long[] { 1L << 57 }, 1L << 57, 1L << 59)]
    public void Byte_length_is_the_product_of_the_shape(long[] shape, long elements, long bytes)
    {
        Assert.True(NumberType.F32.TryByteLength(shape, out long foundElements, out long foundBytes));
        Assert.Equal((elements, bytes), (foundElements, foundBytes));
    }

    [Theory]
    [InlineData(new[] { long.MaxValue, 2 })]
    [InlineData(new[] { 1L << 58 })]
    [InlineData(new[] { 1L << 40, 1L << 40, 0 })]
    public void Byte_length_that_overflows_is_refused(long[] shape) => Assert.False(NumberType.F32.TryByteLength(shape, out _, out _));

    /// <summary>Ties go to the even neighbour; worked out by hand from the formats' significands of 11 and 8 bits.</summary>
    [Theory]
    [InlineData(NumberType.F16, 1 + 1f / 2048, 0x3C00)] // half-way between 1 and the next: down to even
    [InlineData(NumberType.F16, 1 + 3f / 2048, 0x3C02)] // half-way: up to even
    [InlineData(NumberType.F16, 65519.996f, 0x7BFF)] // the last number that is not infinite
    [InlineData(NumberType.F16, float.NegativeInfinity, 0xFC00)]
    [InlineData(NumberType.F16, 5.9604645e-8f, 0x0001)] // the smallest subnormal
    [InlineData(NumberType.BF16, 1 + 1f / 256, 0x3F80)]
    [InlineData(NumberType.BF16, 1 + 3f / 256, 0x3F82)]
    [InlineData(NumberType.BF16, -1 - 3f / 256, 0xBF82)]
    [InlineData(NumberType.BF16, float.PositiveInfinity, 0x7F80)]
    internal void Numbers_are_narrowed_to_nearest_even(NumberType type, float value, int expected)
    {
        byte[] result = new byte[2];
        type.Narrow([value], result);
        Assert.Equal(expected, BitConverter.ToUInt16(result));
    }

    /// <summary>Of either sign, and with every payload at the edges of what narrowing keeps.</summary>
    [Theory]
    [InlineData(0x7F800001u)]
    [InlineData(0x7FFFFFFFu)]
    [InlineData(0xFFC00000u)]
    [InlineData(0xFFFFFFFFu)]
    public void A_nan_is_refused_where_numbers_get_narrower_and_kept_elsewhere(uint bits)
    {
        float[] numbers = [.. Enumerable.Repeat(1f, 37), BitConverter.UInt32BitsToSingle(bits), 2f];
        byte[] result = new byte[numbers.Length * sizeof(float)];
        foreach (NumberType type in new[] { NumberType.F16, NumberType.BF16 })
            Assert.Contains("a weight is NaN", Assert.Throws<InvalidDataException>(() => type.Narrow(numbers, result)).Message);
        NumberType.F32.Narrow(numbers, result);
        Assert.Equal(bits, BitConverter.ToUInt32(result, 37 * sizeof(float)));
        float[] widened = new float[1];
        NumberType.F16.Widen([0x01, 0xFE], widened);
        Assert.True(float.IsNaN(widened[0]));
    }

    [Fact]
    public void Whole_numbers_widen_as_their_values()
    {
        float Widened(NumberType type, params byte[] bytes)
        {
            float[] result = new float[1];
            type.Widen(bytes, result);
            return result[0];
        }

        Assert.Equal(-2f, Widened(NumberType.I8, 0xFE));
        Assert.Equal(254f, Widened(NumberType.U8, 0xFE));
        Assert.Equal(1f, Widened(NumberType.Bool, 1));
        Assert.Equal(-2f, Widened(NumberType.I16, 0xFE, 0xFF));
        Assert.Equal(65534f, Widened(NumberType.U16, 0xFE, 0xFF));
        Assert.Equal(-2f, Widened(NumberType.I32, 0xFE, 0xFF, 0xFF, 0xFF));
        Assert.Equal(4294967296f, Widened(NumberType.U32, 0xFE, 0xFF, 0xFF, 0xFF)); // 2^32 - 2, rounded
        Assert.Equal(-2f, Widened(NumberType.I64, 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF));
        Assert.Equal(18446744073709551616f, Widened(NumberType.U64, 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF));
    }

    [Fact]
    public void Every_f16_widens_exactly() => AssertEveryValue(NumberType.F16, bits => Value(bits, exponentBits: 5, mantissaBits: 10));

    [Fact]
    public void Every_bf16_widens_exactly() => AssertEveryValue(NumberType.BF16, bits => Value(bits, exponentBits: 8, mantissaBits: 7));

    [Fact]
    public void F32_keeps_every_bit_nan_payloads_included()
    {
        uint[] patterns = [0, 0x80000000, 1, 0x807FFFFF, 0x7F800000, 0xFF800000, 0x7F800001, 0xFFC12345, 0x3F800001];
        byte[] bytes = [.. patterns.SelectMany(BitConverter.GetBytes)];
        Assert.Equal(patterns, Widen(NumberType.F32, bytes).Select(BitConverter.SingleToUInt32Bits));
    }

    [Fact]
    public void F64_is_rounded_to_nearest_ties_to_even()
    {
        double ulp = Math.Pow(2, -23);
        (double From, float To)[] cases =
        [
            (0, 0), (-0.0, -0.0f), (1 + ulp / 2, 1), (1 + ulp * 1.5, (float)(1 + 2 * ulp)), (1 + ulp * 0.5000001, (float)(1 + ulp)), (-1 - ulp / 2, -1),
            (double.MaxValue, float.PositiveInfinity), (double.NegativeInfinity, float.NegativeInfinity),
            (Math.Pow(2, -149), float.Epsilon), (Math.Pow(2, -150), 0), (Math.Pow(2, -150) * 1.5, float.Epsilon), (1e-320, 0),
        ];
        byte[] bytes = [.. cases.SelectMany(row => BitConverter.GetBytes(row.From))];
        Assert.Equal(cases.Select(row => BitConverter.SingleToInt32Bits(row.To)), Widen(NumberType.F64, bytes).Select(BitConverter.SingleToInt32Bits));
        Assert.True(float.IsNaN(Widen(NumberType.F64, BitConverter.GetBytes(double.NaN))[0]));
    }

    [Theory]
    [InlineData(NumberType.F32)]
    [InlineData(NumberType.F16)]
    [InlineData(NumberType.BF16)]
    [InlineData(NumberType.F64)]
    internal void Any_length_at_any_alignment_gives_the_same_values(NumberType dtype)
    {
        int size = dtype.Bits() / 8;
        byte[] all = new byte[300 * size];
        new Random(7).NextBytes(all);
        float[] expected = Widen(dtype, all);
        for (int length = 0; length < 70; length++)
        {
            byte[] shifted = new byte[length * size + 1];
            all.AsSpan(0, length * size).CopyTo(shifted.AsSpan(1));
            float[] found = new float[length];
            dtype.Widen(shifted.AsSpan(1), found);
            Assert.Equal(expected.Take(length), found);
        }
    }

    [Fact]
    public void Other_types_are_refused()
    {
        foreach (NumberType dtype in Enum.GetValues<NumberType>().Where(dtype => !dtype.CanWiden()))
            Assert.Throws<ArgumentOutOfRangeException>(() => dtype.Widen(new byte[8], new float[1]));
    }

    private static void AssertEveryValue(NumberType dtype, Func<ushort, double> value)
    {
        byte[] bytes = new byte[65536 * 2];
        for (int i = 0; i < 65536; i++)
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(2 * i), (ushort)i);
        float[] found = Widen(dtype, bytes);
        for (int i = 0; i < 65536; i++)
        {
            double expected = value((ushort)i);
            // Compared as double, so nothing is rounded on the way; the sign tells -0 from 0. A NaN stays one, of the same sign.
            Assert.True(expected.Equals(found[i]), $"{dtype.Name()} {i:x4}: {found[i]:r} instead of {expected:r}");
            Assert.Equal(i >= 0x8000, float.IsNegative(found[i]));
        }
    }

    /// <summary>IEEE 754, 3.4: (-1)^s · 2^(e - bias) · 1.m, with the two special exponents.</summary>
    private static double Value(ushort bits, int exponentBits, int mantissaBits)
    {
        double sign = (bits >> 15) == 0 ? 1 : -1;
        int exponent = (bits >> mantissaBits) & ((1 << exponentBits) - 1);
        double fraction = (bits & ((1 << mantissaBits) - 1)) / Math.Pow(2, mantissaBits);
        int bias = (1 << (exponentBits - 1)) - 1;
        if (exponent == (1 << exponentBits) - 1)
            return fraction == 0 ? sign * double.PositiveInfinity : double.NaN;
        return exponent == 0 ? sign * fraction * Math.Pow(2, 1 - bias) : sign * (1 + fraction) * Math.Pow(2, exponent - bias);
    }

    private static float[] Widen(NumberType dtype, byte[] bytes)
    {
        float[] floats = new float[bytes.Length / (dtype.Bits() / 8)];
        dtype.Widen(bytes, floats);
        return floats;
    }
}
