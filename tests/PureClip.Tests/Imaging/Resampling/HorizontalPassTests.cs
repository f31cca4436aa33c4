using PureClip.Imaging;
using PureClip.Imaging.Resampling;

namespace PureClip.Tests.Imaging.Resampling;

public class HorizontalPassTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Vectors_have_the_bits_of_the_scalar_form(int channels)
    {
        foreach (int rows in new[] { 1, 2, 3, 4, 5, 8, 11 })
            foreach ((int input, int output) in new[] { (1, 9), (2, 5), (3, 3), (17, 5), (40, 39), (301, 64), (5, 224) })
                foreach (ResampleFilter filter in new[] { ResampleFilter.Bicubic, ResampleFilter.Lanczos, ResampleFilter.Box })
                    AssertEqual(channels, rows, input, output, filter);
    }

    [Fact]
    public void Every_vector_form_has_the_bits_of_the_scalar_form()
    {
        AssertEqual(1, HorizontalPass.FourRows<OneChannel>);
        AssertEqual(2, HorizontalPass.FourRows<TwoChannels>);
        AssertEqual(3, HorizontalPass.FourRows<ThreeChannels>);
        AssertEqual(3, HorizontalPass.FourRgbRows);
        AssertEqual(4, HorizontalPass.FourRows<FourChannels>);
    }

    private delegate void FourRows(SourceRows source, in ResampleCoefficients columns, TargetRows target);

    private static void AssertEqual(int channels, FourRows form)
    {
        const int rows = 4;
        foreach ((int input, int output) in new[] { (3, 7), (40, 39), (301, 64) })
        {
            byte[] source = ComputedPictures.Noise((rows + 3) * input * channels, 9); // three more rows: vectors read past the fourth
            using ResampleCoefficients columns = ResampleCoefficients.Compute(ResampleAxis.Whole(input, output), ResampleFilter.Bicubic);
            byte[] vector = new byte[rows * output * channels];
            form(new SourceRows(source, input * channels), columns, new TargetRows(vector, output * channels));
            Assert.Equal(Scalar(source, rows, channels, columns), vector);
        }
    }

    private static void AssertEqual(int channels, int rows, int input, int output, ResampleFilter filter)
    {
        byte[] source = ComputedPictures.Noise(rows * input * channels, 5);
        using ResampleCoefficients columns = ResampleCoefficients.Compute(ResampleAxis.Whole(input, output), filter);
        byte[] vector = new byte[rows * output * channels];
        HorizontalPass.Run(new SourceRows(source, input * channels), rows, channels, columns, new TargetRows(vector, output * channels));
        Assert.Equal(Scalar(source, rows, channels, columns), vector);
    }

    private static byte[] Scalar(byte[] source, int rows, int channels, in ResampleCoefficients columns)
    {
        int from = columns.End * channels, to = columns.First.Length * channels;
        byte[] result = new byte[rows * to];
        for (int y = 0; y < rows; y++)
            HorizontalPass.RowScalar(source.AsSpan(y * from, from), channels, columns, result.AsSpan(y * to, to));
        return result;
    }
}
