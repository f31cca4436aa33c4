using PureClip.Labels;

namespace PureClip.Tests.Labels;

public sealed class HolmCorrectionTests
{
    [Fact]
    public void By_hand()
    {
        // Sorted: 0.005·4 = 0.02, 0.01·3 = 0.03, 0.03·2 = 0.06, 0.04·1 = 0.04 → 0.06, as the one before it.
        Assert.Equal([0.03, 0.06, 0.06, 0.02], Adjusted(0.01, 0.04, 0.03, 0.005), (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.Equal([1, 1], Adjusted(0.7, 0.9));
        Assert.Equal([0.3], Adjusted(0.3));
    }

    [Fact]
    public void Accepts_exactly_what_holms_procedure_accepts()
    {
        Random random = new(1);
        for (int trial = 0; trial < 200; trial++)
        {
            double[] p = [.. Enumerable.Range(0, random.Next(1, 9)).Select(_ => random.NextDouble() * random.NextDouble() * 0.2)];
            double[] adjusted = Adjusted(p);
            double[] sorted = [.. p.Order()];
            int accepted = 0;
            while (accepted < p.Length && sorted[accepted] <= 0.05 / (p.Length - accepted))
                accepted++;
            Assert.Equal(accepted, adjusted.Count(value => value <= 0.05));
        }
    }

    private static double[] Adjusted(params double[] p)
    {
        LabelScore[] scores = [.. p.Select((value, label) => new LabelScore(label, "", 0, 0, value, 1))];
        HolmCorrection.Apply(scores);
        Assert.Equal(Enumerable.Range(0, p.Length), scores.Select(score => score.Label));
        return [.. scores.Select(score => score.AdjustedPValue)];
    }
}
