using PureClip.Imaging;
using PureClip.Imaging.WebP.Lossless;

namespace PureClip.Tests.Imaging.WebP.Lossless;

public class LosslessDecoderTests
{
    [Fact]
    public void Green_may_be_a_length_and_repeats_what_was_written()
    {
        LosslessWriter writer = PixelsOrCopies(green: 50).Bits(0, 1).Bits(1, 1);
        Assert.Equal([0x09073208u, 0x09073208, 0x09073208, 0x09073208], Decode(writer, 4, 1));
    }

    [Fact]
    public void A_copy_from_before_the_beginning_or_beyond_the_end_is_rejected()
    {
        Assert.Contains("does not fit", Rejection(PixelsOrCopies(green: 50).Bits(1, 1), 4, 1));
        Assert.Contains("does not fit", Rejection(PixelsOrCopies(green: 50).Bits(0, 1).Bits(1, 1), 3, 1));
    }

    [Fact]
    public void Palette_entries_are_differences_and_share_pixels()
    {
        // Two colours, 0x01020304 and that plus 0x01010101: eight indices a pixel, in green. The second row begins a new pixel.
        LosslessWriter writer = new LosslessWriter().Bits(1, 1).Bits(3, 2).Bits(1, 8)
            .Bits(0, 1).Symbols(1, 3).Symbols(1, 2).Symbols(1, 4).Symbol(1).Symbol(0) // the palette, two pixels
            .Bits(1, 1).Bits(1, 1).Bits(1, 1).Bits(0, 3); // higher symbols first, then all lower ones
        writer.Bits(0, 3).Symbols(0b01, 0b10).Symbol(0).Symbol(0).Symbol(255).Symbol(0).Bits(1, 1).Bits(0, 1);
        Assert.Equal([0x01020304u, 0x02030405, 0x01020304, 0x02030405, 0x01020304, 0x01020304], Decode(writer, 3, 2));
    }

    [Fact]
    public void An_index_beyond_the_palette_is_transparent_black()
    {
        LosslessWriter writer = new LosslessWriter().Bits(1, 1).Bits(3, 2).Bits(2, 8) // three colours: two bits an index
            .Bits(0, 1).Symbol(3).Symbol(2).Symbol(4).Symbol(1).Symbol(0);
        writer.Bits(0, 3).Symbol(0b1100_0001).Symbol(0).Symbol(0).Symbol(255).Symbol(0);
        Assert.Equal([0x02040608u, 0x01020304, 0x01020304, 0], Decode(writer, 4, 1));
    }

    [Fact]
    public void Colors_are_restored_from_green_and_red()
    {
        // The factors' pixel: red is what blue takes of red, green what it takes of green, blue what red takes of green.
        LosslessWriter writer = new LosslessWriter().Bits(1, 1).Bits(1, 2).Bits(0, 3)
            .Bits(0, 1).Symbol(0xE0).Symbol(0x30).Symbol(0x14).Symbol(255).Symbol(0);
        writer.Bits(0, 3).Symbols(0x90, 0x50).Symbol(0x21).Symbol(0x43).Symbol(0xFE).Symbol(0);
        for (int i = 0; i < 5; i++)
            writer.Bits(i % 2, 1);
        Assert.Equal(Enumerable.Range(0, 5).Select(i => Restored(i % 2 == 0 ? 0x50 : 0x90)), Decode(writer, 5, 1));

        static uint Restored(int green) // RFC 9649, section 4.2, in signed bytes
        {
            int red = 0x21 + Delta(0x14, green) & 0xFF;
            int blue = 0x43 + Delta(0xE0, green) + Delta(0x30, red) & 0xFF;
            return 0xFE000000 | (uint)red << 16 | (uint)green << 8 | (uint)blue;
        }

        static int Delta(int factor, int color) => ((sbyte)factor * (sbyte)color) >> 5;
    }

    [Fact]
    public void Green_is_added_to_red_and_blue()
    {
        LosslessWriter writer = new LosslessWriter().Bits(1, 1).Bits(2, 2).Bits(0, 3)
            .Symbol(0x90).Symbol(0x80).Symbol(0x01).Symbol(0x33).Symbol(0);
        Assert.Equal(Enumerable.Repeat(0x33109091u, 7), Decode(writer, 7, 1));
    }

    [Fact]
    public void Damaged_images_are_rejected_with_what_is_wrong()
    {
        Assert.Contains("twice in the same way", Rejection(new LosslessWriter().Bits(1, 1).Bits(2, 2).Bits(1, 1).Bits(2, 2), 1, 1));
        Assert.Contains("its colour cache has 12 bits", Rejection(new LosslessWriter().Bits(0, 1).Bits(1, 1).Bits(12, 4), 1, 1));
        Assert.Contains("its colour cache has 0 bits", Rejection(new LosslessWriter().Bits(0, 1).Bits(1, 1).Bits(0, 4), 1, 1));
        LosslessWriter cut = new LosslessWriter().Bits(0, 3).Symbols(1, 2).Symbol(0).Symbol(0).Symbol(255).Symbol(0);
        Assert.Contains("truncated", Rejection(cut, 200, 1));
    }

    [Fact]
    public void Codes_that_no_part_uses_are_read_past()
    {
        // One square uses group 1; group 0 has other codes.
        LosslessWriter writer = new LosslessWriter().Bits(0, 2).Bits(1, 1).Bits(0, 3)
            .Bits(0, 1).Symbol(1).Symbol(0).Symbol(0).Symbol(255).Symbol(0);
        foreach (byte value in (byte[])[10, 20])
            writer.Symbol(value).Symbol(value).Symbol(value).Symbol(value).Symbol(0);
        Assert.Equal([0x14141414u, 0x14141414], Decode(writer, 2, 1));
    }

    /// <summary>An image whose bits are 0: a pixel, or 1: a copy of three from the one before.</summary>
    private static LosslessWriter PixelsOrCopies(byte green)
    {
        LosslessWriter writer = new LosslessWriter().Bits(0, 3);
        // The code of lengths: 0 means 1, and 1 a run of zeros.
        writer.Bits(0, 1).Bits(0, 4).Bits(0, 3).Bits(1, 3).Bits(0, 3).Bits(1, 3).Bits(0, 1);
        Zeros(green).Bits(0, 1); // the pixel's green
        Zeros(CodeGroup.FirstLength + 2 - green - 1).Bits(0, 1); // the length
        Zeros(CodeGroup.FirstCached - CodeGroup.FirstLength - 3);
        return writer.Symbol(7).Symbol(8).Symbol(9).Symbol(1);

        LosslessWriter Zeros(int count)
        {
            for (; count > 0; count -= Math.Min(count, 138))
                writer.Bits(1, 1).Bits(Math.Min(count, 138) - 11, 7);
            return writer;
        }
    }

    private static string Rejection(LosslessWriter writer, int width, int height) =>
        Assert.Throws<InvalidDataException>(() => Decode(writer, width, height)).Message;

    private static uint[] Decode(LosslessWriter writer, int width, int height)
    {
        uint[] pixels = new uint[width * height];
        LosslessDecoder.Decode(writer.Bytes(), 0, width, pixels, PictureMemory.Owned);
        return pixels;
    }
}
