using PureClip.Imaging;
using PureClip.Imaging.Resampling;

namespace PureClip.Tests.Imaging.Resampling;

public class ResampleCoefficientsTests
{
    [Theory]
    [InlineData(ResampleFilter.Bicubic)]
    [InlineData(ResampleFilter.Bilinear)]
    [InlineData(ResampleFilter.Lanczos)]
    [InlineData(ResampleFilter.Box)]
    [InlineData(ResampleFilter.Hamming)]
    public void Weights_sum_to_one_and_stay_inside_the_source(ResampleFilter filter)
    {
        foreach ((int input, int output) in new[] { (1, 1), (1, 7), (640, 298), (7, 640), (65500, 224), (224, 65500) })
        {
            using ResampleCoefficients c = ResampleCoefficients.Compute(ResampleAxis.Whole(input, output), filter);
            for (int i = 0; i < output; i++)
            {
                ReadOnlySpan<int> weights = c.Weights.Slice(i * c.Taps, c.Taps);
                long sum = 0;
                foreach (int w in weights)
                    sum += w;
                Assert.InRange(
                    sum, (1 << ResampleCoefficients.PrecisionBits) - c.Length[i], (1 << ResampleCoefficients.PrecisionBits) + c.Length[i]);
                Assert.InRange(c.First[i], i == 0 ? 0 : c.First[i - 1], input - 1);
                Assert.InRange(c.First[i] + c.Length[i], c.First[i] + 1, input);
                Assert.True(weights[c.Length[i]..].IndexOfAnyExcept(0) < 0);
            }
            Assert.Equal(input, c.End);
        }
    }

    [Fact]
    public void Halving_with_bicubic_has_the_weights_of_the_formula()
    {
        // Distances of the eight pixels around a centre between two of them, in output pixels: 1.75, 1.25, 0.75, 0.25 and mirrored.
        double[] side = [Cubic(1.75), Cubic(1.25), Cubic(0.75), Cubic(0.25)];
        double[] expected = [.. side, .. side.Reverse()];
        using ResampleCoefficients c = ResampleCoefficients.Compute(new ResampleAxis(40, 20, 10, 1), ResampleFilter.Bicubic);
        Assert.Equal(17, c.First[0]);
        Assert.Equal(8, c.Length[0]);
        for (int k = 0; k < 8; k++)
            Assert.Equal(Math.Round(expected[k] / expected.Sum() * (1 << 22)), c.Weights[k]);
    }

    private static double Cubic(double t) => t < 1
        ? 1.5 * t * t * t - 2.5 * t * t + 1
        : -0.5 * t * t * t + 2.5 * t * t - 4 * t + 2;
}
