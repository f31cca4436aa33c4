using PureClip.Convert.Knowledge;

namespace PureClip.Convert.Tests.Knowledge;

public sealed class ArchitecturesTests
{
    /// <summary>Millions of parameters as published: OpenAI's and open_clip's docs/model_profile.csv.</summary>
    [Theory]
    [InlineData("ViT-B-32", 151.28)]
    [InlineData("ViT-B-16", 149.62)]
    [InlineData("ViT-L-14", 427.62)]
    [InlineData("ViT-L-14-336", 427.94)]
    public void Sizes_add_up_to_the_published_number_of_parameters(string name, double millions) =>
        Assert.Equal(millions, Math.Round(Parameters(Architectures.ByName(name)!) / 1e6, 2));

    [Fact]
    public void Widths_are_whole_heads_and_names_are_unique()
    {
        Assert.All(Architectures.All, static a => Assert.Equal(0, a.Text.Width % a.Text.Heads));
        Assert.All(Architectures.All.Where(static a => a.Vision is not null), static a => Assert.Equal(0, a.Vision!.Width % a.Vision.Heads));
        Assert.Equal(Architectures.All.Count, Architectures.All.Select(static a => a.Name.ToUpperInvariant()).Distinct().Count());
    }

    [Fact]
    public void Towers_of_one_width_have_one_number_of_heads()
    {
        Assert.All(Architectures.All.Where(static a => a.Vision is not null), static a => Assert.Equal((a.Vision!.Heads, true), Architectures.VisionHeads(a.Vision.Width)));
        Assert.All(Architectures.All, static a => Assert.Equal((a.Text.Heads, true), Architectures.TextHeads(a.Text.Width)));
    }

    [Theory]
    [InlineData(1280, 16, true)]
    [InlineData(1408, 16, true)]
    [InlineData(1664, 16, true)]
    [InlineData(128, 2, false)]
    public void Heads_are_known_or_assumed_by_width(int width, int heads, bool known) => Assert.Equal((heads, known), Architectures.VisionHeads(width));

    [Theory]
    [InlineData("ViT-L/14@336px", "ViT-L-14-336")]
    [InlineData("vit-h-14-quickgelu", "ViT-H-14")]
    [InlineData("RN50x64", "RN50x64")]
    [InlineData("ViT-Z-1", null)]
    public void Names_are_found_in_every_spelling(string name, string? expected) => Assert.Equal(expected, Architectures.ByName(name)?.Name);

    [Fact]
    public void Every_ResNet_is_found_by_its_own_shapes_alone()
    {
        foreach (Architecture a in Architectures.All.Where(static a => a.ResNet is not null))
        {
            ShapeFacts shapes = new(a.EmbeddingWidth, null, null, null, null, a.Text.Width, a.Text.Layers) { ResNet = a.ResNet };
            Assert.Same(a, Assert.Single(Architectures.Matching(shapes)));
        }
    }

    [Fact]
    public void Every_vit_is_found_by_its_own_shapes_alone()
    {
        foreach (Architecture a in Architectures.All.Where(static a => a.Vision is not null))
        {
            VisionArchitecture v = a.Vision!;
            ShapeFacts shapes = new(a.EmbeddingWidth, v.Width, v.Layers, v.PatchSize, v.ImageSize, a.Text.Width, a.Text.Layers);
            Assert.Same(a, Assert.Single(Architectures.Matching(shapes)));
        }
    }

    [Fact]
    public void A_text_tower_alone_fits_all_that_share_it() => Assert.Contains(
        Architectures.Matching(new ShapeFacts(768, null, null, null, null, 768, 12)), static a => a.Name == "ViT-L-14-336");

    private static long Parameters(Architecture a)
    {
        VisionArchitecture v = a.Vision!;
        long tokens = (v.ImageSize / v.PatchSize) * (v.ImageSize / v.PatchSize) + 1;
        long vision = v.Width * (3 * v.PatchSize * v.PatchSize + 1 + tokens + 4 + a.EmbeddingWidth) + v.Layers * Block(v.Width, v.MlpWidth);
        long text = a.Text.Width * (49408 + 77 + 2 + a.EmbeddingWidth) + a.Text.Layers * Block(a.Text.Width, 4 * a.Text.Width);
        return vision + text + 1;
    }

    private static long Block(long width, long mlp) => 4 * width * width + 4 * width + 2 * width * mlp + mlp + width + 4 * width;
}
