using PureClip.Imaging.Png;

namespace PureClip.Tests.Imaging.Png;

public class PngHeaderTests
{
    [Fact]
    public void Exactly_the_fifteen_combinations_of_the_specification_are_accepted()
    {
        List<string> accepted = [];
        for (int color = 0; color < 10; color++)
            for (int depth = 0; depth < 34; depth++)
                try
                {
                    PngHeader.Parse([0, 0, 0, 1, 0, 0, 0, 1, (byte)depth, (byte)color, 0, 0, 0]);
                    accepted.Add($"{color}/{depth}");
                }
                catch (InvalidDataException)
                {
                }
        Assert.Equal("0/1 0/2 0/4 0/8 0/16 2/8 2/16 3/1 3/2 3/4 3/8 4/8 4/16 6/8 6/16", string.Join(' ', accepted));
    }

    [Theory]
    [InlineData("0 x 1", new byte[] { 0, 0, 0, 0, 0, 0, 0, 1, 8, 0, 0, 0, 0 })]
    [InlineData("1 x 0", new byte[] { 0, 0, 0, 1, 0, 0, 0, 0, 8, 0, 0, 0, 0 })]
    [InlineData("2147483648 x 1", new byte[] { 0x80, 0, 0, 0, 0, 0, 0, 1, 8, 0, 0, 0, 0 })]
    [InlineData("compression method 1", new byte[] { 0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 1, 0, 0 })]
    [InlineData("filter method 1", new byte[] { 0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 1, 0 })]
    [InlineData("interlace method 2", new byte[] { 0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 2 })]
    [InlineData("12 bytes instead of 13", new byte[] { 0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0 })]
    public void A_field_out_of_range_is_rejected(string because, byte[] body) =>
        Assert.Contains(because, Assert.Throws<InvalidDataException>(() => PngHeader.Parse(body)).Message);

    [Fact]
    public void A_picture_that_no_array_holds_is_rejected_whatever_the_limit()
    {
        PngHeader header = PngHeader.Parse([0x7F, 0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 16, 6, 0, 0, 1]);
        Assert.Contains("one array", Assert.Throws<InvalidDataException>(() => header.CheckSize(long.MaxValue)).Message);
    }

    [Fact]
    public void The_passes_of_an_interlaced_picture_hold_each_pixel_once()
    {
        for (int width = 1; width < 20; width++)
            for (int height = 1; height < 20; height++)
            {
                int pixels = 0;
                foreach (PngPass pass in PngPass.Adam7)
                    pixels += pass.Columns(width) * pass.Rows(height);
                Assert.Equal(width * height, pixels);
            }
    }
}
