using PureClip.Imaging.WebP.Lossy;

namespace PureClip.Tests.Imaging.WebP.Lossy;

public class LoopFilterTests
{
    private const int Stride = 48;
    private const int First = 8 * Stride + 11;

    [Theory]
    [InlineData(3)]
    [InlineData(12)]
    [InlineData(90)]
    public void A_macroblock_is_smoothed_sample_by_sample_as_in_the_standard(int contrast)
    {
        Random random = new(contrast);
        for (int n = 0; n < 300; n++)
        {
            LoopFilter.Edges edges = new(
                new FilterStrength(random.Next(3, 190), random.Next(1, 64), random.Next(3)),
                random.Next(2) == 0, random.Next(2) == 0, random.Next(2) == 0);
            byte[] expected = Picture(random, contrast);
            byte[] actual = [.. expected];
            Reference(expected, 16, edges, isSimple: false);
            LoopFilter.Luma(ref actual[First], Stride, edges);
            Assert.Equal(expected, actual);

            byte[] u = Picture(random, contrast), v = Picture(random, contrast);
            (byte[] actualU, byte[] actualV) = ([.. u], [.. v]);
            Reference(u, 8, edges, isSimple: false);
            Reference(v, 8, edges, isSimple: false);
            LoopFilter.Chroma(ref actualU[First], ref actualV[First], Stride, edges);
            Assert.Equal(u, actualU);
            Assert.Equal(v, actualV);

            Reference(expected, 16, edges, isSimple: true);
            LoopFilter.Simple(ref actual[First], Stride, edges);
            Assert.Equal(expected, actual);
        }
    }

    [Theory] // level, sharpness, split -> edge, interior, variance: RFC 6386, sections 15.2 to 15.4
    [InlineData(0, 0, 0, 0, 0)]
    [InlineData(14, 0, 42, 14, 0)]
    [InlineData(15, 1, 37, 7, 1)]
    [InlineData(40, 4, 85, 5, 2)]
    [InlineData(63, 7, 128, 2, 2)]
    [InlineData(1, 7, 3, 1, 0)]
    public void Strengths_follow_from_level_and_sharpness(int level, int sharpness, int edge, int interior, int variance)
    {
        FilterStrength strength = FilterStrengths.StrengthOf(level, sharpness);
        Assert.Equal(new FilterStrength(edge, interior, variance), strength);
        Assert.Equal(strength, FilterStrengths.StrengthOf(level == 0 ? -5 : level == 63 ? 99 : level, sharpness));
    }

    // Levels that wander, so that some edges are smoothed and others are not.
    private static byte[] Picture(Random random, int contrast)
    {
        byte[] samples = new byte[32 * Stride];
        int level = random.Next(256);
        for (int i = 0; i < samples.Length; i++)
        {
            int above = i < Stride ? level : samples[i - Stride];
            samples[i] = (byte)Math.Clamp((level + above) / 2 + random.Next(-contrast, contrast + 1), 0, 255);
            level = samples[i];
        }
        return samples;
    }

    private static void Reference(byte[] samples, int size, LoopFilter.Edges edges, bool isSimple)
    {
        foreach ((int across, int along, bool hasBorder) in ((int, int, bool)[])[(1, Stride, edges.HasLeft), (Stride, 1, edges.HasAbove)])
            for (int edge = 0; edge < size; edge += 4)
                if (edge == 0 ? hasBorder : edges.HasInner)
                    for (int place = 0; place < size; place++)
                        Filter(samples, First + edge * across + place * along, across, edges.Strength, edge == 0, isSimple);
    }

    // One place of an edge: RFC 6386, sections 15.2 and 15.3.
    private static void Filter(byte[] s, int q0, int step, FilterStrength strength, bool isBorder, bool isSimple)
    {
        int Sample(int i) => s[q0 + i * step]; // q0 to q3 from 0 on, p0 to p3 from -1 down
        int Difference(int i, int j) => Math.Abs(Sample(i) - Sample(j));
        int limit = isBorder ? strength.Border : strength.Edge;
        if (Difference(-1, 0) * 2 + Difference(-2, 1) / 2 > limit)
            return;
        bool isReal = Difference(-2, -1) > strength.Variance || Difference(1, 0) > strength.Variance;
        if (!isSimple)
            foreach ((int i, int j) in ((int, int)[])[(-4, -3), (-3, -2), (-2, -1), (3, 2), (2, 1), (1, 0)])
                if (Difference(i, j) > strength.Interior)
                    return;
        int[] signed = [.. Enumerable.Range(-4, 8).Select(i => Sample(i) - 128)]; // p3 to q3
        int outer = isSimple || isReal || isBorder ? Limit(signed[2] - signed[5]) : 0;
        int w = Limit(outer + 3 * (signed[4] - signed[3]));
        if (!isSimple && isBorder && !isReal)
        {
            Move(1, (27 * w + 63) >> 7);
            Move(2, (18 * w + 63) >> 7);
            Move(3, (9 * w + 63) >> 7);
            return;
        }
        int down = Limit(w + 4) >> 3;
        s[q0] = Store(signed[4] - down);
        s[q0 - step] = Store(signed[3] + (Limit(w + 3) >> 3));
        if (!isSimple && !isReal)
            Move(2, (down + 1) >> 1);

        void Move(int distance, int by) // of the samples so far from the edge
        {
            by = Limit(by);
            s[q0 - distance * step] = Store(signed[4 - distance] + by);
            s[q0 + (distance - 1) * step] = Store(signed[3 + distance] - by);
        }
    }

    private static int Limit(int value) => Math.Clamp(value, -128, 127);

    private static byte Store(int value) => (byte)(Limit(value) + 128);
}
