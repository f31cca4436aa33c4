using System.Runtime.CompilerServices;
using PureClip.Memory;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip.Kernels;

/// <summary>The kernels of a depthwise convolution: one a channel, or two.</summary>
/// <param name="outputs">Channels of the result.</param>
/// <param name="places">Pixels that an output sees.</param>
/// <param name="perChannel">Outputs of each channel of the input: output o reads channel o / perChannel. 1 or 2.</param>
internal sealed unsafe class DepthwiseKernel(int outputs, int places, int perChannel) : IDisposable
{
    private AlignedBuffer? _numbers;

    /// <summary>Channels of the result.</summary>
    public int Outputs => outputs;

    /// <summary>Pixels that an output sees.</summary>
    public int Places => places;

    /// <summary>Outputs of each channel of the input.</summary>
    public int PerChannel => perChannel;

    /// <summary>Bytes of memory, once there are numbers.</summary>
    public long Bytes => (_numbers?.Length ?? 0) * sizeof(float);

    /// <summary>[places, <see cref="Stride"/>], then what is added: [<see cref="Stride"/>]. What rounds the outputs up is zero.</summary>
    public float* Numbers =>
        (_numbers ?? throw new InvalidOperationException("The numbers of this convolution have not been read.")).Pointer;

    /// <summary>Floats from one place to the next: the outputs, rounded up to the widest vector.</summary>
    public int Stride { get; } = (outputs + 15) / 16 * 16;

