using PureClip.Memory;
using PureClip.Model;

namespace PureClip.Training;

/// <summary>Pictures to embeddings and gradients back: the lines of <see cref="VisionTransformer"/>.</summary>
internal sealed class VisionTraining : IDisposable
{
    private readonly TrainedNumbers _numbers;
    private readonly TrainingCompute _compute;
    private readonly VisionTransformerConfig _c;
    private readonly PatchEmbeddingTraining _patches;
    private readonly TrainedNorm? _pre, _post;
    private readonly BlocksTraining _blocks;
    private readonly AttentionPoolTraining? _head;
    private readonly QueryPoolTraining? _pool;
    private readonly TowerEnd _end;

    public VisionTraining(TrainedNumbers numbers, VisionTransformerConfig c)
    {
        (_numbers, _compute, _c) = (numbers, numbers.Compute, c);
        TransformerConfig blocks = c.Transformer;
        float eps = blocks.LayerNormEps;
        _patches = new(numbers, "vision", c);
        _pre = c.HasPreNorm ? numbers.Norm("vision.ln_pre", eps) : null;
        _blocks = new(
            numbers, "vision", blocks, Sight.All, c.ReadAt == VisionReadOut.ClassToken ? Reads.First : Reads.Every, c.Grid);
        bool hasHead = c.ReadAt == VisionReadOut.AttentionHead;
        if (hasHead)
            (_post, _head) = (numbers.Norm("vision.ln_post", eps),
                new(numbers, "vision.head", c.PoolHeads, eps, BlockShape.NonlinearityOf(blocks.Gelu)));
        if (c.ReadAt == VisionReadOut.Queries)
            _pool = new(numbers, "vision.query_pool", c.PoolHeads, eps);
        _end = new(
            numbers, hasHead ? null : "vision.ln_post", null, null,
            c.Projection == VisionProjection.None ? null : "vision.projection", eps);
    }

    /// <summary>What is kept of a micro-batch.</summary>
    public sealed class Memory(VisionTraining tower) : IDisposable
    {
        /// <summary>Patches that are left of each picture, ascending; all of them where null.</summary>
        public int[][]? Kept { get; set; }

        public Sequences Sequences { get; set; } = Sequences.Of();

        /// <summary>[all patches, 3 · side²]</summary>
        public TrainingMatrix Patches { get; } = new();

        /// <summary>[rows, width]: before the first norm.</summary>
        public TrainingMatrix Embedded { get; } = new();

        /// <summary>[rows, width]: after it.</summary>
        public TrainingMatrix Stream { get; } = new();

        public BlockTraining.Memory[] Blocks { get; } = tower._blocks.NewMemory();

        /// <summary>[rows, width]: every token, normed for a head that asks.</summary>
        public TrainingMatrix Normed { get; } = new();

        public AttentionPoolTraining.Memory Head { get; } = new();

        public QueryPoolTraining.Memory Pool { get; } = new();

        /// <summary>[pictures, width]: what is read, where that is no row of the last block.</summary>
        public TrainingMatrix Mean { get; } = new();

        public void Dispose()
        {
            foreach (TrainingMatrix matrix in (TrainingMatrix[])[Patches, Embedded, Stream, Normed, Mean])
                matrix.Dispose();
            Array.ForEach(Blocks, static block => block.Dispose());
            Head.Dispose();
            Pool.Dispose();
        }
    }

    private int Width => _c.Transformer.Width;

    /// <summary>Numbers of a picture.</summary>
    public int PixelsPerPicture => _patches.PixelsPerPicture;

    /// <summary>Floats that are kept of a picture.</summary>
    /// <param name="kept">Patches that are left of it; null for all.</param>
    public long FloatsKept(int? kept)
    {
        long patches = kept ?? _patches.MostPatches, heads = _head is null && _pool is null ? 0 : 4;
        return (patches + _c.ClassTokens) * ((2 + heads) * Width + _blocks.FloatsKept) + patches * _patches.PatchColumns;
    }

