using PureClip.Imaging;

namespace PureClip.Tests.Imaging;

public class OrientationTests
{
    [Fact]
    public void Every_orientation_turns_as_Pillow_does() => ReferenceCase.AllHold("orient", 28, c =>
    {
        RasterImage stored = c.Picture();
        RasterImage turned = Orientation.Apply(Turned(stored, c.Number("orientation")));
        return c.HasChecksum("bytes", turned.Pixels)
            && turned.Width == (c.Number("orientation") > 4 ? stored.Height : stored.Width)
            && turned.Orientation == 1;
    });

    [Theory]
    [InlineData(1, "ABCDEF", 3)]
    [InlineData(2, "CBAFED", 3)]
    [InlineData(3, "FEDCBA", 3)]
    [InlineData(4, "DEFABC", 3)]
    [InlineData(5, "ADBECF", 2)]
    [InlineData(6, "DAEBFC", 2)]
    [InlineData(7, "FCEBDA", 2)]
    [InlineData(8, "CFBEAD", 2)]
    public void Letters_of_three_columns_and_two_rows_land_where_the_tag_says(int orientation, string expected, int width)
    {
        RasterImage turned = Orientation.Apply(Turned(new RasterImage(PixelMode.Gray, 3, 2, "ABCDEF"u8.ToArray()), orientation));
        Assert.Equal(expected, System.Text.Encoding.ASCII.GetString(turned.Pixels));
        Assert.Equal(width, turned.Width);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(9)]
    [InlineData(-1)]
    public void Values_that_ask_for_nothing_return_the_same_picture(int orientation)
    {
        RasterImage image = Turned(new RasterImage(PixelMode.Gray, 3, 2, new byte[6]), orientation);
        Assert.Same(image, Orientation.Apply(image));
    }

    [Fact]
    public void The_palette_and_its_transparency_survive_turning()
    {
        RasterImage turned = Orientation.Apply(new RasterImage(PixelMode.Palette, 1, 2, [0, 1]) { Palette = [1, 2, 3], PaletteAlpha = [7], Orientation = 3 });
        Assert.Equal([1, 2, 3], turned.Palette!);
        Assert.Equal([7], turned.PaletteAlpha!);
    }

    private static RasterImage Turned(RasterImage image, int orientation) =>
        new(image.Mode, image.Width, image.Height, image.Pixels) { Orientation = orientation };
}
