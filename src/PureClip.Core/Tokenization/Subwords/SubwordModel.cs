namespace PureClip.Tokenization;

/// <summary>Cuts a piece of text into tokens of a vocabulary. Immutable; what it needs while it works is the <see cref="SubwordScratch"/>.</summary>
internal abstract class SubwordModel
{
    /// <summary>The kind of model, for people.</summary>
    public abstract string Name { get; }

    /// <summary>Appends the tokens of a piece.</summary>
    /// <param name="text">A text with the piece in it.</param>
    /// <param name="start">Where the piece begins, in code points.</param>
    /// <param name="end">Where it ends; at least one behind.</param>
    /// <param name="result">Takes the tokens, whose ranges are those of the text.</param>
    /// <param name="scratch">Memory of this thread.</param>
    public abstract void Encode(CodePoints text, int start, int end, TokenSequence result, SubwordScratch scratch);
}

/// <summary>What encoding a text needs for a while. One a thread is kept, unless a text was long, so that encoding allocates nothing.</summary>
internal sealed class SubwordScratch
{
    private const int MostKept = 1 << 16; // code points

    [ThreadStatic]
    private static SubwordScratch? _spare;

    /// <summary>The text as it was given.</summary>
    public CodePoints Source { get; } = new();

    /// <summary>The same after cleaning.</summary>
    public CodePoints Cleaned { get; } = new();

    /// <summary>The text between two added tokens.</summary>
    public CodePoints Section { get; } = new();

    /// <summary>Where steps read from and write to, by turns.</summary>
    public Pieces Front { get; private set; } = new();

    /// <inheritdoc cref="Front"/>
    public Pieces Back { get; private set; } = new();

    /// <summary>The tokens.</summary>
    public TokenSequence Result { get; } = new();

    /// <summary>For <see cref="Unigram"/>.</summary>
    public UnigramPath Path { get; } = new();

    /// <summary>For <see cref="CharacterBpe"/>.</summary>
    public PairMerger Merger { get; } = new();

    /// <summary>A cleared one.</summary>
    public static SubwordScratch Take()
    {
        SubwordScratch scratch = _spare ?? new();
        _spare = null;
        scratch.Source.Clear();
        scratch.Result.Clear();
        return scratch;
    }

    /// <summary>Gives it back.</summary>
    public void Return()
    {
        if (Math.Max(Source.Capacity, Result.Text.Capacity) <= MostKept)
            _spare = this;
    }

    /// <summary>Changes <see cref="Front"/> and <see cref="Back"/>.</summary>
    public void Swap() => (Front, Back) = (Back, Front);
}
