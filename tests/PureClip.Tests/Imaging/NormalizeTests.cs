using PureClip.Imaging;

namespace PureClip.Tests.Imaging;

public class NormalizeTests
{
    private static readonly byte[] AllBytes = [.. Enumerable.Range(0, 256).SelectMany(v => new byte[] { (byte)v, (byte)v, (byte)v })];

    [Fact]
    public void Channels_are_separated_and_shifted_by_their_own_mean() =>
        Assert.Equal(
            [-1, 2, -0.5f, 0.5f, 0, 0],
            Apply(new() { DoRescale = false, Mean = new(1, 2, 3), Std = new(1, 2, 4) }, [0, 1, 3, 3, 3, 3]));

    [Fact]
    public void The_two_rescale_rules_differ_by_at_most_one_unit_in_the_last_place()
    {
        float[] divided = Apply(new() { DoNormalize = false }, AllBytes);
        float[] multiplied = Apply(new() { DoNormalize = false, RescaleRule = RescaleRule.MultiplyByFactor }, AllBytes);
        for (int v = 0; v < 256; v++)
        {
            Assert.Equal(v / 255f, divided[v]);
            Assert.Equal((float)(v * 0.00392156862745098), multiplied[v]);
            Assert.InRange(BitConverter.SingleToInt32Bits(divided[v]) - BitConverter.SingleToInt32Bits(multiplied[v]), -1, 1);
        }
    }

    [Fact]
    public void Without_rescaling_and_normalizing_bytes_stay_what_they_are() =>
        Assert.Equal(Enumerable.Range(0, 256).Select(v => (float)v), Apply(new() { DoRescale = false, DoNormalize = false }, AllBytes)[..256]);

    private static float[] Apply(ImagePreprocessorConfig config, byte[] rgb)
    {
        float[] planar = new float[rgb.Length];
        new Normalize(config).Apply(rgb, planar);
        return planar;
    }
}
