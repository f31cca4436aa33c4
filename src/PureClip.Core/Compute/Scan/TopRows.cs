using System.Runtime.CompilerServices;

namespace PureClip.Search;

/// <summary>The best rows of all that were offered: a binary heap with the worst of them on top, which is the next to leave.</summary>
/// <param name="capacity">How many are kept, 1 or more.</param>
/// <param name="minimumScore">The least score that is kept; a score that is no number never is.</param>
internal sealed class TopRows(int capacity, float minimumScore)
{
    private const int FirstLength = 64; // "all rows" is a fair wish that most scans do not fulfil

    private ScoredRow[] _heap = new ScoredRow[Math.Min(capacity, FirstLength)];
    private float _least = minimumScore;
    private int _count;

    /// <summary>Keeps a row if it is among the best.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Offer(long row, float score)
    {
        if (score >= _least)
            Take(new(row, score));
    }

    /// <summary>Keeps what another one has kept, so far as it is among the best.</summary>
    public void Merge(TopRows other)
    {
        foreach (ScoredRow row in other._heap.AsSpan(0, other._count))
            Offer(row.Row, row.Score);
    }

    /// <summary>What was kept, best first.</summary>
    public ScoredRow[] ToSorted()
    {
        ScoredRow[] sorted = _heap[.._count];
        Array.Sort(sorted);
        return sorted;
    }

    private void Take(ScoredRow row)
    {
        if (_count < capacity)
            Add(row);
        else if (row.IsBetterThan(_heap[0]))
            SiftDown(row);
        if (_count == capacity)
            _least = _heap[0].Score;
    }

    private void Add(ScoredRow row)
    {
        if (_count == _heap.Length)
            Array.Resize(ref _heap, (int)Math.Min(2L * _count, capacity));
        int at = _count++;
        for (int parent = (at - 1) / 2; at > 0 && _heap[parent].IsBetterThan(row); parent = (at - 1) / 2)
        {
            _heap[at] = _heap[parent];
            at = parent;
        }
        _heap[at] = row;
    }

    /// <summary>Puts a row in the place of the worst.</summary>
    private void SiftDown(ScoredRow row)
    {
        int at = 0;
        for (int child = 1; child < _count; child = 2 * at + 1)
        {
            if (child + 1 < _count && _heap[child].IsBetterThan(_heap[child + 1]))
                child++;
            if (!row.IsBetterThan(_heap[child]))
                break;
            _heap[at] = _heap[child];
            at = child;
        }
        _heap[at] = row;
    }
}
