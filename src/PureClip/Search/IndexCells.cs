using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace PureClip.Search;

/// <summary>
/// The vectors of an index in cells of near directions, so that a search need not look at all of them: an inverted file. It lies beside the
/// rows of one generation, which never change, and covers those that were there when it was made; later ones are looked at in any case.
/// The layout is in FORMAT.md.
/// </summary>
/// <remarks>Jégou, Douze and Schmid 2011, "Product Quantization for Nearest Neighbor Search", section IV: IVF, with exact scores.</remarks>
internal sealed class IndexCells : IDisposable
{
    private const int HeaderBytes = 40, ChecksumAt = 36;

    private readonly VectorMatrix _centres;
    private readonly int[] _ends; // of each cell, in _rows
    private readonly int[] _rows; // cell by cell

    private IndexCells(VectorMatrix centres, int[] ends, int[] rows, int covered)
    {
        (_centres, _ends, _rows, Covered) = (centres, ends, rows, covered);
    }

    /// <summary>The first bytes of the file.</summary>
    private static ReadOnlySpan<byte> Magic => "PCCELLS1"u8;

    /// <summary>Rows from the first on that lie in cells, with those that no entry has any more.</summary>
    public int Covered { get; }

    /// <summary>The rows in the cells nearest to a query, until they are a share of all in cells; then those that lie in none.</summary>
    /// <param name="query">[width], of length 1.</param>
    /// <param name="share">Above 0, to 1.</param>
    /// <param name="rowCount">All rows.</param>
    /// <param name="cancellationToken">Looked at now and then.</param>
    public int[] Near(ReadOnlySpan<float> query, float share, long rowCount, CancellationToken cancellationToken)
    {
        const int Spare = 16;
        long wanted = (long)Math.Ceiling((double)share * _rows.Length);
        int most = (int)Math.Min(_ends.Length, Math.Ceiling(2.0 * share * _ends.Length) + Spare); // cells are of uneven size
        ScoredRow[] cells = _centres.Search(query, new(most), cancellationToken);
        int taken = 0, size = 0;
        for (; taken < cells.Length && size < wanted; taken++)
            size += RowsOf((int)cells[taken].Row).Length;
        int[] near = new int[size + (int)(rowCount - Covered)];
        int at = 0;
        foreach (ScoredRow cell in cells.AsSpan(0, taken))
        {
            ReadOnlySpan<int> rows = RowsOf((int)cell.Row);
            rows.CopyTo(near.AsSpan(at));
            at += rows.Length;
        }
        for (int row = Covered; at < near.Length; row++)
            near[at++] = row;
        return near;
    }

    /// <summary>Writes the same cells for another generation, in which rows have other numbers.</summary>
    /// <param name="files">The index.</param>
    /// <param name="header">The generation.</param>
    /// <param name="numbers">The number of each row now; -1 where it is no more.</param>
    public void WriteRenumbered(IndexFiles files, IndexHeader header, int[] numbers)
    {
        float[][] centres = new float[_ends.Length][];
        int[][] members = new int[_ends.Length][];
        for (int cell = 0; cell < centres.Length; cell++)
        {
            _centres.Copy(cell, centres[cell] = new float[_centres.Width]);
            members[cell] = [.. RowsOf(cell).ToArray().Select(row => numbers[row]).Where(static row => row >= 0)];
        }
        Write(files, header, centres, members, numbers.Take(Covered).Count(static row => row >= 0));
    }

    /// <inheritdoc/>
    public void Dispose() => _centres.Dispose();

    /// <summary>Reads the cells of a generation; null where there are none, or they are damaged.</summary>
    public static IndexCells? TryRead(IndexFiles files, IndexHeader header, long rowCount, Runtime? runtime) =>
        File.Exists(files.Cells(header.Generation)) && Read(files, header, rowCount, runtime, out IndexCells? cells) is null ? cells : null;

