using PureClip.Cli.Output;

namespace PureClip.Tests.Cli.Output;

public sealed class OneLineTests
{
    [Theory]
    [InlineData("a cat", "a cat")]
    [InlineData("a:\n  b\r\n  c", "a: b c")]
    [InlineData("\u001b[31mred", "\uFFFD[31mred")]
    public void Line_breaks_and_terminal_commands_vanish(string text, string expected) => Assert.Equal(expected, OneLine.Of(text));

    [Fact]
    public void A_beginning_does_not_cut_a_character_in_two() =>
        Assert.Equal(new string('a', 39) + "…", OneLine.Beginning(new string('a', 39) + "\U0001F408 and more"));
}
