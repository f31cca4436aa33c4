using PureClip.Kernels;
using PureClip.Memory;

namespace PureClip.Model;

/// <summary>
/// x ← x + attention(ln_1(x)); x ← x + mlp(ln_2(x)); or with the norms at the end of the branches, or after the sums.
/// </summary>
/// <remarks>
/// Radford et al. 2021, 2.4: pre-norm, as in Vaswani et al. 2017 with the norm moved to the front. Theirs, after the sum, is BERT's.
/// </remarks>
internal sealed class Block(Scope at, TransformerConfig c, RotaryAngles? angles, int layer)
{
    private readonly Norm _ln1 = new(at["ln_1"], c.Width, c.LayerNormEps);
    private readonly Attention _attention = new(at["attn"], c, angles, layer);
    private readonly Norm _ln2 = new(at["ln_2"], c.Width, c.LayerNormEps);
    private readonly Mlp _mlp = new(at["mlp"], c);

    /// <summary>The tokens that are read on, after this block.</summary>
    /// <param name="p">The pass.</param>
    /// <param name="x">[rows, width]: the residual stream, overwritten where every token is read on.</param>
    /// <param name="sight">What tokens see.</param>
    /// <param name="read">
    /// Which tokens are read on. Where it is one a sequence, only that one is computed; its keys and values still are every token's.
    /// </param>
    /// <returns>[tokens that are read, width]</returns>
    public MatrixView Run(Pass p, MatrixView x, Sight sight, ReadOut read)
    {
        MatrixView z = p.Pick(x, read, "read");                        // [read, width]: x itself, or one token of each sequence
        long mark = p.Mark();
        switch (c.Norms)
        {
            case NormPlace.Before:
                MatrixView y = p.Take("ln_1", x.Rows, c.Width);        // [rows, width]
                _ln1.Run(p, x, y);
                _attention.AddTo(p, y, sight, read, z);
                p.Release(mark);
                MatrixView u = p.Take("ln_2", z.Rows, c.Width);        // [read, width]
                _ln2.Run(p, z, u);
                _mlp.AddTo(p, u, z);
                break;
            case NormPlace.Branch:
                MatrixView branch = p.Take("branch", z.Rows, c.Width); // [read, width]
                _attention.Run(p, x, sight, read, branch);
                _ln1.Run(p, branch, branch);
                p.Compute.Add(branch, z);
                _mlp.Run(p, z, branch);
                _ln2.Run(p, branch, branch);
                p.Compute.Add(branch, z);
                break;
            default:
                _attention.AddTo(p, x, sight, read, z);
                _ln1.Run(p, z, z);
                _mlp.AddTo(p, z, z);
                _ln2.Run(p, z, z);
                break;
        }
        p.Release(mark);
        p.Tap(Tap.Block, layer, z);
        return z;
    }
}

/// <summary>
/// act(x · W₁ + b₁) · W₂ + b₂; with a gate in place of the activation, a norm of what is hidden, or one of what it takes, where the family
/// has them.
/// </summary>
internal sealed class Mlp(Scope at, int width, int hidden, Act act, bool isGated, Norm? norm, Norm? before = null)
{
    private readonly Linear _fc = new(at["fc"], width, hidden, parts: isGated || before is not null ? 2 : 1);
    private readonly Linear _proj = new(at["proj"], hidden, width);

    public Mlp(Scope at, TransformerConfig c)
        : this(
            at, c.Width, c.MlpWidth, c.Act, c.IsGated, c.HasInnerNorms ? new(at["norm"], c.MlpWidth, c.LayerNormEps) : null,
            c.IsGeGlu ? new(at["ln"], c.Width, c.LayerNormEps) : null)
    {
    }

    /// <summary>z = z + mlp(x)</summary>
    /// <param name="p">The pass.</param>
    /// <param name="x">[rows, width]; may be <paramref name="z"/>.</param>
    /// <param name="z">[rows, width]</param>
    public void AddTo(Pass p, MatrixView x, MatrixView z) => _proj.AddTo(p, Hidden(p, x), z);

