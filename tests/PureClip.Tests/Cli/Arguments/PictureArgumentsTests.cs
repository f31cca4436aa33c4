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

    [Fact]
    public void What_is_passed_over_is_counted_and_named()
    {
        foreach (string file in (string[])["x.heic", "sub/y.HEIC", "z.xcf", "sub/deep/README", "movie.mp4"])
            _folder.Write(file, [0]);
        Assert.Equal(5, Expand("").Count);
        Assert.Equal("pureclip: 4 files of other formats passed over: 2 .heic, 1 .mp4, 1 .xcf.\n", _error.ToString());
    }

    [Fact]
    public void What_a_glob_matches_beside_pictures_is_said_too()
    {
        _folder.Write("sub/a.avif", [0]);
        Assert.Equal(["sub/c.Bmp"], Expand("sub/*"));
        Assert.Equal("pureclip: 1 file of another format passed over: 1 .avif.\n", _error.ToString());
    }

    [Fact]
    public void Of_many_formats_the_usual_ones_are_named()
    {
        foreach (string ending in (string[])["heic", "avif", "jxl", "ico", "svg", "psd", "cr2", "nef", "mov", "html", "xmp", ""])
            _folder.Write($"many/x.{ending}", [0]);
        _folder.Write("many/y.nef", [0]);
        Assert.Empty(Expand("many"));
        Assert.Contains(
            "10 files of other formats passed over: 2 .nef, 1 .avif, 1 .cr2, 1 .heic, 1 .ico, 1 .jxl, 1 .mov, 1 .psd, 1 other.", _error.ToString());
    }

    /// <summary>Notes and sidecars beside pictures are nothing that anybody would miss.</summary>
    [Theory]
    [InlineData("notes.txt")]
    [InlineData("README.md")]
    [InlineData("labels.json")]
    [InlineData("a.jpg.xmp")]
    [InlineData("Thumbs.db")]
    public void What_nobody_takes_for_a_picture_is_not_worth_a_word(string file)
    {
        _folder.Write(file, [0]);
        Assert.Equal(5, Expand("").Count);
        Assert.Empty(_error.ToString());
    }

    [Theory]
    [InlineData("**")]
    [InlineData("**/*.png")]
    [InlineData("*/*/*.png")]
    [InlineData("")]
    public void A_folder_that_cannot_be_read_is_named(string argument)
    {
        if (OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess)
            return; // whoever may do everything can read it
        File.SetUnixFileMode(_folder["sub/deep"], UnixFileMode.None);
        try
        {
            Expand(argument);
            Assert.Contains($"{_folder["sub/deep"]}: this folder cannot be read (", _error.ToString());
        }
        finally
        {
            File.SetUnixFileMode(_folder["sub/deep"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    /// <summary>Nobody has asked for what only lies in a folder; what was named is an error.</summary>
    [Theory]
    [InlineData("x.webp", "RIFF", true)]
    [InlineData("x.gif", "GIF9", true)]
    [InlineData("x.jpg", "<html>404</html>", true)]
    [InlineData("x.png", "\u0089PNG\r\n\u001A\n", false)]
    [InlineData("x.bmp", "", false)]
    public void What_is_no_picture_whatever_its_name_is_passed_over_in_a_folder(string name, string content, bool isPassedOver)
    {
        _folder.Write(name, System.Text.Encoding.Latin1.GetBytes(content));
        Shell shell = new(TextReader.Null, TextWriter.Null, _error);
        PictureArguments.Expand([_folder.Path], shell);
        PictureArguments.Report(_folder[name], new InvalidDataException("it is broken"), shell, mayPassOver: true);
        Assert.Equal((isPassedOver ? 0 : 1, true), (shell.ExitCode, _error.ToString().Contains($"{_folder[name]}: it is broken")));
        Shell named = new(TextReader.Null, TextWriter.Null, _error);
        PictureArguments.Expand([_folder[name], _folder.Path], named);
        PictureArguments.Report(_folder[name], new InvalidDataException("it is broken"), named, mayPassOver: true);
        Assert.Equal(1, named.ExitCode);
    }

    [Fact]
    public void The_files_of_an_index_among_the_pictures_are_not_worth_a_word()
    {
        File.Delete(_folder["sub/notes.txt"]);
        foreach (string file in (string[])["index.json", "vectors-1.bin", "entries-1.log", "writer.lock"])
            _folder.Write("pureclip.index/" + file, [0]);
        Assert.Equal(5, Expand("").Count);
        Assert.Empty(_error.ToString());
    }

    [Fact]
    public void A_folder_by_two_names_gives_its_pictures_once()
    {
        if (OperatingSystem.IsWindows())
            return; // links need a privilege there
        using TemporaryFolder links = new();
        Directory.CreateSymbolicLink(links["link"], _folder["sub"]);
        Directory.CreateSymbolicLink(links["again"], links["link"]);
        Shell shell = new(TextReader.Null, TextWriter.Null, _error);
        Assert.Equal(2, PictureArguments.Expand([links["link"], _folder["sub"], links["again"]], shell).Count);
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
        Assert.Contains($"1 linked folder passed over: {_folder["sub/again"]}.", _error.ToString());
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
