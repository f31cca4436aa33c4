using PureClip.Imaging.WebP.Lossless;

namespace PureClip.Tests.Imaging.WebP.Lossless;

public class PredictionTests
{
    [Theory]
    [InlineData(1, 1, 2)]
    [InlineData(13, 9, 2)]
    [InlineData(40, 33, 3)]
    [InlineData(5, 7, 9)]
    public void Pixels_are_restored_by_the_formulas_of_the_standard(int width, int height, int bits)
    {
        Random random = new(width);
        int across = LosslessDecoder.Squares(width, bits);
        for (int first = 0; first < 16; first++)
        {
            int squares = across * LosslessDecoder.Squares(height, bits);
            uint[] modes = [.. Enumerable.Range(0, squares).Select(i => (uint)((first + i) % 16) << 8)];
            uint[] expected = [.. Enumerable.Range(0, width * height).Select(_ => Pixel(random))];
            uint[] actual = [.. expected];
            for (int y = 0; y < height; y++)
                for (int x = 0; x < width; x++)
                {
                    int mode = (int)(modes[(y >> bits) * across + (x >> bits)] >> 8);
                    mode = x == 0 && y == 0 ? 0 : y == 0 ? 1 : x == 0 ? 2 : mode;
                    int i = y * width + x;
                    expected[i] = Join(expected[i], Predict(mode, expected, i, width), (a, b) => a + b & 0xFF);
                }
            Prediction.Undo(actual, width, bits, modes);
            Assert.Equal(expected, actual);
        }
    }

    // RFC 9649, section 4.1.
    private static uint Predict(int mode, uint[] pixels, int i, int width)
    {
        uint At(int place) => place < 0 || place >= pixels.Length ? 0 : pixels[place]; // what lies outside is not used
        uint left = At(i - 1), top = At(i - width), topLeft = At(i - width - 1), topRight = At(i - width + 1);
        return mode switch
        {
            1 => left,
            2 => top,
            3 => topRight,
            4 => topLeft,
            5 => Average(Average(left, topRight), top),
            6 => Average(left, topLeft),
            7 => Average(left, top),
            8 => Average(topLeft, top),
            9 => Average(top, topRight),
            10 => Average(Average(left, topLeft), Average(top, topRight)),
            11 => Select(left, top, topLeft),
            12 => Gradient(left, top, topLeft),
            13 => Join(Average(left, top), topLeft, (a, b) => Math.Clamp(a + (a - b) / 2, 0, 255)),
            _ => 0xFF000000,
        };
    }

    private static uint Average(uint a, uint b) => Join(a, b, (x, y) => (x + y) / 2);

    private static uint Gradient(uint left, uint top, uint topLeft)
    {
        uint result = 0;
        for (int shift = 0; shift < 32; shift += 8)
            result |= (uint)Math.Clamp(Channel(left, shift) + Channel(top, shift) - Channel(topLeft, shift), 0, 255) << shift;
        return result;
    }

    private static uint Select(uint left, uint top, uint topLeft)
    {
        int toLeft = 0, toTop = 0;
        for (int shift = 0; shift < 32; shift += 8)
        {
            int expected = Channel(left, shift) + Channel(top, shift) - Channel(topLeft, shift);
            toLeft += Math.Abs(expected - Channel(left, shift));
            toTop += Math.Abs(expected - Channel(top, shift));
        }
        return toLeft < toTop ? left : top;
    }

    private static uint Pixel(Random random) => (uint)random.NextInt64(1L << 32);

    private static int Channel(uint pixel, int shift) => (int)(pixel >> shift & 0xFF);

    private static uint Join(uint a, uint b, Func<int, int, int> channel)
    {
        uint result = 0;
        for (int shift = 0; shift < 32; shift += 8)
            result |= (uint)channel(Channel(a, shift), Channel(b, shift)) << shift;
        return result;
    }
}
