using PureClip.Imaging;
using PureClip.Imaging.Resampling;

namespace PureClip.Tests.Imaging.Resampling;

public class PillowResamplerTests
{
    [Fact]
    public void Every_mode_filter_and_size_has_the_bits_of_Pillow() => ReferenceCase.AllHold("resize", 210, c =>
        c.HasChecksum("bytes", Resize(c.Picture(), c.Filter, c.OutWidth, c.OutHeight)));

    [Theory]
    [InlineData(PixelMode.Gray)]
    [InlineData(PixelMode.GrayAlpha)]
    [InlineData(PixelMode.Rgb)]
    [InlineData(PixelMode.Rgba)]
    [InlineData(PixelMode.Palette)]
    public void A_region_equals_the_crop_of_the_whole(PixelMode mode)
    {
        RasterImage image = ComputedPictures.Create(mode, 83, 61, 3);
        int channels = image.Channels;
        foreach ((int width, int height) in new[] { (40, 29), (200, 150), (83, 30), (30, 61), (83, 61), (1, 1) })
        {
            byte[] whole = Resize(image, ResampleFilter.Bicubic, width, height);
            int left = width / 3, top = height / 2, columns = width - left - width / 4, rows = height - top - height / 5;
            SourceRows expected = new SourceRows(whole, width * channels).From(top, left * channels);
            byte[] part = Resize(image, ResampleFilter.Bicubic, new(83, width, left, columns), new ResampleAxis(61, height, top, rows));
            for (int y = 0; y < rows; y++)
                Assert.Equal(expected.Slice(y, 0, columns * channels), part.AsSpan(y * columns * channels, columns * channels));
        }
    }

    [Theory]
    [InlineData(ResampleFilter.Bicubic)]
    [InlineData(ResampleFilter.Lanczos)]
    [InlineData(ResampleFilter.Nearest)]
    public void One_pixel_grows_to_a_plain_area(ResampleFilter filter) =>
        Assert.Equal(
            Enumerable.Repeat(new byte[] { 10, 20, 30 }, 35).SelectMany(p => p),
            Resize(new RasterImage(PixelMode.Rgb, 1, 1, [10, 20, 30]), filter, 7, 5));

    [Fact]
    public void Transparent_neighbours_do_not_bleed_into_opaque_pixels()
    {
        byte[] resized = Resize(new RasterImage(PixelMode.Rgba, 2, 1, [200, 0, 0, 255, 0, 255, 0, 0]), ResampleFilter.Bilinear, 1, 2);
        Assert.Equal([199, 0, 0, 128, 199, 0, 0, 128], resized);
    }

    [Fact]
    public void A_squashed_edge_of_many_million_pixels_is_refused_before_it_allocates()
    {
        RasterImage image = new(PixelMode.Gray, 30_000_000, 1, new byte[30_000_000]);
        ArgumentException refusal = Assert.Throws<ArgumentException>(() => Resize(image, ResampleFilter.Bicubic, 224, 224));
        Assert.Contains("Scale the picture down first", refusal.Message);
    }

    private static byte[] Resize(RasterImage image, ResampleFilter filter, int width, int height) =>
        Resize(image, filter, ResampleAxis.Whole(image.Width, width), ResampleAxis.Whole(image.Height, height));

    private static byte[] Resize(RasterImage image, ResampleFilter filter, ResampleAxis columns, ResampleAxis rows)
    {
        int stride = columns.Count * image.Channels;
        byte[] result = new byte[rows.Count * stride];
        PillowResampler.Resize(PixelView.Of(image), filter, columns, rows, new TargetRows(result, stride));
        return result;
    }
}
