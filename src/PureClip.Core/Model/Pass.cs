using System.Numerics.Tensors;
using PureClip.Kernels;
using PureClip.Memory;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip.Model;

/// <summary>What a pass is made for, beside embeddings.</summary>
/// <param name="Read">What is read out; null for what the tower reads.</param>
/// <param name="Taps">What somebody wants to see on the way.</param>
/// <param name="Keeps">
/// Whether every buffer stays as it is until the next <see cref="Pass.Begin"/>, as training and tests need it; else memory is used again.
/// </param>
/// <param name="Paths">Other ways through the tower that are gone beside.</param>
internal readonly record struct PassOptions(ReadOut? Read = null, Taps? Taps = null, bool Keeps = false, Paths? Paths = null);

/// <summary>
/// One forward pass: the sequences of it, its buffers by name, who computes it. It is planned once for its largest size and used again and
/// again.
/// </summary>
internal sealed class Pass : IDisposable
{
    private readonly Tower _tower;
    private readonly int[] _starts, _marks;
    private readonly Dictionary<string, List<MatrixView>>? _kept;
    private readonly MatrixView _embeddings;
    private readonly long _start;
    private long _input;

    private Pass(Tower tower, Compute compute, int sequences, int rows, PassOptions options)
    {
        _tower = tower;
        Compute = compute;
        MaxSequences = sequences;
        MaxRows = rows;
        Read = options.Read ?? tower.ReadOut;
        if (!tower.CanRead(Read))
            throw new NotSupportedException($"This tower has nothing to read as {Read}; it reads {tower.ReadOut}.");
        Taps = options.Taps;
        Paths = options.Paths;
        _kept = options.Keeps ? [] : null;
        _starts = new int[sequences + 1];
        _marks = new int[sequences];
        _embeddings = compute.Arena.Take(Read == ReadOut.Every ? rows : sequences, tower.EmbeddingWidth);
        _start = compute.Arena.Mark;
    }

    /// <summary>Rows that fit: those of all sequences together.</summary>
    public int MaxRows { get; }

    /// <summary>Sequences that fit.</summary>
    public int MaxSequences { get; }

    /// <summary>Who computes this pass, and its memory.</summary>
    public Compute Compute { get; }

    /// <summary>Size of its memory.</summary>
    public long Bytes => Compute.Arena.Bytes;

    /// <summary>What is read of each sequence.</summary>
    public ReadOut Read { get; }

    /// <summary>Who wants to see more than embeddings; null where nobody does.</summary>
    public Taps? Taps { get; }

    /// <summary>Other ways through the tower; null where nobody asks.</summary>
    public Paths? Paths { get; }

    /// <summary>[rows]: tokens that no other looks at, nor they at themselves; null for none. The first of each sequence is seen.</summary>
    public bool[]? Unseen { get; set; }

    /// <summary>Sequences of this pass.</summary>
    public int Sequences { get; private set; }

    /// <summary>Rows of this pass.</summary>
    public int Rows => _starts[Sequences];

    /// <summary>Rows of the longest sequence that fits.</summary>
    public int LongestSequence => Math.Min(MaxRows, _tower.MostRows);

    /// <summary>[sequences + 1]: first row of each sequence, and the row after the last.</summary>
    public ReadOnlySpan<int> Starts => _starts.AsSpan(0, Sequences + 1);

    /// <summary>What Add fills and Forward begins with.</summary>
    public MatrixView Input { get; private set; }

    /// <summary>The residual stream, where it lives longer than the input; the tower's.</summary>
    public MatrixView Stream { get; set; }

    /// <summary>[sequences, embedding width], or a row for each token where every one is read: the result of Forward.</summary>
    public MatrixView Embeddings => _embeddings.Top(Read == ReadOut.Every ? Rows : Sequences);

    /// <summary>Plans a pass of the largest size and takes its memory.</summary>
    /// <param name="tower">Whose pass it is. Its numbers need not have been read.</param>
    /// <param name="tier">The vector width in use.</param>
    /// <param name="pool">Who computes.</param>
    /// <param name="sequences">Most sequences.</param>
    /// <param name="rows">Most rows of all sequences together.</param>
    /// <param name="options">What it is made for.</param>
    public static Pass Create(Tower tower, SimdTier tier, WorkerPool pool, int sequences, int rows, PassOptions options = default) =>
        new(tower, Compute.Of(tier, pool, Count(tower, tier, sequences, rows, options).Need), sequences, rows, options);

    /// <summary>Runs a pass without computing it, to see what it takes.</summary>
    public static CountingCompute Count(Tower tower, SimdTier tier, int sequences, int rows, PassOptions options = default)
    {
        CountingCompute counter = Compute.Counting(tier);
        using Pass pass = new(tower, counter, sequences, rows, options);
        pass.Begin();
        pass.FillUp();
        tower.Forward(pass);
        return counter;
    }

