using PureClip.Kernels;
using PureClip.Memory;
using PureClip.Model;
using PureClip.Tests.Reference;
using PureClip.Threading;

namespace PureClip.Tests.Kernels;

/// <summary>Convolutions and pools on every vector width against loops in double precision, with one thread and with more.</summary>
public sealed class ConvolutionTests
{
    // Sums of up to some hundred products below 1 in single precision.
    private const double Tolerance = 2e-5;

    private static readonly Window[] Windows =
    [
        Window.Square(5, 3, 1, 1), Window.Square(7, 3, 2, 1), Window.Square(8, 2, 2, 0), Window.Square(9, 2, 2, 0), Window.Square(9, 4, 4, 1),
        Window.Square(1, 3, 1, 1), new(2, 11, 1, 11, 1, 0, 5), new(3, 7, 5, 3, 1, 2, 1),
    ];

    private static readonly Window[] DepthwiseWindows =
    [
        Window.Square(5, 3, 1, 1), Window.Square(12, 3, 2, 1), Window.Square(9, 5, 1, 2), Window.Square(17, 7, 1, 3), Window.Square(3, 7, 2, 3),
        Window.Square(40, 7, 2, 3), Window.Square(70, 7, 1, 3), Window.Line(77, 11), Window.Line(1, 11),
    ];

    public static IEnumerable<object[]> Dense =>
        Tiers.With(Enumerable.Range(0, Windows.Length).SelectMany(window => (object[][])[[window, 3, 5], [window, 40, 33]]));

    public static IEnumerable<object[]> Channels =>
        Tiers.With(Enumerable.Range(0, DepthwiseWindows.Length).SelectMany(window => (object[][])[[window, 3, 1], [window, 5, 2], [window, 37, 1]]));

    [Theory, MemberData(nameof(Dense))]
    public void A_convolution_is_the_sum_over_what_each_output_sees(string tier, int which, int channels, int outputs)
    {
        Window window = Windows[which];
        const int Pictures = 3;
        float[] x = Matrices.Random(Pictures * window.Pixels * channels, 1);
        float[] weights = Matrices.Random(outputs * channels * window.Places, 2), bias = Matrices.Random(outputs, 3);
        float[] byPlace = FoldedKernel.Of(weights, outputs, channels).Weights(channelsLast: true);
        foreach (WeightType type in (WeightType[])[WeightType.F32, WeightType.BF16, WeightType.Int8])
        {
            using WeightMatrix matrix = new(channels * window.Places, outputs, 1, hasBias: true);
            matrix.Packed = new(matrix.Inputs, outputs, 1, PanelLayout.Of(Tiers.Of(tier), type));
            matrix.Packed.SetWeights(0, byPlace, WeightOrder.OutputsByInputs);
            matrix.Packed.SetBias(0, bias);
            float[][] results = OnOneThreadAndMore(tier, x, channels, Pictures * window.Pixels, Pictures * window.OutputPixels, outputs,
                (compute, input, output) => compute.Convolve(input, window, matrix, output, Act.Relu),
                counter => counter.Convolve(default, window, matrix, default, Act.Relu));
            double tolerance = type switch { WeightType.F32 => Tolerance, WeightType.BF16 => 0.1, _ => 0.3 };
            for (int row = 0; row < Pictures * window.OutputPixels; row++)
                for (int output = 0; output < outputs; output++)
                {
                    double expected = bias[output];
                    foreach ((int place, int pixel) in Seen(window, row))
                        for (int c = 0; c < channels; c++)
                            expected += (double)x[pixel * channels + c] * weights[(output * channels + c) * window.Places + place];
                    Assert.Equal(Math.Max(expected, 0), results[0][row * outputs + output], tolerance);
                }
            TensorAssert.SameBits(results[0], results[1]);
        }
    }

    public static IEnumerable<object[]> Tiled => Tiers.With([[1, 3, 5], [2, 5, 3], [5, 33, 7], [7, 16, 40], [24, 3, 2]]);

