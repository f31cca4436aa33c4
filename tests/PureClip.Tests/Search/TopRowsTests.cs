using PureClip.Scan;

namespace PureClip.Tests.Search;

public sealed class TopRowsTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(200)]
    [InlineData(5_000)]
    public void It_keeps_what_sorting_everything_puts_first(int capacity)
    {
        Random random = new(capacity);
        ScoredRow[] all = [.. Enumerable.Range(0, 1_000).Select(row => new ScoredRow(row, random.Next(50)))]; // many ties
        random.Shuffle(all);
        TopRows best = new(capacity, 5f), half = new(capacity, 5f);
        foreach (ScoredRow row in all[..500])
            best.Offer(row.Row, row.Score);
        foreach (ScoredRow row in all[500..])
            half.Offer(row.Row, row.Score);
        best.Merge(half);
        Assert.Equal(
            all.Where(row => row.Score >= 5f).OrderByDescending(row => row.Score).ThenBy(row => row.Row).Take(capacity), best.ToSorted());
    }
}
