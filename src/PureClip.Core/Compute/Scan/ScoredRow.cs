namespace PureClip.Search;

/// <summary>A row and its inner product with a query.</summary>
/// <param name="Row">Which one.</param>
/// <param name="Score">The larger, the better.</param>
internal readonly record struct ScoredRow(long Row, float Score) : IComparable<ScoredRow>
{
    /// <summary>Best first; equal scores in the order of their rows, so that an answer does not depend on who found it.</summary>
    public int CompareTo(ScoredRow other) => Score == other.Score ? Row.CompareTo(other.Row) : other.Score.CompareTo(Score);

    /// <summary>Whether this one comes first.</summary>
    public bool IsBetterThan(ScoredRow other) => Score > other.Score || (Score == other.Score && Row < other.Row);
}