    /// <summary>y = mlp(x)</summary>
    /// <inheritdoc cref="AddTo"/>
    /// <param name="p">The pass.</param>
    /// <param name="x">[rows, width]</param>
    /// <param name="y">[rows, width]</param>
    public void Run(Pass p, MatrixView x, MatrixView y)
    {
        long mark = p.Mark();
        _proj.Run(p, Hidden(p, x), y);
        p.Release(mark);
    }

    private MatrixView Hidden(Pass p, MatrixView x)
    {
        int part = p.Compute.PaddedColumns(hidden);
        if (before is not null)
            return GeGlu(p, x, before, part);
        MatrixView y = p.Take("mlp.hidden", x.Rows, isGated ? 2 * part : hidden);       // [rows, MLP width], twice beside a gate
        _fc.Run(p, x, y, isGated ? Act.None : act);
        MatrixView first = y.ColumnRange(0, hidden);
        if (isGated)
            p.Compute.Gate(first, y.ColumnRange(part, hidden));
        norm?.Run(p, first, first);
        return first;
    }

    private MatrixView GeGlu(Pass p, MatrixView x, Norm before, int part)
    {
        MatrixView y = p.Take("mlp.hidden", x.Rows, 2 * part), normed = p.Take("mlp.ln", x.Rows, width);
        MatrixView first = y.ColumnRange(0, hidden), second = y.ColumnRange(part, hidden);
        before.Run(p, x, normed);
        _fc.Run(p, normed, 0..1, first, act);
        _fc.Run(p, normed, 1..2, second);
        p.Compute.Multiply(second, first);
        return first;
    }
}

/// <summary>The stack of blocks.</summary>
/// <param name="at">Where it stands.</param>
/// <param name="c">Its sizes.</param>
/// <param name="grid">Patches along a side, where places are rotary.</param>
/// <param name="outside">Layers at either end that are none of them.</param>
internal sealed class Blocks(Scope at, TransformerConfig c, int grid = 0, int outside = 0)
{
    private readonly Block[] _blocks = NewBlocks(at, c, grid, outside);

    /// <summary>
    /// The tokens that are read after the last block: only those are computed in it, unless somebody looks at all of them.
    /// </summary>
    /// <param name="p">The pass.</param>
    /// <param name="x">[rows, width], overwritten.</param>
    /// <param name="sight">What tokens see.</param>
    /// <param name="read">Which tokens are read.</param>
    /// <returns>[tokens that are read, width]</returns>
    public MatrixView Run(Pass p, MatrixView x, Sight sight, ReadOut read)
    {
        int last = _blocks.Length - 1;
        // One token alone sees every key, which the first of a causal sequence must not.
        bool needsAll = (sight != Sight.All && read == ReadOut.First) || p.Paths is not null
            || p.Taps?.Wants(Tap.Block, outside + last) == true || p.Taps?.Wants(Tap.Attention, outside + last) == true;
        for (int i = 0; i < last; i++)
        {
            p.Paths?.Enter(p, i, x);
            _blocks[i].Run(p, x, sight, ReadOut.Every);
        }
        p.Paths?.Enter(p, last, x);
        return needsAll
            ? p.Pick(_blocks[last].Run(p, x, sight, ReadOut.Every), read, "read")
            : _blocks[last].Run(p, x, sight, read);
    }

    private static Block[] NewBlocks(Scope at, TransformerConfig c, int grid, int outside)
    {
        RotaryAngles? angles = c.Rotary is RotaryConfig r
            ? new(grid, c.Heads, c.HeadWidth, r.ColumnsFirst, r.FirstPlace, r.TrainedGrid)
            : null;
        return [.. Enumerable.Range(outside, c.Layers - 2 * outside).Select(i => new Block(at[$"blocks.{i}"], c, angles, i))];
    }
}
