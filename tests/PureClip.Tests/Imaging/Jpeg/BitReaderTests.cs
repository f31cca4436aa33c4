using System.Numerics;
using PureClip.Imaging;
using PureClip.Imaging.Jpeg;

namespace PureClip.Tests.Imaging.Jpeg;

public class BitReaderTests
{
    [Fact]
    public void Bits_come_in_order_whatever_the_pieces()
    {
        var random = new Random(1);
        byte[] data = new byte[301];
        random.NextBytes(data);
        var expected = new BigInteger(data, isUnsigned: true, isBigEndian: true);
        BitReader reader = Open(data);
        int total = data.Length * 8;
        for (int position = 0; position < total;)
        {
            int number = Math.Min(random.Next(17), total - position);
            position += number;
            BigInteger value = (expected >> (total - position)) & ((BigInteger.One << number) - 1);
            Assert.Equal((int)value, reader.Read(number));
            Assert.False(reader.IsExhausted);
        }
    }

    [Fact]
    public void Single_bits_equal_the_same_bits_read_together()
    {
        BitReader single = Open([0xA5, 0x0F]);
        BitReader together = Open([0xA5, 0x0F]);
        int value = 0;
        for (int i = 0; i < 16; i++)
            value = value << 1 | (single.ReadBit() ? 1 : 0);
        Assert.Equal(together.Read(16), value);
    }

    [Fact]
    public void Zeros_follow_the_data_and_the_first_of_them_exhausts_it()
    {
        BitReader reader = Open([0xFF]);
        Assert.Equal(0xFF, reader.Read(8));
        Assert.False(reader.IsExhausted);
        Assert.False(reader.ReadBit());
        Assert.True(reader.IsExhausted);
        for (int i = 0; i < 10_000; i++)
            Assert.Equal(0, reader.Read(16));
        Assert.True(reader.IsExhausted);
    }

    [Fact]
    public void Empty_data_is_exhausted_by_the_first_bit()
    {
        BitReader reader = Open([]);
        Assert.False(reader.IsExhausted);
        reader.Read(1);
        Assert.True(reader.IsExhausted);
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(1, 0, -1)]
    [InlineData(1, 1, 1)]
    [InlineData(3, 0, -7)]
    [InlineData(3, 3, -4)]
    [InlineData(3, 4, 4)]
    [InlineData(15, 0, -32767)]
    [InlineData(15, 32767, 32767)]
    public void Extend_follows_table_F_1(int size, int bits, int value) => Assert.Equal(value, BitReader.Extend(bits, size));

    [Fact]
    public void A_buffer_without_padding_is_rejected() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new BitReader(new byte[10], 3));

    private static BitReader Open(byte[] data) => new([.. data, .. new byte[BitReader.Padding]], data.Length);
}

public class EntropySegmentTests
{
    [Fact]
    public void Stuffing_and_fill_bytes_are_removed()
    {
        byte[] file = [9, 9, 1, 0xFF, 0, 2, 0xFF, 0xFF, 0, 3, 0xFF, 0xFF, 0xD9, 7];
        var segment = new EntropySegment(PictureMemory.Owned, tolerant: false);
        segment.Load(file, 2);
        Assert.Equal(5, segment.Length);
        BitReader bits = segment.Bits;
        Assert.Equal([1, 0xFF, 2, 0xFF, 3], Enumerable.Range(0, 5).Select(_ => bits.Read(8)));
        Assert.Equal((0xD9, 11), (segment.Marker, segment.End));
    }

    [Fact]
    public void Segments_follow_one_another_in_one_buffer()
    {
        byte[] file = [1, 2, 3, 0xFF, 0xD0, 4, 0xFF, 0xD9];
        var segment = new EntropySegment(PictureMemory.Owned, tolerant: false);
        segment.Load(file, 0);
        segment.Load(file, segment.End + 2);
        BitReader bits = segment.Bits;
        Assert.Equal(4, bits.Read(8));
        Assert.Equal(0, bits.Read(16)); // nothing of the longer segment before
        Assert.True(bits.IsExhausted);
    }

    [Theory]
    [InlineData(new byte[] { })]
    [InlineData(new byte[] { 1, 2 })]
    [InlineData(new byte[] { 1, 0xFF })]
    [InlineData(new byte[] { 1, 0xFF, 0 })]
    public void A_segment_without_a_marker_is_truncated(byte[] file) =>
        Assert.Throws<InvalidDataException>(() => new EntropySegment(PictureMemory.Owned, tolerant: false).Load(file, 0));
}
