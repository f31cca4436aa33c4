using System.Numerics.Tensors;
using PureClip.Memory;
using PureClip.Threading;

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

/// <summary>
/// Square feature maps as rows: one row a pixel, its channels beside one another, pictures end to end. A 3x3 convolution then is a product
/// with rows of nine neighbours, a 1x1 convolution a product with the rows themselves.
/// </summary>
internal static class Neighbours
{
    private const int Side = 3;

    /// <summary>neighbours[i, (ky·3 + kx)·C + c] = x[pixel of row i, moved by (ky − 1, kx − 1), c]; beyond the edges is zero.</summary>
    /// <param name="x">[pictures · side², C]</param>
    /// <param name="side">Pixels of a side.</param>
    /// <param name="first">The row of x that row 0 of <paramref name="neighbours"/> is about.</param>
    /// <param name="neighbours">[rows, 9·C]</param>
    /// <param name="pool">Who copies.</param>
    public static void Gather(MatrixView x, int side, int first, MatrixView neighbours, WorkerPool pool)
    {
        int shares = Math.Min(pool.Workers, neighbours.Rows);
        GatherBody body = new() { X = x, Side = side, First = first, Y = neighbours, Rows = new(neighbours.Rows, Math.Max(shares, 1)) };
        pool.Run(shares, ref body);
    }

    /// <summary>
    /// neighbours[oy·S + ox, (c·3 + ky)·3 + kx] = pixels[c, 2·oy + ky − 1, 2·ox + kx − 1] with S = size / 2: every second pixel of a
    /// picture.
    /// </summary>
    /// <param name="pixels">[3, size, size]</param>
    /// <param name="size">Pixels of a side; even.</param>
    /// <param name="neighbours">[size² / 4, 27]</param>
    public static void GatherEverySecond(ReadOnlySpan<float> pixels, int size, MatrixView neighbours)
    {
        int half = size / 2;
        for (int row = 0; row < half * half; row++)
        {
            Span<float> to = neighbours.RowSpan(row);
            int top = 2 * (row / half) - 1, left = 2 * (row % half) - 1;
            for (int i = 0; i < to.Length; i++)
            {
                // 2·(half − 1) + 1 < size: only −1 is outside.
                int channel = i / (Side * Side), y = top + i / Side % Side, x = left + i % Side;
                to[i] = y < 0 || x < 0 ? 0f : pixels[(channel * size + y) * size + x];
            }
        }
    }

    /// <summary>Each row of y is the mean of a square of four pixels of x.</summary>
    /// <param name="x">[pictures · side², C]</param>
    /// <param name="side">Pixels of a side; even.</param>
    /// <param name="y">[pictures · side² / 4, C]</param>
    /// <param name="pool">Who computes.</param>
    public static void Average(MatrixView x, int side, MatrixView y, WorkerPool pool)
    {
        int shares = Math.Min(pool.Workers, y.Rows);
        AverageBody body = new() { X = x, Side = side, Y = y, Rows = new(y.Rows, Math.Max(shares, 1)) };
        pool.Run(shares, ref body);
    }

    private struct GatherBody : IParallelBody
    {
        public MatrixView X, Y;
        public int Side, First;
        public RowPartition Rows;

        public readonly void Invoke(int index, int worker)
        {
            int channels = X.Columns, area = Side * Side;
            for (int row = Rows.Start(index); row < Rows.Start(index + 1); row++)
            {
                Span<float> to = Y.RowSpan(row);
                int picture = (First + row) / area, pixel = (First + row) % area, y = pixel / Side, x = pixel % Side;
                for (int place = 0; place < Neighbours.Side * Neighbours.Side; place++)
                {
                    Span<float> part = to.Slice(place * channels, channels);
                    int fromY = y + place / Neighbours.Side - 1, fromX = x + place % Neighbours.Side - 1;
                    if ((uint)fromY < (uint)Side && (uint)fromX < (uint)Side)
                        X.RowSpan(picture * area + fromY * Side + fromX).CopyTo(part);
                    else
                        part.Clear();
                }
            }
        }
    }

    private struct AverageBody : IParallelBody
    {
        public MatrixView X, Y;
        public int Side;
        public RowPartition Rows;

        public readonly void Invoke(int index, int worker)
        {
            int half = Side / 2;
            for (int row = Rows.Start(index); row < Rows.Start(index + 1); row++)
            {
                int picture = row / (half * half), pixel = row % (half * half);
                int from = picture * Side * Side + 2 * (pixel / half) * Side + 2 * (pixel % half);
                Span<float> mean = Y.RowSpan(row);
                TensorPrimitives.Add(X.RowSpan(from), X.RowSpan(from + 1), mean);
                TensorPrimitives.Add(mean, X.RowSpan(from + Side), mean);
                TensorPrimitives.Add(mean, X.RowSpan(from + Side + 1), mean);
                TensorPrimitives.Multiply(mean, 0.25f, mean);
            }
        }
    }
}
