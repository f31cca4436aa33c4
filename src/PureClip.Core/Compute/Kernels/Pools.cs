using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using PureClip.Memory;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip.Kernels;

/// <summary>Feature maps to smaller ones, or to one row a picture, and back.</summary>
internal static unsafe class Pools
{
    /// <summary>Each row of y is the mean of a square of four pixels of x.</summary>
    /// <param name="x">[pictures · side², C]</param>
    /// <param name="side">Pixels of a side; even.</param>
    /// <param name="y">[pictures · side² / 4, C]</param>
    /// <param name="pool">Who computes.</param>
    public static void Average<V>(MatrixView x, int side, MatrixView y, WorkerPool pool)
        where V : unmanaged, ISimd<V>
    {
        int shares = Math.Min(pool.Workers, y.Rows);
        AverageBody<V> body = new() { X = x, Side = side, Y = y, Rows = new(y.Rows, Math.Max(shares, 1)) };
        pool.Run(shares, ref body);
    }

    /// <summary>Each row of y is the mean of what a window sees of the picture itself: zeros around it do not count.</summary>
    /// <param name="x">[pictures · pixels, C]</param>
    /// <param name="window">What an output sees; at least one pixel.</param>
    /// <param name="y">[pictures · output pixels, C]</param>
    /// <param name="pool">Who computes.</param>
    public static void AverageSeen(MatrixView x, Window window, MatrixView y, WorkerPool pool)
    {
        int shares = Math.Min(pool.Workers, y.Rows);
        SeenBody body = new() { X = x, Window = window, Y = y, Rows = new(y.Rows, Math.Max(shares, 1)) };
        pool.Run(shares, ref body);
    }

    /// <summary>x = GELU(x)</summary>
    /// <param name="x">[rows, C], overwritten.</param>
    /// <param name="pool">Who computes.</param>
    public static void Activate<V>(MatrixView x, WorkerPool pool)
        where V : unmanaged, ISimd<V>
    {
        int shares = Math.Min(pool.Workers, x.Rows);
        ActivateBody<V> body = new() { X = x, Rows = new(x.Rows, Math.Max(shares, 1)) };
        pool.Run(shares, ref body);
    }

    /// <summary>Each row of y is the mean of all pixels of a picture, summed in their order.</summary>
    /// <param name="x">[pictures · pixels, C]</param>
    /// <param name="y">[pictures, C]</param>
    /// <param name="pool">Who computes.</param>
    public static void Mean(MatrixView x, MatrixView y, WorkerPool pool)
    {
        MeanBody body = new() { X = x, Y = y };
        pool.Run(y.Rows, ref body);
    }

    /// <summary>x = GELU(x · the picture's row of factors): what a squeeze has found excites.</summary>
    /// <param name="x">[pictures · pixels, C], overwritten.</param>
    /// <param name="factors">[pictures, C]</param>
    /// <param name="pool">Who computes.</param>
    public static void ScaleAndActivate<V>(MatrixView x, MatrixView factors, WorkerPool pool)
        where V : unmanaged, ISimd<V>
    {
        int shares = Math.Min(pool.Workers, x.Rows);
        ScaleBody<V> body = new() { X = x, Factors = factors, Rows = new(x.Rows, Math.Max(shares, 1)) };
        pool.Run(shares, ref body);
    }

    private struct AverageBody<V> : IParallelBody
        where V : unmanaged, ISimd<V>
    {
        public MatrixView X, Y;
        public int Side;
        public RowPartition Rows;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Invoke(int index, int worker)
        {
            int half = Side / 2;
            V quarter = V.Broadcast(0.25f);
            for (int row = Rows.Start(index); row < Rows.Start(index + 1); row++)
            {
                (int picture, int pixel) = Math.DivRem(row, half * half);
                float* above = X.Row(picture * Side * Side + 2 * (pixel / half) * Side + 2 * (pixel % half));
                float* below = above + (nint)Side * X.Stride, to = Y.Row(row);
                // Rows may be read and overwritten up to whole vectors.
                for (int c = 0; c < Y.Columns; c += V.Count)
                    V.Store(
                        (V.Load(above + c) + V.Load(above + X.Stride + c) + V.Load(below + c) + V.Load(below + X.Stride + c)) * quarter,
                        to + c);
            }
        }
    }

    private struct MeanBody : IParallelBody
    {
        public MatrixView X, Y;

        public readonly void Invoke(int index, int worker)
        {
            int pixels = X.Rows / Y.Rows;
            Span<float> mean = Y.RowSpan(index);
            mean.Clear();
            for (int i = index * pixels; i < (index + 1) * pixels; i++)
                TensorPrimitives.Add(mean, X.RowSpan(i), mean);
            TensorPrimitives.Divide(mean, pixels, mean);
        }
    }

    private struct SeenBody : IParallelBody
    {
        public MatrixView X, Y;
        public Window Window;
        public RowPartition Rows;

        public readonly void Invoke(int index, int worker)
        {
            for (int row = Rows.Start(index); row < Rows.Start(index + 1); row++)
            {
                (int picture, int pixel) = Math.DivRem(row, Window.OutputPixels);
                int top = pixel / Window.OutputWidth * Window.Stride - Window.Top;
                int left = pixel % Window.OutputWidth * Window.Stride - Window.Left;
                int bottom = Math.Min(top + Window.KernelHeight, Window.Height), right = Math.Min(left + Window.KernelWidth, Window.Width);
                (top, left) = (Math.Max(top, 0), Math.Max(left, 0));
                Span<float> mean = Y.RowSpan(row);
                mean.Clear();
                for (int line = top; line < bottom; line++)
                    for (int place = left; place < right; place++)
                        TensorPrimitives.Add(mean, X.RowSpan(picture * Window.Pixels + line * Window.Width + place), mean);
                TensorPrimitives.Divide(mean, (bottom - top) * (right - left), mean);
            }
        }
    }

    private struct ActivateBody<V> : IParallelBody
        where V : unmanaged, ISimd<V>
    {
        public MatrixView X;
        public RowPartition Rows;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Invoke(int index, int worker)
        {
            for (int row = Rows.Start(index); row < Rows.Start(index + 1); row++)
                for (int c = 0; c < X.Columns; c += V.Count) // rows may be overwritten up to whole vectors
                    V.Store(Gelu.Apply(V.Load(X.Row(row) + c)), X.Row(row) + c);
        }
    }

    private struct ScaleBody<V> : IParallelBody
        where V : unmanaged, ISimd<V>
    {
        public MatrixView X, Factors;
        public RowPartition Rows;

        public readonly void Invoke(int index, int worker)
        {
            int pixels = X.Rows / Factors.Rows;
            for (int row = Rows.Start(index); row < Rows.Start(index + 1); row++)
                Scale(X.Row(row), Factors.Row(row / pixels));
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void Scale(float* x, float* factors)
        {
            for (int c = 0; c < X.Columns; c += V.Count)
                V.Store(Gelu.Apply(V.Load(x + c) * V.Load(factors + c)), x + c);
        }
    }
}
