namespace PureClip.Tokenization;

/// <summary>Finds added tokens anywhere in a text: the leftmost, and of several there the longest.</summary>
internal sealed class SpecialTokenMatcher
{
    private readonly Dictionary<int, (int[] Points, int Id)[]> _byFirst;
    private readonly int[] _firsts;

    /// <param name="tokens">The tokens.</param>
    /// <param name="points">Which form of a token is looked for.</param>
    public SpecialTokenMatcher(IEnumerable<SpecialToken> tokens, Func<SpecialToken, int[]> points)
    {
        _byFirst = tokens
            .Select(t => (Points: points(t), t.Id))
            .Where(t => t.Points.Length > 0)
            .GroupBy(t => t.Points[0])
            .ToDictionary(g => g.Key, g => g.OrderByDescending(t => t.Points.Length).ToArray());
        _firsts = [.. _byFirst.Keys];
    }

    /// <summary>The first match at or behind a position.</summary>
    public bool TryFind(ReadOnlySpan<int> text, int from, out int start, out int length, out int id)
    {
        for (start = from; start < text.Length; start++)
        {
            int skip = text[start..].IndexOfAny(_firsts);
            if (skip < 0)
                break;
            start += skip;
            foreach ((int[] points, int tokenId) in _byFirst[text[start]])
            {
                if (!text[start..].StartsWith(points))
                    continue;
                (length, id) = (points.Length, tokenId);
                return true;
            }
        }
        (start, length, id) = (text.Length, 0, -1);
        return false;
    }
}
