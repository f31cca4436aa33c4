using PureClip.Imaging.Jpeg;

namespace PureClip.Tests.Imaging.Jpeg;

public class InverseDctTests
{
    private const int Side = 8;
    private const int Stride = 11;

    [Theory] // the ranges of IEEE 1180-1990
    [InlineData(256)]
    [InlineData(5)]
    [InlineData(300)]
    public void Random_blocks_are_within_one_level_of_the_real_transform(int range)
    {
        var random = new Random(range);
        short[] ones = [.. Enumerable.Repeat((short)1, 64)];
        for (int n = 0; n < 1000; n++)
        {
            double[] samples = [.. Enumerable.Range(0, 64).Select(_ => (double)random.Next(-range, range + 1))];
            short[] coefficients = [.. Forward(samples).Select(c => (short)Math.Clamp(Math.Round(c), -2048, 2047))];
            double[] expected = Inverse(coefficients);
            byte[] actual = Run(coefficients, ones, vectorized: false);
            for (int i = 0; i < 64; i++)
                Assert.InRange(actual[i] - Math.Clamp(expected[i] + 128, 0, 255), -1, 1);
        }
    }

    [Theory]
    [InlineData(20, 60)] // few coefficients, as usual
    [InlineData(64, 1000)]
    [InlineData(64, 32767)] // overflow as in damaged files
    [InlineData(1, 2000)]
    public void Vectorized_equals_scalar(int coefficients, int range)
    {
        Assert.True(Zip.IsSupported || !System.Runtime.Intrinsics.Vector128.IsHardwareAccelerated);
        if (!Zip.IsSupported)
            return;
        var random = new Random(coefficients);
        for (int n = 0; n < 2000; n++)
        {
            short[] block = new short[64];
            short[] table = new short[64];
            for (int i = 0; i < 64; i++)
                table[i] = (short)random.Next(1, 256);
            for (int i = 0; i < random.Next(coefficients + 1); i++)
                block[ZigZag.ToRowMajor[i]] = (short)random.Next(-range, range + 1);
            Assert.Equal(Run(block, table, vectorized: false), Run(block, table, vectorized: true));
        }
    }

    [Fact]
    public void A_block_of_a_DC_coefficient_alone_has_one_colour()
    {
        short[] ones = [.. Enumerable.Repeat((short)1, 64)];
        for (int dc = -2100; dc <= 2100; dc++)
        {
            short[] block = new short[64];
            block[0] = (short)dc;
            byte expected = (byte)Math.Clamp(((dc + 4) >> 3) + 128, 0, 255);
            Assert.All(Run(block, ones, vectorized: false), level => Assert.Equal(expected, level));
            if (Zip.IsSupported)
                Assert.All(Run(block, ones, vectorized: true), level => Assert.Equal(expected, level));
        }
    }

    [Fact]
    public void Nothing_outside_the_block_is_written()
    {
        byte[] samples = [.. Enumerable.Repeat((byte)77, Side * Stride)];
        short[] block = [.. Enumerable.Range(0, 64).Select(i => (short)i)];
        InverseDct.Transform(block, block, samples, Stride);
        for (int i = 0; i < samples.Length; i++)
            Assert.True(i % Stride < Side || samples[i] == 77);
    }

    private static byte[] Run(short[] coefficients, short[] table, bool vectorized)
    {
        byte[] samples = new byte[7 * Stride + Side];
        if (vectorized)
            InverseDct.TransformVectorized(coefficients, table, samples, Stride);
        else
            InverseDct.TransformScalar(coefficients, table, samples, Stride);
        return [.. samples.Where((_, i) => i % Stride < Side)];
    }

    // ITU-T T.81, A.3.3, as it is written there.
    private static double[] Forward(double[] samples) =>
        Transform((x, y, u, v) => samples[y * Side + x] * Scale(u) * Scale(v) * Wave(x, u) * Wave(y, v), forward: true);

    private static double[] Inverse(short[] coefficients) =>
        Transform((x, y, u, v) => coefficients[v * Side + u] * Scale(u) * Scale(v) * Wave(x, u) * Wave(y, v), forward: false);

    private static double[] Transform(Func<int, int, int, int, double> term, bool forward)
    {
        double[] result = new double[Side * Side];
        for (int i = 0; i < 64; i++)
            for (int j = 0; j < 64; j++)
                result[i] += (forward ? term(j % Side, j / Side, i % Side, i / Side) : term(i % Side, i / Side, j % Side, j / Side)) / 4;
        return result;
    }

    private static readonly double[] Waves =
        [.. Enumerable.Range(0, 64).Select(i => Math.Cos((2 * (i / Side) + 1) * (i % Side) * Math.PI / 16))];

    private static double Wave(int place, int frequency) => Waves[place * Side + frequency];

    private static double Scale(int frequency) => frequency == 0 ? Math.Sqrt(0.5) : 1;
}
