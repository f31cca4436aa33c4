namespace PureClip.Tokenization;

/// <summary>
/// A step on the way from a text to the pieces that a model of subwords takes: it rewrites a piece (a normalizer), cuts it (a
/// pre-tokenizer), or both. Stateless.
/// </summary>
internal interface ITextStep
{
    /// <summary>Appends what becomes of a piece.</summary>
    /// <param name="text">A text with the piece in it.</param>
    /// <param name="start">Where the piece begins.</param>
    /// <param name="end">Where it ends; at least one code point behind.</param>
    /// <param name="target">Takes it. A step that cuts closes pieces; the last one is closed by the caller.</param>
    void Run(CodePoints text, int start, int end, Pieces target);
}

/// <summary>Pieces of a text that lie end to end.</summary>
internal sealed class Pieces
{
    private readonly List<int> _ends = [];

    /// <summary>The text of all of them, and of the one that is not closed yet.</summary>
    public CodePoints Text { get; } = new();

    /// <summary>How many are closed.</summary>
    public int Count => _ends.Count;

    /// <summary>Where a piece begins.</summary>
    public int Start(int index) => index == 0 ? 0 : _ends[index - 1];

    /// <summary>Where it ends.</summary>
    public int End(int index) => _ends[index];

    /// <summary>What was appended since the last piece is a piece; nothing happens where that is nothing.</summary>
    public void Close()
    {
        if (Text.Count > (_ends.Count == 0 ? 0 : _ends[^1]))
            _ends.Add(Text.Count);
    }

    public void Clear()
    {
        Text.Clear();
        _ends.Clear();
    }
}
