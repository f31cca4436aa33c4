using PureClip.Cli;
using PureClip.Cli.Arguments;

namespace PureClip.Tests.Cli.Arguments;

public sealed class WeightedPictureTests
{
    [Theory]
    [InlineData("hat.png", 1f, "hat.png")]
    [InlineData("2:hat.png", 2f, "hat.png")]
    [InlineData("0.5:a:b.png", 0.5f, "a:b.png")]
    [InlineData("C:\\hat.png", 1f, "C:\\hat.png")]
    [InlineData(":hat.png", 1f, ":hat.png")]
    public void A_number_before_a_colon_is_a_weight(string argument, float weight, string path) =>
        Assert.Equal(new WeightedPicture(weight, path), WeightedPicture.Of(argument));

    [Theory]
    [InlineData("0:hat.png")]
    [InlineData("-1:hat.png")]
    [InlineData("NaN:hat.png")]
    [InlineData("1e99:hat.png")]
    public void A_weight_is_above_zero(string argument) => Assert.Throws<UsageException>(() => WeightedPicture.Of(argument));

    [Fact]
    public void A_weight_alone_is_no_picture() =>
        Assert.Equal("concept: a picture must follow the weight in '2:'.", Assert.Throws<UsageException>(() => WeightedPicture.Of("2:")).Message);
}
