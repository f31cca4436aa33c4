using PureClip.Kernels;
using PureClip.Memory;
using PureClip.Model;

namespace PureClip.Training;

/// <summary>What a block is made of.</summary>
/// <param name="Heads">Attention heads.</param>
/// <param name="Eps">Of its norms.</param>
/// <param name="F">The MLP's activation.</param>
/// <param name="Sight">What tokens see.</param>
internal sealed record BlockShape(int Heads, float Eps, Nonlinearity F, Sight Sight)
{
    /// <summary>Where its norms stand.</summary>
    public NormPlace Norms { get; init; }

    /// <summary>Whether the MLP has a gate.</summary>
    public bool IsGated { get; init; }

    /// <summary>Whether the heads' mixture and what the MLP hides are normed.</summary>
    public bool HasInnerNorms { get; init; }

    /// <summary>What turns queries and keys; null for nothing.</summary>
    public RotaryAngles? Angles { get; init; }

    /// <summary>That of a tower's blocks.</summary>
    public static BlockShape Of(TransformerConfig c, Sight sight, int grid = 0) => new(
        c.Heads, c.LayerNormEps, NonlinearityOf(c.Gelu), sight)
    {
        Norms = c.Norms,
        IsGated = c.IsGated,
        HasInnerNorms = c.HasInnerNorms,
        Angles = c.Rotary is RotaryConfig r
            ? new(grid, c.Heads, c.HeadWidth, r.ColumnsFirst, r.FirstPlace, r.TrainedGrid)
            : null,
    };

    /// <summary>The activation of a configuration.</summary>
    public static Nonlinearity NonlinearityOf(GeluKind gelu) => gelu switch
    {
        GeluKind.Quick => Nonlinearity.QuickGelu,
        GeluKind.Erf => Nonlinearity.Gelu,
        _ => Nonlinearity.GeluTanh,
    };
}

/// <summary>
/// x ← x + attention(ln_1(x)); x ← x + mlp(ln_2(x)), or with the norms at the end of the branches, or after the sums; and its backward.
/// </summary>
/// <remarks>
/// Kept of each token are ten states: the input, three of query, key and value, the mixture, the stream between the halves, and four before
/// the activation; and two more where a norm stands behind a branch. What other norms and activations put out is computed again.
/// </remarks>
internal sealed class BlockTraining(TrainedNumbers numbers, string name, BlockShape shape, Reads reads)
{
    private readonly TrainingCompute _compute = numbers.Compute;
    private readonly TrainedNorm _first = numbers.Norm($"{name}.ln_1", shape.Eps), _second = numbers.Norm($"{name}.ln_2", shape.Eps);
    private readonly AttentionTraining _attention = new(numbers, $"{name}.attn", shape, reads);
    private readonly MlpTraining _mlp = new(
        numbers, $"{name}.mlp", shape.F, shape.IsGated, shape.HasInnerNorms ? shape.Eps : null);

    /// <summary>What is kept of a micro-batch.</summary>
    public sealed class Memory : IDisposable
    {
        /// <summary>[rows, width]: the input, kept by whoever computed it.</summary>
        public MatrixView X { get; set; }

        /// <summary>[sequences, width]: rows of it that are read.</summary>
        public TrainingMatrix Read { get; } = new();

        public AttentionTraining.Memory Attention { get; } = new();

        /// <summary>[rows that are read, width]: what the first norm takes, where it stands behind the attention.</summary>
        public TrainingMatrix Attended { get; } = new();

        /// <summary>[rows that are read, width]: the stream between the halves.</summary>
        public TrainingMatrix Middle { get; } = new();

        /// <summary>[rows that are read, MLP width]: before the activation.</summary>
        public TrainingMatrix Hidden { get; } = new();

        /// <summary>[rows that are read, width]: what the second norm takes, where it stands behind the MLP.</summary>
        public TrainingMatrix Thought { get; } = new();

        /// <summary>[rows that are read, width]: the next block's input.</summary>
        public TrainingMatrix Output { get; } = new();

        public void Dispose()
        {
            foreach (TrainingMatrix matrix in (TrainingMatrix[])[Read, Attended, Middle, Hidden, Thought, Output])
                matrix.Dispose();
            Attention.Dispose();
        }
    }

