using PureClip.Kernels;
using PureClip.Memory;

namespace PureClip.Model;

/// <summary>
/// Patches by two stages of inverted bottlenecks: a convolution that halves the picture and one that does not, the stages, each beginning
/// at half the size, and a last convolution that halves once more. A row is a pixel of a feature map.
/// </summary>
/// <remarks>Chen et al. 2024, "ViTamin", 3.2; the blocks are those of Sandler et al. 2018 with a layer norm before them.</remarks>
internal sealed class ConvolutionStages : PatchStem
{
    private readonly int _width;
    private readonly Window _seen; // by the first convolution
    private readonly Linear _first;
    private readonly Norm _norm, _lastNorm;
    private readonly FoldedLinear _second, _last;
    private readonly Block[] _blocks;

    public ConvolutionStages(Scope at, VisionTransformerConfig c, ConvolutionStagesConfig stages)
    {
        float eps = c.Transformer.LayerNormEps;
        _width = stages.FirstWidth;
        _seen = Window.Square(c.ImageSize, kernel: 3, stride: 2, padding: 1);
        _first = new(at["conv1"], 3 * 3 * 3, _width, Use.End, shape: [_width, 3, 3, 3]);
        _norm = new(at["norm1"], _width, eps);
        _second = Neighbours(at["conv2"], _width, _width);
        _blocks =
        [
            .. Enumerable.Range(0, stages.FirstBlocks).Select(i => new Block(at[$"0.{i}"], _width, _width, isFirst: i == 0, eps)),
            .. Enumerable.Range(0, stages.SecondBlocks).Select(i => new Block(
                at[$"1.{i}"], i == 0 ? _width : stages.SecondWidth, stages.SecondWidth, isFirst: i == 0, eps)),
        ];
        _lastNorm = new(at["pool.norm"], stages.SecondWidth, eps);
        _last = Neighbours(at["pool.proj"], stages.SecondWidth, c.Transformer.Width);
    }

    public override void Begin(Pass p) => p.TakeInput("windows of pixels", checked(p.MaxSequences * _seen.OutputPixels), 3 * 3 * 3);

    public override void Add(ReadOnlySpan<float> pixels, int picture, Pass p) =>
        PixelWindows.Gather(pixels, _seen, p.Input.Range(picture * _seen.OutputPixels, _seen.OutputPixels));

    public override void Run(Pass p, MatrixView patches)
    {
        long mark = p.Mark();
        int side = _seen.OutputWidth;
        MatrixView entry = p.Take("stem.0", p.Sequences * side * side, _width);        // [pixels, width]
        MatrixView x = p.Take("stem.1", entry.Rows, _width);
        _first.Run(p, p.Input.Top(entry.Rows), entry);
        _norm.Run(p, entry, entry);
        p.Compute.Activate(entry);
        _second.Run(p, entry, Window.Square(side, kernel: 3, stride: 1, padding: 1), x, Act.None);
        foreach (Block block in _blocks)
            x = block.Run(p, x, ref side);
        _lastNorm.Run(p, x, x); // which nobody reads again
        _last.Run(p, x, Window.Square(side, kernel: 3, stride: 2, padding: 1), patches, Act.None);
        p.Release(mark);
    }

    private static FoldedLinear Neighbours(Scope at, int inputs, int outputs)
    {
        Parameter bias = at.Declare("bias", [outputs], Use.Folded);
        return new(
            at, "weight", [outputs, inputs, 3, 3], (numbers, weights) => weights.AddBias(numbers.Read(bias)),
            order: KernelOrder.ChannelsLast);
    }

    /// <summary>
    /// x + proj(GELU(depthwise(GELU(fc(norm(x)))))). The first of a stage halves the map; the other way then goes over means of neighbours.
    /// </summary>
    private sealed class Block
    {
        private readonly int _outputs, _hidden, _stride;
        private readonly Norm _norm;
        private readonly Linear _fc, _proj;
        private readonly DepthwiseLayer _neighbours;
        private readonly Linear? _expand;

        public Block(Scope at, int inputs, int outputs, bool isFirst, float eps)
        {
            (_outputs, _hidden, _stride) = (outputs, ConvolutionStagesConfig.Expansion * outputs, isFirst ? 2 : 1);
            _expand = inputs == outputs ? null : new(at["expand"], inputs, outputs, shape: [outputs, inputs, 1, 1]);
            _norm = new(at["norm"], inputs, eps);
            _fc = new(at["fc"], inputs, _hidden, shape: [_hidden, inputs, 1, 1]);
            Parameter bias = at["conv"].Declare("bias", [_hidden], Use.Folded);
            _neighbours = new(at["conv"], "weight", [_hidden, 1, 3, 3], (numbers, weights) => weights.AddBias(numbers.Read(bias)));
            _proj = new(at["proj"], _hidden, outputs, shape: [outputs, _hidden, 1, 1]);
        }

        /// <param name="p">The pass.</param>
        /// <param name="x">[pixels, inputs]; where the map keeps its size, overwritten with the result.</param>
        /// <param name="side">Pixels of a side; those of the result afterwards.</param>
        public MatrixView Run(Pass p, MatrixView x, ref int side)
        {
            Window window = Window.Square(side, kernel: 3, _stride, padding: 1);
            side = window.OutputWidth;
            MatrixView y = x;                                                           // [result's pixels, outputs]
            if (_stride > 1)
            {
                y = p.Take("stage", p.Sequences * window.OutputPixels, _outputs);
                Shorten(p, x, window, y);
            }
            long mark = p.Mark();
            MatrixView hidden = p.Take("mlp.hidden", x.Rows, _hidden);                  // [pixels, hidden]
            MatrixView mixed = p.Take("conv", y.Rows, _hidden);
            long inner = p.Mark();
            MatrixView normed = p.Take("norm", x.Rows, x.Columns);
            _norm.Run(p, x, normed);
            _fc.Run(p, normed, hidden, Act.Gelu);
            p.Release(inner);
            _neighbours.Run(p, hidden, window, mixed, Act.Gelu);
            _proj.AddTo(p, mixed, y);
            p.Release(mark);
            return y;
        }

        private void Shorten(Pass p, MatrixView x, Window window, MatrixView y)
        {
            if (_expand is null)
            {
                p.Compute.AverageSeen(x, window, y);
                return;
            }
            long mark = p.Mark();
            MatrixView means = p.Take("means", y.Rows, x.Columns);
            p.Compute.AverageSeen(x, window, means);
            _expand.Run(p, means, y);
            p.Release(mark);
        }
    }
}