    /// <summary>The same sums by fewer products: rounding is about twice as large.</summary>
    [Theory, MemberData(nameof(Tiled))]
    public void A_convolution_by_tiles_is_the_same(string tier, int side, int channels, int outputs)
    {
        Window window = Window.Square(side, 3, 1, 1);
        const int Pictures = 2;
        float[] x = Matrices.Random(Pictures * window.Pixels * channels, 1);
        float[] weights = Matrices.Random(outputs * channels * 9, 2), bias = Matrices.Random(outputs, 3);
        float[] transformed = FoldedKernel.Of(weights, outputs, channels).Weights(KernelOrder.Tiles);
        using WeightMatrix matrix = new(channels, outputs, Winograd.Places, hasBias: true);
        matrix.Packed = new(channels, outputs, Winograd.Places, PanelLayout.Of(Tiers.Of(tier), WeightType.F32));
        for (int place = 0; place < Winograd.Places; place++)
            matrix.Packed.SetWeights(place, transformed.AsSpan(place * outputs * channels, outputs * channels), WeightOrder.OutputsByInputs);
        matrix.Packed.SetBias(0, bias);
        float[][] results = OnOneThreadAndMore(tier, x, channels, Pictures * window.Pixels, Pictures * window.Pixels, outputs,
            (compute, input, output) => compute.ConvolveByTiles(input, side, matrix, output),
            counter =>
            {
                Arena shapes = new();
                counter.ConvolveByTiles(
                    shapes.Take(Pictures * window.Pixels, channels), side, matrix, shapes.Take(Pictures * window.Pixels, outputs));
            });
        for (int row = 0; row < Pictures * window.Pixels; row++)
            for (int output = 0; output < outputs; output++)
            {
                double expected = bias[output];
                foreach ((int place, int pixel) in Seen(window, row))
                    for (int c = 0; c < channels; c++)
                        expected += (double)x[pixel * channels + c] * weights[(output * channels + c) * 9 + place];
                Assert.Equal(Math.Max(expected, 0), results[0][row * outputs + output], Tolerance);
            }
        TensorAssert.SameBits(results[0], results[1]);
    }

    [Theory, MemberData(nameof(Channels))]
    public void A_depthwise_convolution_is_the_sum_over_one_channel(string tier, int which, int channels, int perChannel)
    {
        Window window = DepthwiseWindows[which];
        const int Pictures = 2;
        int outputs = channels * perChannel;
        float[] x = Matrices.Random(Pictures * window.Pixels * channels, 4);
        float[] weights = Matrices.Random(outputs * window.Places, 5), bias = Matrices.Random(outputs, 6);
        using DepthwiseKernel kernel = new(outputs, window.Places, perChannel);
        kernel.Set(weights, bias);
        foreach (Act act in (Act[])[Act.None, Act.Gelu])
        {
            float[][] results = OnOneThreadAndMore(tier, x, channels, Pictures * window.Pixels, Pictures * window.OutputPixels, outputs,
                (compute, input, output) => compute.Depthwise(input, window, kernel, output, act),
                counter => counter.Depthwise(default, window, kernel, default, act));
            for (int row = 0; row < Pictures * window.OutputPixels; row++)
                for (int output = 0; output < outputs; output++)
                {
                    double expected = bias[output];
                    foreach ((int place, int pixel) in Seen(window, row))
                        expected += (double)x[pixel * channels + output / perChannel] * weights[output * window.Places + place];
                    Assert.Equal(
                        act == Act.None ? expected : ReferenceKernels.Gelu(expected), results[0][row * outputs + output], Tolerance);
                }
            TensorAssert.SameBits(results[0], results[1]);
        }
    }

    [Theory, MemberData(nameof(Tiers.All), MemberType = typeof(Tiers))]
    public void A_pool_is_the_mean_of_four_pixels_of_one_picture(string tier)
    {
        float[] numbers = Matrices.Random(2 * 16 * 5, 6);
        float[][] results = OnOneThreadAndMore(
            tier, numbers, 5, 32, 8, 5, (compute, x, y) => compute.AveragePool(x, 4, y), static _ => { });
        for (int row = 0; row < 8; row++)
            for (int channel = 0; channel < 5; channel++)
            {
                int top = row / 4 * 4 + row % 4 / 2 * 2, left = row % 2 * 2;
                double mean = 0;
                foreach ((int y, int x) in ((int, int)[])[(0, 0), (0, 1), (1, 0), (1, 1)])
                    mean += numbers[((top + y) * 4 + left + x) * 5 + channel] / 4.0;
                Assert.Equal(mean, results[0][row * 5 + channel], 1e-6);
            }
        TensorAssert.SameBits(results[0], results[1]);
    }

    /// <summary>Two pictures of 5x5: at edges fewer pixels count.</summary>
    [Theory, MemberData(nameof(Tiers.All), MemberType = typeof(Tiers))]
    public void A_mean_of_neighbours_is_of_those_that_are_there(string tier)
    {
        const int Side = 5, Half = 3, Width = 7;
        float[] numbers = Matrices.Random(2 * Side * Side * Width, 8);
        float[][] results = OnOneThreadAndMore(
            tier, numbers, Width, 2 * Side * Side, 2 * Half * Half, Width,
            (compute, x, y) => compute.AverageSeen(x, Window.Square(Side, 3, 2, 1), y), static _ => { });
        for (int row = 0; row < 2 * Half * Half; row++)
            for (int channel = 0; channel < Width; channel++)
            {
                (int picture, int pixel) = Math.DivRem(row, Half * Half);
                List<double> seen = [];
                for (int y = 2 * (pixel / Half) - 1; y <= 2 * (pixel / Half) + 1; y++)
                    for (int x = 2 * (pixel % Half) - 1; x <= 2 * (pixel % Half) + 1; x++)
                        if (y is >= 0 and < Side && x is >= 0 and < Side)
                            seen.Add(numbers[((picture * Side + y) * Side + x) * Width + channel]);
                Assert.Equal(seen.Average(), results[0][row * Width + channel], 1e-6);
            }
        TensorAssert.SameBits(results[0], results[1]);
    }

