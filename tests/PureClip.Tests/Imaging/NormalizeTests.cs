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
    public void Both_rescale_rules_give_the_same_256_numbers_with_the_usual_factor()
    {
        float[] divided = Apply(new() { DoNormalize = false }, AllBytes);
        float[] multiplied = Apply(new() { DoNormalize = false, RescaleRule = RescaleRule.MultiplyByFactor }, AllBytes);
        Assert.Equal(Enumerable.Range(0, 256).Select(v => v / 255f), divided[..256]);
        Assert.Equal(divided, multiplied);
    }

    [Fact]
    public void Another_factor_is_multiplied_in_double_precision()
    {
        const double factor = 0.00784313;
        float[] multiplied = Apply(
            new() { DoNormalize = false, RescaleRule = RescaleRule.MultiplyByFactor, RescaleFactor = factor }, AllBytes);
        Assert.Equal(Enumerable.Range(0, 256).Select(v => (float)(v * factor)), multiplied[..256]);
        Assert.NotEqual(Enumerable.Range(0, 256).Select(v => v * (float)factor), multiplied[..256]);
    }

    [Fact]
    public void Without_rescaling_and_normalizing_bytes_stay_what_they_are() =>
        Assert.Equal(
            Enumerable.Range(0, 256).Select(v => (float)v), Apply(new() { DoRescale = false, DoNormalize = false }, AllBytes)[..256]);

    private static float[] Apply(ImagePreprocessorConfig config, byte[] rgb)
    {
        float[] planar = new float[rgb.Length];
        new Normalize(config).Apply(rgb, planar);
        return planar;
    }
}
