using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace PureClip.Kernels;

/// <summary>Rows to columns, in squares of four.</summary>
internal static unsafe class Transpose
{
    private const int Side = 4;

    /// <summary>to[c · toStride + r] = from[r · fromStride + c]</summary>
    /// <param name="from">[rows, columns]</param>
    /// <param name="fromStride">Floats from one row to the next.</param>
    /// <param name="rows">Rows to read; rows of nothing are fine.</param>
    /// <param name="columns">Columns to read.</param>
    /// <param name="to">[columns, rows]; must not overlap <paramref name="from"/>.</param>
    /// <param name="toStride">Floats from one column to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(float* from, nint fromStride, int rows, int columns, float* to, nint toStride)
    {
        if (!(Sse.IsSupported || AdvSimd.Arm64.IsSupported) || rows < Side || columns < Side)
        {
            for (int r = 0; r < rows; r++, from += fromStride)
                for (int c = 0; c < columns; c++)
                    to[c * toStride + r] = from[c];
            return;
        }

        // Where rows or columns are not a multiple of four, the last square reaches back into the one before it.
        for (int r = 0; r < rows; r += Side)
        {
            int row = Math.Min(r, rows - Side);
            float* source = from + row * fromStride;
            int c = 0;
            for (; Avx.IsSupported && c <= columns - 2 * Side; c += 2 * Side)
                TwoSquares(source + c, fromStride, to + c * toStride + row, toStride);
            for (; c < columns; c += Side)
            {
                int column = Math.Min(c, columns - Side);
                Square(source + column, fromStride, to + column * toStride + row, toStride);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Square(float* from, nint fromStride, float* to, nint toStride)
    {
        Vector128<float> a = Vector128.Load(from), b = Vector128.Load(from + fromStride);
        Vector128<float> c = Vector128.Load(from + 2 * fromStride), d = Vector128.Load(from + 3 * fromStride);
        (Vector128<float> ac01, Vector128<float> ac23) = Zip(a, c);
        (Vector128<float> bd01, Vector128<float> bd23) = Zip(b, d);
        (Vector128<float> column0, Vector128<float> column1) = Zip(ac01, bd01);
        (Vector128<float> column2, Vector128<float> column3) = Zip(ac23, bd23);
        column0.Store(to);
        column1.Store(to + toStride);
        column2.Store(to + 2 * toStride);
        column3.Store(to + 3 * toStride);
    }

    /// <summary>Two beside one another: half the instructions that move numbers between lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TwoSquares(float* from, nint fromStride, float* to, nint toStride)
    {
        Vector256<float> a = Vector256.Load(from), b = Vector256.Load(from + fromStride);
        Vector256<float> c = Vector256.Load(from + 2 * fromStride), d = Vector256.Load(from + 3 * fromStride);
        Vector256<float> ac01 = Avx.UnpackLow(a, c), ac23 = Avx.UnpackHigh(a, c);
        Vector256<float> bd01 = Avx.UnpackLow(b, d), bd23 = Avx.UnpackHigh(b, d);
        Store(Avx.UnpackLow(ac01, bd01), to, 4 * toStride);
        Store(Avx.UnpackHigh(ac01, bd01), to + toStride, 4 * toStride);
        Store(Avx.UnpackLow(ac23, bd23), to + 2 * toStride, 4 * toStride);
        Store(Avx.UnpackHigh(ac23, bd23), to + 3 * toStride, 4 * toStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector256<float> halves, float* to, nint upper)
    {
        halves.GetLower().Store(to);
        halves.GetUpper().Store(to + upper);
    }

    /// <summary>x0 y0 x1 y1 and x2 y2 x3 y3.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector128<float> Low, Vector128<float> High) Zip(Vector128<float> x, Vector128<float> y) =>
        Sse.IsSupported
            ? (Sse.UnpackLow(x, y), Sse.UnpackHigh(x, y))
            : (AdvSimd.Arm64.ZipLow(x, y), AdvSimd.Arm64.ZipHigh(x, y));
}
