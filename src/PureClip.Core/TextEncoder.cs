using PureClip.Model;
using PureClip.Tokenization;

namespace PureClip;

/// <summary>
/// Texts to embeddings. Many are tokenised round by round, so that a call with a million of them begins at once and can end at once.
/// </summary>
internal sealed class TextEncoder(TextTower tower, Engine engine, TextConfig config, ITokenizer tokenizer)
{
    /// <summary>Who computes.</summary>
    public Engine Engine => engine;

    /// <summary>How texts become ids.</summary>
    public ITokenizer Tokenizer => tokenizer;

    /// <summary>Encodes one text.</summary>
    /// <param name="ids">1 to context length ids.</param>
    /// <param name="destination">[embedding width]</param>
    /// <param name="cancellation">Looked at between rounds.</param>
    public void Encode(ReadOnlySpan<int> ids, Span<float> destination, CancellationToken cancellation)
    {
        RequireIds(ids);
        OneText job = new() { Tower = tower, Ids = ids, Destination = destination };
        engine.Run(ref job, cancellation);
    }

    /// <summary>Encodes many texts into the caller's memory. Allocates nothing once it is warm.</summary>
    /// <param name="texts">Ids of each text.</param>
    /// <param name="destination">[texts, embedding width]</param>
    /// <param name="cancellation">Looked at between rounds.</param>
    public void Encode(ReadOnlySpan<ReadOnlyMemory<int>> texts, Span<float> destination, CancellationToken cancellation)
    {
        foreach (ReadOnlyMemory<int> ids in texts)
            RequireIds(ids.Span);
        Texts job = new() { Tower = tower, Ids = texts, Destination = destination };
        engine.Run(ref job, cancellation);
    }

    /// <summary>Encodes one text; holds no thread while it waits.</summary>
    public async Task<float[]> EncodeAsync(string text, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        float[][] embeddings = new float[1][];
        TokenisedTexts job = new(tower, [tokenizer.Encode(text).Ids], embeddings, 0, 1);
        await engine.RunAsync(job, cancellation).ConfigureAwait(false);
        return embeddings[0];
    }

    /// <summary>Encodes many tokenised texts; holds no thread while it waits.</summary>
    public async Task<float[][]> EncodeAsync(IReadOnlyList<ReadOnlyMemory<int>> texts, CancellationToken cancellation)
    {
        ReadOnlyMemory<int>[] ids = [.. texts];
        foreach (ReadOnlyMemory<int> text in ids)
            RequireIds(text.Span);
        float[][] embeddings = new float[ids.Length][];
        await engine.RunAsync(new TokenisedTexts(tower, ids, embeddings, 0, ids.Length), cancellation).ConfigureAwait(false);
        return embeddings;
    }

    /// <summary>Encodes many texts.</summary>
    public float[][] Encode(IReadOnlyList<string> texts, IProgress<int>? progress, CancellationToken cancellation)
    {
        Rounds rounds = new(this, texts, cancellation);
        for (TokenisedTexts job = rounds.Next(); job.Count > 0; job = rounds.Next())
        {
            engine.Run(ref job, cancellation);
            progress?.Report(rounds.Done);
        }
        return rounds.Embeddings;
    }

    /// <summary>Encodes many texts; holds no thread while it waits.</summary>
    public async Task<float[][]> EncodeAsync(IReadOnlyList<string> texts, IProgress<int>? progress, CancellationToken cancellation)
    {
        // tokenising is work, and the caller's thread has its own
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        Rounds rounds = new(this, texts, cancellation);
        for (TokenisedTexts job = rounds.Next(); job.Count > 0; job = rounds.Next())
        {
            await engine.RunAsync(job, cancellation).ConfigureAwait(false);
            progress?.Report(rounds.Done);
        }
        return rounds.Embeddings;
    }

    /// <summary>Refuses ids that the tower has no rows for.</summary>
    /// <exception cref="ArgumentException">There are too few or too many, or one is not in the vocabulary.</exception>
    public void RequireIds(ReadOnlySpan<int> ids)
    {
        if (ids.Length == 0 || ids.Length > config.ContextLength)
            throw new ArgumentException($"A text has 1 to {config.ContextLength} token ids, not {ids.Length}.", nameof(ids));
        foreach (int id in ids)
            if ((uint)id >= (uint)config.VocabularySize)
                throw new ArgumentException($"Token id {id} is not in the vocabulary of {config.VocabularySize}.", nameof(ids));
    }

