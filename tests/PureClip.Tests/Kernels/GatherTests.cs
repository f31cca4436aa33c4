using PureClip.Kernels;
using PureClip.Memory;

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
}
