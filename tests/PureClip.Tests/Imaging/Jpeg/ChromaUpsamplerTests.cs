using PureClip.Imaging.Jpeg;

namespace PureClip.Tests.Imaging.Jpeg;

/// <summary>Against the filters as libjpeg's documentation states them, one pixel at a time.</summary>
public class ChromaUpsamplerTests
{
    public static TheoryData<int, int> Factors()
    {
        var factors = new TheoryData<int, int>();
        for (int horizontal = 1; horizontal <= 4; horizontal++)
            for (int vertical = 1; vertical <= 4; vertical++)
                factors.Add(horizontal, vertical);
        return factors;
    }

    [Theory]
    [MemberData(nameof(Factors))]
    public void Every_factor_and_width_equals_the_filter_of_one_pixel(int horizontal, int vertical)
    {
        for (int width = 1; width <= 40; width++)
        {
            const int height = 7;
            byte[,] samples = new byte[height, width];
            SampleRows rows = RandomRows(width, height, samples);
            var upsampler = new ChromaUpsampler(rows, horizontal, vertical);
            for (int y = 0; y < height * vertical; y++)
            {
                ReadOnlySpan<byte> row = upsampler.Row(y);
                for (int x = 0; x < width * horizontal; x++)
                    Assert.Equal(Pixel(samples, x, y, horizontal, vertical), row[x]);
            }
        }
    }

    private static int Pixel(byte[,] samples, int x, int y, int horizontal, int vertical)
    {
        int width = samples.GetLength(1);
        bool wide = width > 2;
        int column = x / horizontal;
        int row = y / vertical;
        int besideColumn = Math.Clamp(x % 2 == 0 ? column - 1 : column + 1, 0, width - 1);
        int besideRow = Math.Clamp(y % 2 == 0 ? row - 1 : row + 1, 0, samples.GetLength(0) - 1);
        int Sum(int c) => 3 * samples[row, c] + samples[besideRow, c];
        return (horizontal, vertical) switch
        {
            (2, 1) when wide => (3 * samples[row, column] + samples[row, besideColumn] + 1 + x % 2) >> 2,
            (2, 2) when wide => (3 * Sum(column) + Sum(besideColumn) + 8 - x % 2) >> 4,
            (1, 2) => (Sum(column) + 1 + y % 2) >> 2,
            _ => samples[row, column],
        };
    }

    private static SampleRows RandomRows(int width, int height, byte[,] samples)
    {
        var random = new Random(width);
        byte[] header = [8, 0, (byte)height, 0, (byte)width, 1, 1, 0x11, 0];
        JpegFrame frame = JpegFrame.Read(new SegmentReader(header, "SOF"), progressive: false, arithmetic: false, maxPixels: 1000);
        var rows = new SampleRows(frame.Components[0]);
        for (int x = 0; x < width; x += 8)
        {
            Span<byte> block = rows.Block(0, x);
            random.NextBytes(block);
        }
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
                samples[y, x] = rows.Row(y)[x];
        return rows;
    }
}
