using PureClip.Imaging;
using PureClip.Imaging.Jpeg;

namespace PureClip.Tests.Imaging.Jpeg;

public class EntropySegmentTests
{
    [Fact]
    public void Stuffing_and_fill_bytes_are_removed()
    {
        byte[] file = [9, 9, 1, 0xFF, 0, 2, 0xFF, 0xFF, 0, 3, 0xFF, 0xFF, 0xD9, 7];
        var segment = new EntropySegment(PictureMemory.Owned);
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
        var segment = new EntropySegment(PictureMemory.Owned);
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
        Assert.Throws<InvalidDataException>(() => new EntropySegment(PictureMemory.Owned).Load(file, 0));
}
