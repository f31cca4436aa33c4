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

public class CenterCropTests
{
    [Theory]
    [InlineData(224, 224, 0, 0)]
    [InlineData(225, 224, 0, 0)]
    [InlineData(226, 224, 1, 1)]
    [InlineData(227, 224, 2, 1)]
    [InlineData(229, 224, 2, 2)]
    [InlineData(231, 224, 4, 3)]
    [InlineData(223, 224, 0, -1)]
    [InlineData(221, 224, -1, -2)]
    [InlineData(220, 224, -2, -2)]
    public void Offsets_are_rounded_as_each_dialect_does(int size, int target, int torchvision, int huggingFace)
    {
        Assert.Equal(torchvision, CenterCrop.Offset(size, target, CropRounding.HalfToEven));
        Assert.Equal(huggingFace, CenterCrop.Offset(size, target, CropRounding.Floor));
    }

    [Theory]
    [InlineData(CropRounding.HalfToEven)]
    [InlineData(CropRounding.Floor)]
    public void What_survives_lies_inside_the_picture_and_inside_the_output(CropRounding rounding)
    {
        for (int size = 1; size < 40; size++)
            for (int target = 1; target < 40; target++)
            {
                CenterCrop crop = CenterCrop.Of(size, target, rounding);
                Assert.Equal(Math.Min(size, target), crop.Count);
                Assert.InRange(crop.Start, 0, size - crop.Count);
                Assert.InRange(crop.Destination, 0, target - crop.Count);
            }
    }
}
