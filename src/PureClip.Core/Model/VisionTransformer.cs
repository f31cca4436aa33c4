using System.Numerics.Tensors;
using PureClip.Kernels;
using PureClip.Memory;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip.Model;

/// <summary>Pictures to embeddings: patches → ln_pre → blocks → ln_post of the class token → projection.</summary>
/// <remarks>Dosovitskiy et al. 2020 with CLIP's additional norm before the blocks (Radford et al. 2021, 2.4).</remarks>
internal sealed class VisionTransformer(VisionConfig config, int embeddingWidth) : VisionTower(embeddingWidth)
{
    private VisionWeights? _weights;
    private Transformer? _transformer;

    public override int PixelsPerPicture => 3 * config.ImageSize * config.ImageSize;

    public override int MostRows => config.Tokens;

    public override long Bytes => _weights?.Bytes ?? 0;

    private int Patches => config.Tokens - 1;

    private int PatchColumns => 3 * config.PatchSize * config.PatchSize;

    /// <summary>Takes its numbers.</summary>
    public void Use(VisionWeights weights)
    {
        _weights = weights;
        _transformer = new(config.Transformer, weights.Blocks);
    }

    public override Pass CreatePass(SimdTier tier, WorkerPool pool, int sequences, int rows) =>
        Pass.Allocate(tier, config.Transformer, PatchColumns, EmbeddingWidth, MostRows, sequences, rows, pool);

    public override void Add(ReadOnlySpan<float> pixels, Pass p)
    {
        int picture = p.Sequences;
        p.Add(MostRows);
        Patchify.Run(pixels, config.ImageSize, config.PatchSize, p.Input((picture + 1) * Patches, PatchColumns).Range(picture * Patches, Patches));
    }

    public override void Forward(Pass p)
    {
        EmbedPatches(_weights!, p);
        p.Compute.LayerNorm(p.X, _weights!.LnPre, p.X);
        _transformer!.Forward(p, causal: false, readLast: false);
        p.Compute.LayerNorm(p.PooledX, _weights.LnPost, p.PooledY);
        p.Compute.Product(p.PooledY, _weights.Projection, p.Embeddings);
    }

    public override void Dispose() => _weights?.Dispose();

    /// <summary>x = [class; patches · W] + positions</summary>
    private void EmbedPatches(VisionWeights w, Pass p)
    {
        int width = config.Transformer.Width, patches = p.Sequences * Patches;
        MatrixView embedded = p.Sums.Top(patches);
        p.Compute.Product(p.Input(patches, PatchColumns), w.PatchEmbedding, embedded);
        for (int row = 0; row < p.Rows; row++)
        {
            int picture = row / config.Tokens, token = row % config.Tokens;
            ReadOnlySpan<float> content = token == 0 ? w.ClassEmbedding : embedded.RowSpan(picture * Patches + token - 1);
            TensorPrimitives.Add(content, w.Positions.AsSpan(token * width, width), p.X.RowSpan(row));
        }
    }
}
