using PureClip.Cli;
using PureClip.Cli.Arguments;

namespace PureClip.Tests.Cli.Arguments;

public sealed class PictureArgumentsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly StringWriter _error = new();

    public PictureArgumentsTests()
    {
        string[] files = ["b.png", "a.JPG", "B.jpeg", "sub/c.Bmp", "sub/deep/d.png", "sub/notes.txt", ".hidden/e.png", ".f.png"];
        foreach (string file in files)
            _folder.Write(file, [0]);
    }

    [Fact]
    public void A_folder_is_all_pictures_below_it_in_ordinal_order() =>
        Assert.Equal(["B.jpeg", "a.JPG", "b.png", "sub/c.Bmp", "sub/deep/d.png"], Expand(""));

    [Fact]
    public void Files_are_taken_as_they_are_in_the_order_given() =>
        Assert.Equal(["sub/notes.txt", "b.png", "B.jpeg"], Expand("sub/notes.txt", "b.png", "B.jpeg"));

    [Fact]
    public void A_file_that_several_arguments_stand_for_is_taken_once_where_it_comes_first()
    {
        Assert.Equal(
            ["sub/c.Bmp", "B.jpeg", "a.JPG", "b.png", "sub/deep/d.png"],
            Expand("sub/c.Bmp", "", "**/*.png", "sub", "sub/../b.png", "b.png"));
        Assert.Empty(_error.ToString());
    }

    [Theory]
    [InlineData("*.png", "b.png")]
    [InlineData("?.png", "b.png")]
    [InlineData("**/*.png", "b.png", "sub/deep/d.png")]
    [InlineData("sub/**", "sub/c.Bmp", "sub/deep/d.png")]
    [InlineData("**/deep/*", "sub/deep/d.png")]
    [InlineData("**/sub/**/*.png", "sub/deep/d.png")]
    [InlineData("s*/*", "sub/c.Bmp")]
    [InlineData("s*/deep/d.png", "sub/deep/d.png")]
    public void A_glob_is_the_pictures_that_match(string pattern, params string[] expected) => Assert.Equal(expected, Expand(pattern));

    [Theory]
    [InlineData("missing.png")]
    [InlineData("*.gif")]
    [InlineData("nowhere/**/*.png")]
    public void What_stands_for_nothing_is_reported(string argument)
    {
        Assert.Equal(["b.png"], Expand(argument, "b.png"));
        Assert.StartsWith($"pureclip: {_folder[argument]}: ", _error.ToString());
    }

    [Fact]
    public void Links_that_lead_in_circles_end()
    {
        if (OperatingSystem.IsWindows())
            return; // links need a privilege there
        Directory.CreateSymbolicLink(_folder["sub/again"], _folder.Path);
        Assert.Equal(5, Expand("").Count);
        Assert.Equal(2, Expand("**/*.png").Count);
    }

    public void Dispose()
    {
        _folder.Dispose();
        _error.Dispose();
    }

    private List<string> Expand(params string[] arguments)
    {
        Shell shell = new(TextReader.Null, TextWriter.Null, _error);
        List<string> found = PictureArguments.Expand(
            arguments.Select(argument => argument.Length == 0 ? _folder.Path : _folder[argument]), shell);
        return [.. found.Select(path => Path.GetRelativePath(_folder.Path, path).Replace('\\', '/'))];
    }
}
