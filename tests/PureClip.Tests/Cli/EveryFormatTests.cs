using PureClip.Search;

namespace PureClip.Tests.Cli;

/// <summary>A folder as people have them, one file of each format: none is passed over without a word.</summary>
public class EveryFormatTests
{
    private static readonly string Folder = TestData.PathOf("pictures/every");

    private static readonly string[] Read =
    [
        "clipboard.dib", "drawing.png", "fax.pbm", "game.tga", "moving.apng", "moving.gif", "moving.webp", "photo.jpg", "progressive.jpg",
        "raw.ppm", "scan.tif", "web.webp", "window.bmp",
    ];

    [Fact]
    public void Every_file_is_read_or_named()
    {
        CommandResult result = CommandLine.Run("embed", Folder);
        Assert.Equal(0, result.ExitCode);
        Assert.Equal(Read, result.Lines.Select(line => Path.GetFileName(line.GetProperty("input").GetString()!)).Order(StringComparer.Ordinal));
        Assert.Equal(
            "pureclip: 7 files of other formats passed over: 1 .avif, 1 .dng, 1 .heic, 1 .jxl, 1 .pdf, 1 .psd, 1 .svg.\n", result.Error);
        Assert.Equal(20, Directory.GetFiles(Folder).Length);
    }

    [Fact]
    public void Previews_are_shown_where_they_are_asked_for_and_that_is_said()
    {
        CommandResult result = CommandLine.Run("embed", Folder, "--previews");
        Assert.Contains("1 raw file of a camera is shown by the preview inside.", result.Error);
        Assert.Contains("6 files of other formats passed over: 1 .avif, 1 .heic", result.Error);
        Assert.Contains(result.Lines, line => line.GetProperty("input").GetString()!.EndsWith("camera.dng", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("phone.heic", "looks like a HEIC; ", "ImageMagick reads it, and Magick.NET in a program. Phones can be set to take JPEG.")]
    [InlineData("web.avif", "looks like an AVIF; ", "ImageMagick reads it")]
    [InlineData("new.jxl", "looks like a JPEG XL; ", "ImageMagick reads it")]
    [InlineData("camera.dng", "looks like a camera's raw file (DNG); ", "Its preview of 96 x 72 pixels can be shown instead (--previews).")]
    [InlineData("layers.psd", "looks like a PSD", "Convert it to PNG where it was made.")]
    [InlineData("logo.svg", "looks like an SVG", "Convert it to PNG where it was made.")]
    [InlineData("letter.pdf", "looks like a PDF", "export its pages as pictures")]
    public void What_is_named_and_not_read_says_what_to_do(string name, string kind, string advice) =>
        CommandLine.Run("embed", Path.Combine(Folder, name)).AssertFails(1, name, kind, advice);

    [Fact]
    public void Folders_are_scanned_for_what_the_decoders_read()
    {
        using Clip clip = Clip.Load(Support.ShippedModel.Path, new() { Previews = true });
        string[] found = [.. FolderScan.Of(Folder, new FolderScanOptions { Extensions = PictureFiles.ExtensionsOf(clip.Decoders) }).Pictures.Select(Path.GetFileName)!];
        Assert.Contains("camera.dng", found);
        Assert.DoesNotContain("scan.tif", found);
        Assert.DoesNotContain("camera.dng", PictureFiles.Below(Folder).Select(Path.GetFileName));
    }

    /// <summary>Browsers show no TIFF: the page gets what it shows.</summary>
    [Fact]
    public void A_page_shows_what_browsers_cannot_read()
    {
        using TemporaryFolder folder = new();
        CommandLine.Run("search", "an orange", Folder, "--previews", "--no-index", "--top", "20", "--html", folder["page.html"]);
        string page = File.ReadAllText(folder["page.html"]);
        Assert.Equal(14, page.Split("src=\"data:image/").Length - 1);
        Assert.DoesNotContain("image/tiff", page);
        Assert.Equal(7, page.Split("src=\"data:image/jpeg;base64,/9j/").Length - 1); // two JPEGs, TIFF, TGA, PBM, PPM, DNG
    }
}
