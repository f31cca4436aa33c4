using PureClip.Imaging;

namespace PureClip.Tests.Imaging;

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

    [Fact]
    public void An_entry_of_another_type_or_count_means_as_stored()
    {
        byte[] type = Little(6);
        type[12] = 4;
        byte[] count = Little(6);
        count[14] = 2;
        Assert.Equal(1, ExifOrientation.Read(type));
        Assert.Equal(1, ExifOrientation.Read(count));
    }

    private static byte[] Little(byte value) => [.. "II*\0"u8, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, value, 0, 0, 0];

    private static byte[] Big(byte value) => [.. "MM\0*"u8, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, value, 0, 0];
}
