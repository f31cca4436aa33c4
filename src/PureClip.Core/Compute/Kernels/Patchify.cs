using PureClip.Memory;

namespace PureClip.Kernels;

/// <summary>Cuts pictures into rows of patches, so that a convolution with stride = kernel = patch becomes one matrix product.</summary>
internal static unsafe class Patchify
{
    /// <summary>
    /// patches[p, (c·P + y)·P + x] = pixels[c, py·P + y, px·P + x] with p = py·G + px. Pixels beyond the last whole patch are dropped,
    /// as a convolution without padding drops them.
    /// </summary>
    /// <param name="pixels">[3, size, size]</param>
    /// <param name="size">Pixels of a side.</param>
    /// <param name="patch">P: pixels of a patch's side.</param>
    /// <param name="patches">[G·G, 3·P·P] with G = size / P.</param>
    public static void Run(ReadOnlySpan<float> pixels, int size, int patch, MatrixView patches)
    {
        int grid = size / patch;
        for (int row = 0; row < grid * grid; row++)
        {
            Span<float> destination = patches.RowSpan(row);
            int top = row / grid * patch, left = row % grid * patch;
            for (int channel = 0; channel < 3; channel++)
                for (int y = 0; y < patch; y++)
                    pixels.Slice((channel * size + top + y) * size + left, patch).CopyTo(destination.Slice((channel * patch + y) * patch, patch));
        }
    }
}
