using PureClip.Kernels;
using PureClip.Memory;
using PureClip.Threading;

namespace PureClip.Tests.Kernels;

public class GatherTests
{
    [Theory]
    [InlineData(4, 2)]
    [InlineData(6, 3)]
    [InlineData(5, 5)]
    [InlineData(7, 3)] // one row and one column of pixels belong to no patch
    public void A_product_with_patches_is_a_convolution(int size, int patch)
    {
        int grid = size / patch, length = 3 * patch * patch;
        float[] pixels = Matrices.Random(3 * size * size, 1), kernel = Matrices.Random(length, 2);
        using Arena arena = Matrices.Allocate(out MatrixView[] v, (grid * grid, length));
        Patchify.Run(pixels, size, patch, v[0]);
        for (int py = 0; py < grid; py++)
            for (int px = 0; px < grid; px++)
            {
                double convolved = 0, product = 0;
                for (int c = 0; c < 3; c++)
                    for (int y = 0; y < patch; y++)
                        for (int x = 0; x < patch; x++)
                        {
                            float pixel = pixels[(c * size + py * patch + y) * size + px * patch + x];
                            convolved += (double)pixel * kernel[(c * patch + y) * patch + x];
                        }
                for (int i = 0; i < length; i++)
                    product += (double)v[0].RowSpan(py * grid + px)[i] * kernel[i];
                Assert.Equal(convolved, product, 12);
            }
    }

    [Theory]
    [InlineData(1, 1, 3)]
    [InlineData(2, 4, 5)]
    [InlineData(3, 7, 2)]
    public void Rows_of_neighbours_are_the_nine_pixels_around_with_zeros_outside(int pictures, int side, int channels)
    {
        int rows = pictures * side * side;
        float[] numbers = Matrices.Random(rows * channels, 3);
        using Arena arena = Matrices.Allocate(out MatrixView[] v, (rows, channels), (rows, 9 * channels));
        Matrices.Fill(v[0], numbers);
        foreach (int threads in (int[])[1, 3])
        {
            using WorkerPool pool = new(threads);
            Neighbours.Gather(v[0], side, 0, v[1], pool);
            for (int row = 0; row < rows; row++)
                for (int i = 0; i < 9 * channels; i++)
                {
                    int place = i / channels, y = row / side % side + place / 3 - 1, x = row % side + place % 3 - 1;
                    bool inside = y >= 0 && y < side && x >= 0 && x < side;
                    float expected = inside ? numbers[(row / (side * side) * side * side + y * side + x) * channels + i % channels] : 0f;
                    Assert.Equal(expected, v[1].RowSpan(row)[i]);
                }
        }
    }

    [Fact]
    public void Neighbours_of_some_pixels_are_those_of_all()
    {
        using Arena arena = Matrices.Allocate(out MatrixView[] v, (32, 3), (32, 27), (10, 27));
        Matrices.Fill(v[0], Matrices.Random(96, 4));
        Neighbours.Gather(v[0], 4, 0, v[1], WorkerPool.Serial);
        Neighbours.Gather(v[0], 4, 13, v[2], WorkerPool.Serial);
        for (int row = 0; row < 10; row++)
            TensorAssert.SameBits(v[1].RowSpan(13 + row), v[2].RowSpan(row));
    }

    [Fact]
    public void Every_second_pixel_of_a_picture_has_its_neighbours_channel_by_channel()
    {
        const int size = 6;
        float[] pixels = Matrices.Random(3 * size * size, 5);
        using Arena arena = Matrices.Allocate(out MatrixView[] v, (9, 27));
        Neighbours.GatherEverySecond(pixels, size, v[0]);
        for (int row = 0; row < 9; row++)
            for (int i = 0; i < 27; i++)
            {
                int y = 2 * (row / 3) + i / 3 % 3 - 1, x = 2 * (row % 3) + i % 3 - 1;
                float expected = y < 0 || x < 0 ? 0f : pixels[(i / 9 * size + y) * size + x];
                Assert.Equal(expected, v[0].RowSpan(row)[i]);
            }
    }

    [Fact]
    public void A_pool_is_the_mean_of_four_pixels_of_one_picture()
    {
        float[] numbers = Matrices.Random(2 * 16 * 5, 6);
        using Arena arena = Matrices.Allocate(out MatrixView[] v, (32, 5), (8, 5));
        Matrices.Fill(v[0], numbers);
        foreach (int threads in (int[])[1, 2])
        {
            using WorkerPool pool = new(threads);
            Neighbours.Average(v[0], 4, v[1], pool);
            for (int row = 0; row < 8; row++)
                for (int channel = 0; channel < 5; channel++)
                {
                    int top = row / 4 * 4 + row % 4 / 2 * 2, left = row % 2 * 2;
                    double mean = 0;
                    foreach ((int y, int x) in ((int, int)[])[(0, 0), (0, 1), (1, 0), (1, 1)])
                        mean += numbers[((top + y) * 4 + left + x) * 5 + channel] / 4.0;
                    Assert.Equal(mean, v[1].RowSpan(row)[channel], 1e-6);
                }
        }
    }
}
