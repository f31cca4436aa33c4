using System.Runtime.CompilerServices;
using PureClip.Memory;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip.Kernels;

/// <summary>
/// A 3x3 convolution by tiles of 2x2 outputs: 16 products of what a tile sees, transformed, with transformed kernels, in the place of 36
/// multiplications an output channel. Pictures keep their size; beyond the edges is zero.
/// </summary>
/// <remarks>
/// Lavin and Gray 2016, "Fast Algorithms for Convolutional Neural Networks", 4.1: F(2x2, 3x3). Sums of up to four inputs and nine weights are
/// multiplied, so that rounding errors are about twice those of the plain sum. F(4x4, 3x3) would have twelve times.
/// </remarks>
internal static unsafe class Winograd
{
    /// <summary>Products of a tile.</summary>
    public const int Places = 16;

    private const int Side = 4; // of what a tile sees

    // What tiles see and their sums stay in the second-level cache (1 MB), if that leaves enough rows for good products.
    private const int MostFloats = 1 << 18, LeastTiles = 128;

    /// <summary>Tiles of a picture.</summary>
    public static int TilesOf(int side) => (side + 1) / 2 * ((side + 1) / 2);

    /// <summary>Tiles that are computed at once: bits do not depend on it.</summary>
    public static int TilesAtOnce(int inputs, int outputs, int all) =>
        Math.Min(all, Math.Max(LeastTiles, MostFloats / (Places * (inputs + outputs))));

    /// <summary>Kernels as they are multiplied: G·g·Gᵀ of each.</summary>
    /// <param name="kernels">[outputs, channels, 9]</param>
    /// <param name="outputs">Outputs.</param>
    /// <param name="channels">Channels.</param>
    /// <returns>[16, outputs, channels]</returns>
    public static float[] Kernels(ReadOnlySpan<double> kernels, int outputs, int channels)
    {
        float[] result = new float[(long)Places * outputs * channels];
        Span<double> rows = stackalloc double[Side * 3];
        for (int kernel = 0; kernel < outputs * channels; kernel++)
        {
            ReadOnlySpan<double> g = kernels.Slice(kernel * 9, 9);
            for (int column = 0; column < 3; column++)
            {
                (double a, double b, double c) = (g[column], g[3 + column], g[6 + column]);
                (rows[column], rows[3 + column], rows[6 + column], rows[9 + column]) = (a, (a + b + c) / 2, (a - b + c) / 2, c);
            }
            for (int row = 0; row < Side; row++)
            {
                (double a, double b, double c) = (rows[row * 3], rows[row * 3 + 1], rows[row * 3 + 2]);
                Span<double> places = [a, (a + b + c) / 2, (a - b + c) / 2, c];
                for (int column = 0; column < Side; column++)
                    result[(row * Side + column) * outputs * channels + kernel] = (float)places[column];
            }
        }
        return result;
    }

    /// <summary>What tiles see, transformed: Bᵀ·d·B of each channel.</summary>
    /// <param name="x">[pictures · side², channels]</param>
    /// <param name="side">Pixels of a side.</param>
    /// <param name="first">First tile.</param>
    /// <param name="count">Tiles.</param>
    /// <param name="step">Rows of a place in the result.</param>
    /// <param name="seen">[16 · step, channels]</param>
    /// <param name="pool">Who computes.</param>
    public static void See<V>(MatrixView x, int side, int first, int count, int step, MatrixView seen, WorkerPool pool)
        where V : unmanaged, ISimd<V>
    {
        SeeBody<V> body = new() { X = x, Seen = seen, Side = side, First = first, Step = step, Tiles = new(count, Shares(count, pool)) };
        pool.Run(Shares(count, pool), ref body);
    }

    /// <summary>Tiles of outputs: max(Aᵀ·m·A + bias, 0).</summary>
    /// <param name="sums">[16 · step, outputs]</param>
    /// <param name="side">Pixels of a side.</param>
    /// <param name="first">First tile.</param>
    /// <param name="count">Tiles.</param>
    /// <param name="step">Rows of a place in the sums.</param>
    /// <param name="bias">[outputs]</param>
    /// <param name="y">[pictures · side², outputs]</param>
    /// <param name="pool">Who computes.</param>
    public static void Finish<V>(MatrixView sums, int side, int first, int count, int step, float* bias, MatrixView y, WorkerPool pool)
        where V : unmanaged, ISimd<V>
    {
        FinishBody<V> body = new()
        {
            Sums = sums,
            Y = y,
            Bias = bias,
            Side = side,
            First = first,
            Step = step,
            Tiles = new(count, Shares(count, pool)),
        };
        pool.Run(Shares(count, pool), ref body);
    }

    private static int Shares(int count, WorkerPool pool) => Math.Min(count, pool.Workers);

