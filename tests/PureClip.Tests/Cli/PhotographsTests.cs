using PureClip.Cli;
using PureClip.Imaging;

namespace PureClip.Tests.Cli;

public sealed class PhotographsTests
{
    private const string Words = "these look like photographs";

    private static string[] Photos { get; } = Directory.GetFiles(TestData.PathOf("photographs"), "*.jpg");

    [Fact]
    public void Photographs_are_told_from_drawings()
    {
        Assert.All(Photos, photo => Assert.True(Photographs.IsOne(Decode(photo)), photo));
        Assert.True(Photographs.AreMost(Photos));
        string[] drawings = [.. PureClip.Tests.Support.ShippedModel.Gallery.Where((_, i) => i % 4 == 0)];
        Assert.InRange(drawings.Count(drawing => Photographs.IsOne(Decode(drawing))), 0, drawings.Length * 3 / 100);
        Assert.All(drawings.Chunk(10), some => Assert.False(Photographs.AreMost(some)));
    }

    [Fact]
    public void Most_of_a_sample_decide()
    {
        Assert.True(Photographs.AreMost([.. Photos, CommandLine.Cat]));
        Assert.False(Photographs.AreMost([Photos[0], CommandLine.Cat, CommandLine.Picture("dog")]));
        Assert.False(Photographs.AreMost(["nowhere.jpg"]));
        Assert.False(Photographs.AreMost([]));
    }

    [Theory]
    [InlineData(1, 1, false)]
    [InlineData(63, 400, false)]
    [InlineData(64, 64, true)] // noise: no two neighbours alike
    [InlineData(1100, 600, true)]
    public void Small_pictures_say_too_little(int width, int height, bool expected)
    {
        Random random = new(1);
        byte[] pixels = new byte[width * height * 3];
        random.NextBytes(pixels);
        // Averages of random pixels are all grey, so a slope of colours lies below.
        for (int i = 0; i < pixels.Length; i++)
            pixels[i] = (byte)(pixels[i] / 4 + 180 * (i / 3 % width) / width);
        Assert.Equal(expected, Photographs.IsOne(new RgbImage(width, height, pixels)));
    }

    [Fact]
    public void The_shipped_model_says_once_what_it_is_for()
    {
        using TemporaryFolder folder = new(), caches = new();
        foreach (string photo in Photos)
            folder.Copy(photo, Path.GetFileName(photo));
        foreach (string[] line in (string[][])
            [["search", "a cat", folder.Path], ["index", folder.Path, "--index", caches["i.index"]], ["classify", folder.Path, "--labels", "a,b"],
                ["embed", folder.Path], ["duplicates", folder.Path]])
        {
            string error = Run(true, caches, line).Error;
            Assert.Equal(2, error.Replace("\n", " ").Replace("pureclip:", "").Split(Words).Length);
            Assert.Contains("'pureclip get openai-b32'", error);
            Assert.DoesNotContain(Words, Run(false, caches, line).Error);
        }
        Assert.DoesNotContain(Words, Run(true, caches, "search", "a cat", folder.Path).Error); // nothing new since it was said
        Assert.DoesNotContain(Words, Run(true, caches, "classify", CommandLine.Cat, "--labels", "a,b").Error);

        Run(false, caches, "search", "a cat", folder.Path, "--html", caches["page.html"]);
        Assert.Contains("These look like photographs", File.ReadAllText(caches["page.html"]));
        Run(false, caches, "search", "a cat", CommandLine.Cat, "--html", caches["page.html"]);
        Assert.DoesNotContain("photographs", File.ReadAllText(caches["page.html"]));
    }

    private static RgbImage Decode(string path) => PureClip.Cli.Output.PictureThumbnail.TryDecode(path, 256)!;

    private static CommandResult Run(bool isTerminal, TemporaryFolder caches, params string[] args) => CommandLine.Run(
        args, (output, error) => new Shell(TextReader.Null, output, error)
        {
            ErrorIsTerminal = isTerminal,
            Width = 1000,
            Variable = name => name is "PURECLIP_CACHE" or "PURECLIP_HOME" or "HF_HOME" ? caches.Path : null,
        });
}
