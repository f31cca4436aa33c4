using System.Numerics.Tensors;
using PureClip.Files;
using PureClip.Memory;
using PureClip.Scan;
using PureClip.Threading;

namespace PureClip;

/// <summary>A row and its inner product with a query.</summary>
/// <param name="Row">Which one.</param>
/// <param name="Score">The larger, the better.</param>
public readonly record struct ScoredRow(long Row, float Score) : IComparable<ScoredRow>
{
    /// <summary>Best first; equal scores in the order of their rows, so that an answer does not depend on who found it.</summary>
    public int CompareTo(ScoredRow other) => Score == other.Score ? Row.CompareTo(other.Row) : other.Score.CompareTo(Score);

    /// <summary>Whether this one comes first.</summary>
    internal bool IsBetterThan(ScoredRow other) => Score > other.Score || (Score == other.Score && Row < other.Row);
}

/// <summary>Some rows of a matrix, a bit each; the default is all of them.</summary>
public readonly struct RowSet
{
    private readonly ulong[]? _bits;

    private RowSet(long count) => _bits = new ulong[(count + 63) / 64];

    /// <summary>None of so many rows.</summary>
    public static RowSet Empty(long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return new(count);
    }

    /// <summary>Adds a row, below the count for which the set was made.</summary>
    /// <exception cref="InvalidOperationException">The set is the default, which holds all rows already.</exception>
    public void Add(long row)
    {
        if (_bits is null)
            throw new InvalidOperationException("This set holds all rows. Begin with RowSet.Empty to choose some.");
        _bits[row >> 6] |= 1UL << (int)(row & 63);
    }

    /// <summary>Whether a row belongs to the set.</summary>
    public bool Contains(long row) => _bits is null || ((_bits[row >> 6] >> (int)(row & 63)) & 1) != 0;

    /// <summary>Whether it has room for the rows of a matrix.</summary>
    internal bool Covers(long count) => _bits is null || _bits.LongLength >= (count + 63) / 64;
}

/// <summary>Which rows a scan may return.</summary>
/// <param name="Top">At most so many, 1 or more.</param>
/// <param name="MinimumScore">None with a lower score.</param>
/// <param name="Among">Only these.</param>
/// <param name="FirstPassFactor">
/// 0 looks at every row exactly; 1 or more looks first at a copy of all rows in signed bytes and then exactly at so many times
/// <paramref name="Top"/>. The copy is made by the first such scan and takes a byte a number.
/// </param>
public readonly record struct ScanLimits(
    int Top, float MinimumScore = float.NegativeInfinity, RowSet Among = default, int FirstPassFactor = 0);

/// <summary>
/// Vectors of one width, in memory or in a mapped file, and what can be asked of many at once: the best rows for a query, pairs that are
/// near, the nearest of some centres. Every answer is exact and the same for any number of threads.
/// </summary>
/// <remarks>
/// Thread-safe, <see cref="Dispose"/> included: it waits for calls that are running, later ones get <see cref="ObjectDisposedException"/>.
/// A file that is mapped must not be cut by another process: on Unix, touching what is gone ends the process. Open it with <c>read</c>
/// where that may happen.
/// </remarks>
public sealed unsafe partial class VectorMatrix : IDisposable
{
    // What a half is shifted into place by is 2¹¹² too small, and the query that much larger: from here on it would overflow.
    private const float LargestNumber = 1 << 15;

    private readonly Gate _gate = new(nameof(VectorMatrix));
    private readonly VectorRows _rows;
    private readonly IDisposable? _memory;
    private readonly Runtime _runtime;
    private readonly VectorScan _scan;
    private readonly Lazy<FirstPass> _firstPass;

    /// <param name="rows">The rows, in <paramref name="memory"/>.</param>
    /// <param name="memory">Is disposed with the matrix.</param>
    /// <param name="runtime">Who compares them.</param>
    internal VectorMatrix(VectorRows rows, IDisposable? memory, Runtime runtime)
    {
        _rows = rows;
        _memory = memory;
        _runtime = runtime;
        _scan = VectorScan.Of(runtime.Tier);
        _firstPass = new(() => new(rows, runtime.Pool));
    }

