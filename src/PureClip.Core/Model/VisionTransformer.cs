using System.Numerics.Tensors;
using PureClip.Kernels;
using PureClip.Memory;

namespace PureClip.Model;

/// <summary>Pictures to embeddings: patches → ln_pre → blocks → ln_post of the class token → projection.</summary>
/// <remarks>Dosovitskiy et al. 2020 with CLIP's additional norm before the blocks (Radford et al. 2021, 2.4).</remarks>
internal sealed class VisionTransformer(VisionConfig config, VisionWeights w)
{
    private readonly Transformer _transformer = new(config.Transformer, w.Blocks);

    /// <summary>Fills <see cref="Activations.Embeddings"/>, not normalised.</summary>
    /// <param name="pixels">[count, 3, size, size], normalised.</param>
    /// <param name="count">Pictures; what the workspace was planned for is the most.</param>
    /// <param name="a">The pass.</param>
    public void Forward(ReadOnlySpan<float> pixels, int count, Activations a)
    {
        a.Begin();
        for (int i = 0; i < count; i++)
            a.Add(config.Tokens);

        EmbedPatches(pixels, count, a);
        a.Compute.LayerNorm(a.X, w.LnPre, a.X);
        _transformer.Forward(a, causal: false, readLast: false);
        a.Compute.LayerNorm(a.PooledX, w.LnPost, a.PooledY);
        a.Compute.Product(a.PooledY, w.Projection, a.Embeddings);
    }

    /// <summary>x = [class; patches · W] + positions</summary>
    private void EmbedPatches(ReadOnlySpan<float> pixels, int count, Activations a)
    {
        int size = config.ImageSize, width = config.Transformer.Width, patches = config.Tokens - 1;
        MatrixView input = a.Input(count * patches, w.PatchEmbedding.Inputs);
        for (int i = 0; i < count; i++)
        {
            MatrixView picture = input.Range(i * patches, patches);
            Patchify.Run(pixels.Slice(i * 3 * size * size, 3 * size * size), size, config.PatchSize, picture);
        }

        MatrixView embedded = a.Sums.Top(count * patches);
        a.Compute.Product(input, w.PatchEmbedding, embedded);

        for (int row = 0; row < a.Rows; row++)
        {
            int picture = row / config.Tokens, token = row % config.Tokens;
            ReadOnlySpan<float> content = token == 0 ? w.ClassEmbedding : embedded.RowSpan(picture * patches + token - 1);
            TensorPrimitives.Add(content, w.Positions.AsSpan(token * width, width), a.X.RowSpan(row));
        }
    }
}
