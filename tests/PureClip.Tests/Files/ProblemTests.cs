using PureClip.Files;

namespace PureClip.Tests.Files;

public sealed class ProblemTests
{
    [Fact]
    public void Message_holds_path_found_allowed_and_next_step() =>
        Assert.Equal("m.safetensors: found. Allowed: this. Do that.",
            Assert.Throws<InvalidDataException>(() => Problem.InvalidData("m.safetensors", "found", "this", "Do that.")).Message);

    [Theory]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:0", "Git LFS pointer")]
    [InlineData("<!DOCTYPE html>", "web page")]
    [InlineData("\uFEFF \r\n<!doctype HTML>", "web page")]
    [InlineData("<html lang=en>", "web page")]
    [InlineData("version: 2", null)]
    [InlineData("{\"<html>\":1}", null)]
    [InlineData("<", null)]
    [InlineData("", null)]
    public void What_stands_in_the_place_of_a_file_is_told_by_its_first_bytes(string text, string? expected)
    {
        string? found = Problem.Stranger(System.Text.Encoding.UTF8.GetBytes(text));
        if (expected is null)
            Assert.Null(found);
        else
            Assert.Contains(expected, found);
    }

    [Fact]
    public void Quote_cut_inside_a_surrogate_pair_stays_text() =>
        Assert.Equal('"' + new string('x', 119) + "\uFFFD…\" (121 characters)", Problem.Quote(new string('x', 119) + "😀"));

    [Fact]
    public void A_list_says_how_many_there_are_and_names_the_first()
    {
        System.Text.StringBuilder message = new("Wrong:");
        Problem.AppendList(message, Array.Empty<int>(), "missing tensors", i => throw new InvalidOperationException($"{i}"));
        Problem.AppendList(message, Enumerable.Range(1, 14).ToArray(), "unknown tensors", i => $"t{i}");
        Assert.StartsWith("Wrong:\n  14 unknown tensors:\n    t1\n", message.ToString());
        Assert.EndsWith("\n    t12\n    and 2 more", message.ToString());
    }

    [Theory]
    [InlineData("text.blocks.1.ln_1", "text.blocks.0.ln_1")] // one substitution
    [InlineData("ln_3", "ln_1")] // the first of equally near ones
    [InlineData("vision.projection", "vision.projections")]
    [InlineData("optimizer.state", null)]
    [InlineData("", null)]
    public void The_nearest_name_is_the_one_with_the_fewest_edits(string name, string? expected) =>
        Assert.Equal(expected, Problem.Nearest(name, ["ln_1", "text.blocks.0.ln_1", "vision.projections", "text.blocks.0.ln_22", "ln_2"]));
}
