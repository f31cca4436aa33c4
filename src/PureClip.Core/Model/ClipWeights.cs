using PureClip.Kernels;
using PureClip.Memory;

namespace PureClip.Model;

/// <summary>Scale and shift of a layer norm, [width] each.</summary>
internal sealed unsafe class LayerNormWeights(int width, float eps) : IDisposable
{
    private readonly AlignedBuffer _numbers = new(2L * width);

    public float Eps => eps;

    public float* Weight => _numbers.Pointer;

    public float* Bias => _numbers.Pointer + width;

    public Span<float> WeightSpan => new(Weight, width);

    public Span<float> BiasSpan => new(Bias, width);

    public void Dispose() => _numbers.Dispose();
}

/// <summary>One residual attention block. Matrices are packed for the vector width in use.</summary>
/// <param name="Ln1">Before attention.</param>
/// <param name="Qkv">width → 3 parts of width: query, key, value.</param>
/// <param name="Out">width → width.</param>
/// <param name="Ln2">Before the MLP.</param>
/// <param name="Fc">width → MLP width.</param>
/// <param name="Proj">MLP width → width.</param>
internal sealed record BlockWeights(
    LayerNormWeights Ln1, PackedMatrix Qkv, PackedMatrix Out, LayerNormWeights Ln2, PackedMatrix Fc, PackedMatrix Proj) : IDisposable
{
    /// <summary>Bytes of the matrices.</summary>
    public long Bytes => Qkv.Bytes + Out.Bytes + Fc.Bytes + Proj.Bytes;

    public void Dispose()
    {
        Ln1.Dispose();
        Qkv.Dispose();
        Out.Dispose();
        Ln2.Dispose();
        Fc.Dispose();
        Proj.Dispose();
    }
}

/// <summary>The vision tower's numbers.</summary>
/// <param name="PatchEmbedding">3·P·P → width, no bias.</param>
/// <param name="ClassEmbedding">[width]</param>
/// <param name="Positions">[tokens, width]; row 0 is the class token's.</param>
/// <param name="LnPre">Before the blocks.</param>
/// <param name="Blocks">The blocks, first to last.</param>
/// <param name="LnPost">On the class token after the blocks.</param>
/// <param name="Projection">width → embedding width, no bias.</param>
internal sealed record VisionWeights(
    PackedMatrix PatchEmbedding, float[] ClassEmbedding, float[] Positions, LayerNormWeights LnPre, BlockWeights[] Blocks,
    LayerNormWeights LnPost, PackedMatrix Projection) : IDisposable
{
    /// <summary>Bytes of the matrices.</summary>
    public long Bytes => PatchEmbedding.Bytes + Blocks.Sum(block => block.Bytes) + Projection.Bytes;

    public void Dispose()
    {
        PatchEmbedding.Dispose();
        LnPre.Dispose();
        Array.ForEach(Blocks, block => block.Dispose());
        LnPost.Dispose();
        Projection.Dispose();
    }
}

/// <summary>The text tower's numbers.</summary>
/// <param name="Tokens">[vocabulary, width], read row by row from where it lies.</param>
/// <param name="Positions">[context, width]</param>
/// <param name="Blocks">The blocks, first to last.</param>
/// <param name="LnFinal">On the end-of-text token after the blocks.</param>
/// <param name="Projection">width → embedding width, no bias.</param>
internal sealed record TextWeights(
    ITokenEmbedding Tokens, float[] Positions, BlockWeights[] Blocks, LayerNormWeights LnFinal, PackedMatrix Projection) : IDisposable
{
    /// <summary>Bytes of the matrices; the token embedding stays in its file.</summary>
    public long Bytes => Blocks.Sum(block => block.Bytes) + Projection.Bytes;

    public void Dispose()
    {
        Array.ForEach(Blocks, block => block.Dispose());
        LnFinal.Dispose();
        Projection.Dispose();
    }
}

/// <summary>Rows of the token embedding. The table is the largest tensor of a text tower and a text needs a handful of its rows.</summary>
internal interface ITokenEmbedding
{
    /// <summary>Copies one token's numbers.</summary>
    /// <param name="id">0 to vocabulary − 1.</param>
    /// <param name="destination">[width]</param>
    void Read(int id, Span<float> destination);
}