    /// <summary>Copies vectors into memory.</summary>
    /// <param name="width">Numbers of a vector, 1 or more.</param>
    /// <param name="vectors">[rows][<paramref name="width"/>], finite.</param>
    /// <param name="type">How they are stored.</param>
    /// <param name="runtime">Who compares them; null for <see cref="Runtime.Shared"/>.</param>
    /// <exception cref="ArgumentException">A vector has another width, or holds what is no finite number.</exception>
    public static VectorMatrix FromVectors(
        int width, IReadOnlyList<float[]> vectors, VectorType type = VectorType.F32, Runtime? runtime = null)
    {
        ArgumentNullException.ThrowIfNull(vectors);
        int rowBytes = RowBytesOf(type, width);
        AlignedBuffer memory = new(((long)vectors.Count * rowBytes + sizeof(float) - 1) / sizeof(float));
        try
        {
            byte* first = (byte*)memory.Pointer;
            for (int row = 0; row < vectors.Count; row++)
            {
                RequireVector(vectors[row], width, row);
                VectorRow.Write(type, vectors[row], new(first + (long)row * rowBytes, rowBytes));
            }
            return new(new(first, vectors.Count, width, type), memory, runtime ?? Runtime.Shared);
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    /// <summary>Opens a file of rows, one <see cref="VectorRow"/> after the other from its first byte on.</summary>
    /// <param name="path">The file; it may be longer, and grow.</param>
    /// <param name="count">Rows, 0 or more; the file has at least as many.</param>
    /// <param name="width">Numbers of a vector.</param>
    /// <param name="type">How they are stored.</param>
    /// <param name="read">Whether they are read into memory, instead of the file being mapped.</param>
    /// <param name="runtime">Who compares them; null for <see cref="Runtime.Shared"/>.</param>
    /// <exception cref="IOException">The file cannot be read, or is too short.</exception>
    public static VectorMatrix Open(string path, long count, int width, VectorType type, bool read = false, Runtime? runtime = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        long bytes = checked(count * RowBytesOf(type, width));
        FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        if (bytes == 0 || stream.Length < bytes)
        {
            using (stream)
                return bytes == 0 // nothing cannot be mapped
                    ? new(new(null, 0, width, type), null, runtime ?? Runtime.Shared)
                    : throw new EndOfStreamException($"{path} has {stream.Length} bytes, but {count} vectors of {width} numbers need "
                        + $"{bytes}. It was cut short.");
        }
        using MappedFile file = MappedFile.Open(stream, path, bytes, read);
        Lease lease = file.Lease(); // outlives the file
        return new(new(lease.Start, count, width, type), lease, runtime ?? Runtime.Shared);
    }

    /// <summary>Rows.</summary>
    public long Count => _rows.Count;

    /// <summary>Numbers of a vector.</summary>
    public int Width => _rows.Width;

    /// <summary>How they are stored.</summary>
    public VectorType Type => _rows.Type;

    /// <summary>Who compares them.</summary>
    public Runtime Runtime => _runtime;

    /// <summary>Bytes from a row to the next.</summary>
    public int RowBytes => _rows.RowBytes;

    /// <summary>Reads a row.</summary>
    /// <param name="row">0 to <see cref="Count"/> - 1.</param>
    /// <param name="destination">[<see cref="Width"/>]</param>
    public void Copy(long row, Span<float> destination)
    {
        using Gate.Call call = _gate.Enter();
        RequireRow(row);
        RequireWidth(destination.Length, nameof(destination));
        VectorRow.Read(Type, _rows[row], destination);
    }

    /// <summary>Reads a row and gives it length 1; one of zeros stays that.</summary>
    /// <param name="row">0 to <see cref="Count"/> - 1.</param>
    /// <param name="destination">[<see cref="Width"/>]</param>
    public void CopyDirection(long row, Span<float> destination)
    {
        Copy(row, destination);
        RowList.Normalize(destination);
    }

    /// <summary>Reads rows as they are stored.</summary>
    /// <param name="row">The first.</param>
    /// <param name="destination">Room for one or more whole rows.</param>
    public void CopyBytes(long row, Span<byte> destination)
    {
        using Gate.Call call = _gate.Enter();
        if (row < 0 || destination.Length % RowBytes != 0 || destination.Length / RowBytes > Count - row)
            throw new ArgumentOutOfRangeException(nameof(row), row, $"{destination.Length} bytes from this row on are not whole rows of "
                + $"{RowBytes} bytes, of which there are {Count}.");
        new ReadOnlySpan<byte>(_rows.First + row * RowBytes, destination.Length).CopyTo(destination);
    }

    /// <summary>The rows with the largest inner products with a query, best first; equal scores in the order of their rows.</summary>
    /// <param name="query">[<see cref="Width"/>], finite; of length 1, as the rows are, if scores are to be cosines.</param>
    /// <param name="limits">How many, and which.</param>
    /// <param name="cancellationToken">Checked every few rows.</param>
    /// <exception cref="ArgumentException">The query or a limit cannot be used.</exception>
    public ScoredRow[] Search(ReadOnlySpan<float> query, ScanLimits limits, CancellationToken cancellationToken = default)
    {
        using Gate.Call call = _gate.Enter();
        RequireSearch(query, limits);
        return limits.FirstPassFactor == 0 || Type == VectorType.Int8 || Count == 0
            ? _scan.Best(_rows, query, limits, _runtime.Pool, cancellationToken)
            : _firstPass.Value.Best(query, limits, limits.FirstPassFactor, _runtime.Pool, _scan, cancellationToken);
    }

    private void RequireSearch(ReadOnlySpan<float> query, ScanLimits limits)
    {
        RequireWidth(query.Length, nameof(query));
        if (!(MathF.Abs(TensorPrimitives.MaxMagnitude(query)) < LargestNumber)) // not so for what is no number, either
            throw new ArgumentException($"The query holds numbers that are not finite, or {LargestNumber} and more.", nameof(query));
        if (limits.Top < 1 || limits.FirstPassFactor < 0 || float.IsNaN(limits.MinimumScore) || !limits.Among.Covers(Count))
            throw new ArgumentException(
                $"{limits} is no way to search {Count} rows: Top is 1 or more, FirstPassFactor 0 or more.", nameof(limits));
    }

    /// <summary>As the other one, of rows that are listed; only they are read, in the order of the list.</summary>
    /// <param name="query">[<see cref="Width"/>], finite; of length 1, as the rows are, if scores are to be cosines.</param>
    /// <param name="rows">Which rows, each once.</param>
    /// <param name="limits">How many, and which of them; there is no first pass.</param>
    /// <param name="cancellationToken">Checked every few rows.</param>
    /// <exception cref="ArgumentException">The query, a row or a limit cannot be used.</exception>
    public ScoredRow[] Search(
        ReadOnlySpan<float> query, ReadOnlyMemory<int> rows, ScanLimits limits, CancellationToken cancellationToken = default)
    {
        using Gate.Call call = _gate.Enter();
        RequireSearch(query, limits);
        foreach (int row in rows.Span)
            RequireRow(row);
        return _scan.BestOf(_rows, query, rows, limits, _runtime.Pool, cancellationToken);
    }

    /// <summary>Compares every row with every other by direction. Memory is bounded by the threads, whatever the number of pairs.</summary>
    /// <param name="threshold">The least cosine of a pair.</param>
    /// <param name="found">
    /// Told each pair by the places of its two in <paramref name="rows"/>; by one thread at a time, in no order.
    /// </param>
    /// <param name="rows">Which rows are compared; null for all.</param>
    /// <param name="progress">Told how many rows have been compared with all others.</param>
    /// <param name="cancellationToken">Checked for each pair of blocks.</param>
    public void FindPairs(
        float threshold, Action<int, int> found, int[]? rows = null, IProgress<int>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(found);
        if (float.IsNaN(threshold))
            throw new ArgumentException("The threshold is no number; a cosine lies between -1 and 1.", nameof(threshold));
        using Gate.Call call = _gate.Enter();
        RowList list = ListOf(rows);
        int blocks = VectorBlock.Blocks(list.Count);
        using VectorBlock left = new(VectorBlock.Rows, Width);
        using PerWorker<VectorBlock> right = new(_runtime.Pool, () => new(VectorBlock.Rows, Width));
        using PerWorker<AlignedBuffer> products = new(_runtime.Pool, () => new(VectorBlock.Rows * VectorBlock.Rows));
        for (int block = 0; block < blocks; block++)
        {
            left.Read(list, block);
            PairsOfBlock pairs = new()
            {
                Scan = _scan,
                List = list,
                Threshold = threshold,
                Found = found,
                Block = block,
                Left = left,
                Right = right,
                Products = products,
                Cancellation = cancellationToken,
            };
            _runtime.Pool.Run(blocks - block, ref pairs);
            progress?.Report(Math.Min((block + 1) * VectorBlock.Rows, list.Count));
        }
    }

    /// <summary>Compares rows with some centres by direction and keeps, for each row, what is nearer than what was known before.</summary>
    /// <param name="centres">[][<see cref="Width"/>], of length 1.</param>
    /// <param name="first">The number of the first of them; the others follow.</param>
    /// <param name="nearest">[rows] The number of the nearest centre so far; of equally near ones the first.</param>
    /// <param name="cosines">[rows] Its cosine; negative infinity where there is none yet.</param>
    /// <param name="rows">Which rows; null for all.</param>
    /// <param name="cancellationToken">Checked for each block of rows.</param>
    public void FindNearest(
        IReadOnlyList<float[]> centres, int first, int[] nearest, float[] cosines, int[]? rows = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(centres);
        ArgumentNullException.ThrowIfNull(nearest);
        ArgumentNullException.ThrowIfNull(cosines);
        using Gate.Call call = _gate.Enter();
        RowList list = ListOf(rows);
        if (nearest.Length != list.Count || cosines.Length != list.Count)
            throw new ArgumentException($"{list.Count} rows are compared, but there is room for {nearest.Length} centres and "
                + $"{cosines.Length} cosines.", nameof(nearest));
        using VectorBlock block = new(centres.Count, Width) { Count = centres.Count };
        for (int i = 0; i < centres.Count; i++)
        {
            RequireWidth(centres[i].Length, nameof(centres));
            centres[i].CopyTo(block[i]);
        }
        int stride = centres.Count + 1; // an odd number of centres is computed as the even one after it
        using PerWorker<VectorBlock> left = new(_runtime.Pool, () => new(VectorBlock.Rows, Width));
        using PerWorker<AlignedBuffer> products = new(_runtime.Pool, () => new((long)VectorBlock.Rows * stride));
        NearestOfBlock body = new()
        {
            Scan = _scan,
            List = list,
            Centres = block,
            FirstCentre = first,
            Nearest = nearest,
            Cosines = cosines,
            Left = left,
            Products = products,
            Stride = stride,
            Cancellation = cancellationToken,
        };
        _runtime.Pool.Run(VectorBlock.Blocks(list.Count), ref body);
    }

    /// <summary>The mean directions of sets of rows, each row taken with length 1, in the order given.</summary>
    /// <param name="sets">The rows of each set.</param>
    /// <param name="directions">
    /// [sets][<see cref="Width"/>] Of length 1; that of an empty set, or of one whose rows cancel out, stays as it is.
    /// </param>
    public void MeanDirections(IReadOnlyList<int[]> sets, IReadOnlyList<float[]> directions)
    {
        ArgumentNullException.ThrowIfNull(sets);
        ArgumentNullException.ThrowIfNull(directions);
        using Gate.Call call = _gate.Enter();
        if (sets.Count != directions.Count)
            throw new ArgumentException(
                $"There are {sets.Count} sets of rows, but room for {directions.Count} directions.", nameof(directions));
        foreach (float[] direction in directions)
            RequireWidth(direction.Length, nameof(directions));
        foreach (int[] set in sets)
            RequireRows(set);
        MeanOfSet body = new() { List = new(_rows), Sets = sets, Directions = directions };
        _runtime.Pool.Run(sets.Count, ref body);
    }

    /// <summary>Frees the rows, when the calls that are running have ended.</summary>
    public void Dispose()
    {
        if (!_gate.Close())
            return;
        if (_firstPass.IsValueCreated)
            _firstPass.Value.Dispose();
        _memory?.Dispose();
    }

    private static int RowBytesOf(VectorType type, int width)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        return VectorRow.Bytes(type, width);
    }

    private static void RequireVector(float[] vector, int width, int row)
    {
        if (vector is null || vector.Length != width)
            throw new ArgumentException($"Vector {row} has {vector?.Length ?? 0} numbers, but all need {width}.", "vectors");
        foreach (float number in vector)
            if (!float.IsFinite(number))
                throw new ArgumentException($"Vector {row} holds {number}, which is no finite number.", "vectors");
    }

    private RowList ListOf(int[]? rows)
    {
        if (rows is null && Count > int.MaxValue)
            throw new NotSupportedException($"There are {Count} rows; at most {int.MaxValue} are compared with one another.");
        RequireRows(rows ?? []);
        return new(_rows, rows);
    }

    private void RequireRows(int[] rows)
    {
        foreach (int row in rows)
            RequireRow(row);
    }

    private void RequireRow(long row)
    {
        if (row < 0 || row >= Count)
            throw new ArgumentOutOfRangeException(nameof(row), row, $"There are {Count} rows.");
    }

    private void RequireWidth(int length, string name)
    {
        if (length != Width)
            throw new ArgumentException($"The vectors have {Width} numbers, but there are {length} here.", name);
    }

    private struct PairsOfBlock : IParallelBody
    {
        public VectorScan Scan;
        public RowList List;
        public float Threshold;
        public Action<int, int> Found;
        public int Block;
        public VectorBlock Left;
        public PerWorker<VectorBlock> Right;
        public PerWorker<AlignedBuffer> Products;
        public CancellationToken Cancellation;

        public readonly void Invoke(int index, int worker)
        {
            Cancellation.ThrowIfCancellationRequested();
            VectorBlock right = Right[worker];
            float* products = Products[worker].Pointer;
            right.Read(List, Block + index);
            Scan.Products(Left, right, products, VectorBlock.Rows);
            for (int i = 0; i < Left.Count; i++)
                for (int j = index == 0 ? i + 1 : 0; j < right.Count; j++)
                    if (products[i * VectorBlock.Rows + j] >= Threshold)
                        lock (Left)
                            Found(Block * VectorBlock.Rows + i, (Block + index) * VectorBlock.Rows + j);
        }
    }

    private struct NearestOfBlock : IParallelBody
    {
        public VectorScan Scan;
        public RowList List;
        public VectorBlock Centres;
        public int FirstCentre, Stride;
        public int[] Nearest;
        public float[] Cosines;
        public PerWorker<VectorBlock> Left;
        public PerWorker<AlignedBuffer> Products;
        public CancellationToken Cancellation;

        public readonly void Invoke(int index, int worker)
        {
            Cancellation.ThrowIfCancellationRequested();
            VectorBlock left = Left[worker];
            float* products = Products[worker].Pointer;
            left.Read(List, index);
            Scan.Products(left, Centres, products, Stride);
            for (int i = 0; i < left.Count; i++)
            {
                int row = index * VectorBlock.Rows + i;
                for (int centre = 0; centre < Centres.Count; centre++)
                    if (products[i * Stride + centre] > Cosines[row])
                        (Cosines[row], Nearest[row]) = (products[i * Stride + centre], FirstCentre + centre);
            }
        }
    }

    private struct MeanOfSet : IParallelBody
    {
        public RowList List;
        public IReadOnlyList<int[]> Sets;
        public IReadOnlyList<float[]> Directions;

        public readonly void Invoke(int index, int worker)
        {
            if (Sets[index].Length == 0)
                return;
            float[] vector = new float[List.Width], sum = new float[List.Width];
            foreach (int row in Sets[index])
            {
                List.Read(row, vector);
                TensorPrimitives.Add(sum, vector, sum);
            }
            float norm = TensorPrimitives.Norm<float>(sum);
            if (norm > 0f)
                TensorPrimitives.Divide(sum, norm, Directions[index]);
        }
    }
}
