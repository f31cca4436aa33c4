namespace PureClip.Training.Tests.Support;

/// <summary>Comparisons by the largest difference over the largest expected number: a gradient is as good as its largest parts.</summary>
internal static class NearAssert
{
    public static void Equal(ReadOnlySpan<double> expected, ReadOnlySpan<float> found, double tolerance, string what, double? scale = null)
    {
        Assert.Equal(expected.Length, found.Length);
        double largest = scale ?? 0, error = 0;
        int worst = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            if (scale is null)
                largest = Math.Max(largest, Math.Abs(expected[i]));
            double difference = Math.Abs(found[i] - expected[i]);
            if (!(difference <= error))
                (error, worst) = (double.IsNaN(difference) ? double.PositiveInfinity : difference, i);
        }
        if (error > tolerance * largest)
            Assert.Fail(
                $"{what}: [{worst}] expected {expected[worst]:R}, found {found[worst]:R}; "
                + $"off by {error / largest:E2} of the largest, allowed {tolerance:E1}");
    }

    public static void SameBits(ReadOnlySpan<float> expected, ReadOnlySpan<float> found, string what)
    {
        Assert.Equal(expected.Length, found.Length);
        for (int i = 0; i < expected.Length; i++)
            if (BitConverter.SingleToInt32Bits(expected[i]) != BitConverter.SingleToInt32Bits(found[i]))
                Assert.Fail($"{what}: [{i}] expected the bits of {expected[i]:R}, found {found[i]:R}");
    }
}
