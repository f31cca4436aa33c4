using System.Text;

namespace PureClip.Tests.Support;

/// <summary>Comparisons of many numbers that show where and by how much they fail.</summary>
internal static class TensorAssert
{
    private const int MissesShown = 5;

    /// <summary>Fails with the largest errors and the first misses unless every number is within the tolerance.</summary>
    public static void Equal(ReadOnlySpan<double> expected, ReadOnlySpan<float> found, Tolerance tolerance, string what = "")
    {
        Assert.Equal(expected.Length, found.Length);
        int misses = 0;
        double maxAbsolute = 0, maxRelative = 0;
        StringBuilder list = new();
        for (int i = 0; i < expected.Length; i++)
        {
            double error = Math.Abs(found[i] - expected[i]);
            maxAbsolute = Math.Max(maxAbsolute, error);
            maxRelative = Math.Max(maxRelative, error / Math.Abs(expected[i]));
            if (!tolerance.Allows(expected[i], found[i]) && misses++ < MissesShown)
                list.Append($"\n  [{i}] expected {expected[i]:R}, found {found[i]:R}, off by {error:E2}");
        }
        if (misses > 0)
            Assert.Fail($"{what}: {misses} of {expected.Length} numbers miss the tolerance ({tolerance.AbsolutePart:E1} absolute, {tolerance.RelativePart:E1} relative: {tolerance.Reason}); max absolute {maxAbsolute:E2}, max relative {maxRelative:E2}{list}");
    }

    /// <inheritdoc cref="Equal(ReadOnlySpan{double}, ReadOnlySpan{float}, Tolerance, string)"/>
    public static void Equal(ReadOnlySpan<float> expected, ReadOnlySpan<float> found, Tolerance tolerance, string what = "") =>
        Equal(Array.ConvertAll(expected.ToArray(), x => (double)x), found, tolerance, what);

    /// <summary>Fails unless both hold the same bits.</summary>
    public static void SameBits(ReadOnlySpan<float> expected, ReadOnlySpan<float> found, string what = "")
    {
        Assert.Equal(expected.Length, found.Length);
        for (int i = 0; i < expected.Length; i++)
            if (BitConverter.SingleToInt32Bits(expected[i]) != BitConverter.SingleToInt32Bits(found[i]))
                Assert.Fail($"{what}: [{i}] expected the bits of {expected[i]:R}, found {found[i]:R}");
    }
}