    /// <summary>Sets the numbers.</summary>
    /// <param name="weights">[outputs, places]</param>
    /// <param name="bias">[outputs]</param>
    public void Set(ReadOnlySpan<float> weights, ReadOnlySpan<float> bias)
    {
        _numbers ??= new((places + 1L) * Stride);
        for (int output = 0; output < outputs; output++)
        {
            for (int place = 0; place < places; place++)
                Numbers[place * Stride + output] = weights[output * places + place];
            Numbers[places * Stride + output] = bias[output];
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _numbers?.Dispose();
}

/// <summary>
/// y = act(depthwise(x) + bias). A share of the work is one vector of channels of some lines of a picture: these are copied beside one
/// another with zeros around them, into the first-level cache, and there every output is the same loop without a test. Eight outputs of a
/// line stay in registers while the places pass by.
/// </summary>
/// <remarks>Each output is summed in the order of places, one fused step at a time: its bits depend on nothing else.</remarks>
internal static unsafe class Depthwise
{
    private const int Tile = 8;

    // 64 kB: of the second-level cache what a core does not miss; one output reads half of it.
    private const int PanelFloats = 1 << 14;

    /// <param name="x">[pictures · pixels, channels]</param>
    /// <param name="window">What an output sees; its stride is 1 or 2.</param>
    /// <param name="kernel">The numbers.</param>
    /// <param name="act">None or GELU.</param>
    /// <param name="y">[pictures · output pixels, outputs]; not x.</param>
    /// <param name="scratch">[workers, <see cref="ScratchFloats{V}"/>]</param>
    /// <param name="pool">Who computes.</param>
    public static void Run<V>(
        MatrixView x, Window window, DepthwiseKernel kernel, Act act, MatrixView y, MatrixView scratch, WorkerPool pool)
        where V : unmanaged, ISimd<V>
    {
        int lines = LinesOfAShare<V>(window), shares = (window.OutputHeight + lines - 1) / lines;
        Body<V> body = new()
        {
            X = x,
            Y = y,
            Scratch = scratch,
            Window = window,
            Kernel = kernel,
            Act = act,
            Lines = new(window.OutputHeight, shares),
            Shares = shares,
            Blocks = (kernel.Outputs + V.Count - 1) / V.Count,
        };
        pool.Run(y.Rows / window.OutputPixels * shares * body.Blocks, ref body);
    }

    /// <summary>Floats of scratch that one worker needs.</summary>
    public static long ScratchFloats<V>(Window window)
        where V : unmanaged, ISimd<V> =>
        ((long)PanelLines(window, LinesOfAShare<V>(window)) * PanelWidth(window) + window.Places) * V.Count;

    private static int LinesOfAShare<V>(Window window)
        where V : unmanaged, ISimd<V>
    {
        int fit = PanelFloats / (PanelWidth(window) * V.Count);
        return Math.Clamp((fit - window.KernelHeight) / window.Stride + 1, 1, window.OutputHeight);
    }

    private static int PanelLines(Window window, int lines) => (lines - 1) * window.Stride + window.KernelHeight;

    /// <summary>Pixels of a copied line: those with zeros around them, and what whole tiles of outputs read.</summary>
    private static int PanelWidth(Window window) => Math.Max(
        window.Width + 2 * window.Left, ((window.OutputWidth + Tile - 1) / Tile * Tile - 1) * window.Stride + window.KernelWidth);

    private interface IStride
    {
        static abstract int Value { get; }
    }

    private readonly struct Stride1 : IStride
    {
        public static int Value => 1;
    }

    private readonly struct Stride2 : IStride
    {
        public static int Value => 2;
    }

    private struct Body<V> : IParallelBody
        where V : unmanaged, ISimd<V>
    {
        public MatrixView X, Y, Scratch;
        public Window Window;
        public DepthwiseKernel Kernel;
        public Act Act;
        public RowPartition Lines;
        public int Shares, Blocks;

        public readonly void Invoke(int index, int worker)
        {
            (index, int block) = Math.DivRem(index, Blocks);
            (int picture, int share) = Math.DivRem(index, Shares);
            int channel = block * V.Count, first = Lines.Start(share), count = Lines.Length(share);
            float* weights = Scratch.Row(worker), panel = weights + Window.Places * V.Count;
            for (int place = 0; place < Window.Places; place++)
                V.Store(V.Load(Kernel.Numbers + place * Kernel.Stride + channel), weights + place * V.Count);
            Copy(picture, first * Window.Stride - Window.Top, PanelLines(Window, count), channel, panel);
            if (Window.Stride == 1)
                Convolve<Stride1>(picture * Window.OutputPixels + first * Window.OutputWidth, count, channel, weights, panel);
            else
                Convolve<Stride2>(picture * Window.OutputPixels + first * Window.OutputWidth, count, channel, weights, panel);
        }

        /// <summary>Some lines of a vector of channels, with zeros around them.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void Copy(int picture, int first, int lines, int channel, float* panel)
        {
            int width = PanelWidth(Window), right = width - Window.Left - Window.Width;
            bool isTwice = Kernel.PerChannel == 2;
            for (int line = first; line < first + lines; line++, panel += width * V.Count)
            {
                if ((uint)line >= (uint)Window.Height)
                {
                    new Span<float>(panel, width * V.Count).Clear();
                    continue;
                }
                new Span<float>(panel, Window.Left * V.Count).Clear();
                float* to = panel + Window.Left * V.Count, from = X.Row(picture * Window.Pixels + line * Window.Width);
                if (isTwice)
                {
                    from += channel / 2;
                    for (int i = 0; i < Window.Width; i++, to += V.Count, from += X.Stride)
                        V.Store(V.LoadTwice(from), to);
                }
                else
                {
                    from += channel;
                    for (int i = 0; i < Window.Width; i++, to += V.Count, from += X.Stride)
                        V.Store(V.Load(from), to);
                }
                new Span<float>(to, right * V.Count).Clear();
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void Convolve<TStride>(int row, int lines, int channel, float* weights, float* panel)
            where TStride : struct, IStride
        {
            int line = PanelWidth(Window) * V.Count, width = Window.OutputWidth;
            V bias = V.Load(Kernel.Numbers + Kernel.Places * Kernel.Stride + channel);
            for (int done = 0; done < lines; done++, row += width)
                for (int x = 0; x < width; x += Tile)
                {
                    V y0 = bias, y1 = bias, y2 = bias, y3 = bias, y4 = bias, y5 = bias, y6 = bias, y7 = bias;
                    float* from = panel + done * TStride.Value * line + x * TStride.Value * V.Count, weight = weights;
                    for (int down = 0; down < Window.KernelHeight; down++, from += line)
                    {
                        float* pixel = from;
                        for (int across = 0; across < Window.KernelWidth; across++, pixel += V.Count, weight += V.Count)
                        {
                            V w = V.Load(weight);
                            V.MultiplyAdd(ref y0, w, V.Load(pixel));
                            V.MultiplyAdd(ref y1, w, V.Load(pixel + TStride.Value * V.Count));
                            V.MultiplyAdd(ref y2, w, V.Load(pixel + 2 * TStride.Value * V.Count));
                            V.MultiplyAdd(ref y3, w, V.Load(pixel + 3 * TStride.Value * V.Count));
                            V.MultiplyAdd(ref y4, w, V.Load(pixel + 4 * TStride.Value * V.Count));
                            V.MultiplyAdd(ref y5, w, V.Load(pixel + 5 * TStride.Value * V.Count));
                            V.MultiplyAdd(ref y6, w, V.Load(pixel + 6 * TStride.Value * V.Count));
                            V.MultiplyAdd(ref y7, w, V.Load(pixel + 7 * TStride.Value * V.Count));
                        }
                    }
                    int left = Math.Min(width - x, Tile);
                    float* to = Y.Row(row + x) + channel;
                    V.Store(y0, to);
                    if (left > 1)
                        V.Store(y1, to + Y.Stride);
                    if (left > 2)
                        V.Store(y2, to + 2 * (nint)Y.Stride);
                    if (left > 3)
                        V.Store(y3, to + 3 * (nint)Y.Stride);
                    if (left > 4)
                        V.Store(y4, to + 4 * (nint)Y.Stride);
                    if (left > 5)
                        V.Store(y5, to + 5 * (nint)Y.Stride);
                    if (left > 6)
                        V.Store(y6, to + 6 * (nint)Y.Stride);
                    if (left > 7)
                        V.Store(y7, to + 7 * (nint)Y.Stride);
                    // The function once, not in each of the eight: it is long.
                    for (int i = 0; i < left && Act == Act.Gelu; i++, to += Y.Stride)
                        V.Store(Gelu.Apply(V.Load(to)), to);
                }
        }
    }
}
