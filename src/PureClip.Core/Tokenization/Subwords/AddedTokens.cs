namespace PureClip.Tokenization;

/// <summary>A string that is one token wherever it stands in a text.</summary>
/// <param name="Content">The string.</param>
/// <param name="Id">Its id.</param>
/// <param name="TakesLeft">Whether the white space on its left belongs to it.</param>
/// <param name="TakesRight">Whether that on its right does.</param>
internal sealed record CutToken(string Content, int Id, bool TakesLeft, bool TakesRight);

/// <summary>Finds added tokens in a text: the leftmost, of several there the longest.</summary>
internal sealed class AddedTokens
{
    private readonly PieceTrie _trie;
    private readonly CutToken[] _tokens;

    /// <param name="tokens">The tokens; of equal strings the first counts.</param>
    /// <param name="source">Where they come from, for messages.</param>
    public AddedTokens(IEnumerable<CutToken> tokens, string source)
    {
        _tokens = [.. tokens];
        _trie = new(8 * _tokens.Length);
        for (int i = 0; i < _tokens.Length; i++)
            _trie.TryAdd(_tokens[i].Content, i, source);
    }

    /// <summary>How many there are.</summary>
    public int Count => _tokens.Length;

    /// <summary>The first match at or behind a position.</summary>
    /// <param name="text">Code points.</param>
    /// <param name="from">Where to begin; white space before it is taken already.</param>
    /// <param name="start">Where the match begins, with the white space that it takes; the text's end where there is none.</param>
    /// <param name="end">Where it ends.</param>
    /// <returns>The token's id, or -1.</returns>
    public int Find(ReadOnlySpan<int> text, int from, out int start, out int end)
    {
        for (start = from; _tokens.Length > 0 && start < text.Length; start++)
        {
            int found = _trie.Longest(text[start..], out int length);
            if (found == PieceTrie.None)
                continue;
            end = start + length;
            while (_tokens[found].TakesLeft && start > from && CharacterClasses.IsSpace(text[start - 1]))
                start--;
            while (_tokens[found].TakesRight && end < text.Length && CharacterClasses.IsSpace(text[end]))
                end++;
            return _tokens[found].Id;
        }
        start = end = text.Length;
        return -1;
    }
}