    /// <summary>Starts a pass without sequences.</summary>
    public void Begin()
    {
        Sequences = 0;
        Unseen = null;
        _kept?.Clear();
        Compute.Arena.Release(_start);
        _tower.Begin(this);
    }

    /// <summary>Adds a sequence of so many rows to the pass and returns its first row.</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="mark">Which of them is read where the mark is what is read; null for the last.</param>
    public int Add(int rows, int? mark = null)
    {
        int first = Rows;
        if (Sequences == MaxSequences || rows > MaxRows - first)
            throw new InvalidOperationException($"A pass of {MaxSequences} sequences and {MaxRows} rows has no room for {rows} more rows.");
        _marks[Sequences] = first + (mark ?? rows - 1);
        _starts[++Sequences] = first + rows;
        return first;
    }

    /// <summary>A buffer until the mark before it is released.</summary>
    /// <param name="name">What is in it, for whoever keeps it.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Floats of a row.</param>
    public MatrixView Take(string name, int rows, int columns)
    {
        MatrixView taken = Compute.Arena.Take(rows, columns);
        if (_kept is not null)
        {
            if (!_kept.TryGetValue(name, out List<MatrixView>? same))
                _kept.Add(name, same = []);
            same.Add(taken);
        }
        return taken;
    }

    /// <summary>Takes <see cref="Input"/>.</summary>
    public void TakeInput(string name, int rows, int columns)
    {
        _input = Mark();
        Input = Take(name, rows, columns);
    }

    /// <summary>Ends the life of <see cref="Input"/> and of everything taken after it.</summary>
    public void ReleaseInput() => Release(_input);

    /// <summary>How much is taken now.</summary>
    public long Mark() => Compute.Arena.Mark;

    /// <summary>Ends the life of everything taken since a mark: the memory is the next buffer's, unless the pass keeps all.</summary>
    public void Release(long mark)
    {
        if (_kept is null)
            Compute.Arena.Release(mark);
    }

    /// <summary>The buffers of a name, in the order in which they were taken; for a pass that keeps them.</summary>
    public IReadOnlyList<MatrixView> Kept(string name) => _kept![name];

    /// <summary>The rows that are read on: all of them as they lie, or a copy of one of each sequence.</summary>
    /// <param name="x">[rows, columns]</param>
    /// <param name="read">Which rows.</param>
    /// <param name="name">Of the copy.</param>
    public MatrixView Pick(MatrixView x, ReadOut read, string name)
    {
        if (!read.ReadsOne())
            return x;
        MatrixView picked = Take(name, Sequences, x.Columns);
        for (int i = 0; i < Sequences && Compute.IsReal; i++)
            x.RowSpan(read switch
            {
                ReadOut.Last => _starts[i + 1] - 1,
                ReadOut.Marked => _marks[i],
                _ => _starts[i],
            }).CopyTo(picked.RowSpan(i));
        return picked;
    }

    /// <summary>What is projected: the rows themselves, or the mean of each sequence's where that is what is read.</summary>
    /// <param name="x">[rows, columns], or [sequences, columns] where one of each was picked.</param>
    public MatrixView Average(MatrixView x) => Read == ReadOut.Mean ? Average(x, 0, "mean") : x;

    /// <summary>The mean of each sequence's rows: [sequences, columns].</summary>
    /// <param name="x">[rows, columns]</param>
    /// <param name="skipped">Rows at the beginning of each sequence that do not count.</param>
    /// <param name="name">Of the result.</param>
    public MatrixView Average(MatrixView x, int skipped, string name)
    {
        MatrixView mean = Take(name, Sequences, x.Columns);
        for (int i = 0; i < Sequences && Compute.IsReal; i++)
        {
            Span<float> sum = mean.RowSpan(i);
            sum.Clear();
            int first = _starts[i] + skipped;
            for (int row = first; row < _starts[i + 1]; row++)
                TensorPrimitives.Add(sum, x.RowSpan(row), sum);
            TensorPrimitives.Divide(sum, _starts[i + 1] - first, sum);
        }
        return mean;
    }

    /// <summary>Shows a state to whoever wants it.</summary>
    public void Tap(Tap tap, int layer, MatrixView state)
    {
        if (Taps is not null && Compute.IsReal && Taps.Wants(tap, layer))
            Taps.Show(tap, layer, state);
    }

    /// <inheritdoc/>
    public void Dispose() => Compute.Dispose();

    /// <summary>As many sequences and rows as fit, one of them as long as any may be; for counting.</summary>
    private void FillUp()
    {
        Add(LongestSequence);
        for (int left = MaxSequences - 1; left > 0; left--)
            Add((MaxRows - Rows) / left);
    }
}
