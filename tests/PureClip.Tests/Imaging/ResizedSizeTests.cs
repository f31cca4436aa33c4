using PureClip.Imaging;

namespace PureClip.Tests.Imaging;

public class ResizedSizeTests
{
    [Theory]
    [InlineData(640, 480, 298, 224)]
    [InlineData(1000, 333, 672, 224)]
    [InlineData(300, 1000, 224, 746)]
    [InlineData(225, 224, 225, 224)]
    [InlineData(1, 1, 224, 224)]
    [InlineData(65500, 1, 14_672_000, 224)]
    public void The_longer_edge_is_cut_to_an_integer(int width, int height, int resizedWidth, int resizedHeight) =>
        Assert.Equal(new ResizedSize(resizedWidth, resizedHeight), ResizedSize.Of(width, height, ImagePreprocessorConfig.OpenAI(224)));

    [Fact]
    public void A_length_beyond_an_integer_is_refused() =>
        Assert.Throws<ArgumentException>(() => ResizedSize.Of(1, 10_000_000, ImagePreprocessorConfig.OpenAI(224)));

    [Fact]
    public void Longest_fits_and_cover_covers_and_neither_reaches_zero()
    {
        ImagePreprocessorConfig config = new() { OutputWidth = 100, OutputHeight = 50, ResizeMode = ResizeMode.Longest };
        Assert.Equal(new ResizedSize(67, 50), ResizedSize.Of(400, 300, config));
        Assert.Equal(new ResizedSize(100, 75), ResizedSize.Of(400, 300, config with { ResizeMode = ResizeMode.Cover }));
        Assert.Equal(new ResizedSize(100, 1), ResizedSize.Of(1000, 1, config));
    }

    [Fact]
    public void Without_resizing_the_size_stays() =>
        Assert.Equal(new ResizedSize(3, 5), ResizedSize.Of(3, 5, new ImagePreprocessorConfig { DoResize = false }));
}