    /// <summary>Embeddings of some pictures, not normalised.</summary>
    /// <param name="pixels">[pictures · 3 · size · size]: normalised; or as they are prepared where sizes follow the pictures.</param>
    /// <param name="kept">Patches that are left of each, ascending and as many of all; null for all.</param>
    /// <param name="m">Receives what is kept.</param>
    /// <param name="t">Scratch.</param>
    /// <param name="embeddings">[pictures, embedding width]</param>
    public void Forward(ReadOnlyMemory<float> pixels, int[][]? kept, Memory m, BlockScratch t, MatrixView embeddings)
    {
        m.Kept = kept;
        Sequences s = m.Sequences = _patches.SequencesOf(pixels, kept);
        MatrixView x = m.Embedded.Shape(s.Rows, Width);
        _patches.Forward(pixels, kept, s, m.Patches, t, x);
        if (_pre is TrainedNorm norm)
        {
            MatrixView normed = m.Stream.Shape(s.Rows, Width);
            _compute.LayerNorm(x, norm, normed);
            x = normed;
        }
        _end.Forward(Read(_blocks.Forward(x, s, m.Blocks, t), s, m, t), t, embeddings);
    }

    /// <summary>Adds the gradients of everything that made the embeddings.</summary>
    public void Backward(MatrixView dEmbeddings, Memory m, BlockScratch t)
    {
        Sequences s = m.Sequences;
        MatrixView output = m.Blocks[^1].Output.View, d = _end.Backward(dEmbeddings, ReadOf(m), t);
        if (_c.ReadAt != VisionReadOut.ClassToken)
            d = ReadBackward(d, output, s, m, t);
        d = _blocks.Backward(d, s, m.Blocks, t);
        if (!_numbers.Learns)
            return;
        if (_pre is TrainedNorm norm)
        {
            MatrixView x = m.Embedded.View, dx = t.DEmbedded.Shape(x.Rows, Width);
            _compute.LayerNormBackward(x, norm, d, dx, add: false);
            d = dx;
        }
        _patches.Backward(d, m.Kept, s, m.Patches, t);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _head?.Dispose();
        _pool?.Dispose();
        _end.Dispose();
    }

    /// <summary>One row a picture: [pictures, width].</summary>
    private MatrixView Read(MatrixView x, Sequences s, Memory m, BlockScratch t)
    {
        switch (_c.ReadAt)
        {
            case VisionReadOut.ClassToken:
                return x;
            case VisionReadOut.MeanOfPatches:
                MatrixView mean = m.Mean.Shape(s.Count, Width);
                SequenceRows.Mean(x, s.Starts, mean, _c.ClassTokens);
                return mean;
            case VisionReadOut.AttentionHead:
                MatrixView normed = m.Normed.Shape(s.Rows, Width);
                _compute.LayerNorm(x, _post!.Value, normed);
                return _head!.Forward(normed, s, m.Head, t);
            default:
                return _pool!.Forward(x, s, m.Pool);
        }
    }

    private MatrixView ReadOf(Memory m) => _c.ReadAt switch
    {
        VisionReadOut.ClassToken => m.Blocks[^1].Output.View,
        VisionReadOut.MeanOfPatches => m.Mean.View,
        VisionReadOut.AttentionHead => m.Head.Output.View,
        _ => m.Pool.Output.View,
    };

    /// <summary>Gradient by every token of the last block from that by what was read.</summary>
    private MatrixView ReadBackward(MatrixView d, MatrixView x, Sequences s, Memory m, BlockScratch t)
    {
        MatrixView dx = t.DStream.Shape(x.Rows, Width);
        switch (_c.ReadAt)
        {
            case VisionReadOut.MeanOfPatches:
                SequenceRows.MeanBackward(d, s.Starts, dx, _c.ClassTokens);
                break;
            case VisionReadOut.AttentionHead:
                MatrixView dNormed = t.DEmbedded.Shape(x.Rows, Width);
                _head!.Backward(d, m.Normed.View, s, m.Head, t, dNormed);
                _compute.LayerNormBackward(x, _post!.Value, dNormed, dx, add: false);
                break;
            default:
                _pool!.Backward(d, x, s, m.Pool, t, dx);
                break;
        }
        return dx;
    }
}
