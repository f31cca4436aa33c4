using PureClip.Imaging.WebP.Lossy;

namespace PureClip.Tests.Imaging.WebP.Lossy;

public class YuvToRgbTests
{
    private const int Overhang = ChromaUpsampler.Overhang;

    [Theory]
    [InlineData(0)]
    [InlineData(16)]
    [InlineData(81)]
    [InlineData(128)]
    [InlineData(235)]
    [InlineData(255)]
    public void All_colors_of_a_luminance_are_converted_as_in_libwebp(byte luminance)
    {
        byte[] y = new byte[256 + Overhang], u = new byte[256 + Overhang];
        byte[] v = [.. Enumerable.Range(0, 256 + Overhang).Select(i => (byte)i)];
        Array.Fill(y, luminance);
        byte[] rgb = new byte[3 * 256], rgba = new byte[4 * 256];
        for (int blue = 0; blue < 256; blue++)
        {
            Array.Fill(u, (byte)blue);
            YuvToRgb.ToRgb(y, u, v, rgb);
            YuvToRgb.ToRgba(y, u, v, v, rgba);
            for (int red = 0; red < 256; red++)
            {
                byte[] expected = Reference(luminance, blue, red);
                Assert.Equal(expected, rgb[(3 * red)..(3 * red + 3)]);
                Assert.Equal([.. expected, (byte)red], rgba[(4 * red)..(4 * red + 4)]);
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(17)]
    public void Rows_of_any_length_are_converted(int width)
    {
        byte[] y = Noise(1, width + Overhang), u = Noise(2, width + Overhang), v = Noise(3, width + Overhang);
        byte[] rgb = new byte[3 * width];
        YuvToRgb.ToRgb(y, u, v, rgb);
        Assert.Equal(Enumerable.Range(0, width).SelectMany(x => Reference(y[x], u[x], v[x])), rgb);
    }

    [Fact]
    public void Chrominance_is_upsampled_in_two_steps_of_rounding()
    {
        for (int width = 1; width < 80; width++)
        {
            int count = (width + 1) / 2;
            byte[] upper = Noise(width, count + Overhang), lower = Noise(-width, count + Overhang);
            byte[] nearUpper = new byte[width + 2 * Overhang], nearLower = new byte[width + 2 * Overhang];
            ChromaUpsampler.Upsample(upper, lower, width, nearUpper, nearLower);
            Assert.Equal(Enumerable.Range(0, width).Select(x => Upsampled(upper, lower, count, x)), nearUpper[..width]);
            Assert.Equal(Enumerable.Range(0, width).Select(x => Upsampled(lower, upper, count, x)), nearLower[..width]);
        }
    }

    private static byte Upsampled(byte[] near, byte[] far, int count, int x)
    {
        int right = (x + 1) / 2;
        if (x == 0 || right == count)
            return (byte)((3 * near[x / 2] + far[x / 2] + 2) >> 2);
        int tl = near[right - 1], t = near[right], l = far[right - 1], u = far[right];
        int all = tl + t + l + u + 8;
        return (byte)(x % 2 == 1 ? ((all + 2 * (t + l)) / 8 + tl) / 2 : ((all + 2 * (tl + u)) / 8 + t) / 2);
    }

    private static byte[] Reference(int y, int u, int v)
    {
        int luma = (y * 19077) >> 8;
        return [
            Clip(luma + ((v * 26149) >> 8) - 14234), Clip(luma - ((u * 6419) >> 8) - ((v * 13320) >> 8) + 8708),
            Clip(luma + ((u * 33050) >> 8) - 17685)];
    }

    private static byte Clip(int value) => (byte)(value < 0 ? 0 : value > 16383 ? 255 : value >> 6);

    private static byte[] Noise(int seed, int count)
    {
        byte[] noise = new byte[count];
        new Random(seed).NextBytes(noise);
        return noise;
    }
}
