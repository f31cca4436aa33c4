using System.Text.Json;
using System.Text.RegularExpressions;
using PureClip.Cli;
using PureClip.Imaging;

namespace PureClip.Tests.Cli.Commands;

[Collection(GalleryIndex.Collection)]
public sealed class MapCommandTests(GalleryIndex index)
{
    [Fact]
    public void Coordinates_are_the_same_for_any_number_of_threads_and_neighbours_are_alike()
    {
        CommandResult one = CommandLine.Run("map", "--index", index.Path, "--threads", "1"),
            two = CommandLine.Run("map", "--index", index.Path, "--threads", "2");
        Assert.Equal((0, one.Output), (two.ExitCode, two.Output));
        JsonElement[] pictures = one.Lines;
        Assert.Equal(PureClip.Tests.Support.ShippedModel.Gallery.Order(), pictures.Select(line => Path.GetFullPath(Text(line, "path"))).Order());
        Assert.All(pictures, line => Assert.InRange(Number(line, "x"), -1, 1));
        Assert.All(pictures, line => Assert.InRange(Number(line, "y"), -1, 1));
        Assert.Equal(Enumerable.Range(1, 14), pictures.Select(line => line.GetProperty("group").GetInt32()).Distinct().Order()); // as 'groups'
        Assert.All(pictures, line => Assert.Equal(3, line.GetProperty("names").GetArrayLength()));
        // 0.93 before the shipped model was trained anew, 0.928 since.
        Match trust = Regex.Match(one.Error, "Trustworthiness (0[.][0-9]+), of 12 neighbours");
        Assert.InRange(double.Parse(trust.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture), 0.92, 1);
        Assert.NotEqual(one.Output, CommandLine.Run("map", "--index", index.Path, "--seed", "1").Output);
    }

    [Fact]
    public void The_page_has_every_picture_its_thumbnail_and_its_file()
    {
        using TemporaryFolder folder = new();
        CommandResult made = CommandLine.Run("map", "--index", index.Path, "--html", folder["map.html"], "--thumbnail-size", "64");
        Assert.Equal(0, made.ExitCode);
        string page = File.ReadAllText(folder["map.html"]);
        Assert.DoesNotMatch("(src|href)=\"(?!data:)", page); // asks nobody for anything
        Assert.DoesNotContain("{{", page);
        JsonElement data = DataOf(page);
        JsonElement[] paths = [.. data.GetProperty("path").EnumerateArray()];
        Assert.Equal(400, paths.Length);
        Assert.Equal(made.Lines.Length, data.GetProperty("place").GetArrayLength() / 2);
        Assert.Equal(14, data.GetProperty("groups").GetArrayLength());
        Assert.NotEmpty(data.GetProperty("landmarks").EnumerateArray());
        string where = new Uri(data.GetProperty("folder").GetString()!).LocalPath;
        Assert.All(paths, path => Assert.True(File.Exists(Path.Combine(where, path.GetString()!))));

        Assert.Equal(64, data.GetProperty("edge").GetInt32());
        RasterImage sheet = ImageFormats.Decode(System.Convert.FromBase64String(
            Assert.Single(Regex.Matches(page, "data:image/jpeg;base64,([A-Za-z0-9+/=]+)").Select(match => match.Groups[1].Value))));
        foreach (int i in (int[])[0, 31, 32, 399])
        {
            RgbImage expected = PureClip.Cli.Output.PictureThumbnail.Of(Path.Combine(where, paths[i].GetString()!), 64, 64);
            int size = data.GetProperty("size")[i].GetInt32(), across = data.GetProperty("across").GetInt32();
            Assert.Equal((expected.Width, expected.Height), (size >> 8, size & 255));
            double error = 0;
            for (int y = 0; y < expected.Height; y++)
                for (int x = 0; x < expected.Width * 3; x++)
                    error += Math.Abs(expected.Pixels[y * expected.Width * 3 + x]
                        - sheet.Pixels[3 * ((i / across * 64 + y) * sheet.Width + i % across * 64) + x]);
            Assert.InRange(error / expected.Pixels.Length, 0, 8);
        }
    }

