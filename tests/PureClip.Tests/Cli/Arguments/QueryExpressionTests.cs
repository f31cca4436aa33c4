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
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("\t\n")]
    [InlineData("text:")]
    [InlineData("text: ")]
    [InlineData("beach", "+", "")]
    [InlineData("beach", "-", " ")]
    [InlineData("2: ", "+", "beach")]
    public void A_variable_that_was_not_set_is_no_query(params string[] arguments) =>
        Assert.StartsWith("search: ", Assert.Throws<UsageException>(() => QueryExpression.Parse(arguments, out _)).Message);

    [Theory]
    [InlineData("red", "car", "+", "sky")]
    [InlineData("beach", "+", "red", "car", "-", "people")]
    [InlineData("cat", "photos", "+", "dog")]
    public void An_operator_behind_the_query_asks_for_quotes(params string[] arguments) =>
        Assert.Contains("Quote", Assert.Throws<UsageException>(() => QueryExpression.Parse(arguments, out _)).Message);

    [Fact]
    public void A_path_of_a_folder_is_its_pictures_and_a_word_is_a_text()
    {
        using TemporaryFolder folder = new();
        folder.Copy(CommandLine.Cat, "cats/cat.png");
        string cats = folder["cats"];
        QueryTerm[] terms =
        [
            .. QueryExpression.Parse(["cake", "+", cats, "-", $"2:{cats}", "+", $"image:{cats}/", "+", $"text:{cats}"], out _).Terms,
        ];
        Assert.Equal(
            [
                new(1f, QueryKind.Text, "cake"), new(1f, QueryKind.Folder, cats), new(-2f, QueryKind.Folder, cats),
                new(1f, QueryKind.Folder, cats + "/"), new(1f, QueryKind.Text, cats),
            ],
            terms);
        Assert.False(terms[0].IsAlsoAFolder);
        Assert.Equal(new(1f, QueryKind.Folder, ".."), QueryTerm.Of("..", 1f, "search"));

        string name = $"hats-{Guid.NewGuid()}"; // in the current folder, where a word can be the name of one
        Directory.CreateDirectory(name);
        QueryTerm word = QueryTerm.Of(name, 1f, "search");
        Assert.Equal((QueryKind.Text, true), (word.Kind, word.IsAlsoAFolder));
        Assert.Contains($"'image:{name}'", CommandLine.Run("search", name, cats).Error);
        Directory.Delete(name);
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

public sealed class WeightedArgumentTests
{
    [Theory]
    [InlineData("hat.png", 1f, "hat.png")]
    [InlineData("2:hat.png", 2f, "hat.png")]
    [InlineData("0.5:a:b.png", 0.5f, "a:b.png")]
    [InlineData("C:\\hat.png", 1f, "C:\\hat.png")]
    [InlineData(":hat.png", 1f, ":hat.png")]
    [InlineData("2:red hat", 2f, "red hat")]
    [InlineData("2:text:10:30", 2f, "text:10:30")]
    public void A_number_before_a_colon_is_a_weight(string argument, float weight, string term) =>
        Assert.Equal(new WeightedArgument(weight, term), Of(argument));

    [Theory]
    [InlineData("10:30")]
    [InlineData("16:9")]
    [InlineData("0:30")]
    [InlineData("10:30 in the morning")]
    [InlineData("23:59:59")]
    [InlineData("1.85:1")]
    public void A_time_or_a_ratio_is_no_weight(string argument) => Assert.Equal(new WeightedArgument(1f, argument), Of(argument));

    [Fact]
    public void A_file_that_is_named_after_a_number_may_have_a_weight()
    {
        using TemporaryFolder folder = new();
        string file = Path.GetRelativePath(Environment.CurrentDirectory, folder.Copy(CommandLine.Cat, "2024.png"));
        Assert.Equal(new WeightedArgument(2f, file), Of($"2:{file}"));
    }

    [Theory]
    [InlineData("0:hat.png")]
    [InlineData("-1:hat.png")]
    [InlineData("NaN:hat.png")]
    [InlineData("1e99:hat.png")]
    public void A_weight_is_above_zero(string argument) => Assert.Throws<UsageException>(() => Of(argument));

    [Fact]
    public void A_weight_alone_is_no_term() => Assert.Equal(
        "concept: a text or a picture must follow the weight in '2:'.", Assert.Throws<UsageException>(() => Of("2:")).Message);

    private static WeightedArgument Of(string argument) => WeightedArgument.Of(argument, "concept", "--minus takes a term away.");
}
