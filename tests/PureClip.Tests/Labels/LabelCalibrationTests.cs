using PureClip.Labels;

namespace PureClip.Tests.Labels;

public sealed class LabelCalibrationTests
{
    [Fact]
    public void Moments_and_quantiles_by_hand()
    {
        LabelCalibration calibration = new([.. Enumerable.Range(1, 21).Select(i => (float)i)], 1);
        Assert.Equal((1, 21), (calibration.Labels, calibration.Pictures));
        Assert.Equal(11, calibration.Mean(0), 1e-12);
        Assert.Equal(Math.Sqrt(770.0 / 20), calibration.Deviation(0), 1e-12);
        Assert.Equal((1, 6, 21), (calibration.Quantile(0, 0), calibration.Quantile(0, 0.25), calibration.Quantile(0, 1)));
        Assert.Equal(3 / Math.Sqrt(38.5), calibration.ZScore(0, 14f), 1e-12);
        Assert.Throws<ArgumentOutOfRangeException>(() => calibration.Quantile(0, 1.1));
    }

    [Fact]
    public void Within_the_sample_a_p_value_counts()
    {
        LabelCalibration calibration = new([.. Enumerable.Range(1, 21).Select(i => (float)i)], 1);
        Assert.Equal(1, calibration.PValue(0, 0f));
        Assert.Equal(12.0 / 22, calibration.PValue(0, 11f)); // 11 to 21 are as high
        Assert.Equal(11.0 / 22, calibration.PValue(0, 11.5f));
        Assert.Equal(2.0 / 22, calibration.PValue(0, 21f));
    }

    [Fact]
    public void Beyond_the_sample_the_tail_is_exponential_by_hand()
    {
        // The tail are 20 and 21 over 19: Σ excess 3. At 40: (2 + 1) / 22 · (1 + 21 / 3)^−2.
        LabelCalibration calibration = new([.. Enumerable.Range(1, 21).Select(i => (float)i)], 1);
        Assert.Equal(3.0 / 22 / 64, calibration.PValue(0, 40f), 1e-12);
        Assert.Equal(1.0 / 22, calibration.PValue(0, 21.01f));
    }

    [Fact]
    public void P_values_never_rise_with_the_score()
    {
        Random random = new(3);
        LabelCalibration calibration = new([.. Enumerable.Range(0, 200).Select(_ => (float)Synthetic.Normal(random)).Order()], 1);
        double[] p = [.. Enumerable.Range(-500, 2000).Select(i => calibration.PValue(0, i / 100f))];
        Assert.Equal(p.OrderDescending(), p);
        Assert.True(p[^1] is > 0 and < 1e-6);
    }

    [Fact]
    public void A_background_that_does_not_vary_has_no_tail()
    {
        LabelCalibration calibration = new([.. Enumerable.Repeat(2f, 30)], 1);
        Assert.Equal(1.0 / 31, calibration.PValue(0, 99f));
        Assert.Equal(1, calibration.PValue(0, 2f));
    }

    /// <summary>
    /// 10,000 samples of 200 and one held-out score each. P(p ≤ α) may be α at most: exactly so for an exponential tail and within the
    /// sample for any; less for lighter tails.
    /// </summary>
    [Theory]
    [InlineData("exponential", 0.1, 0.8)]
    [InlineData("exponential", 0.01, 0.6)]
    [InlineData("exponential", 0.002, 0.3)]
    [InlineData("normal", 0.1, 0.8)]
    [InlineData("normal", 0.01, 0.5)]
    [InlineData("normal", 0.002, 0)]
    [InlineData("uniform", 0.1, 0.8)]
    [InlineData("uniform", 0.002, 0)]
    public void Held_out_scores_are_accepted_as_often_as_said(string distribution, double alpha, double least)
    {
        const int Trials = 10_000, Pictures = 200;
        Random random = new(4);
        double Draw() => distribution switch
        {
            "exponential" => -Math.Log(1 - random.NextDouble()),
            "normal" => Synthetic.Normal(random),
            _ => random.NextDouble(),
        };
        int accepted = 0;
        for (int trial = 0; trial < Trials; trial++)
        {
            LabelCalibration calibration = new([.. Enumerable.Range(0, Pictures).Select(_ => (float)Draw()).Order()], 1);
            accepted += calibration.PValue(0, (float)Draw()) <= alpha ? 1 : 0;
        }
        double deviation = Math.Sqrt(alpha * (1 - alpha) / Trials);
        Assert.InRange(accepted / (double)Trials, least * alpha, alpha + 3.5 * deviation);
    }
}
