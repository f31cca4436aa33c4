using PureClip.Imaging.WebP.Lossy;

namespace PureClip.Tests.Imaging.WebP.Lossy;

public class InverseTransformTests
{
    private const int Stride = 21;

    [Theory]
    [InlineData(1, 2000)]
    [InlineData(4, 300)]
    [InlineData(16, 60)]
    [InlineData(16, 1000)]
    public void A_block_is_added_as_the_standard_transforms_it(int coefficients, int range)
    {
        Random random = new(coefficients + range);
        for (int n = 0; n < 500; n++)
        {
            short[] block = new short[16];
            for (int i = 0; i < coefficients; i++)
                block[random.Next(coefficients)] = (short)random.Next(-range, range + 1);
            byte[] samples = new byte[4 * Stride];
            random.NextBytes(samples);
            byte[] expected = Reference(block, samples);
            byte[] actual = [.. samples];
            InverseTransform.Add(ref block[0], ref actual[3], Stride);
            Assert.Equal(expected, actual);
            if (coefficients > 1)
                continue;
            InverseTransform.AddDc(block[0], ref samples[3], Stride);
            Assert.Equal(expected, samples);
        }
    }

    [Fact]
    public void The_DC_of_all_blocks_are_transformed_as_in_the_standard()
    {
        Random random = new(3);
        for (int n = 0; n < 200; n++)
        {
            short[] second = [.. Enumerable.Range(0, 16).Select(_ => (short)random.Next(-2000, 2001))];
            short[] coefficients = new short[16 * 16];
            InverseTransform.SpreadDc(second, coefficients);
            Assert.Equal(Walsh(second), Enumerable.Range(0, 16).Select(i => (int)coefficients[16 * i]));
            Assert.Equal(0, coefficients.Where((_, i) => i % 16 != 0).Sum(c => Math.Abs(c)));
        }
    }

    // RFC 6386, section 14.3: "vp8_short_idct4x4llm_c" in numbers of unlimited size.
    private static byte[] Reference(short[] block, byte[] samples)
    {
        long[] middle = new long[16];
        for (int x = 0; x < 4; x++)
            Pass(block[x], block[4 + x], block[8 + x], block[12 + x], (i, value) => middle[4 * i + x] = value);
        byte[] result = [.. samples];
        for (int y = 0; y < 4; y++)
            Pass(middle[4 * y], middle[4 * y + 1], middle[4 * y + 2], middle[4 * y + 3], (x, value) =>
            {
                ref byte sample = ref result[3 + y * Stride + x];
                sample = (byte)Math.Clamp(sample + ((value + 4) >> 3), 0, 255);
            });
        return result;
    }

    private static void Pass(long i0, long i1, long i2, long i3, Action<int, long> store)
    {
        long a = i0 + i2, b = i0 - i2;
        long c = (i1 * 35468 >> 16) - (i3 + (i3 * 20091 >> 16));
        long d = i1 + (i1 * 20091 >> 16) + (i3 * 35468 >> 16);
        store(0, a + d);
        store(1, b + c);
        store(2, b - c);
        store(3, a - d);
    }

    // RFC 6386, section 14.3: each row and column with the Hadamard matrix in the order of sign changes.
    private static int[] Walsh(short[] second)
    {
        int[,] signs = { { 1, 1, 1, 1 }, { 1, 1, -1, -1 }, { 1, -1, -1, 1 }, { 1, -1, 1, -1 } }; // frequency, place
        int[] result = new int[16];
        for (int y = 0; y < 4; y++)
            for (int x = 0; x < 4; x++)
            {
                int sum = 3;
                for (int v = 0; v < 4; v++)
                    for (int u = 0; u < 4; u++)
                        sum += second[4 * v + u] * signs[v, y] * signs[u, x];
                result[4 * y + x] = sum >> 3;
            }
        return result;
    }
}
