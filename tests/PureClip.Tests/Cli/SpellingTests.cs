using PureClip.Cli;

namespace PureClip.Tests.Cli;

public sealed class SpellingTests
{
    [Theory]
    [InlineData("search", "search", 0)]
    [InlineData("Search", "search", 0)]
    [InlineData("serch", "search", 1)]
    [InlineData("saerch", "search", 1)]
    [InlineData("searrch", "search", 1)]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("", "abc", 3)]
    public void Distances_are_counted_in_slips(string typed, string word, int slips)
    {
        Assert.Equal(slips, Spelling.Distance(typed, word));
        Assert.Equal(slips, Spelling.Distance(word, typed));
    }

    [Theory]
    [InlineData("serch", "search")]
    [InlineData("grups", "groups")]
    [InlineData("potato", null)]
    [InlineData("x", null)]
    public void The_nearest_word_is_offered_and_nothing_far(string typed, string? meant) =>
        Assert.Equal(meant, Spelling.Nearest(typed, ["index", "search", "groups", "embed"]));
}
