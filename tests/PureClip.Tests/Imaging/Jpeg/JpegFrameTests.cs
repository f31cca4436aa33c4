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
        Exception? exception = Record.Exception(() => JpegFrame.Read(new SegmentReader(header, "SOF"), false, false, limit));
        Assert.Equal(allowed, exception is null);
    }

    // 4032 x 3024 with 448 wanted has to be 1008 x 756, as from Pillow's draft.
    [Theory]
    [InlineData(4032, 3024, 448, 4, 1008, 756)]
    [InlineData(1792, 1792, 448, 4, 448, 448)]
    [InlineData(1791, 1792, 448, 2, 896, 896)]
    [InlineData(3584, 3584, 448, 8, 448, 448)]
    [InlineData(9000, 9001, 448, 8, 1125, 1126)]
    [InlineData(449, 448, 448, 1, 449, 448)]
    [InlineData(5, 5, 448, 1, 5, 5)]
    [InlineData(17, 9, 1, 8, 3, 2)]
    public void A_frame_is_reduced_while_both_sides_stay_above_what_is_wanted(
        int width, int height, int wanted, int denominator, int outputWidth, int outputHeight)
    {
        byte[] size = [(byte)(height >> 8), (byte)height, (byte)(width >> 8), (byte)width];
        JpegFrame frame = JpegFrame.Read(new SegmentReader([8, .. size, 1, 1, 0x11, 0], "SOF"), false, false, maxPixels: 100_000_000);
        frame.Reduce(wanted);
        Assert.Equal((outputWidth, outputHeight, 8 / denominator), (frame.OutputWidth, frame.OutputHeight, frame.SamplesPerBlock));
    }

    [Theory]
    [InlineData(0x22, 4, 8)] // at half size chroma has all its samples already
    [InlineData(0x22, 1, 2)]
    [InlineData(0x21, 4, 4)] // halved in one direction alone: it is upsampled in that
    [InlineData(0x44, 1, 4)]
    [InlineData(0x11, 2, 2)]
    public void Components_that_are_sampled_less_are_reduced_less(byte luma, int samples, int chromaSamples)
    {
        JpegFrame frame = Read([8, 0, 64, 0, 64, 3, 1, luma, 0, 2, 0x11, 1, 3, 0x11, 1]);
        frame.Reduce(64 * samples / 8);
        Assert.Equal((samples, chromaSamples), (frame.Components[0].SamplesPerBlock, frame.Components[1].SamplesPerBlock));
    }

    private static JpegFrame Read(byte[] header) =>
        JpegFrame.Read(new SegmentReader(header, "SOF"), progressive: false, arithmetic: false, maxPixels: 10_000);
}
