using PureClip.Simd;
using PureClip.Threading;

namespace PureClip.Model;

/// <summary>
/// One half of a CLIP: sequences (a picture's patches or pixels, a text's tokens) to embeddings. It exists from its configuration alone:
/// its layers declare their tensors, whose numbers are read later. A pass goes: <see cref="Pass.Begin"/>, an Add for each sequence, <see
/// cref="Forward"/>,
/// <see cref="Pass.Embeddings"/>.
/// </summary>
internal abstract class Tower(int embeddingWidth) : IDisposable
{
    /// <summary>Every tensor.</summary>
    public ParameterList Parameters { get; } = new();

    /// <summary>Numbers of an embedding.</summary>
    public int EmbeddingWidth => embeddingWidth;

    /// <summary>Rows of the shortest sequence; at least 1.</summary>
    public abstract int LeastRows { get; }

    /// <summary>Rows of the longest sequence.</summary>
    public abstract int MostRows { get; }

    /// <summary>What is read of each sequence.</summary>
    public abstract ReadOut ReadOut { get; }

    /// <summary>Whether something else can be read: a transformer's tokens, but not what it has no pool for.</summary>
    public virtual bool CanRead(ReadOut read) => read != ReadOut.Pooled;

    /// <summary>What somebody can look at on the way; null where there are no tokens.</summary>
    public virtual Insides? Insides => null;

    /// <summary>Bytes of the numbers that have been read.</summary>
    public long Bytes => Parameters.Bytes;

    /// <summary>The memory of a pass and who computes it. Needs no numbers.</summary>
    /// <param name="tier">The vector width in use.</param>
    /// <param name="pool">Who computes.</param>
    /// <param name="sequences">Most sequences of a pass.</param>
    /// <param name="rows">Most rows of all its sequences together.</param>
    public Pass CreatePass(SimdTier tier, WorkerPool pool, int sequences, int rows) => Pass.Create(this, tier, pool, sequences, rows);

    /// <summary>
    /// Floating-point operations of one sequence: two for each multiply-add of a matrix product. Counted is what is computed: texts end at
    /// their end token, attention of texts looks back only, and the last block computes one token of each sequence besides keys and values.
    /// </summary>
    /// <param name="rows">Rows of the sequence.</param>
    public double Flops(int rows) => Pass.Count(this, SimdTier.Active, 1, rows).Flops;

    /// <summary>Takes what Add fills; called by <see cref="Pass.Begin"/>.</summary>
    public abstract void Begin(Pass p);

    /// <summary>Fills <see cref="Pass.Embeddings"/> for the sequences added since <see cref="Pass.Begin"/>, not normalised.</summary>
    public abstract void Forward(Pass p);

    /// <inheritdoc/>
    public void Dispose() => Parameters.Dispose();
}

/// <summary>The inside of a transformer, for whoever looks at it.</summary>
/// <param name="Blocks">Sizes of its blocks.</param>
/// <param name="FinalNorm">What is applied to the tokens after them, before one is read; null where nothing is.</param>
internal sealed record Insides(TransformerConfig Blocks, Norm? FinalNorm);

/// <summary>A tower that pictures go into.</summary>
internal abstract class VisionTower(int embeddingWidth) : Tower(embeddingWidth)
{
    /// <summary>Floats of a picture: 3 · size · size.</summary>
    public abstract int PixelsPerPicture { get; }

    /// <summary>
    /// Rows of one picture. Of a transformer these are its tokens, of a convolutional tower the pixels of its largest feature map.
    /// </summary>
    public int RowsPerPicture => MostRows;

    /// <inheritdoc/>
    public override int LeastRows => MostRows;

    /// <summary>Rows of a picture: <see cref="RowsPerPicture"/>, but where sizes follow the pictures.</summary>
    /// <param name="pixels">As in <see cref="Add"/>.</param>
    /// <exception cref="ArgumentException">They say no size.</exception>
    public virtual int RowsOf(ReadOnlySpan<float> pixels) => MostRows;

    /// <summary>Adds a picture to the pass.</summary>
    /// <param name="pixels">[3, size, size], normalised; or as the preprocessor makes them where sizes follow the pictures.</param>
    /// <param name="p">The pass.</param>
    public abstract void Add(ReadOnlySpan<float> pixels, Pass p);
}

/// <summary>A tower that texts go into.</summary>
internal abstract class TextTower(int embeddingWidth) : Tower(embeddingWidth)
{
    /// <summary>What follows a text where positions behind it are computed too: the tokenizer's.</summary>
    public int PadId { get; set; }

    /// <summary>Rows that are computed of a text: tokens that change nothing are left out.</summary>
    /// <param name="ids">The text's token ids, with or without padding.</param>
    public abstract int RowsOf(ReadOnlySpan<int> ids);

    /// <summary>Adds a text to the pass.</summary>
    /// <param name="ids">Its token ids, each in the vocabulary; 1 to the context length.</param>
    /// <param name="p">The pass.</param>
    public abstract void Add(ReadOnlySpan<int> ids, Pass p);

    /// <summary>Rows with those that change no embedding.</summary>
    public virtual int WholeRowsOf(ReadOnlySpan<int> ids) => RowsOf(ids);

    /// <summary>The row that is read where that is <see cref="ReadOut.Marked"/>.</summary>
    /// <param name="ids">As above.</param>
    public virtual int MarkOf(ReadOnlySpan<int> ids) => 0;

    /// <summary>The same with the tokens that change no embedding, for whoever wants the states of all of them.</summary>
    /// <param name="ids">As above.</param>
    /// <param name="p">The pass.</param>
    public virtual void AddWhole(ReadOnlySpan<int> ids, Pass p) => Add(ids, p);
}
