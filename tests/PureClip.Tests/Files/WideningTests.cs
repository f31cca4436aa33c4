using System.Buffers.Binary;
using PureClip.Files;

namespace PureClip.Tests.Files;

/// <summary>All 65,536 values of both 16-bit types, against sums of powers of two in double.</summary>
public sealed class WideningTests
{
    [Fact]
    public void Every_f16_widens_exactly() => AssertEveryValue(DType.F16, bits => Value(bits, exponentBits: 5, mantissaBits: 10));

    [Fact]
    public void Every_bf16_widens_exactly() => AssertEveryValue(DType.BF16, bits => Value(bits, exponentBits: 8, mantissaBits: 7));

    [Fact]
    public void F32_keeps_every_bit_nan_payloads_included()
    {
        uint[] patterns = [0, 0x80000000, 1, 0x807FFFFF, 0x7F800000, 0xFF800000, 0x7F800001, 0xFFC12345, 0x3F800001];
        byte[] bytes = [.. patterns.SelectMany(BitConverter.GetBytes)];
        Assert.Equal(patterns, Widen(DType.F32, bytes).Select(BitConverter.SingleToUInt32Bits));
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
        Assert.Equal(cases.Select(row => BitConverter.SingleToInt32Bits(row.To)), Widen(DType.F64, bytes).Select(BitConverter.SingleToInt32Bits));
        Assert.True(float.IsNaN(Widen(DType.F64, BitConverter.GetBytes(double.NaN))[0]));
    }

    [Theory]
    [InlineData(DType.F32)]
    [InlineData(DType.F16)]
    [InlineData(DType.BF16)]
    [InlineData(DType.F64)]
    internal void Any_length_at_any_alignment_gives_the_same_values(DType dtype)
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
            Widening.ToSingle(dtype, shifted.AsSpan(1), found);
            Assert.Equal(expected.Take(length), found);
        }
    }

    [Fact]
    public void Other_types_are_refused()
    {
        foreach (DType dtype in Enum.GetValues<DType>().Where(dtype => !Widening.IsSupported(dtype)))
            Assert.Throws<ArgumentOutOfRangeException>(() => Widening.ToSingle(dtype, new byte[8], new float[1]));
    }

    private static void AssertEveryValue(DType dtype, Func<ushort, double> value)
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

    private static float[] Widen(DType dtype, byte[] bytes)
    {
        float[] floats = new float[bytes.Length / (dtype.Bits() / 8)];
        Widening.ToSingle(dtype, bytes, floats);
        return floats;
    }
}
