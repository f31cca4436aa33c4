using PureClip.Convert.Output;
using PureClip.Files;

namespace PureClip.Convert.Tests.Output;

public sealed class RoundingTests
{
    [Fact]
    public void Rounding_to_odd_lets_doubles_be_rounded_once()
    {
        double justAboveTheTie = 1 + 1.0 / 2048 + 1e-12; // nearest single is the tie itself, which would then go down
        byte[] result = new byte[2];
        NumberType.F16.Narrow([Rounding.ToOdd(justAboveTheTie)], result);
        Assert.Equal((Half)justAboveTheTie, BitConverter.ToHalf(result));
        Assert.NotEqual((Half)(float)justAboveTheTie, BitConverter.ToHalf(result));
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(1.5)]
    [InlineData(double.PositiveInfinity)]
    public void Rounding_to_odd_keeps_what_a_single_can_hold(double value) => Assert.Equal((float)value, Rounding.ToOdd(value));
}