    /// <summary>The texts of a call, a round after the other.</summary>
    private sealed class Rounds
    {
        private readonly TextEncoder _encoder;
        private readonly IReadOnlyList<string> _texts;
        private readonly CancellationToken _cancellation;
        private readonly ReadOnlyMemory<int>[] _ids;
        private readonly int[] _rows;
        private int _tokenised;

        public Rounds(TextEncoder encoder, IReadOnlyList<string> texts, CancellationToken cancellation)
        {
            cancellation.ThrowIfCancellationRequested();
            for (int i = 0; i < texts.Count; i++)
                if (texts[i] is null)
                    throw new ArgumentException($"texts[{i}] is null.", nameof(texts));
            (_encoder, _texts, _cancellation) = (encoder, texts, cancellation);
            _ids = new ReadOnlyMemory<int>[texts.Count];
            _rows = new int[texts.Count];
            Embeddings = new float[texts.Count][];
        }

        public float[][] Embeddings { get; }

        /// <summary>Texts of the rounds so far.</summary>
        public int Done { get; private set; }

        /// <summary>As many texts as the engine computes at once; none at the end.</summary>
        public TokenisedTexts Next()
        {
            _cancellation.ThrowIfCancellationRequested();
            int workers = _encoder.Engine.Workers, first = Done, end = first;
            PassPlan.Filling filling = new(workers);
            for (; end < _texts.Count; end++)
            {
                if (end == _tokenised)
                    Tokenise();
                if (!filling.Takes(_rows[end]))
                    break;
            }
            if (end > first)
            {
                Span<int> starts = stackalloc int[PassPlan.MostPasses(workers) + 1];
                Done += starts[PassPlan.Cut(_rows.AsSpan(first..end), workers, starts)];
            }
            return new(_encoder.Tower, _ids, Embeddings, first, Done - first);
        }

        private void Tokenise()
        {
            try
            {
                _ids[_tokenised] = _encoder.Tokenizer.Encode(_texts[_tokenised]).Ids;
            }
            catch (ArgumentException e)
            {
                throw new ArgumentException($"texts[{_tokenised}]: {e.Message}", "texts", e);
            }
            _rows[_tokenised] = _encoder.Tower.RowsOf(_ids[_tokenised].Span);
            _tokenised++;
        }
    }

    private TextTower Tower => tower;

    private ref struct OneText : IJob
    {
        public TextTower Tower;
        public ReadOnlySpan<int> Ids;
        public Span<float> Destination;

        public readonly int Count => 1;

        public readonly int Rows(int index) => Tower.RowsOf(Ids);

        public readonly void Add(int index, Pass pass) => Tower.Add(Ids, pass);

        public readonly void Deliver(int index, ReadOnlySpan<float> embedding) => embedding.CopyTo(Destination);
    }

    /// <summary>Texts of which the embeddings lie end to end.</summary>
    private ref struct Texts : IJob
    {
        public TextTower Tower;
        public ReadOnlySpan<ReadOnlyMemory<int>> Ids;
        public Span<float> Destination;

        public readonly int Count => Ids.Length;

        public readonly int Rows(int index) => Tower.RowsOf(Ids[index].Span);

        public readonly void Add(int index, Pass pass) => Tower.Add(Ids[index].Span, pass);

        public readonly void Deliver(int index, ReadOnlySpan<float> embedding) =>
            embedding.CopyTo(Destination[(index * embedding.Length)..]);
    }

    /// <summary>Some texts of many, and an array for each embedding.</summary>
    private readonly struct TokenisedTexts(TextTower tower, ReadOnlyMemory<int>[] ids, float[][] embeddings, int first, int count) : IJob
    {
        public int Count => count;

        public int Rows(int index) => tower.RowsOf(ids[first + index].Span);

        public void Add(int index, Pass pass) => tower.Add(ids[first + index].Span, pass);

        public void Deliver(int index, ReadOnlySpan<float> embedding) => embeddings[first + index] = embedding.ToArray();
    }
}
