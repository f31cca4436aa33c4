using System.Runtime.Intrinsics;
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
                    pixels.Slice((channel * size + top + y) * size + left, patch)
                        .CopyTo(destination.Slice((channel * patch + y) * patch, patch));
        }
    }

    /// <summary>patches[p, (y·P + x)·3 + c] = pixels[c, py·P + y, px·P + x] with p = py·columns + px.</summary>
    /// <param name="pixels">[3, rows · P, columns · P], and perhaps more behind.</param>
    /// <param name="rows">Rows of patches.</param>
    /// <param name="columns">Columns of patches.</param>
    /// <param name="patch">P: pixels of a patch's side.</param>
    /// <param name="patches">[rows · columns, 3·P·P]</param>
    public static void RunChannelsLast(ReadOnlySpan<float> pixels, int rows, int columns, int patch, MatrixView patches)
    {
        int height = rows * patch, width = columns * patch;
        for (int row = 0; row < rows * columns; row++)
        {
            Span<float> destination = patches.RowSpan(row);
            int top = row / columns * patch, left = row % columns * patch, to = 0;
            for (int y = 0; y < patch; y++)
                for (int x = 0; x < patch; x++)
                    for (int channel = 0; channel < 3; channel++)
                        destination[to++] = pixels[(channel * height + top + y) * width + left + x];
        }
    }
}

/// <summary>Pictures to rows of what the outputs of a first convolution see, channel by channel as their kernels are stored.</summary>
internal static unsafe class PixelWindows
{
    /// <summary>rows[oy·S + ox, (c·k + y)·k + x] = pixels[c, oy·stride + y − padding, ox·stride + x − padding]; zero beyond the edges.</summary>
    /// <param name="pixels">[3, size, size]</param>
    /// <param name="window">What an output sees: a square of k · k pixels of a square picture.</param>
    /// <param name="rows">[S², 3·k²]</param>
    public static void Gather(ReadOnlySpan<float> pixels, Window window, MatrixView rows)
    {
        int size = window.Width, kernel = window.KernelWidth, side = window.OutputWidth;
        if (pixels.Length < 3 * size * size)
            throw new ArgumentException($"A picture has {3 * size * size} numbers, not {pixels.Length}.", nameof(pixels));
        fixed (float* source = pixels)
            for (int row = 0; row < side * side; row++)
            {
                (int line, int inLine) = Math.DivRem(row, side);
                int top = line * window.Stride - window.Top, left = inLine * window.Stride - window.Left;
                bool isInside = top >= 0 && left >= 0 && top + kernel <= size && left + Vector128<float>.Count <= size;
                if (isInside && kernel is 3 or 4)
                    CopyFours(source + top * size + left, size, kernel, rows.Row(row));
                else
                    CopyInside(pixels, window, top, left, rows.RowSpan(row));
            }
    }

    /// <summary>Four pixels at a time: of a kernel of 3, the next overwrites the fourth, and what is behind the row is padding.</summary>
    private static void CopyFours(float* from, int size, int kernel, float* to)
    {
        for (int channel = 0; channel < 3; channel++, from += (nint)size * size)
            for (int y = 0; y < kernel; y++, to += kernel)
                Vector128.Load(from + y * (nint)size).Store(to);
    }

    private static void CopyInside(ReadOnlySpan<float> pixels, Window window, int top, int left, Span<float> to)
    {
        int size = window.Width, kernel = window.KernelWidth;
        int skipped = Math.Max(-left, 0), count = Math.Min(kernel, size - left) - skipped;
        to.Clear();
        for (int channel = 0; channel < 3; channel++)
            for (int y = Math.Max(-top, 0); y < Math.Min(kernel, size - top); y++)
                pixels.Slice((channel * size + top + y) * size + left + skipped, count)
                    .CopyTo(to[((channel * kernel + y) * kernel + skipped)..]);
    }
}
