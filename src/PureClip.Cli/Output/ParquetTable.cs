using Parquet;
using Parquet.Schema;

namespace PureClip.Cli.Output;

/// <summary>
/// Rows as a Parquet file: a column for each thing that they say, vectors as lists of floats. Groups of rows are written as they come, so
/// that memory stays small whatever their number.
/// </summary>
/// <remarks>Apache Parquet's format, version 2; pages are compressed with Snappy, which every reader knows.</remarks>
internal static class ParquetTable
{
    // Readers take a group at a time: some tens of megabytes of vectors.
    private const int MostRowsOfAGroup = 20_000;
    private const long BytesOfAGroup = 32 << 20;

    private const string Element = "element"; // as the format's rules for lists have it

    /// <summary>Writes rows; nothing where there is none.</summary>
    /// <param name="target">Where to; what cannot be positioned gets the file when all of it is there.</param>
    /// <param name="names">What the columns are called.</param>
    /// <param name="rows">A cell for each column.</param>
    /// <param name="facts">Names and values for the file's metadata.</param>
    /// <param name="cancellation">Looked at before each group.</param>
    /// <returns>How many rows there were.</returns>
    public static int Write(
        Stream target, string[] names, IEnumerable<Cell[]> rows, IReadOnlyList<(string Name, string Value)> facts,
        CancellationToken cancellation)
    {
        using FileStream? spool = target.CanSeek ? null : Spool.Open("parquet");
        int count = WriteAsync(spool ?? target, names, rows, facts, cancellation).GetAwaiter().GetResult();
        if (spool is null || count == 0)
            return count;
        spool.Position = 0;
        spool.CopyTo(target);
        return count;
    }

    private static async Task<int> WriteAsync(
        Stream file, string[] names, IEnumerable<Cell[]> rows, IReadOnlyList<(string Name, string Value)> facts,
        CancellationToken cancellation)
    {
        ParquetColumn[]? columns = null;
        ParquetWriter? writer = null;
        int count = 0;
        try
        {
            foreach (List<Cell[]> group in GroupsOf(rows))
            {
                cancellation.ThrowIfCancellationRequested();
                if (writer is null)
                {
                    columns = [.. names.Select((name, i) => ParquetColumn.Of(name, group.Select(row => row[i].Value)))];
                    ParquetSchema schema = new([.. columns.Select(static column => column.Field)]);
                    writer = await ParquetWriter.CreateAsync(schema, file, cancellationToken: cancellation).ConfigureAwait(false);
                    writer.CustomMetadata = facts.ToDictionary(static fact => fact.Name, static fact => fact.Value);
                }
                using ParquetRowGroupWriter written = writer.CreateRowGroup();
                for (int i = 0; i < names.Length; i++)
                    await columns![i].Write(written, group.ConvertAll(row => row[i].Value), cancellation).ConfigureAwait(false);
                written.CompleteValidate();
                count += group.Count;
            }
        }
        finally
        {
            if (writer is not null)
                await writer.DisposeAsync().ConfigureAwait(false);
        }
        return count;
    }

    private static IEnumerable<List<Cell[]>> GroupsOf(IEnumerable<Cell[]> rows)
    {
        List<Cell[]> group = [];
        long bytes = 0;
        foreach (Cell[] row in rows)
        {
            group.Add(row);
            foreach (Cell cell in row)
                bytes += sizeof(float) * (long)(cell.Vector?.Length ?? 1);
            if (group.Count < MostRowsOfAGroup && bytes < BytesOfAGroup)
                continue;
            yield return group;
            group = [];
            bytes = 0;
        }
        if (group.Count > 0)
            yield return group;
    }

    /// <summary>A column, and how its values are written.</summary>
    private abstract class ParquetColumn(Field described)
    {
        public Field Field => described;

        /// <summary>The column of some values: what the first of them that is one tells; a text where there is none.</summary>
        public static ParquetColumn Of(string name, IEnumerable<object?> values) => values.FirstOrDefault(value => value is not null) switch
        {
            long => new Plain<long>(new DataField(name, typeof(long), isNullable: true)),
            float => new Plain<float>(new DataField(name, typeof(float), isNullable: true)),
            double => new Plain<double>(new DataField(name, typeof(double), isNullable: true)),
            bool => new Plain<bool>(new DataField(name, typeof(bool), isNullable: true)),
            DateTime => new Plain<DateTime>(new DateTimeDataField(
                name, DateTimeFormat.Timestamp, isAdjustedToUTC: true, unit: DateTimeTimeUnit.Micros, isNullable: true)),
            float[] => new Vectors(name),
            string or null => new Texts(name),
            object other => throw new NotSupportedException($"{name}: a {other.GetType().Name} is no column of a table."),
        };

        public abstract Task Write(ParquetRowGroupWriter group, List<object?> values, CancellationToken cancellation);
    }

    private sealed class Texts(string name) : ParquetColumn(new DataField(name, typeof(string), isNullable: true))
    {
        public override Task Write(ParquetRowGroupWriter group, List<object?> values, CancellationToken cancellation) =>
            group.WriteAsync((DataField)Field, values.ConvertAll(static value => (string)value!));
    }

    private sealed class Plain<T>(DataField field) : ParquetColumn(field)
        where T : struct
    {
        public override Task Write(ParquetRowGroupWriter group, List<object?> values, CancellationToken cancellation) =>
            group.WriteAsync<T>((DataField)Field, values.ConvertAll(value => (T?)value).ToArray(), cancellationToken: cancellation);
    }

    /// <summary>A value that repeats: the first of a row is at level 0, those behind it at level 1.</summary>
    private sealed class Vectors(string name) : ParquetColumn(new ListField(name, new DataField(Element, typeof(float), isNullable: false)))
    {
        public override Task Write(ParquetRowGroupWriter group, List<object?> values, CancellationToken cancellation)
        {
            DataField item = (DataField)((ListField)Field).Item;
            float[] numbers = new float[values.Sum(static value => ((float[])value!).Length)];
            int[] levels = new int[numbers.Length], defined = new int[numbers.Length];
            levels.AsSpan().Fill(1);
            defined.AsSpan().Fill(item.MaxDefinitionLevel); // no vector is empty, and no number of it is missing
            int at = 0;
            foreach (float[] vector in values.Cast<float[]>())
            {
                vector.CopyTo(numbers, at);
                levels[at] = 0;
                at += vector.Length;
            }
            return group.WriteAllPartsAsync<float>(
                item, numbers, (ReadOnlyMemory<int>)defined, (ReadOnlyMemory<int>)levels, cancellation);
        }
    }
}

/// <summary>A file for what has to be complete before it goes to where nothing can be changed any more; it vanishes by itself.</summary>
internal static class Spool
{
    /// <summary>Opens one.</summary>
    /// <param name="ending">The ending of its name.</param>
    public static FileStream Open(string ending) =>
        new(Path.Combine(Path.GetTempPath(), $"pureclip-{Guid.NewGuid():N}.{ending}"), new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Options = FileOptions.DeleteOnClose,
        });
}
