using PureClip.Cli;
using PureClip.Cli.Arguments;

namespace PureClip.Tests.Cli.Arguments;

public sealed class QueryExpressionTests
{
    [Fact]
    public void A_single_query_is_taken_literally_and_folders_follow()
    {
        QueryExpression query = QueryExpression.Parse(["2:30 in the afternoon", "photos", "more"], out string[] rest);
        Assert.Equal([new(1f, QueryKind.Text, "2:30 in the afternoon")], query.Terms);
        Assert.Equal(["photos", "more"], rest);
    }

    [Fact]
    public void Operators_weights_and_kinds_are_read()
    {
        string cat = CommandLine.Cat;
        QueryExpression query = QueryExpression.Parse(
            ["2:beach", "+", cat, "-", "0.5:text:dog.png", "+", $"3:image:{cat}", "+", $"concept:{cat}", "photos"], out string[] rest);
        Assert.Equal(

            [
                new(2f, QueryKind.Text, "beach"), new(1f, QueryKind.Image, cat), new(-0.5f, QueryKind.Text, "dog.png"),
                new(3f, QueryKind.Image, cat), new(1f, QueryKind.Concept, cat),
            ],
            query.Terms);
        Assert.Equal(["photos"], rest);
        Assert.Equal([cat, cat], query.Pictures);
        Assert.StartsWith("2:beach + ", query.Text);
    }

    [Fact]
    public void What_comes_before_a_colon_and_is_no_number_belongs_to_the_text()
    {
        QueryExpression query = QueryExpression.Parse(["note: cake", "+", "x:y"], out _);
        Assert.Equal(["note: cake", "x:y"], query.Terms.Select(term => term.Value));
    }

    [Theory]
    [InlineData("+", "cat")]
    [InlineData("-", "-")]
    [InlineData("cat", "+")]
    [InlineData("cat", "+", "-", "dog")]
    [InlineData("-2:cat", "+", "dog")]
    [InlineData("0:cat", "+", "dog")]
    [InlineData("NaN:cat", "+", "dog")]
    [InlineData("2:", "+", "dog")]
    [InlineData("text:", "+", "dog")]
    [InlineData("concept:")]
    public void Wrong_forms_are_refused_with_a_reason(params string[] arguments) =>
        Assert.StartsWith("search: ", Assert.Throws<UsageException>(() => QueryExpression.Parse(arguments, out _)).Message);

    [Theory]
    [InlineData("image:nowhere")]
    [InlineData("concept:nowhere.json")]
    [InlineData("nowhere.png")]
    public void A_file_that_is_named_must_be_there(string argument) =>
        Assert.Contains("nowhere", Assert.Throws<FileNotFoundException>(() => QueryExpression.Parse([argument], out _)).Message);

    [Theory]
    [InlineData("-", "cat")]
    [InlineData("cat", "-")]
    public void Operators_reach_the_command(params string[] arguments) =>
        CommandLine.Run(["search", .. arguments]).AssertFails(2, "search: ");
}

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
        Assert.Equal(
            "concept: a picture must follow the weight in '2:'.", Assert.Throws<UsageException>(() => WeightedPicture.Of("2:")).Message);
}
