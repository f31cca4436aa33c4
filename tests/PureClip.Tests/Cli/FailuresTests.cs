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
