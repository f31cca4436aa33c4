using PureClip.Kernels;
using PureClip.Memory;

namespace PureClip.Model;

/// <summary>
/// Pictures to embeddings by a ConvNeXt: windows of 4x4 → stages of blocks, each at half the size → mean → norm → projection. A row is a pixel
/// of a feature map; those of one picture lie line by line, pictures end to end.
/// </summary>
/// <remarks>Liu et al. 2022, "A ConvNet for the 2020s", figure 4 and 3; with the head that open_clip puts behind it.</remarks>
internal sealed class ConvNext : VisionTower
{
    private readonly ConvNextConfig _config;
    private readonly Window _seen; // by the first convolution
    private readonly Linear _stem;
    private readonly Norm _stemNorm, _headNorm;
    private readonly Reduction?[] _reductions;
    private readonly Block[][] _blocks;
    private readonly Linear _projection;
    private readonly Linear? _inner;

    public ConvNext(ConvNextConfig config, int embeddingWidth)
        : base(embeddingWidth)
    {
        _config = config;
        _seen = Window.Square(config.ImageSize, kernel: 4, stride: 4, padding: 0);
        Scope at = new(Parameters, "vision"), stages = at["stages"], head = at["head"];
        int first = config.Widths[0], last = config.Widths[^1];
        _stem = new(at["stem"]["conv"], 3 * 4 * 4, first, Use.End, shape: [first, 3, 4, 4]);
        _stemNorm = new(at["stem"]["norm"], first, config.LayerNormEps);
        _reductions = new Reduction?[config.Widths.Count];
        _blocks = new Block[config.Widths.Count][];
        for (int stage = 0; stage < _blocks.Length; stage++)
        {
            Scope here = stages[$"{stage}"];
            int width = config.Widths[stage];
            _reductions[stage] = stage == 0 ? null : new(here["down"], config.Widths[stage - 1], width, config.LayerNormEps);
            _blocks[stage] =
                [.. Enumerable.Range(0, config.Blocks[stage]).Select(i => new Block(here[$"{i}"], width, config.LayerNormEps))];
        }
        _headNorm = new(head["norm"], last, config.LayerNormEps);
        _inner = config.HiddenWidth > 0 ? new(head["fc1"], last, config.HiddenWidth, Use.End) : null;
        _projection = config.HiddenWidth > 0
            ? new(head["fc2"], config.HiddenWidth, embeddingWidth, Use.End, bias: false)
            : new(head["proj"], last, embeddingWidth, Use.End, bias: false);
    }

    public override int PixelsPerPicture => 3 * _config.ImageSize * _config.ImageSize;

    /// <summary>Pixels after the first convolution.</summary>
    public override int MostRows => _seen.OutputPixels;

    public override ReadOut ReadOut => ReadOut.Pooled;

    public override bool CanRead(ReadOut read) => read == ReadOut.Pooled;

    public override void Begin(Pass p) => p.TakeInput("windows of pixels", p.MaxSequences * MostRows, 3 * 4 * 4);

    public override void Add(ReadOnlySpan<float> pixels, Pass p) =>
        PixelWindows.Gather(pixels, _seen, p.Input.Range(p.Add(MostRows), MostRows));

    public override void Forward(Pass p)
    {
        MatrixView x = p.Take("stem", p.Rows, _config.Widths[0]);                      // [pixels, width]
        _stem.Run(p, p.Input.Top(p.Rows), x);
        _stemNorm.Run(p, x, x);
        p.Tap(Tap.Embedded, 0, x);
        int side = _seen.OutputWidth;
        for (int stage = 0; stage < _blocks.Length; stage++)
        {
            if (_reductions[stage] is Reduction reduction)
            {
                Window halves = Window.Square(side, kernel: 2, stride: 2, padding: 0);
                MatrixView y = p.Take("stage", p.Sequences * halves.OutputPixels, _config.Widths[stage]);
                reduction.Run(p, x, halves, y);
                (x, side) = (y, halves.OutputWidth);
            }
            foreach (Block block in _blocks[stage])
                block.AddTo(p, x, Window.Square(side, kernel: 7, stride: 1, padding: 3));
            p.Tap(Tap.Block, stage, x);
        }
        MatrixView mean = p.Take("mean", p.Sequences, x.Columns);
        p.Compute.MeanOfPixels(x, mean);
        _headNorm.Run(p, mean, mean);
        if (_inner is not null)
        {
            MatrixView hidden = p.Take("head.hidden", p.Sequences, _config.HiddenWidth);
            _inner.Run(p, mean, hidden, Act.Gelu);
            mean = hidden;
        }
        _projection.Run(p, mean, p.Embeddings);
    }

    /// <summary>conv(norm(x)): windows of 2x2.</summary>
    private sealed class Reduction
    {
        private readonly Norm _norm;
        private readonly FoldedLinear _convolution;

        public Reduction(Scope at, int inputs, int outputs, float eps)
        {
            _norm = new(at["norm"], inputs, eps);
            Parameter bias = at["conv"].Declare("bias", [outputs], Use.Folded);
            _convolution = new(
                at["conv"], "weight", [outputs, inputs, 2, 2], (numbers, weights) => weights.AddBias(numbers.Read(bias)),
                order: KernelOrder.ChannelsLast);
        }

        public void Run(Pass p, MatrixView x, Window window, MatrixView y)
        {
            _norm.Run(p, x, x); // which nobody reads again
            _convolution.Run(p, x, window, y, Act.None);
        }
    }

    /// <summary>x + γ · mlp(norm(depthwise(x))). γ is folded into the last matrix.</summary>
    private sealed class Block
    {
        private readonly int _hidden;
        private readonly DepthwiseLayer _neighbours;
        private readonly Norm _norm;
        private readonly Linear _fc;
        private readonly FoldedLinear _proj;

        public Block(Scope at, int width, float eps)
        {
            _hidden = 4 * width;
            Parameter bias = at["conv"].Declare("bias", [width], Use.Folded);
            _neighbours = new(at["conv"], "weight", [width, 1, 7, 7], (numbers, weights) => weights.AddBias(numbers.Read(bias)));
            _norm = new(at["norm"], width, eps);
            _fc = new(at["mlp.fc"], width, _hidden);
            _proj = ScaledLinear.New(at["mlp.proj"], [width, _hidden], at.Declare("gamma", [width], Use.Folded));
        }

        /// <param name="p">The pass.</param>
        /// <param name="x">[rows, width], overwritten with the result.</param>
        /// <param name="window">What the kernels see.</param>
        public void AddTo(Pass p, MatrixView x, Window window)
        {
            long mark = p.Mark();
            MatrixView y = p.Take("conv", x.Rows, x.Columns);                          // [rows, width]
            _neighbours.Run(p, x, window, y);
            int step = ConvolutionMlp.RowsAtOnce(_hidden);
            MatrixView all = p.Take("mlp.hidden", Math.Min(step, x.Rows), _hidden);    // [some rows, hidden]
            for (int first = 0; first < x.Rows; first += step)
            {
                int rows = Math.Min(step, x.Rows - first);
                MatrixView some = y.Range(first, rows);
                _norm.Run(p, some, some);
                _fc.Run(p, some, all.Top(rows), Act.Gelu);
                _proj.AddTo(p, all.Top(rows), x.Range(first, rows));
            }
            p.Release(mark);
        }
    }
}
