using PureClip.Imaging;

namespace PureClip.Tests;

public sealed class PixelLayoutTests
{
    // Two rows of three pixels, each channel a number of its own.
    private static readonly byte[] Rgb = [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19];
    private static readonly byte[] Rgba = [1, 2, 3, 90, 4, 5, 6, 91, 7, 8, 9, 92, 11, 12, 13, 93, 14, 15, 16, 94, 17, 18, 19, 95];
    private static readonly byte[] Bgr = [3, 2, 1, 6, 5, 4, 9, 8, 7, 13, 12, 11, 16, 15, 14, 19, 18, 17];
    private static readonly byte[] Bgra = [3, 2, 1, 90, 6, 5, 4, 91, 9, 8, 7, 92, 13, 12, 11, 93, 16, 15, 14, 94, 19, 18, 17, 95];
    private static readonly byte[] Gray = [1, 2, 3, 4, 5, 6];

    public static TheoryData<PixelLayout, byte[], PixelMode, byte[]> Layouts => new()
    {
        { PixelLayout.Rgb, Rgb, PixelMode.Rgb, Rgb },
        { PixelLayout.Rgba, Rgba, PixelMode.Rgba, Rgba },
        { PixelLayout.Bgr, Bgr, PixelMode.Rgb, Rgb },
        { PixelLayout.Bgra, Bgra, PixelMode.Rgba, Rgba },
        { PixelLayout.Gray, Gray, PixelMode.Gray, Gray },
    };

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Pixels_are_the_same_in_every_layout_and_with_any_stride(PixelLayout layout, byte[] pixels, PixelMode mode, byte[] expected)
    {
        foreach (int padding in (int[])[0, 1, 50])
            foreach (int offset in (int[])[0, 5])
                foreach (bool lastRowEndsThere in (bool[])[true, false])
                {
                    ReadOnlyMemory<byte> memory = WithStride(pixels, padding, offset, lastRowEndsThere);
                    RasterImage found = ImageSource.FromPixels(memory, 3, 2, layout, pixels.Length / 2 + padding).Decode();
                    Assert.Equal((mode, 3, 2), (found.Mode, found.Width, found.Height));
                    Assert.Equal(expected, found.Pixels);
                    using PictureMemory borrowed = PictureMemory.Borrow();
                    Assert.Equal(expected, ImageSource.FromPixels(memory, 3, 2, layout, pixels.Length / 2 + padding)
                        .Decode(null, ImageDecoderOptions.Default, borrowed).PixelSpan.ToArray());
                }
        Assert.Equal(expected, ImageSource.FromPixels(pixels, 3, 2, layout).Decode().Pixels);
    }

    [Fact]
    public void What_lies_as_the_library_wants_it_is_not_copied() =>
        Assert.Same(Rgba, ImageSource.FromPixels(Rgba, 3, 2, PixelLayout.Rgba, 12).Decode().Pixels);

    [Fact]
    public void An_application_s_bytes_are_not_written_to()
    {
        byte[] pixels = [.. Bgra];
        ImageSource.FromPixels(pixels, 3, 2, PixelLayout.Bgra).Decode();
        Assert.Equal(Bgra, pixels);
    }

    [Fact]
    public void A_picture_with_a_stride_has_the_embedding_of_the_same_picture_without()
    {
        using Clip clip = ShippedModel.Load();
        byte[] rgb = new byte[50 * 40 * 3];
        new Random(1).NextBytes(rgb);
        byte[] bgra = new byte[40 * 256];
        for (int y = 0; y < 40; y++)
            for (int x = 0; x < 50; x++)
                for (int c = 0; c < 3; c++)
                    bgra[y * 256 + 4 * x + 2 - c] = rgb[(y * 50 + x) * 3 + c];
        TensorAssert.SameBits(
            clip.EncodeImage(new RgbImage(50, 40, rgb)), clip.EncodeImage(ImageSource.FromPixels(bgra, 50, 40, PixelLayout.Bgra, 256)));
    }

    [Theory]
    [InlineData(0, 2, PixelLayout.Rgb, 9, 18, "width")]
    [InlineData(3, -1, PixelLayout.Rgb, 9, 18, "height")]
    [InlineData(3, 2, (PixelLayout)9, 9, 18, "There are Rgb, Rgba, Bgr, Bgra, Gray.")]
    [InlineData(3, 2, PixelLayout.Rgb, 8, 18, "3 pixels of Rgb are 9 bytes a row, but the stride is 8.")]
    [InlineData(3, 2, PixelLayout.Rgb, 9, 17, "3 x 2 pixels of Rgb, 9 bytes from row to row, are 18 bytes, but 17 were given.")]
    [InlineData(3, 2, PixelLayout.Bgra, 0, 23, "12 bytes from row to row, are 24 bytes, but 23 were given.")]
    [InlineData(3, 2, PixelLayout.Rgb, -9, 18,
        "A stride of -9 means rows from the bottom up, which are not supported. Copy the rows from the top down, and pass a stride of 9.")]
    [InlineData(int.MaxValue, int.MaxValue, PixelLayout.Rgba, 0, 18, "are 18446744056529682436 bytes, but 18 were given.")]
    [InlineData(1, int.MaxValue, PixelLayout.Gray, int.MaxValue, 18, "but 18 were given.")]
    public void Sizes_that_cannot_be_are_refused_where_they_are_given(
        int width, int height, PixelLayout layout, int stride, int bytes, string problem)
    {
        ArgumentException refusal = Assert.ThrowsAny<ArgumentException>(
            () => ImageSource.FromPixels(new byte[bytes], width, height, layout, stride));
        Assert.Contains(problem, refusal.Message);
    }

    private static ReadOnlyMemory<byte> WithStride(byte[] pixels, int padding, int offset, bool lastRowEndsThere)
    {
        int row = pixels.Length / 2;
        byte[] padded = new byte[offset + 2 * (row + padding)];
        Array.Fill(padded, (byte)0xEE);
        pixels.AsSpan(0, row).CopyTo(padded.AsSpan(offset));
        pixels.AsSpan(row).CopyTo(padded.AsSpan(offset + row + padding));
        return padded.AsMemory(offset, lastRowEndsThere ? 2 * row + padding : 2 * (row + padding));
    }
}
