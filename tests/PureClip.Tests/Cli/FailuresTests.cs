using System.CommandLine;
using PureClip.Cli;
using PureClip.Imaging;

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

    /// <summary>What the library advises, with the option of this command line; none where the command has none.</summary>
    [Theory]
    [InlineData(PictureRemedy.MorePixels, "or raise the limit of pixels.", "or raise the limit of pixels (--max-pixels).")]
    [InlineData(PictureRemedy.MoreBytes, "or raise the limit of bytes.", "or raise the limit of bytes (--max-bytes).")]
    [InlineData(PictureRemedy.Tolerance, "it is truncated.", "it is truncated. --tolerant shows what is there of it.")]
    [InlineData(PictureRemedy.None, "it is damaged.", "it is damaged.")]
    public void Advice_about_a_picture_can_be_followed(PictureRemedy remedy, string library, string here)
    {
        Exception refusal = new InvalidDataException("around it: " + library, Refusal.Of(library, remedy));
        Command command = new("embed") { new Option<long>("--max-pixels"), new Option<long>("--max-bytes"), new Option<bool>("--tolerant") };
        Assert.Equal($"a.png: around it: {here}", Failures.About("a.png", refusal, command));
        Assert.Equal($"a.png: around it: {library}", Failures.About("a.png", refusal, new Command("verify")));
    }

    /// <summary>Nothing is recommended that does not help: no file of more than 2 GB is read, and no array holds more numbers.</summary>
    [Fact]
    public void What_no_limit_allows_is_not_to_be_raised()
    {
        using TemporaryFolder folder = new();
        string large = folder["large.png"];
        using (FileStream file = File.Create(large))
            file.SetLength(40L << 30); // takes no room: nothing is written
        folder.Copy(CommandLine.Cat, "cat.png"); // beside a good one it is a failure, too
        CommandResult result = CommandLine.Run("embed", folder.Path);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("the most that is read. Reduce the picture.", result.Error);
        Assert.DoesNotContain("--max-bytes", result.Error);
    }

    [Theory]
    [InlineData("embed")]
    [InlineData("search cat")]
    [InlineData("preprocess --output arrays")]
    public void A_picture_that_is_cut_off_can_be_shown_as_far_as_it_goes(string line)
    {
        using TemporaryFolder folder = new();
        string cut = folder["cut.png"];
        byte[] whole = File.ReadAllBytes(CommandLine.Cat);
        File.WriteAllBytes(cut, whole[..(whole.Length / 2)]);
        string[] words = [.. line.Split(' ').Select(word => word == "arrays" ? folder["arrays"] : word), cut];

        CommandResult refused = CommandLine.Run(words);
        Assert.Equal(1, refused.ExitCode);
        Assert.EndsWith("--tolerant shows what is there of it.\n", refused.Error);
        CommandResult shown = CommandLine.Run([.. words, "--tolerant"]);
        Assert.Equal((0, ""), (shown.ExitCode, shown.Error));
    }

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
        Assert.Contains($"({limit})", limited.Error);
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
