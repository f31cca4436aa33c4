using PureClip.Kernels;
using PureClip.Memory;

namespace PureClip.Model;

/// <summary>
/// Pictures to embeddings by MobileCLIP's FastViT: three convolutions → stages of blocks, each at half the size → a last convolution → mean →
/// projection. A row is a pixel of a feature map; those of one picture lie line by line, pictures end to end.
/// </summary>
/// <remarks>
/// Vasu et al. 2023, "FastViT", figure 2, with the sizes of Vasu et al. 2024, "MobileCLIP". Branches of the training, norms and scales are
/// folded; a residual connection around a depthwise convolution is part of its kernel.
/// </remarks>
internal sealed class FastVit : VisionTower
{
    private readonly FastVitConfig _config;
    private readonly Window _seen; // by the first convolution
    private readonly MobileOne _stem0, _stem2;
    private readonly DepthwiseLayer _stem1, _last;
    private readonly Stage[] _stages;
    private readonly Squeeze _squeeze;
    private readonly Linear _projection;

    public FastVit(FastVitConfig config, int embeddingWidth)
        : base(embeddingWidth)
    {
        _config = config;
        _seen = Window.Square(config.ImageSize, kernel: 3, stride: 2, padding: 1);
        Scope at = new(Parameters, "vision"), stem = at["stem"];
        int first = config.Stages[0].Width, last = config.Stages[^1].Width;
        Branches changing = new(config.IsFused, config.HasStemScale, HasIdentity: false);
        _stem0 = new(stem["0"], 3, first, 3, changing, Use.End);
        _stem1 = DepthwiseLayer.MobileOne(stem["1"], first, 3, changing);
        _stem2 = new(stem["2"], first, first, 1, new(config.IsFused, HasScale: false, HasIdentity: true));
        _stages = [.. config.Stages.Select((_, i) => new Stage(at[$"stage{i}"], config, i))];
        _last = DepthwiseLayer.MobileOne(at["final"], 2 * last, 3, new(config.IsFused, HasScale: true, HasIdentity: false), perChannel: 2);
        _squeeze = new(at["final"]["se"], 2 * last, config.FinalSqueezeWidth);
        _projection = new(at["head"], 2 * last, embeddingWidth, Use.End, bias: config.HasProjectionBias);
    }

    public override int PixelsPerPicture => 3 * _config.ImageSize * _config.ImageSize;

    /// <summary>Pixels after the first convolution.</summary>
    public override int MostRows => _seen.OutputPixels;

    public override ReadOut ReadOut => ReadOut.Pooled;

    public override bool CanRead(ReadOut read) => read == ReadOut.Pooled;

    public override void Begin(Pass p) => p.TakeInput("windows of pixels", p.MaxSequences * MostRows, 27);

    public override void Add(ReadOnlySpan<float> pixels, Pass p) =>
        PixelWindows.Gather(pixels, _seen, p.Input.Range(p.Add(MostRows), MostRows));

    public override void Forward(Pass p)
    {
        int pictures = p.Sequences, width = _config.Stages[0].Width, side = _config.SideOf(0);
        MatrixView x = p.Take("stem", pictures * side * side, width);                  // [pixels, width]
        RunStem(p, x);
        p.Tap(Tap.Embedded, 0, x);
        for (int i = 0; i < _stages.Length; i++)
        {
            x = _stages[i].Run(p, x, side);
            side = _config.SideOf(i);
            p.Tap(Tap.Block, i, x);
        }
        MatrixView features = p.Take("final", x.Rows, 2 * x.Columns), mean = p.Take("mean", pictures, features.Columns);
        _last.Run(p, x, Window.Square(side, 3, 1, 1), features);
        _squeeze.Run(p, features);
        p.Compute.MeanOfPixels(features, mean);
        _projection.Run(p, mean, p.Embeddings);
    }

    private void RunStem(Pass p, MatrixView y)
    {
        long mark = p.Mark();
        MatrixView a = p.Take("stem.0", p.Rows, y.Columns), b = p.Take("stem.1", y.Rows, y.Columns);
        _stem0.Run(p, p.Input.Top(p.Rows), a);
        _stem1.Run(p, a, Window.Square(_seen.OutputWidth, kernel: 3, stride: 2, padding: 1), b, Act.Gelu);
        _stem2.Run(p, b, y);
        p.Release(mark);
    }

    /// <summary>A reduction, where it is not the first stage; positions, where it attends; blocks.</summary>
    private sealed class Stage
    {
        private readonly FastVitConfig _config;
        private readonly int _index;
        private readonly Reduction? _reduction;
        private readonly DepthwiseLayer? _positions;
        private readonly FastVitBlock[] _blocks;

        public Stage(Scope at, FastVitConfig config, int index)
        {
            (_config, _index) = (config, index);
            FastVitStage stage = config.Stages[index];
            _reduction = index > 0 ? new(at["down"], config.Stages[index - 1].Width, stage, config.IsFused) : null;
            _positions = stage.Attends ? ConditionalPositions.New(at, stage.Width, config.IsFused) : null;
            Scope blocks = at["blocks"];
            _blocks = [.. Enumerable.Range(0, stage.Blocks).Select(i => (FastVitBlock)(stage.Attends
                ? new AttendingBlock(blocks[$"{i}"], stage, config.HasChannelNorms)
                : new MixerBlock(blocks[$"{i}"], stage, config.IsFused)))];
        }

        /// <param name="p">The pass.</param>
        /// <param name="x">[rows, width of the stage before]</param>
        /// <param name="from">Pixels of a side of that.</param>
        public MatrixView Run(Pass p, MatrixView x, int from)
        {
            int side = _config.SideOf(_index), rows = p.Sequences * side * side, width = _config.Stages[_index].Width;
            MatrixView one = _reduction is null ? x : p.Take("stage", rows, width), other = p.Take("stage", rows, width);
            _reduction?.Run(p, x, from, one);
            if (_positions is not null)
            {
                _positions.Run(p, one, Window.Square(side, 7, 1, 3), other);
                (one, other) = (other, one);
            }
            foreach (FastVitBlock block in _blocks)
                block.Run(p, ref one, side, ref other);
            return one;
        }
    }
}
