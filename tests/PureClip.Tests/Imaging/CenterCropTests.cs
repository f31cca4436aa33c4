using PureClip.Imaging;

namespace PureClip.Tests.Imaging;

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