    private struct SeeBody<V> : IParallelBody
        where V : unmanaged, ISimd<V>
    {
        public MatrixView X, Seen;
        public int Side, First, Step;
        public RowPartition Tiles;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Invoke(int index, int worker)
        {
            float** pixels = stackalloc float*[Places];
            int* steps = stackalloc int[Places]; // 0 for zeros beyond the edges
            float* zeros = stackalloc float[V.Count];
            new Span<float>(zeros, V.Count).Clear();
            int across = (Side + 1) / 2;
            nint place = (nint)Step * Seen.Stride;
            for (int tile = Tiles.Start(index); tile < Tiles.Start(index + 1); tile++)
            {
                (int picture, int inPicture) = Math.DivRem(First + tile, across * across);
                int top = 2 * (inPicture / across) - 1, left = 2 * (inPicture % across) - 1;
                for (int i = 0; i < Places; i++)
                {
                    int line = top + i / Winograd.Side, column = left + i % Winograd.Side;
                    bool isInside = (uint)line < (uint)Side && (uint)column < (uint)Side;
                    pixels[i] = isInside ? X.Row((picture * Side + line) * Side + column) : zeros;
                    steps[i] = isInside ? 1 : 0;
                }
                float* to = Seen.Row(tile);
                for (int c = 0; c < X.Columns; c += V.Count)
                {
                    Row(pixels, steps, c, 0, 2, isSum: false, to + c, place);
                    Row(pixels, steps, c, 1, 2, isSum: true, to + 4 * place + c, place);
                    Row(pixels, steps, c, 2, 1, isSum: false, to + 8 * place + c, place);
                    Row(pixels, steps, c, 1, 3, isSum: false, to + 12 * place + c, place);
                }
            }
        }

        /// <summary>Four places of a line: the sum or difference of two lines of pixels, and that of its columns.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Row(float** pixels, int* steps, int c, int one, int other, bool isSum, float* to, nint place)
        {
            V t0 = Both(pixels, steps, c, one * 4, other * 4, isSum);
            V t1 = Both(pixels, steps, c, one * 4 + 1, other * 4 + 1, isSum);
            V t2 = Both(pixels, steps, c, one * 4 + 2, other * 4 + 2, isSum);
            V t3 = Both(pixels, steps, c, one * 4 + 3, other * 4 + 3, isSum);
            V.Store(t0 - t2, to);
            V.Store(t1 + t2, to + place);
            V.Store(t2 - t1, to + 2 * place);
            V.Store(t1 - t3, to + 3 * place);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static V Both(float** pixels, int* steps, int c, int one, int other, bool isSum)
        {
            V a = V.Load(pixels[one] + c * steps[one]), b = V.Load(pixels[other] + c * steps[other]);
            return isSum ? a + b : a - b;
        }
    }

    private struct FinishBody<V> : IParallelBody
        where V : unmanaged, ISimd<V>
    {
        public MatrixView Sums, Y;
        public float* Bias;
        public int Side, First, Step;
        public RowPartition Tiles;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Invoke(int index, int worker)
        {
            int across = (Side + 1) / 2;
            nint place = (nint)Step * Sums.Stride;
            for (int tile = Tiles.Start(index); tile < Tiles.Start(index + 1); tile++)
            {
                (int picture, int inPicture) = Math.DivRem(First + tile, across * across);
                int line = 2 * (inPicture / across), column = 2 * (inPicture % across);
                bool hasRight = column + 1 < Side, hasBelow = line + 1 < Side;
                float* from = Sums.Row(tile), to = Y.Row((picture * Side + line) * Side + column), below = to + (nint)Side * Y.Stride;
                for (int c = 0; c < Y.Columns; c += V.Count)
                {
                    float* m = from + c;
                    V bias = V.Load(Bias + c), upper0 = bias, upper1 = bias, lower0 = bias, lower1 = bias;
                    // Column by column of the sums: what they add to the upper and the lower outputs.
                    Column(m, place, out V u, out V l);
                    upper0 += u;
                    lower0 += l;
                    Column(m + place, place, out u, out l);
                    upper0 += u;
                    lower0 += l;
                    upper1 += u;
                    lower1 += l;
                    Column(m + 2 * place, place, out u, out l);
                    upper0 += u;
                    lower0 += l;
                    upper1 -= u;
                    lower1 -= l;
                    Column(m + 3 * place, place, out u, out l);
                    upper1 -= u;
                    lower1 -= l;
                    V.Store(V.Max(upper0, V.Zero), to + c);
                    if (hasRight)
                        V.Store(V.Max(upper1, V.Zero), to + Y.Stride + c);
                    if (hasBelow)
                        V.Store(V.Max(lower0, V.Zero), below + c);
                    if (hasRight && hasBelow)
                        V.Store(V.Max(lower1, V.Zero), below + Y.Stride + c);
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Column(float* m, nint place, out V upper, out V lower)
        {
            V m1 = V.Load(m + 4 * place), m2 = V.Load(m + 8 * place);
            upper = V.Load(m) + m1 + m2;
            lower = m1 - m2 - V.Load(m + 12 * place);
        }
    }
}
