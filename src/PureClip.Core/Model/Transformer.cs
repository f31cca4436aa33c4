
namespace PureClip.Model;

/// <summary>The stack of blocks.</summary>
internal sealed class Transformer(TransformerConfig config, BlockWeights[] blocks)
{
    private readonly ResidualAttentionBlock[] _blocks = Array.ConvertAll(blocks, block => new ResidualAttentionBlock(config, block));

    /// <summary>From <see cref="Pass.X"/> to <see cref="Pass.PooledX"/>.</summary>
    /// <param name="a">The pass.</param>
    /// <param name="causal">Whether tokens see only what came before them.</param>
    /// <param name="readLast">Whether the last token of each sequence is read, else the first.</param>
    public void Forward(Pass a, bool causal, bool readLast)
    {
        foreach (ResidualAttentionBlock block in _blocks.AsSpan(0, _blocks.Length - 1))
            block.Forward(a, causal);
        _blocks[^1].ForwardPooled(a, readLast);
    }
}
