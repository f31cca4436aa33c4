using PureClip.Memory;

namespace PureClip.Training;

/// <summary>Which row of each sequence goes on.</summary>
internal enum Reads
{
    /// <summary>All of them.</summary>
    Every,

    /// <summary>The first: a class token.</summary>
    First,

    /// <summary>The last: the token at which a text ends.</summary>
    Last,
}

/// <summary>Sequences of a micro-batch, end to end.</summary>
/// <param name="starts">[sequences + 1]: first row of each sequence, and the row after the last.</param>
internal sealed class Sequences(int[] starts)
{
    /// <summary>[sequences + 1]</summary>
    public int[] Starts => starts;

    /// <summary>[sequences + 1]: 0, 1, 2 …, for one row a sequence.</summary>
    public int[] Each { get; } = [.. Enumerable.Range(0, starts.Length)];

    /// <summary>How many.</summary>
    public int Count => starts.Length - 1;

    /// <summary>Rows of all of them.</summary>
    public int Rows => starts[^1];

    /// <summary>Sequences of these lengths.</summary>
    public static Sequences Of(params ReadOnlySpan<int> lengths)
    {
        int[] starts = new int[lengths.Length + 1];
        for (int i = 0; i < lengths.Length; i++)
            starts[i + 1] = starts[i] + lengths[i];
        return new(starts);
    }

    /// <summary>The row that is read of a sequence.</summary>
    public int Row(int sequence, Reads reads) => reads == Reads.Last ? starts[sequence + 1] - 1 : starts[sequence];

    /// <summary>to[i] = the row of x that is read of sequence i.</summary>
    public void Pick(MatrixView x, Reads reads, MatrixView to)
    {
        for (int i = 0; i < Count; i++)
            x.RowSpan(Row(i, reads)).CopyTo(to.RowSpan(i));
    }

    /// <summary>Backward of <see cref="Pick"/>: adds each row to the one that it was.</summary>
    public void AddPicked(MatrixView dPicked, Reads reads, MatrixView dx)
    {
        for (int i = 0; i < Count; i++)
            System.Numerics.Tensors.TensorPrimitives.Add(dx.RowSpan(Row(i, reads)), dPicked.RowSpan(i), dx.RowSpan(Row(i, reads)));
    }
}
