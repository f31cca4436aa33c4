using PureClip.Memory;

namespace PureClip.Kernels;

/// <summary>
/// Which pixels of a feature map a convolution sees for each of its outputs. Feature maps are rows: one a pixel, its channels beside one
/// another, pixels line by line, pictures end to end. What lies beyond the edges is zero.
/// </summary>
/// <param name="Height">Lines of the map.</param>
/// <param name="Width">Pixels of a line.</param>
/// <param name="KernelHeight">Lines that an output sees.</param>
/// <param name="KernelWidth">Pixels of each that it sees.</param>
/// <param name="Stride">Pixels from one output to the next.</param>
/// <param name="Top">Lines of zeros above and below.</param>
/// <param name="Left">Pixels of zeros at both sides.</param>
internal readonly record struct Window(int Height, int Width, int KernelHeight, int KernelWidth, int Stride, int Top, int Left)
{
    /// <summary>Lines of the result.</summary>
    public int OutputHeight => (Height + 2 * Top - KernelHeight) / Stride + 1;

    /// <summary>Pixels of a line of the result.</summary>
    public int OutputWidth => (Width + 2 * Left - KernelWidth) / Stride + 1;

    /// <summary>Pixels of a picture.</summary>
    public int Pixels => Height * Width;

    /// <summary>Pixels of the result of a picture.</summary>
    public int OutputPixels => OutputHeight * OutputWidth;

    /// <summary>Pixels that an output sees.</summary>
    public int Places => KernelHeight * KernelWidth;

    /// <summary>Whether there is no window: each row is seen by itself.</summary>
    public bool IsNone => KernelHeight == 0;

    /// <summary>A square kernel on a square map.</summary>
    public static Window Square(int side, int kernel, int stride, int padding) => new(side, side, kernel, kernel, stride, padding, padding);

    /// <summary>A kernel along a sequence, as many outputs as inputs.</summary>
    public static Window Line(int length, int kernel) => new(1, length, 1, kernel, 1, 0, kernel / 2);
}

/// <summary>
/// The left operand of a convolution as a product, a tile at a time: row r has what output r sees, place by place, all channels of a place
/// beside one another. It exists only while a tile is packed, so that no copy of the whole passes through memory.
/// </summary>
internal static unsafe class WindowTile
{
    /// <summary>Copies some columns of some rows.</summary>
    /// <param name="x">[pictures · pixels, channels]</param>
    /// <param name="window">What an output sees.</param>
    /// <param name="row">First row.</param>
    /// <param name="rows">Rows, at most <see cref="Microkernel.MostRows"/>.</param>
    /// <param name="column">First column.</param>
    /// <param name="depth">Columns.</param>
    /// <param name="tile">[rows, depth]</param>
    public static void Gather(MatrixView x, Window window, int row, int rows, int column, int depth, float* tile)
    {
        int* pictures = stackalloc int[rows], lines = stackalloc int[rows], pixels = stackalloc int[rows];
        int width = window.OutputWidth, area = window.OutputPixels, channels = x.Columns;
        for (int r = 0; r < rows; r++)
        {
            (int picture, int pixel) = Math.DivRem(row + r, area);
            (int line, int inLine) = Math.DivRem(pixel, width);
            pictures[r] = picture * window.Pixels;
            lines[r] = line * window.Stride - window.Top;
            pixels[r] = inLine * window.Stride - window.Left;
        }
        for (int done = 0; done < depth;)
        {
            (int place, int channel) = Math.DivRem(column + done, channels);
            (int down, int across) = Math.DivRem(place, window.KernelWidth);
            int count = Math.Min(channels - channel, depth - done);
            float* to = tile + done;
            for (int r = 0; r < rows; r++, to += depth)
            {
                int line = lines[r] + down, pixel = pixels[r] + across;
                if ((uint)line < (uint)window.Height && (uint)pixel < (uint)window.Width)
                    new ReadOnlySpan<float>(x.Row(pictures[r] + line * window.Width + pixel) + channel, count).CopyTo(new(to, count));
                else
                    new Span<float>(to, count).Clear();
            }
            done += count;
        }
    }
}