    /// <summary>The rows that are read on.</summary>
    public MatrixView Forward(MatrixView x, Sequences s, Memory m, BlockScratch t)
    {
        m.X = x;
        MatrixView z = x;
        if (reads != Reads.Every)
            s.Pick(x, reads, z = m.Read.Shape(s.Count, x.Columns));
        MatrixView middle = m.Middle.Shape(z.Rows, x.Columns), output = m.Output.Shape(z.Rows, x.Columns);
        if (shape.Norms == NormPlace.Before)
        {
            _attention.Forward(Normed(x, _first, t), z, s, m.Attention, t, middle);
            _mlp.Forward(Normed(middle, _second, t), m.Hidden, t, middle, output);
            return output;
        }
        bool isBranch = shape.Norms == NormPlace.Branch;
        MatrixView attended = m.Attended.Shape(z.Rows, x.Columns), thought = m.Thought.Shape(z.Rows, x.Columns);
        _attention.Forward(x, isBranch ? null : z, s, m.Attention, t, attended);
        _compute.LayerNorm(attended, _first, middle);
        if (isBranch)
            _compute.Add(z, middle);
        _mlp.Forward(middle, m.Hidden, t, isBranch ? null : middle, thought);
        _compute.LayerNorm(thought, _second, output);
        if (isBranch)
            _compute.Add(middle, output);
        return output;
    }

    /// <summary>Gradient by x from that by the rows that were read on; where those are all, in place.</summary>
    /// <param name="d">[rows that are read, width]</param>
    /// <param name="s">The sequences.</param>
    /// <param name="m">What was kept.</param>
    /// <param name="t">Scratch.</param>
    /// <param name="isLowest">Whether nothing below learns: x then gets no gradient, and what is returned means nothing.</param>
    public MatrixView Backward(MatrixView d, Sequences s, Memory m, BlockScratch t, bool isLowest = false)
    {
        MatrixView x = m.X;
        if (shape.Norms != NormPlace.Before)
            return PostNormBackward(d, s, m, t, isLowest);
        MatrixView middle = m.Middle.View, u = Normed(middle, _second, t), du = t.DNormed.Shape(middle.Rows, x.Columns);
        _mlp.Backward(d, u, m.Hidden, t, du);
        _compute.LayerNormBackward(middle, _second, du, d, add: true);

        MatrixView y = Normed(x, _first, t), dy = t.DNormed.Shape(x.Rows, x.Columns);
        _attention.Backward(d, y, s, m.Attention, t, isLowest ? null : dy);
        if (isLowest)
            return d;
        if (reads == Reads.Every)
        {
            _compute.LayerNormBackward(x, _first, dy, d, add: true);
            return d;
        }
        MatrixView dx = t.DStream.Shape(x.Rows, x.Columns);
        _compute.LayerNormBackward(x, _first, dy, dx, add: false);
        s.AddPicked(d, reads, dx);
        return dx;
    }

    /// <summary>
    /// The same where norms stand behind the branches, z + norm(f(z)), or behind the sums, norm(z + f(z)): there the residual's gradient goes
    /// through the norm as well.
    /// </summary>
    private MatrixView PostNormBackward(MatrixView d, Sequences s, Memory m, BlockScratch t, bool isLowest)
    {
        MatrixView x = m.X, middle = m.Middle.View, branch = t.DBranch.Shape(d.Rows, d.Columns), du = t.DNormed.Shape(d.Rows, d.Columns);
        bool isBranch = shape.Norms == NormPlace.Branch;
        _compute.LayerNormBackward(m.Thought.View, _second, d, branch, add: false);
        _mlp.Backward(branch, middle, m.Hidden, t, du);
        if (!isBranch)
            (d, branch) = (branch, d);
        _compute.Add(du, d);                                    // by the stream between the halves

        _compute.LayerNormBackward(m.Attended.View, _first, d, branch, add: false);
        MatrixView dx = t.DNormed.Shape(x.Rows, x.Columns);
        _attention.Backward(branch, x, s, m.Attention, t, isLowest ? null : dx);
        if (isLowest)
            return d;
        MatrixView residual = isBranch ? d : branch;
        if (reads == Reads.Every)
            _compute.Add(residual, dx);
        else
            s.AddPicked(residual, reads, dx);
        MatrixView to = t.DStream.Shape(x.Rows, x.Columns);     // which the residual may be: nobody needs that any more
        _compute.Copy(dx, to);
        return to;
    }

    private MatrixView Normed(MatrixView x, TrainedNorm norm, BlockScratch t)
    {
        MatrixView y = t.Normed.Shape(x.Rows, x.Columns);
        _compute.LayerNorm(x, norm, y);
        return y;
    }
}
