using PureClip.ImageSharp;
using PureClip.Imaging;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Metadata.Profiles.Exif;
using SixLabors.ImageSharp.PixelFormats;

namespace PureClip.Tests.Imaging.ImageSharp;

public class ImageSharpSourcesTests
{
    [Fact]
    public void Pixels_are_those_of_the_picture()
    {
        using Image<Rgba32> image = new(2, 1);
        (image[0, 0], image[1, 0]) = (new(1, 2, 3, 4), new(5, 6, 7, 8));
        RasterImage raster = image.ToImageSource("two").Decode();
        Assert.Equal((PixelMode.Rgba, 2, 1, 1), (raster.Mode, raster.Width, raster.Height, raster.Orientation));
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], raster.Pixels);

        using Image<Bgr24> opaque = image.CloneAs<Bgr24>();
        Assert.Equal([1, 2, 3, 5, 6, 7], opaque.ToImageSource().Decode().Pixels);
        using Image<L8> grey = new(1, 1, new L8(77));
        Assert.Equal([77, 77, 77], grey.ToImageSource().Decode().Pixels);
        using Image<Rgb48> deep = new(1, 1, new Rgb48(0, 128 * 257, 65535));
        Assert.Equal([0, 128, 255], deep.ToImageSource().Decode().Pixels);
        Assert.Equal("two", image.ToImageSource("two").Name);
    }

    [Fact]
    public void The_picture_may_change_or_go_afterwards()
    {
        Image<Rgb24> image = new(1, 1, new Rgb24(9, 8, 7));
        ImageSource source = image.ToImageSource();
        image[0, 0] = default;
        image.Dispose();
        Assert.Equal([9, 8, 7], source.Decode().Pixels);
    }

    [Fact]
    public void Its_orientation_is_kept()
    {
        using Image<Rgb24> image = new(2, 1);
        image.Metadata.ExifProfile = new();
        image.Metadata.ExifProfile.SetValue(ExifTag.Orientation, (ushort)6);
        Assert.Equal(6, image.ToImageSource().Decode().Orientation);
        image.Metadata.ExifProfile.SetValue(ExifTag.Orientation, (ushort)9);
        Assert.Equal(1, image.ToImageSource().Decode().Orientation);
    }

    [Fact]
    public void A_picture_from_memory_has_the_vector_of_its_file()
    {
        string path = TestData.PathOf("gallery/cat.png");
        using Clip clip = Clip.Load(ShippedModel.Path);
        using Image<Rgba32> image = Image.Load<Rgba32>(path);
        Assert.Equal(clip.EncodeImage(path), clip.EncodeImage(image.ToImageSource()));
    }
}
