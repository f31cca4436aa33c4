using System.Numerics.Tensors;
using PureClip.Memory;
using PureClip.Model;

namespace PureClip.Training;

/// <summary>
/// Texts to embeddings and gradients back: the lines of <see cref="TextTransformer"/> and of <see cref="BertEncoder"/>. Texts lie end to end;
/// what changes nothing is not computed.
/// </summary>
internal sealed class TextTraining : IDisposable
{
    private readonly TrainedNumbers _numbers;
    private readonly TrainingCompute _compute;
    private readonly TextConfig _c;
    private readonly (MatrixView Numbers, MatrixView Gradients) _tokens, _positions;
    private readonly (MatrixView Numbers, MatrixView Gradients)? _class, _types;
    private readonly TrainedNorm? _first;
    private readonly BlocksTraining _blocks;
    private readonly TowerEnd _end;

    public TextTraining(TrainedNumbers numbers, TextConfig c)
    {
        (_numbers, _compute, _c) = (numbers, numbers.Compute, c);
        (_tokens, _positions) = (numbers.Table("text.token_embedding"), numbers.Table("text.positional_embedding"));
        _class = c.ReadAt == TextReadOut.ClassToken ? numbers.Table("text.class_embedding") : null;
        _types = c.Bert is { TokenTypes: > 0 } ? numbers.Table("text.type_embedding") : null;
        float eps = c.Transformer.LayerNormEps;
        _first = c.Bert is null ? null : numbers.Norm("text.ln_embedding", eps);
        Sight sight = c.Bert is not null || !c.IsCausal ? Sight.All
            : c.ReadAt == TextReadOut.ClassToken ? Sight.BackBlindEnd
            : Sight.Back;
        _blocks = new(numbers, "text", c.Transformer, sight, ReadsOf(c));
        bool isLong = c.Projection is TextProjection.TwoLayers or TextProjection.Transformed;
        _end = new(
            numbers, c.Bert is null or { HasFinalNorm: true } ? "text.ln_final" : null,
            isLong ? "text.projection_inner" : null, c.Projection == TextProjection.TwoLayers ? Nonlinearity.Gelu : null,
            c.Projection == TextProjection.None ? null : "text.projection", eps);
    }

    /// <summary>What is kept of a micro-batch.</summary>
    public sealed class Memory(TextTraining tower) : IDisposable
    {
        public Sequences Sequences { get; set; } = Sequences.Of();

        /// <summary>[rows]: the token of each; less than 0 for a class token.</summary>
        public int[] Ids { get; set; } = [];

        /// <summary>[rows]: its row in the table of positions.</summary>
        public int[] Places { get; set; } = [];

        /// <summary>[rows, width]</summary>
        public TrainingMatrix Embedded { get; } = new();

        /// <summary>[rows, width]: normed, in a tower of BERT's kind.</summary>
        public TrainingMatrix Stream { get; } = new();

        public BlockTraining.Memory[] Blocks { get; } = tower._blocks.NewMemory();

        /// <summary>[texts, width]: the mean of each text's tokens, where that is read.</summary>
        public TrainingMatrix Mean { get; } = new();

        public void Dispose()
        {
            foreach (TrainingMatrix matrix in (TrainingMatrix[])[Embedded, Stream, Mean])
                matrix.Dispose();
            Array.ForEach(Blocks, static block => block.Dispose());
        }
    }

    /// <summary>What follows a text where positions behind it are computed too: the tokenizer's.</summary>
    public int PadId { get; set; }

    /// <summary>Floats that are kept of a token.</summary>
    public long FloatsKept => (_first is null ? 1 : 2) * (long)_c.Transformer.Width + _blocks.FloatsKept;

    /// <summary>Tokens of a text that are computed.</summary>
    public int RowsOf(ReadOnlySpan<int> ids) => _c switch
    {
        { Bert: BertConfig bert } => Math.Max(1, ids.Length - ids.Count(bert.PadId)),
        { ReadAt: TextReadOut.LastPosition } => _c.ContextLength,
        { ReadAt: TextReadOut.ClassToken } => ClassTokenSequence.RowsOf(ids, _c.ContextLength),
        _ => _c.LengthToPool(ids),
    };