    [Theory, MemberData(nameof(Tiers.All), MemberType = typeof(Tiers))]
    public void Squeezing_is_the_mean_of_a_picture_and_exciting_scales_its_pixels(string tier)
    {
        const int Pictures = 3, Pixels = 7, Width = 21;
        float[] numbers = Matrices.Random(Pictures * Pixels * Width, 7);
        float[][] means = OnOneThreadAndMore(
            tier, numbers, Width, Pictures * Pixels, Pictures, Width, (compute, x, y) => compute.MeanOfPixels(x, y), static _ => { });
        float[][] excited = OnOneThreadAndMore(tier, numbers, Width, Pictures * Pixels, Pictures, Width, (compute, x, y) =>
        {
            compute.MeanOfPixels(x, y);
            compute.Excite(x, y);
            Matrices.Fill(y, Matrices.ToArray(x).AsSpan(Pixels * Width, Pictures * Width)); // rows of the second picture
        }, static _ => { });
        for (int picture = 0; picture < Pictures; picture++)
            for (int c = 0; c < Width; c++)
            {
                double mean = Enumerable.Range(0, Pixels).Average(i => (double)numbers[(picture * Pixels + i) * Width + c]);
                Assert.Equal(mean, means[0][picture * Width + c], 1e-6);
                double second = Enumerable.Range(0, Pixels).Average(i => (double)numbers[(Pixels + i) * Width + c]);
                Assert.Equal(
                    ReferenceKernels.Gelu(numbers[(Pixels + picture) * Width + c] * second), excited[0][picture * Width + c], 1e-6);
            }
        TensorAssert.SameBits(means[0], means[1]);
        TensorAssert.SameBits(excited[0], excited[1]);
    }

    [Theory]
    [InlineData(6, 3, 2, 1)]
    [InlineData(8, 4, 4, 0)]
    [InlineData(9, 4, 4, 1)]
    public void A_product_with_windows_of_pixels_is_a_convolution(int size, int kernel, int stride, int padding)
    {
        Window window = Window.Square(size, kernel, stride, padding);
        float[] pixels = Matrices.Random(3 * size * size, 5);
        using Arena arena = Matrices.Allocate(out MatrixView[] v, (window.OutputPixels, 3 * kernel * kernel));
        PixelWindows.Gather(pixels, window, v[0]);
        for (int row = 0; row < window.OutputPixels; row++)
        {
            float[] expected = new float[3 * kernel * kernel];
            foreach ((int place, int pixel) in Seen(window, row))
                for (int c = 0; c < 3; c++)
                    expected[c * kernel * kernel + place] = pixels[c * size * size + pixel];
            Assert.Equal(expected, v[0].RowSpan(row).ToArray());
        }
    }

    /// <summary>The pixels inside the map that an output sees, with their places in the kernel.</summary>
    private static IEnumerable<(int Place, int Pixel)> Seen(Window window, int row)
    {
        int picture = row / window.OutputPixels, output = row % window.OutputPixels;
        for (int place = 0; place < window.Places; place++)
        {
            int y = output / window.OutputWidth * window.Stride - window.Top + place / window.KernelWidth;
            int x = output % window.OutputWidth * window.Stride - window.Left + place % window.KernelWidth;
            if (y >= 0 && y < window.Height && x >= 0 && x < window.Width)
                yield return (place, picture * window.Pixels + y * window.Width + x);
        }
    }

    private static float[][] OnOneThreadAndMore(
        string tier, float[] x, int channels, int rows, int outputRows, int outputs, Action<Compute, MatrixView, MatrixView> run,
        Action<CountingCompute> count)
    {
        CountingCompute counter = Compute.Counting(Tiers.Of(tier));
        count(counter);
        return Array.ConvertAll((int[])[1, 3], threads =>
        {
            using WorkerPool pool = new(threads);
            using Compute compute = Compute.Of(Tiers.Of(tier), pool, counter.Need);
            using Arena arena = Matrices.Allocate(out MatrixView[] v, (rows, channels), (outputRows, outputs));
            Matrices.Fill(v[0], x);
            run(compute, v[0], v[1]);
            return Matrices.ToArray(v[1]);
        });
    }
}
