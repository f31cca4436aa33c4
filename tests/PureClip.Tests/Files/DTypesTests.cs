using PureClip.Files;

namespace PureClip.Tests.Files;

public sealed class DTypesTests
{
    [Fact]
    public void Names_and_bits_are_those_of_the_format()
    {
        (DType, string, int)[] expected =
        [
            (DType.Bool, "BOOL", 8), (DType.F4, "F4", 4), (DType.F6E2M3, "F6_E2M3", 6), (DType.F6E3M2, "F6_E3M2", 6),
            (DType.U8, "U8", 8), (DType.I8, "I8", 8), (DType.F8E5M2, "F8_E5M2", 8), (DType.F8E4M3, "F8_E4M3", 8),
            (DType.F8E8M0, "F8_E8M0", 8), (DType.F8E4M3Fnuz, "F8_E4M3FNUZ", 8), (DType.F8E5M2Fnuz, "F8_E5M2FNUZ", 8),
            (DType.I16, "I16", 16), (DType.U16, "U16", 16), (DType.F16, "F16", 16), (DType.BF16, "BF16", 16),
            (DType.I32, "I32", 32), (DType.U32, "U32", 32), (DType.F32, "F32", 32),
            (DType.C64, "C64", 64), (DType.F64, "F64", 64), (DType.I64, "I64", 64), (DType.U64, "U64", 64),
        ];
        Assert.Equal(expected, Enum.GetValues<DType>().Select(dtype => (dtype, dtype.Name(), dtype.Bits())));
    }

    [Fact]
    public void Every_name_is_found_again_and_no_other()
    {
        foreach (DType dtype in Enum.GetValues<DType>())
        {
            Assert.True(DTypes.TryParse(dtype.Name(), out DType found));
            Assert.Equal(dtype, found);
        }
        Assert.False(DTypes.TryParse("bf16", out _));
    }

    [Theory]
    [InlineData(new long[0], 1, 4)]
    [InlineData(new long[] { 3, 5 }, 15, 60)]
    [InlineData(new long[] { 7, 0, 9 }, 0, 0)]
    [InlineData(new long[] { 1L << 57 }, 1L << 57, 1L << 59)]
    public void Byte_length_is_the_product_of_the_shape(long[] shape, long elements, long bytes)
    {
        Assert.True(DType.F32.TryByteLength(shape, out long foundElements, out long foundBytes));
        Assert.Equal((elements, bytes), (foundElements, foundBytes));
    }

    [Theory]
    [InlineData(new[] { long.MaxValue, 2 })]
    [InlineData(new[] { 1L << 58 })]
    [InlineData(new[] { 1L << 40, 1L << 40, 0 })]
    public void Byte_length_that_overflows_is_refused(long[] shape) => Assert.False(DType.F32.TryByteLength(shape, out _, out _));
}
