using PureClip.Memory;

namespace PureClip.Model;

/// <summary>x ← x + attention(ln_1(x)); x ← x + mlp(ln_2(x)).</summary>
/// <remarks>Radford et al. 2021, 2.4: pre-norm, as in Vaswani et al. 2017 with the norm moved to the front.</remarks>
internal sealed class Block(Scope at, TransformerConfig c, int layer)
{
    private readonly Norm _ln1 = new(at["ln_1"], c.Width, c.LayerNormEps);
    private readonly Attention _attention = new(at["attn"], c.Width, c.Heads, layer);
    private readonly Norm _ln2 = new(at["ln_2"], c.Width, c.LayerNormEps);
    private readonly Linear _fc = new(at["mlp.fc"], c.Width, c.MlpWidth), _proj = new(at["mlp.proj"], c.MlpWidth, c.Width);

    /// <summary>The tokens that are read on, after this block.</summary>
    /// <param name="p">The pass.</param>
    /// <param name="x">[rows, width]: the residual stream, overwritten where every token is read on.</param>
    /// <param name="causal">Whether tokens see only what came before them.</param>
    /// <param name="read">
    /// Which tokens are read on. Where it is one a sequence, only that one is computed; its keys and values still are every token's.
    /// </param>
    /// <returns>[tokens that are read, width]</returns>
    public MatrixView Run(Pass p, MatrixView x, bool causal, ReadOut read)
    {
        MatrixView z = p.Pick(x, read, "read");                        // [read, width]: x itself, or one token of each sequence
        long mark = p.Mark();
        MatrixView y = p.Take("ln_1", x.Rows, c.Width);                // [rows, width]
        _ln1.Run(p, x, y);
        _attention.AddTo(p, y, causal, read, z);
        p.Release(mark);

        MatrixView u = p.Take("ln_2", z.Rows, c.Width);                // [read, width]
        MatrixView hidden = p.Take("mlp.hidden", z.Rows, c.MlpWidth);  // [read, MLP width]
        _ln2.Run(p, z, u);
        _fc.Run(p, u, hidden, c.Act);
        _proj.AddTo(p, hidden, z);
        p.Release(mark);
        p.Tap(Tap.Block, layer, z);
        return z;
    }
}

/// <summary>The stack of blocks.</summary>
internal sealed class Blocks(Scope at, TransformerConfig c)
{
    private readonly Block[] _blocks = [.. Enumerable.Range(0, c.Layers).Select(i => new Block(at[$"blocks.{i}"], c, i))];

    /// <summary>
    /// The tokens that are read after the last block: only those are computed in it, unless somebody looks at all of them.
    /// </summary>
    /// <param name="p">The pass.</param>
    /// <param name="x">[rows, width], overwritten.</param>
    /// <param name="causal">Whether tokens see only what came before them.</param>
    /// <param name="read">Which tokens are read.</param>
    /// <returns>[tokens that are read, width]</returns>
    public MatrixView Run(Pass p, MatrixView x, bool causal, ReadOut read)
    {
        int last = _blocks.Length - 1;
        // One token alone sees every key, which the first of a causal sequence must not.
        bool needsAll = (causal && read == ReadOut.First)
            || p.Taps?.Wants(Tap.Block, last) == true || p.Taps?.Wants(Tap.Attention, last) == true;
        for (int i = 0; i < last; i++)
            _blocks[i].Run(p, x, causal, ReadOut.Every);
        return needsAll
            ? p.Pick(_blocks[last].Run(p, x, causal, ReadOut.Every), read, "read")
            : _blocks[last].Run(p, x, causal, read);
    }
}
