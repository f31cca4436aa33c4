namespace PureClip.Tests;

public sealed class PromptTemplateTests
{
    [Theory]
    [InlineData("a photo of a {}", "a photo of a red cat")]
    [InlineData("{}", "red cat")]
    [InlineData("{0} of a {}", "{0} of a red cat")]
    public void A_label_goes_where_the_braces_are(string template, string filled) =>
        Assert.Equal(filled, new PromptTemplate(template).Fill("red cat"));

    [Theory]
    [InlineData("a photo")]
    [InlineData("{} or {}")]
    [InlineData("")]
    public void Any_other_number_of_places_than_one_is_refused(string template) =>
        Assert.Contains("must have exactly one {}", Assert.Throws<ArgumentException>(() => new PromptTemplate(template)).Message);

    [Fact]
    public void A_label_with_braces_is_taken_as_it_is() => Assert.Equal("a {} of {}", new PromptTemplate("a {}").Fill("{} of {}"));

    [Fact]
    public void Null_is_no_label() => Assert.Throws<ArgumentNullException>(() => PromptTemplate.Bare.Fill(null!));
}
