using PureClip.Imaging;

namespace PureClip.Tests.Imaging;

public class RgbConversionTests
{
    [Fact]
    public void Every_mode_converts_as_Pillow_does() =>
        ReferenceCase.AllHold("rgb", 7, c => c.HasChecksum("bytes", RgbConversion.ToRgb(c.Picture(), null).Pixels));

    [Fact]
    public void Cmyk_example_of_the_formula() =>
        Assert.Equal([207, 198, 190], RgbConversion.ToRgb(new RasterImage(PixelMode.Cmyk, 1, 1, [10, 20, 30, 40]), null).Pixels);

    [Fact]
    public void Without_a_background_transparent_pixels_keep_their_color() =>
        Assert.Equal([1, 2, 3], RgbConversion.ToRgb(new RasterImage(PixelMode.Rgba, 1, 1, [1, 2, 3, 0]), null).Pixels);

    [Fact]
    public void An_index_beyond_the_palette_is_black() =>
        Assert.Equal(
            [9, 8, 7, 0, 0, 0], RgbConversion.ToRgb(new RasterImage(PixelMode.Palette, 2, 1, [0, 1]) { Palette = [9, 8, 7] }, null).Pixels);

    [Fact]
    public void Straight_alpha_is_composited_over_the_background_and_rounded_to_nearest()
    {
        RgbColor background = new(200, 10, 255);
        byte[] pixels = ComputedPictures.Noise(4 * 1000, 2);
        byte[] rgb = RgbConversion.ToRgb(new RasterImage(PixelMode.Rgba, 1000, 1, pixels), background).Pixels;
        for (int i = 0; i < 1000; i++)
        {
            Assert.Equal(Over(pixels[4 * i], pixels[4 * i + 3], background.Red), rgb[3 * i]);
            Assert.Equal(Over(pixels[4 * i + 1], pixels[4 * i + 3], background.Green), rgb[3 * i + 1]);
            Assert.Equal(Over(pixels[4 * i + 2], pixels[4 * i + 3], background.Blue), rgb[3 * i + 2]);
        }
    }

    [Fact]
    public void Gray_with_alpha_is_composited() =>
        Assert.Equal(
            [100, 100, 100, 150, 150, 150],
            RgbConversion.ToRgb(new RasterImage(PixelMode.GrayAlpha, 2, 1, [100, 255, 45, 128]), new(255, 255, 255)).Pixels);

    [Fact]
    public void Palette_entries_without_an_alpha_are_opaque() =>
        Assert.Equal(
            [255, 255, 255, 4, 5, 6],
            RgbConversion.ToRgb(
                new RasterImage(PixelMode.Palette, 2, 1, [0, 1]) { Palette = [1, 2, 3, 4, 5, 6], PaletteAlpha = [0] },
                RgbColor.White).Pixels);

    [Fact]
    public void The_transparent_color_of_rgb_becomes_the_background() =>
        Assert.Equal(
            [0, 0, 0, 1, 2, 4],
            RgbConversion.ToRgb(
                new RasterImage(PixelMode.Rgb, 2, 1, [1, 2, 3, 1, 2, 4]) { TransparentColor = [1, 2, 3] }, RgbColor.Black).Pixels);

    [Fact]
    public void The_transparent_color_of_gray_becomes_the_background() =>
        Assert.Equal(
            [255, 255, 255, 8, 8, 8],
            RgbConversion.ToRgb(new RasterImage(PixelMode.Gray, 2, 1, [7, 8]) { TransparentColor = [7] }, RgbColor.White).Pixels);

    [Fact]
    public void A_transparent_colour_has_a_value_for_each_channel()
    {
        Assert.Contains("A pixel of Rgb has 3 bytes, but the transparent colour has 0.",
            Assert.Throws<ArgumentException>(() => new RasterImage(PixelMode.Rgb, 1, 1, [1, 2, 3]) { TransparentColor = [] }).Message);
    }

    private static byte Over(int color, int alpha, int background) =>
        (byte)Math.Round((color * alpha + background * (255 - alpha)) / 255.0);
}

public class ByteMathTests
{
    [Fact]
    public void Division_by_255_is_rounded_exactly_for_every_product_of_bytes()
    {
        for (int product = 0; product <= 255 * 255; product++)
            Assert.Equal((int)Math.Round(product / 255.0), ByteMath.DivideBy255(product));
    }
}