    [Fact]
    public void A_folder_is_kept_and_its_page_shown()
    {
        using TemporaryFolder folder = new(), caches = new();
        foreach (string name in (string[])["cat", "dog", "rocket", "airplane", "banana"])
            folder.Copy(CommandLine.Picture(name), name + ".png");
        folder.Copy(CommandLine.Cat, "</script><b>.png");
        folder.Write("broken.png", File.ReadAllBytes(CommandLine.Cat).AsSpan(0, 300));
        List<string> shown = [];
        CommandResult Run(bool isTerminal, params string[] args) => CommandLine.Run(["map", folder.Path, .. args], (output, error) => new Shell(
            TextReader.Null, output, error)
        {
            OutputIsTerminal = isTerminal,
            Width = 500,
            Variable = name => name == "PURECLIP_CACHE" ? caches.Path : null,
            Open = path =>
            {
                shown.Add(path);
                return true;
            },
        });
        CommandResult first = Run(true);
        Assert.Equal(0, first.ExitCode);
        Assert.Contains("broken.png", first.Error);
        Assert.Contains("6 pictures in 2 groups", first.Output);
        Assert.EndsWith($"\nNext: pureclip map {folder.Path} --open  (shows it in a browser)\n", first.Output);
        Assert.Single(Directory.GetDirectories(caches["indexes"]));

        Run(false, "--html", folder["map.html"], "--open", "--count", "3");
        Assert.Equal([folder["map.html"]], shown);
        JsonElement data = DataOf(File.ReadAllText(folder["map.html"]));
        Assert.Equal(3, data.GetProperty("groups").GetArrayLength());
        Assert.Contains("</script><b>.png", data.GetProperty("path").EnumerateArray().Select(path => path.GetString()));
        Assert.Equal(Run(false, "--no-index").Output, Run(false).Output);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Few_pictures_are_a_map_too(int count)
    {
        using TemporaryFolder folder = new();
        foreach (string name in new[] { "cat", "dog", "rocket" }.Take(count))
            folder.Copy(CommandLine.Picture(name), name + ".png");
        CommandResult found = CommandLine.Run("map", folder.Path, "--no-index", "--html", folder["map.html"]);
        Assert.Equal((0, count), (found.ExitCode, found.Lines.Length));
        Assert.Equal(count > 2, found.Error.Contains("Trustworthiness"));
        Assert.Equal(count, DataOf(File.ReadAllText(folder["map.html"])).GetProperty("path").GetArrayLength());
    }

    [Fact]
    public void What_cannot_be_laid_out_leaves_no_page()
    {
        using TemporaryFolder folder = new();
        CommandLine.Run("map", folder.Path, "--html", folder["map.html"]).AssertFails(1, "there is no picture in this folder");
        string broken = folder.Write("broken.png", File.ReadAllBytes(CommandLine.Cat).AsSpan(0, 300));
        CommandLine.Run("map", broken, "--html", folder["map.html"]).AssertFails(1, broken);
        CommandLine.Run("map", folder["nowhere"], "--html", folder["map.html"]).AssertFails(1, "no such file or folder");
        CommandLine.Run("map", CommandLine.Cat, "--perplexity", "1").AssertFails(2, "--perplexity");
        CommandLine.Run("map", CommandLine.Cat, "--thumbnail-size", "500").AssertFails(2, "--thumbnail-size");
        Assert.Equal(["broken.png"], folder.Names);
    }

    private static JsonElement DataOf(string page) =>
        JsonDocument.Parse(Regex.Match(page, "<script id=\"data\" type=\"application/json\">(.*?)</script>").Groups[1].Value).RootElement;

    private static string Text(JsonElement line, string name) => line.GetProperty(name).GetString()!;

    private static double Number(JsonElement line, string name) => line.GetProperty(name).GetDouble();
}
