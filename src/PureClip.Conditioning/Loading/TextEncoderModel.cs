using PureClip.Checkpoints;
using PureClip.Model;
using PureClip.Tokenization;

namespace PureClip.TextToImage;

/// <summary>
/// One text encoder of a generator: tower, tokenizer, and what is taken of it. What it gives of some tokens is kept until another prompt
/// comes, since positive, negative and empty prompt share much. Not thread-safe.
/// </summary>
internal sealed class TextEncoderModel : IDisposable
{
    // Prompts share few sequences beyond the empty one; of the largest encoder these are 25 MB.
    private const int MostKept = 32;

    private readonly Checkpoint _checkpoint;
    private readonly Runtime _runtime;
    private readonly Dictionary<string, TowerStates> _kept = new(StringComparer.Ordinal);

    public TextEncoderModel(
        EncoderSource source, Checkpoint checkpoint, Runtime runtime, IReadOnlyList<TextualInversion> inversions, WeightType? weights)
    {
        (_checkpoint, _runtime, Source, Rule) = (checkpoint, runtime, source, source.Rule);
        checkpoint.Load(Tower, runtime.Tier, weights, runtime.Pool);
        Vocabulary = new(source.Tokenizer, AddRows(inversions));
    }

    public EncoderSource Source { get; }

    public EncoderRule Rule { get; }

    public ITokenizer Tokenizer => Source.Tokenizer;

    public PromptVocabulary Vocabulary { get; }

    public int Width => Source.Config.Text!.Transformer.Width;

    /// <summary>Tokens of a chunk with start, end and padding.</summary>
    public int Length => PromptVocabulary.Limit + 2;

    /// <summary>Numbers of the pooled vector.</summary>
    public int PooledWidth => Rule.Pooled switch
    {
        PooledVector.None => 0,
        PooledVector.Normed => Width,
        _ => Tower.EmbeddingWidth,
    };

    private TextTower Tower => _checkpoint.Towers.Text!;

    private bool IsProjected => Source.Config.Text!.Projection != TextProjection.Missing;

    /// <summary>Start, content, end, padding.</summary>
    public int[] Frame(PromptChunk chunk)
    {
        int[] ids = new int[Length];
        ids.AsSpan().Fill(Source.PadId);
        ids[0] = Tokenizer.StartId!.Value;
        for (int i = 0; i < chunk.Tokens.Count; i++)
            ids[i + 1] = chunk.Tokens[i].Id;
        ids[chunk.Tokens.Count + 1] = Tokenizer.EndId;
        return ids;
    }

    /// <summary>What the generator takes of a chunk's tokens.</summary>
    /// <param name="chunk">The chunk.</param>
    /// <param name="skip">Blocks that are left out at the end.</param>
    /// <param name="unseen">Tokens of the content that nobody looks at; null for none.</param>
    /// <returns>[<see cref="Length"/>, <see cref="Width"/>]</returns>
    public float[] States(PromptChunk chunk, int skip, Range? unseen = null)
    {
        TowerStates states = Run(chunk, skip, unseen);
        int layer = Source.Layer - skip;
        return Rule.IsNormed ? states.Normed(layer) : states.Hidden(layer).ToArray();
    }

    /// <summary>The vector of a whole prompt.</summary>
    /// <returns>[<see cref="PooledWidth"/>]</returns>
    public float[] Pooled(PromptChunk chunk) => Rule.Pooled switch
    {
        PooledVector.None => [],
        PooledVector.Normed => Run(chunk, 0, null).Pooled(),
        _ => Run(chunk, 0, null).Projected!,
    };

    /// <summary>Blocks that may be left out.</summary>
    public void RequireSkip(int skip)
    {
        int layers = Source.Config.Text!.Transformer.Layers;
        if (Rule.Layer != 0 && layers + 1 + Source.Layer - skip < 0)
            throw new ArgumentException(
                $"ClipSkip is {skip}, but {Source.Path} has {layers} blocks: at most {layers + 1 + Source.Layer} can be left out.",
                nameof(skip));
    }

    /// <inheritdoc/>
    public void Dispose() => _checkpoint.Dispose();

    private TowerStates Run(PromptChunk chunk, int skip, Range? unseen)
    {
        int[] ids = Frame(chunk);
        bool[]? mask = MaskOf(chunk, unseen);
        string key = $"{string.Join(' ', ids)}|{unseen}|{skip}";
        if (_kept.TryGetValue(key, out TowerStates? known))
            return known;
        if (_kept.Count == MostKept)
            _kept.Clear();
        int[] layers = Rule.Layer == 0 ? [-1] : [Source.Layer - skip, -1];
        StateSequence sequence = StatePass.TextOf(Tower, ids, whole: true, mask);
        TowerStates states = StatePass.Run(Tower, _runtime, new() { Hidden = layers }, [sequence], IsProjected)[0];
        _kept.Add(key, states);
        return states;
    }

    private bool[]? MaskOf(PromptChunk chunk, Range? unseen)
    {
        if (unseen is null && !Rule.MasksPadding)
            return null;
        bool[] mask = new bool[Length];
        if (Rule.MasksPadding)
            mask.AsSpan(chunk.Tokens.Count + 2).Fill(true);
        if (unseen is Range range)
            mask.AsSpan(1, chunk.Tokens.Count)[range].Fill(true);
        return mask;
    }

    /// <summary>Puts the inversions' vectors behind the table of tokens.</summary>
    private Dictionary<string, int[]> AddRows(IReadOnlyList<TextualInversion> inversions)
    {
        Dictionary<string, int[]> ids = new(StringComparer.Ordinal);
        List<float[]> rows = [];
        int next = Tokenizer.VocabularySize;
        foreach (TextualInversion inversion in inversions)
        {
            if (inversion.VectorsFor(Rule.Key, Width) is not { } vectors)
                continue;
            int[] own = [.. Enumerable.Range(next + rows.Count, vectors.Count)];
            rows.AddRange(vectors);
            foreach (string name in inversion.Names)
                ids[name] = own;
        }
        if (rows.Count > 0)
        {
            Parameter table = Tower.Parameters.First(static parameter => parameter.Use == Use.Table);
            table.Table = new LongerTable(table.Table!, next, rows);
        }
        return ids;
    }

    /// <summary>A table with further rows behind it.</summary>
    private sealed class LongerTable(ITable table, int rows, List<float[]> more) : ITable
    {
        public void Read(int row, Span<float> destination)
        {
            if (row < rows)
                table.Read(row, destination);
            else
                more[row - rows].CopyTo(destination);
        }

        public void Dispose() => table.Dispose();
    }
}
