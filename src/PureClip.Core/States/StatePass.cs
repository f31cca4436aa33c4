using PureClip.Memory;
using PureClip.Model;

namespace PureClip;

/// <summary>A sequence whose states are wanted.</summary>
/// <param name="Rows">Its rows.</param>
/// <param name="Add">Adds it to a pass.</param>
/// <param name="Ids">A text's token ids.</param>
/// <param name="ReadRow">The row that the tower reads; <see cref="Mean"/> or <see cref="All"/> where it reads no single one.</param>
/// <param name="Unseen">Rows that nobody looks at; null for none.</param>
internal sealed record StateSequence(int Rows, Action<Pass> Add, int[] Ids, int ReadRow, bool[]? Unseen = null)
{
    /// <summary>The mean of all rows is read, or what attention makes of them.</summary>
    public const int Mean = -2, All = -1;
}

/// <summary>
/// Runs a tower once with somebody watching. The pass is made for it and thrown away: ordinary encoding shares nothing with it but the
/// numbers of the tower and the turn.
/// </summary>
internal static class StatePass
{
    /// <summary>Sequences of texts.</summary>
    /// <param name="tower">Whose; its numbers have been read.</param>
    /// <param name="ids">Token ids, start and end included.</param>
    /// <param name="whole">Whether also tokens are computed that change no embedding.</param>
    /// <param name="unseen">Tokens that nobody looks at; null for none.</param>
    public static StateSequence TextOf(TextTower tower, int[] ids, bool whole, bool[]? unseen = null)
    {
        int rows = tower.RowsOf(ids), all = whole ? tower.WholeRowsOf(ids) : rows;
        int read = tower.ReadOut switch
        {
            ReadOut.Last => rows - 1,
            ReadOut.Marked => tower.MarkOf(ids),
            ReadOut.Mean => StateSequence.Mean,
            _ => 0,
        };
        return new(all, p => AddTo(tower, ids, whole, p), ids[..Math.Min(all, ids.Length)], read, unseen);
    }

    /// <summary>Runs the tower.</summary>
    /// <param name="tower">Its numbers have been read.</param>
    /// <param name="runtime">Who computes.</param>
    /// <param name="options">What to keep.</param>
    /// <param name="sequences">Of one tower's kind.</param>
    /// <param name="isProjected">Whether what the tower makes is an embedding.</param>
    /// <param name="skipped">Tokens before the first patch.</param>
    /// <param name="paths">Other ways through the tower that are gone beside; of one sequence.</param>
    public static TowerStates[] Run(
        Tower tower, Runtime runtime, StateOptions options, IReadOnlyList<StateSequence> sequences, bool isProjected = true,
        int skipped = 0, Paths? paths = null)
    {
        Insides inside = tower.Insides!;
        int layers = inside.Blocks.Layers, width = inside.Blocks.Width, heads = inside.Blocks.Heads;
        HashSet<int> hidden = [.. options.HiddenOf(layers)], attention = [.. options.AttentionOf(layers)];
        // A row that is not the last one is read from all: the bits of a row do not depend on who else is read.
        bool needsEvery = options.Project || (tower.ReadOut == ReadOut.Last && sequences.Any(static one => one.ReadRow != one.Rows - 1));
        if (needsEvery && (!tower.CanRead(ReadOut.Every) || tower.ReadOut == ReadOut.Mean))
            throw new ArgumentException(
                "This tower makes one embedding of all tokens, so a token by itself has none. Leave Project out.", nameof(options));
        ReadOut read = needsEvery ? ReadOut.Every : tower.ReadOut;

        float[]?[][] keptHidden = [.. sequences.Select(_ => new float[]?[layers + 1])];
        float[]?[][] keptAttention = [.. sequences.Select(_ => new float[]?[layers])];
        int[] starts = [0, .. sequences.Select(static one => one.Rows)];
        for (int i = 1; i < starts.Length; i++)
            starts[i] += starts[i - 1];
        Taps taps = new(
            (tap, layer) => tap == Tap.Attention ? attention.Contains(layer) : hidden.Contains(tap == Tap.Embedded ? 0 : layer + 1),
            (tap, layer, state) =>
            {
                for (int i = 0; i < sequences.Count; i++)
                    if (tap == Tap.Attention)
                        keptAttention[i][layer] = HeadsOf(state, starts[i], sequences[i].Rows, heads);
                    else
                        keptHidden[i][tap == Tap.Embedded ? 0 : layer + 1] = RowsOf(state, starts[i], sequences[i].Rows);
            });

        using Threading.Turn.Held turn = runtime.Pool.Turn.Take();
        using Pass pass = Pass.Create(tower, runtime.Tier, runtime.Pool, sequences.Count, starts[^1], new(read, taps, Paths: paths));
        pass.Begin();
        foreach (StateSequence one in sequences)
            one.Add(pass);
        if (sequences.Any(static one => one.Unseen is not null))
            pass.Unseen = [.. sequences.SelectMany(static one => one.Unseen ?? new bool[one.Rows])];
        tower.Forward(pass);
        return [.. sequences.Select((one, i) =>
        {
            float[]? tokens = needsEvery && isProjected ? RowsOf(pass.Embeddings, starts[i], one.Rows) : null;
            int embedding = tower.EmbeddingWidth;
            float[]? projected = !isProjected ? null
                : tokens is null ? pass.Embeddings.RowSpan(i).ToArray()
                : tokens[(one.ReadRow * embedding)..((one.ReadRow + 1) * embedding)];
            return new TowerStates(
                one.Ids, one.Rows, inside, keptHidden[i], keptAttention[i], one.ReadRow, skipped)
            {
                Projected = projected,
                ProjectedTokens = options.Project ? tokens : null,
            };
        })];
    }

    private static void AddTo(TextTower tower, ReadOnlySpan<int> ids, bool whole, Pass pass)
    {
        if (whole)
            tower.AddWhole(ids, pass);
        else
            tower.Add(ids, pass);
    }

    private static float[] RowsOf(MatrixView state, int first, int rows)
    {
        float[] kept = new float[(long)rows * state.Columns];
        for (int row = 0; row < rows; row++)
            state.RowSpan(first + row).CopyTo(kept.AsSpan(row * state.Columns));
        return kept;
    }

    /// <summary>A pass has the heads of one token behind one another; here they are the first index.</summary>
    private static float[] HeadsOf(MatrixView weights, int first, int rows, int heads)
    {
        float[] kept = new float[(long)heads * rows * rows];
        for (int row = 0; row < rows; row++)
            for (int head = 0; head < heads; head++)
                weights.RowSpan((first + row) * heads + head)[..rows].CopyTo(kept.AsSpan((head * rows + row) * rows));
        return kept;
    }
}
