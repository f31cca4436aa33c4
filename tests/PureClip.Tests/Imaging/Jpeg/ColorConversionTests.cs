using PureClip.Imaging.Jpeg;

namespace PureClip.Tests.Imaging.Jpeg;

public class ColorConversionTests
{
    [Fact]
    public void Rows_of_any_width_equal_single_pixels()
    {
        var random = new Random(1);
        for (int width = 1; width < 70; width++)
        {
            (byte[] y, byte[] cb, byte[] cr) = (Bytes(random, width), Bytes(random, width), Bytes(random, width));
            byte[] pixels = new byte[3 * width];
            YcbcrToRgb.Convert(y, cb, cr, pixels);
            for (int x = 0; x < width; x++)
                Assert.Equal(YcbcrToRgb.Convert(y[x], cb[x], cr[x]), (pixels[3 * x], pixels[3 * x + 1], pixels[3 * x + 2]));
        }
    }

    [Fact]
    public void Every_colour_is_the_JFIF_formula_rounded()
    {
        for (int cb = 0; cb < 256; cb++)
            for (int cr = 0; cr < 256; cr++)
                for (int y = 0; y < 256; y += 51)
                {
                    (byte red, byte green, byte blue) = YcbcrToRgb.Convert((byte)y, (byte)cb, (byte)cr);
                    Assert.InRange(red - Math.Clamp(y + 1.402 * (cr - 128), 0, 255), -0.51, 0.51);
                    Assert.InRange(green - Math.Clamp(y - 0.344136 * (cb - 128) - 0.714136 * (cr - 128), 0, 255), -0.51, 0.51);
                    Assert.InRange(blue - Math.Clamp(y + 1.772 * (cb - 128), 0, 255), -0.51, 0.51);
                }
    }

    private static byte[] Bytes(Random random, int count)
    {
        byte[] bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}
