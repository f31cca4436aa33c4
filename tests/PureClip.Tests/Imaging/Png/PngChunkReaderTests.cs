using PureClip.Imaging.Png;

namespace PureClip.Tests.Imaging.Png;

public class PngChunkReaderTests
{
    [Fact]
    public void The_check_value_of_the_polynomial_comes_out() => Assert.Equal(0xCBF43926, Crc32.Compute("123456789"u8));

    [Fact]
    public void Iend_has_the_checksum_that_every_png_ends_with() => Assert.Equal(0xAE426082, Crc32.Compute("IEND"u8));
}
