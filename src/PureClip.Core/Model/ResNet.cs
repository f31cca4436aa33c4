using PureClip.Kernels;
using PureClip.Memory;

namespace PureClip.Model;

/// <summary>
/// Pictures to embeddings by CLIP's own ResNet: three 3x3 convolutions → average pool → four layers of bottlenecks → attention pool. A row
/// is a pixel of a feature map; those of one picture lie line by line, pictures end to end.
/// </summary>
/// <remarks>He et al. 2016 and, for the entry, the pools in place of strides and the attention pool, Radford et al. 2021, 2.4.</remarks>
internal sealed class ResNet : VisionTower
{
    private const int Expansion = 4; // channels of a block's output for each of its inner ones

    private readonly ResNetConfig _config;
    private readonly Window _seen; // by the first convolution
    private readonly Convolution _conv1, _conv2, _conv3;
    private readonly Bottleneck[][] _layers;
    private readonly AttentionPool _pool;

    public ResNet(ResNetConfig config, int embeddingWidth)
        : base(embeddingWidth)
    {
        _config = config;
        _seen = Window.Square(config.ImageSize, kernel: 3, stride: 2, padding: 1);
        int width = config.Width;
        Scope at = new(Parameters, "vision"), stem = at["stem"];
        _conv1 = new(stem, "1", 3, width / 2, 3, gathered: true, Use.End);
        _conv2 = new(stem, "2", width / 2, width / 2, 3, use: Use.End);
        _conv3 = new(stem, "3", width / 2, width, 3, use: Use.End);
        int[] blocks = [config.Blocks.First, config.Blocks.Second, config.Blocks.Third, config.Blocks.Fourth];
        _layers = [.. blocks.Select((count, layer) => NewLayer(at["layers"][$"{layer + 1}"], width, layer, count))];
        _pool = new(at["pool"], config.Tokens, config.PoolWidth, config.Heads, embeddingWidth);
    }

    public override int PixelsPerPicture => 3 * _config.ImageSize * _config.ImageSize;

    /// <summary>Pixels after the first convolution.</summary>
    public override int MostRows => _config.ImageSize / 2 * (_config.ImageSize / 2);

    public override ReadOut ReadOut => ReadOut.Pooled;

    public override bool CanRead(ReadOut read) => read == ReadOut.Pooled;

    public override void Begin(Pass p) => p.TakeInput("neighbours of pixels", p.MaxSequences * MostRows, 27);

    public override void Add(ReadOnlySpan<float> pixels, Pass p) =>
        PixelWindows.Gather(pixels, _seen, p.Input.Range(p.Add(MostRows), MostRows));

    public override void Forward(Pass p)
    {
        int side = _config.ImageSize / 4, pictures = p.Sequences, channels = Expansion * _config.Width;
        MatrixView x = p.Take("stem", pictures * side * side, _config.Width);              // [pixels, width]
        RunStem(p, x);
        p.Tap(Tap.Embedded, 0, x);
        for (int layer = 0; layer < _layers.Length; layer++, channels *= 2)
        {
            bool halves = layer > 0;
            int from = side;
            side = halves ? side / 2 : side;
            MatrixView y = p.Take("layer", pictures * side * side, channels);              // [pixels, channels]
            _layers[layer][0].Run(p, x, from, y);
            foreach (Bottleneck block in _layers[layer].AsSpan(1))
                block.Run(p, y, side, y);
            x = y;
            p.Tap(Tap.Block, layer, x);
        }
        _pool.Run(p, x, p.Embeddings);
    }

    private static Bottleneck[] NewLayer(Scope at, int width, int layer, int count) =>
        [.. Enumerable.Range(0, count).Select(index => NewBlock(at[$"{index}"], width, layer, index))];

    private static Bottleneck NewBlock(Scope at, int width, int layer, int index)
    {
        int planes = width << layer, inputs = index > 0 ? Expansion * planes : layer > 0 ? 2 * planes : planes;
        return new(at, inputs, planes, halves: index == 0 && layer > 0, changes: index == 0);
    }

    /// <summary>conv1 of every second pixel → conv2 → conv3 → average pool</summary>
    private void RunStem(Pass p, MatrixView y)
    {
        int half = _config.ImageSize / 2, width = _config.Width;
        long mark = p.Mark();
        MatrixView a = p.Take("stem.conv1", p.Rows, width / 2), b = p.Take("stem.conv2", p.Rows, width / 2);
        MatrixView c = p.Take("stem.conv3", p.Rows, width);
        _conv1.Run(p, p.Input.Top(p.Rows), half, a);
        _conv2.Run(p, a, half, b);
        _conv3.Run(p, b, half, c);
        p.Compute.AveragePool(c, half, y);
        p.Release(mark);
    }

    /// <summary>
    /// y = max(conv3(pool(conv2(conv1(x)))) + shortcut(x), 0); 1x1, 3x3 and 1x1. A stride is an average pool, here and on the shortcut.
    /// </summary>
    private sealed class Bottleneck(Scope at, int inputs, int planes, bool halves, bool changes)
    {
        private readonly Convolution _conv1 = new(at, "1", inputs, planes, 1), _conv2 = new(at, "2", planes, planes, 3);
        private readonly Convolution _conv3 = new(at, "3", planes, Expansion * planes, 1);
        private readonly Convolution? _shortcut = changes ? new(at, "", inputs, Expansion * planes, 1) : null;

        /// <param name="p">The pass.</param>
        /// <param name="x">[pictures · side², inputs]</param>
        /// <param name="side">Pixels of a side.</param>
        /// <param name="y">The output; x itself where the shape does not change.</param>
        public void Run(Pass p, MatrixView x, int side, MatrixView y)
        {
            long mark = p.Mark();
            if (_shortcut is not null)
                _shortcut.Run(p, Pooled(p, x, side, "shortcut.pool"), side, y, Act.None);
            p.Release(mark);
            MatrixView a = p.Take("conv1", x.Rows, planes), b = p.Take("conv2", x.Rows, planes);
            _conv1.Run(p, x, side, a);
            _conv2.Run(p, a, side, b);
            _conv3.AddTo(p, Pooled(p, b, side, "pool"), y);
            p.Release(mark);
        }

        private MatrixView Pooled(Pass p, MatrixView x, int side, string name)
        {
            if (!halves)
                return x;
            MatrixView pooled = p.Take(name, x.Rows / 4, x.Columns);
            p.Compute.AveragePool(x, side, pooled);
            return pooled;
        }
    }
}
