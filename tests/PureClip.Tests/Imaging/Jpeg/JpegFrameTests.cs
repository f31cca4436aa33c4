using PureClip.Imaging.Jpeg;

namespace PureClip.Tests.Imaging.Jpeg;

public class JpegFrameTests
{
    [Fact]
    public void Components_are_laid_out_by_their_sampling()
    {
        // 17 x 33 pixels, 4:2:0: 2 x 3 MCUs of 16 x 16 pixels.
        JpegFrame frame = Read([8, 0, 33, 0, 17, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1]);
        Assert.Equal((2, 3), (frame.McusAcross, frame.McusDown));
        JpegComponent luma = frame.Components[0];
        JpegComponent chroma = frame.Components[1];
        Assert.Equal((17, 33, 3, 5, 4), (luma.Width, luma.Height, luma.BlocksAcross, luma.BlocksDown, luma.BlockStride));
        Assert.Equal((9, 17, 2, 3, 2), (chroma.Width, chroma.Height, chroma.BlocksAcross, chroma.BlocksDown, chroma.BlockStride));
        Assert.Equal(2 * 3 * 6, frame.Blocks);
    }

    [Fact]
    public void Factors_of_a_component_alone_have_no_effect()
    {
        JpegFrame frame = Read([8, 0, 20, 0, 20, 1, 1, 0x43, 0]);
        Assert.Equal((3, 3, 3), (frame.McusAcross, frame.McusDown, frame.Components[0].BlockStride));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(5)]
    public void Other_numbers_of_components_are_rejected(byte count) =>
        Assert.Throws<InvalidDataException>(() => Read([8, 0, 8, 0, 8, count, .. new byte[15]]));

    [Theory]
    [InlineData(99, false)]
    [InlineData(100, true)]
    public void The_limit_of_pixels_is_inclusive(long limit, bool allowed)
    {
        byte[] header = [8, 0, 10, 0, 10, 1, 1, 0x11, 0];
        Exception? exception = Record.Exception(() => JpegFrame.Read(new SegmentReader(header, "SOF"), false, limit));
        Assert.Equal(allowed, exception is null);
    }

    private static JpegFrame Read(byte[] header) => JpegFrame.Read(new SegmentReader(header, "SOF"), progressive: false, maxPixels: 10_000);
}
