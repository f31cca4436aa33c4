using PureClip.Imaging.WebP.Lossy;

namespace PureClip.Tests.Imaging.WebP.Lossy;

public class PredictionTests
{
    private const int Stride = 40;
    private const int First = 2 * Stride + 5;

    public static TheoryData<string> BlockModes => [.. Enum.GetNames<PredictionMode>()];

    [Theory]
    [MemberData(nameof(BlockModes))]
    public void Blocks_are_predicted_by_the_formulas_of_the_standard(string name)
    {
        PredictionMode mode = Enum.Parse<PredictionMode>(name);
        Random random = new(1);
        for (int n = 0; n < 200; n++)
        {
            byte[] samples = Noise(random, 8 * Stride);
            byte[] beyond = Noise(random, 4);
            // The line of neighbours: left from below, the corner, above, above and behind.
            int[] e = [
                .. Enumerable.Range(0, 4).Select(i => (int)samples[First - 1 + (3 - i) * Stride]), samples[First - Stride - 1],
                .. Enumerable.Range(0, 4).Select(i => (int)samples[First - Stride + i]), .. beyond.Select(b => (int)b)];
            byte[] actual = [.. samples];
            BlockPrediction.Predict(mode, ref actual[First], Stride, ref beyond[0]);
            for (int y = 0; y < 4; y++)
                for (int x = 0; x < 4; x++)
                    samples[First + y * Stride + x] = (byte)Block(mode, e, x, y);
            Assert.Equal(samples, actual);
        }
    }

    [Theory]
    [InlineData(16, true, true)]
    [InlineData(8, true, true)]
    [InlineData(16, false, true)]
    [InlineData(8, true, false)]
    [InlineData(16, false, false)]
    public void Squares_are_predicted_by_the_formulas_of_the_standard(int size, bool hasAbove, bool hasLeft)
    {
        Random random = new(size);
        for (PredictionMode mode = PredictionMode.Dc; mode <= PredictionMode.Horizontal; mode++)
        {
            byte[] expected = Noise(random, 20 * Stride);
            byte[] actual = [.. expected];
            Prediction.Predict(mode, ref actual[First], Stride, size, hasAbove, hasLeft);
            int[] above = [.. Enumerable.Range(0, size).Select(i => (int)expected[First - Stride + i])];
            int[] left = [.. Enumerable.Range(0, size).Select(i => (int)expected[First - 1 + i * Stride])];
            int[] averaged = [.. hasAbove ? above : [], .. hasLeft ? left : []];
            double dc = averaged.Length == 0 ? 128 : averaged.Average();
            int corner = expected[First - Stride - 1];
            for (int y = 0; y < size; y++)
                for (int x = 0; x < size; x++)
                    expected[First + y * Stride + x] = (byte)(mode switch
                    {
                        PredictionMode.Dc => Math.Floor(dc + 0.5),
                        PredictionMode.Gradient => Math.Clamp(left[y] + above[x] - corner, 0, 255),
                        PredictionMode.Vertical => above[x],
                        _ => left[y],
                    });
            Assert.Equal(expected, actual);
        }
    }

    // RFC 6386, section 12.3, sample by sample. e[4] is the corner, which the standard calls P; e[5] on is A, e[3] down to e[0] is L.
    private static int Block(PredictionMode mode, int[] e, int x, int y)
    {
        int Three(int i) => (e[i - 1] + 2 * e[i] + e[i + 1] + 2) >> 2;
        int Two(int i) => (e[i] + e[i + 1] + 1) >> 1;
        int left = 3 - y; // the place of the sample to the left of the row
        switch (mode)
        {
            case PredictionMode.Dc:
                return (e[0] + e[1] + e[2] + e[3] + e[5] + e[6] + e[7] + e[8] + 4) >> 3;
            case PredictionMode.Gradient:
                return Math.Clamp(e[left] + e[5 + x] - e[4], 0, 255);
            case PredictionMode.Vertical:
                return Three(5 + x);
            case PredictionMode.Horizontal:
                return y == 3 ? (e[1] + 3 * e[0] + 2) >> 2 : Three(left);
            case PredictionMode.DownRight:
                return Three(4 + x - y);
            case PredictionMode.DownLeft:
                return x + y == 6 ? (e[11] + 3 * e[12] + 2) >> 2 : Three(6 + x + y);
            case PredictionMode.VerticalRight:
                int down = 2 * x - y; // half samples to the right of the corner
                return down >= 0 ? down % 2 == 0 ? Two(4 + down / 2) : Three(4 + (down + 1) / 2) : down == -1 ? Three(4) : Three(5 + down);
            case PredictionMode.VerticalLeft:
                if (x == 3 && y >= 2)
                    return Three(y == 2 ? 10 : 11); // the standard's exceptions
                return y % 2 == 0 ? Two(5 + x + y / 2) : Three(6 + x + y / 2);
            case PredictionMode.HorizontalDown:
                int up = 2 * y - x;
                return up >= 0 ? up % 2 == 0 ? Two(3 - up / 2) : Three(4 - (up + 1) / 2) : up == -1 ? Three(4) : Three(3 - up);
            default: // HorizontalUp
                int places = 2 * y + x;
                return places > 5 ? e[0] : places == 5 ? (e[1] + 3 * e[0] + 2) >> 2
                    : places % 2 == 0 ? Two(2 - places / 2) : Three(2 - places / 2);
        }
    }

    private static byte[] Noise(Random random, int count)
    {
        byte[] noise = new byte[count];
        random.NextBytes(noise);
        return noise;
    }
}
