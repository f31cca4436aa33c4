using PureClip.Convert.Output;
using PureClip.Convert.Tensors;

namespace PureClip.Convert.Tests.Output;

public sealed class RoundingTests
{
    /// <summary>Ties go to the even neighbour; worked out by hand from the formats' significands of 11 and 8 bits.</summary>
    [Theory]
    [InlineData("F16", 1 + 1f / 2048, 0x3C00)] // half-way between 1 and the next: down to even
    [InlineData("F16", 1 + 3f / 2048, 0x3C02)] // half-way: up to even
    [InlineData("F16", 65519.996f, 0x7BFF)] // the last number that is not infinite
    [InlineData("F16", 5.9604645e-8f, 0x0001)] // the smallest subnormal
    [InlineData("BF16", 1 + 1f / 256, 0x3F80)]
    [InlineData("BF16", 1 + 3f / 256, 0x3F82)]
    [InlineData("BF16", -1 - 3f / 256, 0xBF82)]
    [InlineData("BF16", float.NaN, 0xFFC0)]
    public void Numbers_are_rounded_to_nearest_even(string type, float value, int expected)
    {
        byte[] result = new byte[2];
        Rounding.Narrow([value], Enum.Parse<ElementType>(type), result);
        Assert.Equal(expected, BitConverter.ToUInt16(result));
    }

    [Fact]
    public void Rounding_to_odd_lets_doubles_be_rounded_once()
    {
        double justAboveTheTie = 1 + 1.0 / 2048 + 1e-12; // nearest single is the tie itself, which would then go down
        byte[] result = new byte[2];
        Rounding.Narrow([Rounding.ToOdd(justAboveTheTie)], ElementType.F16, result);
        Assert.Equal((Half)justAboveTheTie, BitConverter.ToHalf(result));
        Assert.NotEqual((Half)(float)justAboveTheTie, BitConverter.ToHalf(result));
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(1.5)]
    [InlineData(double.PositiveInfinity)]
    public void Rounding_to_odd_keeps_what_a_single_can_hold(double value) => Assert.Equal((float)value, Rounding.ToOdd(value));
}
