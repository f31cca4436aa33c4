using PureClip.Model;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip;

/// <summary>The text tower: token ids to embeddings. Texts of a pass lie end to end, without padding.</summary>
internal sealed class TextEncoder(TextTower tower, TextConfig config, Action load, SimdTier tier, WorkerPool pool, bool normalize)
    : Encoder(tower, load, new(tower, tier, pool), pool, normalize)
{
    /// <summary>Encodes one text.</summary>
    /// <param name="ids">1 to context length ids.</param>
    /// <param name="destination">[embedding width]</param>
    public void Encode(ReadOnlySpan<int> ids, Span<float> destination)
    {
        Check(ids);
        Encode(new OneText { Encoder = this, Ids = ids, Destination = destination });
    }

    /// <summary>Encodes many texts.</summary>
    public float[][] Encode(ReadOnlySpan<ReadOnlyMemory<int>> texts, IProgress<int>? progress, CancellationToken cancellationToken)
    {
        Check(texts);
        float[][] embeddings = new float[texts.Length][];
        for (int done = 0; done < texts.Length; progress?.Report(done))
        {
            cancellationToken.ThrowIfCancellationRequested();
            done = EncodeRound(new Texts { Encoder = this, Ids = texts, Arrays = embeddings }, done);
        }
        return embeddings;
    }

    /// <summary>Encodes many texts into the caller's memory. Allocates nothing once it is warm.</summary>
    /// <param name="texts">Ids of each text.</param>
    /// <param name="destination">[texts, embedding width]</param>
    public void Encode(ReadOnlySpan<ReadOnlyMemory<int>> texts, Span<float> destination)
    {
        Check(texts);
        Encode(new Texts { Encoder = this, Ids = texts, Destination = destination });
    }

    private TextTower Tower => tower;

    private void Check(ReadOnlySpan<ReadOnlyMemory<int>> texts)
    {
        foreach (ReadOnlyMemory<int> ids in texts)
            Check(ids.Span);
    }

    private void Check(ReadOnlySpan<int> ids)
    {
        if (ids.Length == 0 || ids.Length > config.ContextLength)
            throw new ArgumentException($"A text has 1 to {config.ContextLength} token ids, not {ids.Length}.", nameof(ids));
        foreach (int id in ids)
            if ((uint)id >= (uint)config.VocabularySize)
                throw new ArgumentException($"Token id {id} is not in the vocabulary of {config.VocabularySize}.", nameof(ids));
    }

    private ref struct OneText : ISequences
    {
        public TextEncoder Encoder;
        public ReadOnlySpan<int> Ids;
        public Span<float> Destination;

        public readonly int Count => 1;

        public readonly int Tokens(int index) => Encoder.Tower.RowsOf(Ids);

        public readonly void Forward(int first, int count, Pass a)
        {
            a.Begin();
            Encoder.Tower.Add(Ids, a);
            Encoder.Tower.Forward(a);
        }

        public readonly void Deliver(int index, ReadOnlySpan<float> embedding) => embedding.CopyTo(Destination);
    }

    private ref struct Texts : ISequences
    {
        public TextEncoder Encoder;
        public ReadOnlySpan<ReadOnlyMemory<int>> Ids;

        /// <summary>Where embeddings go, end to end; or else into arrays of their own.</summary>
        public Span<float> Destination;

        public float[][]? Arrays;

        public readonly int Count => Ids.Length;

        public readonly int Tokens(int index) => Encoder.Tower.RowsOf(Ids[index].Span);

        public readonly void Forward(int first, int count, Pass a)
        {
            a.Begin();
            foreach (ReadOnlyMemory<int> ids in Ids.Slice(first, count))
                Encoder.Tower.Add(ids.Span, a);
            Encoder.Tower.Forward(a);
        }

        public readonly void Deliver(int index, ReadOnlySpan<float> embedding)
        {
            if (Arrays is not null)
                Arrays[index] = embedding.ToArray();
            else
                embedding.CopyTo(Destination[(index * embedding.Length)..]);
        }
    }
}
