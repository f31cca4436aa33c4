using PureClip.Cli;

namespace PureClip.Tests.Cli;

public sealed class FailuresTests
{
    [Fact]
    public void Names_of_parameters_are_of_no_use_to_people() =>
        Assert.Equal("Too long.", Failures.Describe(new ArgumentException("Too long.", "text")));

    [Fact]
    public void Wrappers_are_taken_off()
    {
        Exception inner = new InvalidDataException("broken");
        Assert.Equal("broken", Failures.Describe(new AggregateException(inner)));
        Assert.Equal("broken", Failures.Describe(new TypeInitializationException("Type", inner)));
    }

    [Fact]
    public void A_path_is_named_once()
    {
        Assert.Equal("a.png: broken", Failures.About("a.png", new InvalidDataException("broken")));
        Assert.Equal("a.png: broken", Failures.About("a.png", new InvalidDataException("a.png: broken")));
    }

    [Fact]
    public void Memory_that_runs_out_has_a_remedy() => Assert.Contains(
        "Use fewer threads, a smaller model or smaller pictures.", Failures.Describe(new OutOfMemoryException()));

    /// <summary>What the library advises, in the words of this command line; nothing that nobody can do here.</summary>
    [Theory]
    [InlineData("it has 9 pixels; reduce the picture, or raise the limit of pixels.", "reduce the picture, or raise --max-pixels.")]
    [InlineData("it has 9 bytes. Reduce the picture, or raise the limit of bytes.", "Reduce the picture, or raise --max-bytes.")]
    [InlineData("Convert it to PNG, or read it with a decoder of your own.", "a.png: Convert it to PNG.")]
    public void Advice_about_a_picture_can_be_followed(string library, string here) =>
        Assert.EndsWith(here, Failures.About("a.png", new InvalidDataException(library)));

    /// <summary>The user can raise the limit; what is damaged nobody can mend, and the others are an answer without it.</summary>
    [Theory]
    [InlineData("index photos --index pureclip.index", "--max-pixels")]
    [InlineData("index photos --index pureclip.index", "--max-bytes")]
    [InlineData("embed photos", "--max-pixels")]
    [InlineData("search cat photos", "--max-pixels")]
    [InlineData("search cat photos --no-index", "--max-bytes")]
    [InlineData("preprocess photos --output arrays", "--max-bytes")]
    public void A_picture_that_a_limit_refuses_is_a_failure_beside_good_ones_too(string line, string limit)
    {
        using TemporaryFolder folder = new();
        folder.Copy(TestData.PathOf("pictures/odd/16.bmp"), "photos/small.bmp"); // 63 pixels in 194 bytes
        string large = folder.Copy(CommandLine.Cat, "photos/large.png");
        string[] words = [.. line.Split(' ').Select(word => word is "photos" or "arrays" or "pureclip.index" ? folder[word] : word)];

        CommandResult limited = CommandLine.Run([.. words, limit, "400"]);
        Assert.Equal(1, limited.ExitCode);
        Assert.NotEmpty(limited.Output);
        Assert.StartsWith($"pureclip: {large}: ", limited.Error);
        Assert.Contains($"raise {limit}", limited.Error);
        CommandResult raised = CommandLine.Run([.. words, limit, "1000000"]);
        Assert.Equal((0, ""), (raised.ExitCode, raised.Error));
    }

    [Fact]
    public void What_to_type_next_is_added_where_a_file_holds_something_wrong()
    {
        static int Read() => throw new InvalidDataException("a.json is damaged.");
        Assert.Equal(
            "a.json is damaged. Make it with 'pureclip x'.",
            Assert.Throws<InvalidDataException>(() => Failures.Advise(Read, "Make it with 'pureclip x'.")).Message);
        Assert.Equal("a.json is damaged.", Assert.Throws<InvalidDataException>(() => Failures.Advise(Read, null)).Message);
        Assert.Throws<FileNotFoundException>(() => Failures.Advise<int>(() => throw new FileNotFoundException(), "Make it."));
        Assert.Equal(1, Failures.Advise(() => 1, "Make it."));
    }

    [Theory]
    [InlineData("models/b32", "models/b32")]
    [InlineData("my models/b32", "\"my models/b32\"")]
    public void Paths_are_quoted_as_shells_want_it(string path, string typed) => Assert.Equal(typed, Failures.Quoted(path));
}
