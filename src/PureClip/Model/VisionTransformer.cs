using System.Numerics.Tensors;
using PureClip.Kernels;
using PureClip.Memory;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip.Model;

/// <summary>Pictures to embeddings: patches → ln_pre → blocks → ln_post of the class token → projection.</summary>
/// <remarks>Dosovitskiy et al. 2020 with CLIP's additional norm before the blocks (Radford et al. 2021, 2.4).</remarks>
internal sealed unsafe class VisionTransformer(VisionConfig config, VisionWeights w)
{
    private readonly Transformer _transformer = new(config.Transformer, w.Blocks);

    /// <summary>Fills <see cref="Activations.Embeddings"/>, not normalised.</summary>
    /// <param name="pixels">[count, 3, size, size], normalised.</param>
    /// <param name="count">Pictures; what the workspace was planned for is the most.</param>
    /// <param name="a">The pass.</param>
    /// <param name="pool">Who computes.</param>
    public void Forward<V>(ReadOnlySpan<float> pixels, int count, Activations a, WorkerPool pool)
        where V : unmanaged, ISimd<V>
    {
        a.Begin();
        for (int i = 0; i < count; i++)
            a.Add(config.Tokens);

        EmbedPatches<V>(pixels, count, a, pool);
        LayerNorm.Run<V>(a.X, w.LnPre.Weight, w.LnPre.Bias, w.LnPre.Eps, a.X, pool);
        _transformer.Forward<V>(a, causal: false, readLast: false, pool);
        LayerNorm.Run<V>(a.PooledX, w.LnPost.Weight, w.LnPost.Bias, w.LnPost.Eps, a.PooledY, pool);
        Gemm.Run<V, Store>(a.PooledY, w.Projection, a.Embeddings, new(a.Embeddings), a.ProductScratch, pool);
    }

    /// <summary>x = [class; patches · W] + positions</summary>
    private void EmbedPatches<V>(ReadOnlySpan<float> pixels, int count, Activations a, WorkerPool pool)
        where V : unmanaged, ISimd<V>
    {
        int size = config.ImageSize, width = config.Transformer.Width, patches = config.Tokens - 1;
        MatrixView input = a.Input(count * patches, w.PatchEmbedding.Inputs);
        for (int i = 0; i < count; i++)
        {
            MatrixView picture = new(input.Row(i * patches), patches, input.Columns, input.Stride);
            Patchify.Run(pixels.Slice(i * 3 * size * size, 3 * size * size), size, config.PatchSize, picture);
        }

        MatrixView embedded = a.Sums.Top(count * patches);
        Gemm.Run<V, Store>(input, w.PatchEmbedding, embedded, new(embedded), a.ProductScratch, pool);

        for (int row = 0; row < a.Rows; row++)
        {
            int picture = row / config.Tokens, token = row % config.Tokens;
            ReadOnlySpan<float> content = token == 0 ? w.ClassEmbedding : embedded.RowSpan(picture * patches + token - 1);
            TensorPrimitives.Add(content, w.Positions.AsSpan(token * width, width), a.X.RowSpan(row));
        }
    }
}