    /// <summary>Reads the cells of a generation.</summary>
    /// <returns>What is wrong with them; null where nothing is.</returns>
    public static InvalidDataException? Read(IndexFiles files, IndexHeader header, long rowCount, Runtime? runtime, out IndexCells? cells)
    {
        cells = null;
        string path = files.Cells(header.Generation);
        byte[] bytes = File.ReadAllBytes(path);
        if (bytes.Length < HeaderBytes || !bytes.AsSpan().StartsWith(Magic)
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(ChecksumAt)) != Crc32C.Of(bytes.AsSpan(0, ChecksumAt)))
            return files.Damaged(path, "these are no cells, or their header is not what was written");
        int Number(int at) => BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at));
        int width = Number(16), count = Number(20), covered = Number(24), listed = Number(28);
        bool isPossible = BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(8)) == header.Generation && width == header.Space.Width
            && count > 0 && listed >= 0 && listed <= covered && covered <= rowCount
            && bytes.Length == HeaderBytes + sizeof(float) * ((long)count * width + count + listed);
        if (!isPossible || BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(32)) != Crc32C.Of(bytes.AsSpan(HeaderBytes)))
            return files.Damaged(path, "the cells are not what was written (their checksum or their sizes differ)");
        ReadOnlySpan<byte> body = bytes.AsSpan(HeaderBytes);
        ReadOnlySpan<float> numbers = MemoryMarshal.Cast<byte, float>(body)[..(count * width)];
        ReadOnlySpan<int> places = MemoryMarshal.Cast<byte, int>(body[(sizeof(float) * count * width)..]);
        int[] ends = places[..count].ToArray(), rows = places[count..].ToArray();
        if (!AreOnce(ends, rows, covered))
            return files.Damaged(path, "a row lies in two cells, or in none that there is");
        float[][] centres = new float[count][];
        for (int cell = 0; cell < count; cell++)
            centres[cell] = numbers.Slice(cell * width, width).ToArray();
        cells = new(VectorMatrix.FromVectors(width, centres, runtime: runtime), ends, rows, covered);
        return null;
    }

    /// <summary>Writes cells; they count once the file has its name.</summary>
    /// <param name="files">The index.</param>
    /// <param name="header">The generation that they are of.</param>
    /// <param name="centres">[cells][width], of length 1.</param>
    /// <param name="members">[cells] Their rows.</param>
    /// <param name="covered">Rows from the first on that were looked at.</param>
    public static void Write(
        IndexFiles files, IndexHeader header, IReadOnlyList<float[]> centres, IReadOnlyList<int[]> members, int covered)
    {
        int width = header.Space.Width, listed = members.Sum(static rows => rows.Length), end = 0;
        byte[] bytes = new byte[checked((int)(HeaderBytes + sizeof(float) * ((long)centres.Count * width + centres.Count + listed)))];
        Span<float> numbers = MemoryMarshal.Cast<byte, float>(bytes.AsSpan(HeaderBytes))[..(centres.Count * width)];
        Span<int> places = MemoryMarshal.Cast<byte, int>(bytes.AsSpan(HeaderBytes + sizeof(float) * numbers.Length));
        for (int cell = 0; cell < centres.Count; cell++)
        {
            centres[cell].CopyTo(numbers[(cell * width)..]);
            members[cell].CopyTo(places[(centres.Count + end)..]);
            places[cell] = end += members[cell].Length;
        }
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), header.Generation);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(16), width);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(20), centres.Count);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(24), covered);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(28), listed);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(32), Crc32C.Of(bytes.AsSpan(HeaderBytes)));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(ChecksumAt), Crc32C.Of(bytes.AsSpan(0, ChecksumAt)));
        using (FileStream file = new(files.NewCells, FileMode.Create, FileAccess.Write))
        {
            file.Write(bytes);
            file.Flush(flushToDisk: true);
        }
        File.Move(files.NewCells, files.Cells(header.Generation), overwrite: true);
    }

    private ReadOnlySpan<int> RowsOf(int cell)
    {
        int begin = cell == 0 ? 0 : _ends[cell - 1];
        return _rows.AsSpan(begin, _ends[cell] - begin);
    }

    private static bool AreOnce(int[] ends, int[] rows, int covered)
    {
        int before = 0;
        foreach (int end in ends)
        {
            if (end < before || end > rows.Length)
                return false;
            before = end;
        }
        bool[] seen = new bool[covered];
        foreach (int row in rows)
        {
            if (row < 0 || row >= covered || seen[row])
                return false;
            seen[row] = true;
        }
        return before == rows.Length;
    }
}

