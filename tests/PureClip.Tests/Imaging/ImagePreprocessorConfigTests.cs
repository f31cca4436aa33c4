using PureClip.Imaging;

namespace PureClip.Tests.Imaging;

public class ImagePreprocessorConfigTests
{
    [Fact]
    public void The_default_is_OpenAI_at_224() => Assert.Equal(new ImagePreprocessorConfig(), ImagePreprocessorConfig.OpenAI(224));

    [Fact]
    public void Presets_are_valid()
    {
        ImagePreprocessorConfig.OpenAI(336).Validate();
        ImagePreprocessorConfig.HuggingFace(336).Validate();
        new ImagePreprocessorConfig { DoRescale = false }.Validate();
        new ImagePreprocessorConfig { DoRescale = false, DoNormalize = false }.Validate();
    }

    public static TheoryData<ImagePreprocessorConfig, string> Invalid => new()
    {
        { new() { ShortestEdge = 0 }, "ShortestEdge is 0; it must be from 1 to 8192." },
        { new() { OutputHeight = -1 }, "OutputHeight is -1" },
        { new() { OutputWidth = 8193 }, "OutputWidth is 8193" },
        { new() { PixelOrder = (PixelOrder)9 }, "RgbFirst, ResizeFirst" },
        { new() { ResizeMode = (ResizeMode)9 }, "ShortestEdge, Squash, Longest, Cover" },
        { new() { Interpolation = (ResampleFilter)9 }, "Interpolation is 9" },
        { new() { CropRounding = (CropRounding)9 }, "CropRounding is 9" },
        { new() { RescaleRule = (RescaleRule)9 }, "RescaleRule is 9" },
        { new() { RescaleFactor = double.NaN }, "RescaleFactor is NaN" },
        { new() { Mean = ChannelValues.All(float.PositiveInfinity) }, "Mean is [Infinity, Infinity, Infinity]" },
        { new() { Std = new(1, 1, 0) }, "three finite positive numbers" },
        { new() { RescaleRule = RescaleRule.MultiplyByFactor, RescaleFactor = 1e39 }, "RescaleFactor 1E+39" },
        { new() { RescaleRule = RescaleRule.MultiplyByFactor, RescaleFactor = -1e5 }, "numbers up to" },
        { new() { Std = ChannelValues.All(1e-30f) }, "at most 1000000 are allowed." },
    };

    [Theory]
    [MemberData(nameof(Invalid))]
    public void A_setting_outside_its_range_is_named(ImagePreprocessorConfig config, string message)
    {
        string found = Assert.Throws<ArgumentException>(config.Validate).Message;
        Assert.Contains(message, found);
        Assert.DoesNotContain("Parameter", found); // it is printed behind the name of a model's file
        Assert.Throws<ArgumentException>(() => new ImagePreprocessor(config));
    }
}