    /// <summary>Embeddings of some texts, not normalised.</summary>
    /// <param name="texts">Token ids of each, with or without padding.</param>
    /// <param name="m">Receives what is kept.</param>
    /// <param name="t">Scratch.</param>
    /// <param name="embeddings">[texts, embedding width]</param>
    public void Forward(ReadOnlySpan<int[]> texts, Memory m, BlockScratch t, MatrixView embeddings)
    {
        List<(int Id, int Place)> rows = [];
        int[] lengths = new int[texts.Length];
        for (int i = 0; i < texts.Length; i++)
        {
            int before = rows.Count;
            rows.AddRange(RowsIn(texts[i]));
            lengths[i] = rows.Count - before;
        }
        Sequences s = m.Sequences = Sequences.Of(lengths);
        (m.Ids, m.Places) = ([.. rows.Select(static row => row.Id)], [.. rows.Select(static row => row.Place)]);
        MatrixView x = m.Embedded.Shape(s.Rows, _c.Transformer.Width);
        for (int row = 0; row < s.Rows; row++)
        {
            ReadOnlySpan<float> token = m.Ids[row] < 0 ? _class!.Value.Numbers.RowSpan(0) : _tokens.Numbers.RowSpan(m.Ids[row]);
            TensorPrimitives.Add(token, _positions.Numbers.RowSpan(m.Places[row]), x.RowSpan(row));
            if (_types is (MatrixView types, _))
                TensorPrimitives.Add(x.RowSpan(row), types.RowSpan(0), x.RowSpan(row));
        }
        if (_first is TrainedNorm norm)
        {
            MatrixView normed = m.Stream.Shape(s.Rows, x.Columns);
            _compute.LayerNorm(x, norm, normed);
            x = normed;
        }
        x = _blocks.Forward(x, s, m.Blocks, t);
        if (_c.ReadAt == TextReadOut.MeanOfTokens)
        {
            MatrixView mean = m.Mean.Shape(s.Count, x.Columns);
            SequenceRows.Mean(x, s.Starts, mean);
            x = mean;
        }
        _end.Forward(x, t, embeddings);
    }

    /// <summary>Adds the gradients of everything that made the embeddings.</summary>
    public void Backward(MatrixView dEmbeddings, Memory m, BlockScratch t)
    {
        Sequences s = m.Sequences;
        bool isMean = _c.ReadAt == TextReadOut.MeanOfTokens;
        MatrixView d = _end.Backward(dEmbeddings, isMean ? m.Mean.View : m.Blocks[^1].Output.View, t);
        if (isMean)
        {
            MatrixView ofAll = t.DStream.Shape(s.Rows, d.Columns);
            SequenceRows.MeanBackward(d, s.Starts, ofAll);
            d = ofAll;
        }
        d = _blocks.Backward(d, s, m.Blocks, t);
        if (!_numbers.Learns)
            return;
        if (_first is TrainedNorm norm)
        {
            MatrixView x = m.Embedded.View, dx = t.DEmbedded.Shape(x.Rows, x.Columns);
            _compute.LayerNormBackward(x, norm, d, dx, add: false);
            d = dx;
        }
        RowScatter.Add(d, m.Places, _positions.Gradients, _compute.Pool);
        RowScatter.Add(d, m.Ids, _tokens.Gradients, _compute.Pool);
        if (_class is (_, MatrixView classes))
            RowScatter.Add(d, Array.ConvertAll(m.Ids, static id => id < 0 ? 0 : -1), classes, _compute.Pool);
        if (_types is (_, MatrixView gradients))
            RowScatter.Add(d, new int[d.Rows], gradients, _compute.Pool);
    }

    /// <inheritdoc/>
    public void Dispose() => _end.Dispose();

    private static Reads ReadsOf(TextConfig c) => c switch
    {
        { ReadAt: TextReadOut.MeanOfTokens } => Reads.Every,
        { Bert: not null } => Reads.First,
        _ => Reads.Last,
    };

    /// <summary>The tokens of a text that are computed and their positions: what the towers of inference add.</summary>
    private IEnumerable<(int Id, int Place)> RowsIn(int[] ids)
    {
        if (_c.Bert is BertConfig bert)
            return OfBert(ids, bert, RowsOf(ids));
        if (_c.ReadAt == TextReadOut.LastPosition)
            return Enumerable.Range(0, _c.ContextLength).Select(i => (i < ids.Length ? ids[i] : PadId, i));
        if (_c.ReadAt != TextReadOut.ClassToken)
            return Enumerable.Range(0, RowsOf(ids)).Select(i => (ids[i], i));
        List<(int Id, int Place)> seen = [.. Enumerable.Range(0, _c.ContextLength).Where(i => ClassTokenSequence.IsSeen(ids, i))
            .Select(i => (i < ids.Length ? ids[i] : 0, i))];
        return [.. seen, .. Enumerable.Repeat((-1, _c.ContextLength), RowsOf(ids) - seen.Count)];
    }

    private static IEnumerable<(int Id, int Place)> OfBert(int[] ids, BertConfig bert, int rows)
    {
        bool hasWords = ids.AsSpan().ContainsAnyExcept(bert.PadId);
        int seen = 0;
        for (int i = 0; i < ids.Length && rows > 0; i++)
        {
            bool isPadding = ids[i] == bert.PadId;
            if (isPadding && hasWords)
                continue;
            rows--;
            yield return (ids[i], bert.FirstPosition == 0 ? i : isPadding ? bert.PadId : bert.FirstPosition + seen++);
        }
    }
}