/// <summary>
/// Sorts vectors into cells: spherical k-means on a sample of them, then each to the nearest centre. The same vectors give the same cells.
/// </summary>
internal static class CellMaker
{
    // A cell for each two of the root of the rows: to look at all centres takes as long as to look at a few hundredths of the rows.
    private const double CellsOfARoot = 2;

    private const int SampleOfACell = 32, Rounds = 6, RowsAtATime = 1 << 17;

    /// <summary>How many cells there are for so many rows.</summary>
    public static int CountFor(int rows) => Math.Clamp((int)(CellsOfARoot * Math.Sqrt(rows)), 1, Math.Max(1, rows));

    /// <summary>The cells of some rows.</summary>
    /// <param name="vectors">All rows.</param>
    /// <param name="rows">Which of them, one or more.</param>
    /// <param name="progress">Told how many rows have a cell.</param>
    /// <param name="cancellationToken">Looked at before each block of rows.</param>
    public static (float[][] Centres, int[][] Members) Of(
        VectorMatrix vectors, int[] rows, IProgress<int>? progress, CancellationToken cancellationToken)
    {
        float[][] centres = Centres(vectors, rows, cancellationToken);
        int[] cellOf = new int[rows.Length], counts = new int[centres.Length];
        for (int done = 0; done < rows.Length; done += RowsAtATime)
        {
            int[] some = rows[done..Math.Min(done + RowsAtATime, rows.Length)];
            Nearest(vectors, centres, some, cancellationToken).CopyTo(cellOf, done);
            progress?.Report(done + some.Length);
        }
        foreach (int cell in cellOf)
            counts[cell]++;
        int[][] members = [.. counts.Select(static count => new int[count])];
        Array.Clear(counts);
        for (int i = 0; i < rows.Length; i++)
            members[cellOf[i]][counts[cellOf[i]]++] = rows[i];
        return (centres, members);
    }

    private static float[][] Centres(VectorMatrix vectors, int[] rows, CancellationToken cancellationToken)
    {
        int count = CountFor(rows.Length), sampled = (int)Math.Min(rows.Length, (long)count * SampleOfACell);
        int[] sample = [.. Enumerable.Range(0, sampled).Select(i => rows[(int)((long)i * rows.Length / sampled)])];
        int[] first = [.. sample];
        new Random(count).Shuffle(first);
        float[][] centres = new float[count][];
        for (int cell = 0; cell < count; cell++)
            vectors.CopyDirection(first[cell], centres[cell] = new float[vectors.Width]);
        for (int round = 0; round < Rounds; round++)
        {
            int[] cellOf = Nearest(vectors, centres, sample, cancellationToken);
            ILookup<int, int> members = Enumerable.Range(0, sampled).ToLookup(i => cellOf[i], i => sample[i]);
            vectors.MeanDirections([.. Enumerable.Range(0, count).Select(cell => members[cell].ToArray())], centres);
        }
        return centres;
    }

    private static int[] Nearest(VectorMatrix vectors, float[][] centres, int[] rows, CancellationToken cancellationToken)
    {
        int[] nearest = new int[rows.Length];
        float[] cosines = new float[rows.Length];
        cosines.AsSpan().Fill(float.NegativeInfinity);
        vectors.FindNearest(centres, 0, nearest, cosines, rows, cancellationToken);
        return nearest;
    }
}
