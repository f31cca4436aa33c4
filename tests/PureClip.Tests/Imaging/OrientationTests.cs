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
        RasterImage turned = Orientation.Apply(
            new RasterImage(PixelMode.Palette, 1, 2, [0, 1]) { Palette = [1, 2, 3], PaletteAlpha = [7], Orientation = 3 });
        Assert.Equal([1, 2, 3], turned.Palette!);
        Assert.Equal([7], turned.PaletteAlpha!);
    }

    private static RasterImage Turned(RasterImage image, int orientation) =>
        new(image.Mode, image.Width, image.Height, image.Pixels) { Orientation = orientation };
}

public class ExifOrientationTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(6)]
    [InlineData(8)]
    public void Orientation_is_read_in_both_byte_orders(byte value)
    {
        Assert.Equal(value, ExifOrientation.Read(Little(value)));
        Assert.Equal(value, ExifOrientation.Read(Big(value)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    [InlineData(255)]
    public void Values_outside_1_to_8_mean_as_stored(byte value) => Assert.Equal(1, ExifOrientation.Read(Little(value)));

    [Fact]
    public void Entries_before_the_orientation_are_skipped()
    {
        byte[] tiff = [.. "MM\0*"u8, 0, 0, 0, 8, 0, 2, 1, 0x0F, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, .. Big(3)[10..]];
        Assert.Equal(3, ExifOrientation.Read(tiff));
    }

    [Fact]
    public void Truncation_anywhere_means_as_stored()
    {
        byte[] whole = Big(6);
        for (int length = 0; length < whole.Length; length++)
            Assert.Equal(1, ExifOrientation.Read(whole.AsSpan(0, length)));
    }

    [Fact]
    public void A_directory_beyond_the_end_means_as_stored()
    {
        byte[] tiff = Little(6);
        foreach (uint offset in new uint[] { 9, 1000, int.MaxValue, uint.MaxValue })
        {
            BitConverter.TryWriteBytes(tiff.AsSpan(4), offset);
            Assert.Equal(1, ExifOrientation.Read(tiff));
        }
    }

    // SHORT, SBYTE, SSHORT, LONG and SLONG are numbers; BYTE, ASCII and UNDEFINED are not.
    [Theory]
    [InlineData(3, 6)]
    [InlineData(6, 6)]
    [InlineData(8, 6)]
    [InlineData(4, 6)]
    [InlineData(9, 6)]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(7, 1)]
    [InlineData(99, 1)]
    public void Every_type_of_whole_number_counts(byte type, int expected)
    {
        byte[] tiff = Little(6);
        tiff[12] = type;
        Assert.Equal(expected, ExifOrientation.Read(tiff));
    }

    [Fact]
    public void Of_several_values_the_first_counts_and_of_several_entries_the_last()
    {
        byte[] two = Little(6);
        two[14] = 2;
        two[20] = 3;
        Assert.Equal(6, ExifOrientation.Read(two));
        byte[] entry = Little(6)[10..];
        byte[] twice = [.. "II*\0"u8, 8, 0, 0, 0, 2, 0, .. entry, .. entry];
        twice[^4] = 8;
        Assert.Equal(8, ExifOrientation.Read(twice));
    }

    [Fact]
    public void Values_that_do_not_fit_the_entry_are_where_it_points()
    {
        byte[] tiff = [.. "II*\0"u8, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 3, 0, 0, 0, 22, 0, 0, 0, 5, 0, 1, 0, 1, 0];
        Assert.Equal(5, ExifOrientation.Read(tiff));
        Assert.Null(ExifOrientation.Find(tiff.AsSpan(0, tiff.Length - 1)));
    }

    private static byte[] Little(byte value) => [.. "II*\0"u8, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, value, 0, 0, 0];

    private static byte[] Big(byte value) => [.. "MM\0*"u8, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, value, 0, 0];
}
