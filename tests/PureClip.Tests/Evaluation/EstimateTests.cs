using PureClip.Evaluation;

namespace PureClip.Tests.Evaluation;

public sealed class EstimateTests
{
    [Theory]
    [InlineData(0, 10, 0, 0.27753279)] // statsmodels' proportion_confint(…, method="wilson")
    [InlineData(10, 10, 0.72246721, 1)]
    [InlineData(1, 1, 0.20654931, 1)]
    [InlineData(50, 100, 0.40383153, 0.59616847)]
    public void Wilsons_interval(int right, int of, double low, double high)
    {
        Estimate estimate = Estimate.OfCount(right, of);
        Assert.Equal((double)right / of, estimate.Value);
        Assert.Equal(low, estimate.Low, 1e-8); // the digits given
        Assert.Equal(high, estimate.High, 1e-8);
    }

    [Fact]
    public void Ninety_five_of_a_hundred_intervals_hold_the_truth()
    {
        // 60 answers, 70 % of them right in truth: summed over the binomial distribution, Wilson's interval holds it in 93.4 % of all samples
        // (95 % on the average over truths). 2,000 samples count it to half a percent.
        const int Samples = 2000, Answers = 60;
        const double Truth = 0.7;
        Random random = new(1);
        int wilson = 0, bootstrap = 0;
        for (int sample = 0; sample < Samples; sample++)
        {
            bool[] right = [.. Enumerable.Range(0, Answers).Select(_ => random.NextDouble() < Truth)];
            Estimate counted = Estimate.OfCount(right.Count(answer => answer), Answers);
            wilson += counted.Low <= Truth && Truth <= counted.High ? 1 : 0;
            if (sample % 10 != 0)
                continue; // the bootstrap takes its time
            Estimate drawn = Estimate.OfGroups([.. right.Select(answer => (answer ? 1.0 : 0.0, 1.0))]);
            bootstrap += drawn.Low <= Truth && Truth <= drawn.High ? 1 : 0;
        }
        Assert.InRange((double)wilson / Samples, 0.91, 0.95);
        Assert.InRange((double)bootstrap / (Samples / 10), 0.89, 0.985); // of 200; a percentile bootstrap is a little narrow
    }

    [Fact]
    public void Wilsons_interval_and_a_bootstrap_of_the_same_answers_nearly_agree()
    {
        Estimate wilson = Estimate.OfCount(140, 200);
        Estimate bootstrap = Estimate.OfGroups([.. Enumerable.Range(0, 200).Select(i => (i < 140 ? 1.0 : 0.0, 1.0))]);
        Estimate classes = Estimate.OfClasses([(140, 200)]);
        Assert.Equal(wilson.Value, bootstrap.Value, 1e-12);
        Assert.Equal(wilson.Value, classes.Value, 1e-12);
        foreach (Estimate other in new[] { bootstrap, classes })
        {
            Assert.Equal(wilson.Low, other.Low, 0.015); // three answers of 200
            Assert.Equal(wilson.High, other.High, 0.015);
        }
    }

    [Fact]
    public void Captions_of_one_picture_are_drawn_together()
    {
        // 20 pictures with five captions each, all found or none: no more is known than of 20 answers.
        Estimate together = Estimate.OfGroups([.. Enumerable.Range(0, 20).Select(i => (i % 2 * 5.0, 5.0))]);
        Estimate apart = Estimate.OfGroups([.. Enumerable.Range(0, 100).Select(i => (i % 2 * 1.0, 1.0))]);
        Assert.Equal(together.Value, apart.Value);
        Assert.InRange((together.High - together.Low) / (apart.High - apart.Low), 1.8, 2.7); // √5 = 2.2
    }

    [Fact]
    public void All_right_is_no_certainty()
    {
        Assert.Equal(Estimate.OfCount(8, 8), Estimate.OfGroups([.. Enumerable.Repeat((2.0, 2.0), 8)]));
        Assert.Equal(Estimate.OfCount(0, 8), Estimate.OfGroups([.. Enumerable.Repeat((0.0, 2.0), 8)]));
        Assert.Equal(Estimate.OfCount(8, 8), Estimate.OfClasses([(3, 3), (5, 5)]));
        Assert.Equal(Estimate.OfCount(0, 8), Estimate.OfClasses([(0, 3), (0, 5)]));
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(-1, 3)]
    [InlineData(4, 3)]
    public void Counts_that_cannot_be(int right, int of) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Estimate.OfCount(right, of));
}
