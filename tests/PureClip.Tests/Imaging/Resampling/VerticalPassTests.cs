using PureClip.Imaging;
using PureClip.Imaging.Resampling;

namespace PureClip.Tests.Imaging.Resampling;

public class VerticalPassTests
{
    [Fact]
    public void Vectors_have_the_bits_of_the_scalar_form()
    {
        foreach (int bytes in new[] { 1, 3, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 257 })
            foreach ((int input, int output) in new[] { (1, 9), (2, 5), (17, 5), (40, 39), (301, 64), (5, 224) })
                AssertEqual(bytes, input, output);
    }

    private static void AssertEqual(int bytes, int input, int output)
    {
        byte[] source = ComputedPictures.Noise(input * bytes, 7);
        using ResampleCoefficients rows = ResampleCoefficients.Compute(ResampleAxis.Whole(input, output), ResampleFilter.Bicubic);
        byte[] vector = new byte[output * bytes];
        byte[] scalar = new byte[vector.Length];
        VerticalPass.Run(new SourceRows(source, bytes), bytes, rows, new TargetRows(vector, bytes));
        for (int y = 0; y < output; y++)
            VerticalPass.RowScalar(
                new SourceRows(source, bytes).From(rows.First[y]),
                rows.Weights.Slice(y * rows.Taps, rows.Length[y]),
                scalar.AsSpan(y * bytes, bytes));
        Assert.Equal(scalar, vector);
    }
}
