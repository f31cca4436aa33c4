using System.Numerics.Tensors;
using PureClip.Memory;
using PureClip.Model;

namespace PureClip.Training;

/// <summary>
/// Texts to embeddings and gradients back: the lines of <see cref="TextTransformer"/>. Texts lie end to end, up to the token that is read.
/// </summary>
internal sealed class TextTraining(TrainedNumbers numbers, TextConfig c)
{
    private readonly TrainingCompute _compute = numbers.Compute;
    private readonly (MatrixView Numbers, MatrixView Gradients) _tokens = numbers.Table("text.token_embedding"),
        _positions = numbers.Table("text.positional_embedding");
    private readonly BlocksTraining _blocks = new(numbers, "text", c.Transformer, causal: true, Reads.Last);
    private readonly TowerEnd _end = new(numbers, "text.ln_final", "text.projection", c.Transformer.LayerNormEps);

    /// <summary>What is kept of a micro-batch.</summary>
    public sealed class Memory(TextTraining tower) : IDisposable
    {
        public Sequences Sequences { get; set; } = Sequences.Of();

        /// <summary>[rows]: the token of each.</summary>
        public int[] Ids { get; set; } = [];

        /// <summary>[rows]: its place in its text.</summary>
        public int[] Places { get; set; } = [];

        /// <summary>[rows, width]</summary>
        public TrainingMatrix Embedded { get; } = new();

        public BlockTraining.Memory[] Blocks { get; } = tower._blocks.NewMemory();

        public void Dispose()
        {
            Embedded.Dispose();
            Array.ForEach(Blocks, static block => block.Dispose());
        }
    }

    /// <summary>Floats that are kept of a token.</summary>
    public long FloatsKept => c.Transformer.Width + c.Transformer.Layers * (6L * c.Transformer.Width + c.Transformer.MlpWidth);

    /// <summary>Tokens of a text that are computed.</summary>
    public int RowsOf(ReadOnlySpan<int> ids) => c.LengthToPool(ids);

    /// <summary>Embeddings of some texts, not normalised.</summary>
    /// <param name="texts">Token ids of each, with or without padding.</param>
    /// <param name="m">Receives what is kept.</param>
    /// <param name="t">Scratch.</param>
    /// <param name="embeddings">[texts, embedding width]</param>
    public void Forward(ReadOnlySpan<int[]> texts, Memory m, BlockScratch t, MatrixView embeddings)
    {
        int[] lengths = new int[texts.Length];
        for (int i = 0; i < texts.Length; i++)
            lengths[i] = RowsOf(texts[i]);
        Sequences s = m.Sequences = Sequences.Of(lengths);
        (m.Ids, m.Places) = (new int[s.Rows], new int[s.Rows]);
        MatrixView x = m.Embedded.Shape(s.Rows, c.Transformer.Width);
        for (int i = 0, row = 0; i < texts.Length; i++)
            for (int place = 0; place < lengths[i]; place++, row++)
            {
                (m.Ids[row], m.Places[row]) = (texts[i][place], place);
                TensorPrimitives.Add(_tokens.Numbers.RowSpan(m.Ids[row]), _positions.Numbers.RowSpan(place), x.RowSpan(row));
            }
        _end.Forward(_blocks.Forward(x, s, m.Blocks, t), t, embeddings);
    }

    /// <summary>Adds the gradients of everything that made the embeddings.</summary>
    public void Backward(MatrixView dEmbeddings, Memory m, BlockScratch t)
    {
        MatrixView d = _blocks.Backward(_end.Backward(dEmbeddings, m.Blocks[^1].Output.View, t), m.Sequences, m.Blocks, t);
        if (!numbers.Learns)
            return;
        RowScatter.Add(d, m.Places, _positions.Gradients, _compute.Pool);
        RowScatter.Add(d, m.Ids, _tokens.Gradients, _compute.Pool);
    }
}
