using PureClip.Concepts;

namespace PureClip.Tests.Concepts;

public sealed class SplitMixTests
{
    private const int Numbers = 20_000;

    [Fact]
    public void Normal_numbers_have_mean_0_and_variance_1()
    {
        SplitMix random = new(1);
        double sum = 0, squares = 0;
        for (int i = 0; i < Numbers; i++)
        {
            double number = random.NextNormal();
            sum += number;
            squares += number * number;
        }
        Assert.Equal(0, sum / Numbers, 0.03); // four standard errors
        Assert.Equal(1, squares / Numbers, 0.04);
    }

    [Fact]
    public void Whole_numbers_and_signs_are_evenly_spread()
    {
        SplitMix random = new(2);
        int[] counts = new int[7];
        float signs = 0;
        for (int i = 0; i < Numbers; i++)
        {
            counts[random.Next(7)]++;
            signs += random.NextSign();
        }
        Assert.All(counts, count => Assert.InRange(count, Numbers / 7 - 200, Numbers / 7 + 200));
        Assert.InRange(signs, -600, 600);
    }

    [Fact]
    public void Streams_differ_from_their_first_number_on()
    {
        HashSet<float> first = [.. Enumerable.Range(0, 1000).Select(stream => new SplitMix(stream).NextNormal())];
        Assert.Equal(1000, first.Count);
        Assert.Equal(0, first.Average(), 0.13f);
    }
}
