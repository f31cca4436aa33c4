using System.Diagnostics;
using System.Globalization;
using PureClip.Postgres;
using PureClip.Search;

namespace PureClip.Bench;

/// <summary>
/// <c>postgres ADDRESS [ROWS] [WIDTH] [QUERIES]</c>: clustered unit vectors in PostgreSQL and in an index on disk: time to load, size, and
/// of searches time and recall of the best ten, beside the exact scan of the same vectors. Makes the schema <c>pureclip_bench</c> and
/// removes its table again.
/// </summary>
internal static class PostgresReport
{
    private const int Top = 10, Batch = 50_000, RowsOfACluster = 1000;

    // A member's cosine with the middle of its cluster is 0.86: pictures of one motif, as models of photographs see them, are that near.
    private const float Spread = 0.6f;

    public static async Task Run(string[] args)
    {
        if (args is not [string address, ..])
            throw new ArgumentException("postgres ADDRESS [ROWS] [WIDTH] [QUERIES]");
        int Number(int place, int usual) => args.Length > place ? int.Parse(args[place], CultureInfo.InvariantCulture) : usual;
        (int rows, int width, int queries) = (Number(1, 1_000_000), Number(2, 256), Number(3, 200));
        Write($"{rows} x {width}, {queries} queries, {Environment.ProcessorCount} processors");
        VectorSpace space = new("bench", width);
        string folder = Directory.CreateTempSubdirectory("pureclip-bench-").FullName;
        try
        {
            float[][] asked = [.. Enumerable.Range(0, queries).Select(i => Vector(rows, width, rows + i))];
            string[][] truth = Disk(Path.Combine(folder, "vectors.index"), space, rows, asked);
            await Database(address, space, rows, asked, truth).ConfigureAwait(false);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string[][] Disk(string path, VectorSpace space, int rows, float[][] asked)
    {
        long start = Stopwatch.GetTimestamp();
        using (EmbeddingIndexWriter writer = EmbeddingIndexWriter.Create(path, space))
        {
            Fill(writer, space.Width, rows);
            Write($"index on disk: loaded in {Seconds(start):0.0} s");
        }
        using EmbeddingIndex index = EmbeddingIndex.Open(path);
        Write($"index on disk: {index.StoredBytes / 1e6:0} MB");
        index.Search(asked[0]); // the file comes into memory
        List<double> times = [];
        string[][] truth =
        [
            .. asked.Select(query => Timed(times, () => index.Search(query, new() { Top = Top })).Select(hit => hit.Key).ToArray()),
        ];
        Write($"index on disk: exact, {Describe(times)}");
        return truth;
    }

    private static async Task Database(string address, VectorSpace space, int rows, float[][] asked, string[][] truth)
    {
        PostgresIndexOptions options = new() { Schema = "pureclip_bench", Table = "vectors" };
        await using PostgresIndex index = await PostgresIndex.OpenOrCreateAsync(address, space, options).ConfigureAwait(false);
        await index.AsVectorStoreCollection().EnsureCollectionDeletedAsync().ConfigureAwait(false);
        await using PostgresIndex empty = await PostgresIndex.OpenOrCreateAsync(address, space, options).ConfigureAwait(false);
        Write($"PostgreSQL: pgvector {empty.VectorVersion}");
        long start = Stopwatch.GetTimestamp();
        Fill(await empty.OpenWriterAsync().ConfigureAwait(false), space.Width, rows);
        Write($"PostgreSQL: loaded in {Seconds(start):0.0} s (COPY, a transaction for each {Batch})");
        start = Stopwatch.GetTimestamp();
        await empty.BuildIndexAsync().ConfigureAwait(false);
        PostgresFacts facts = await empty.InspectAsync().ConfigureAwait(false);
        Write($"PostgreSQL: HNSW in {Seconds(start):0.0} s; {facts.StoredBytes / 1e6:0} MB, {facts.IndexBytes / 1e6:0} of them HNSW");
        foreach (int candidates in new[] { 40, 100, 200, 400 })
        {
            await using PostgresIndex one =
                await PostgresIndex.OpenAsync(address, options with { EfSearch = candidates }).ConfigureAwait(false);
            await Ask(one, asked, truth, new() { Top = Top }, $"HNSW, {candidates} candidates").ConfigureAwait(false);
        }
        await Ask(empty, asked[..Math.Min(10, asked.Length)], truth, new() { Top = Top, IsExact = true }, "exact").ConfigureAwait(false);
        await empty.DropAsync().ConfigureAwait(false);
    }

    private static async Task Ask(PostgresIndex index, float[][] asked, string[][] truth, PostgresSearchOptions options, string name)
    {
        foreach (float[] query in asked) // pages come into memory
            await index.SearchAsync(query, options).ConfigureAwait(false);
        List<double> times = [];
        int found = 0;
        for (int i = 0; i < asked.Length; i++)
        {
            long start = Stopwatch.GetTimestamp();
            PostgresHit[] hits = await index.SearchAsync(asked[i], options).ConfigureAwait(false);
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            found += hits.Count(hit => truth[i].Contains(hit.Key));
        }
        Write($"PostgreSQL: {name}: recall@{Top} {found / (double)(Top * asked.Length):0.000}, {Describe(times)}");
    }

    private static void Fill(IEntryStore store, int width, int rows)
    {
        for (int first = 0; first < rows; first += Batch)
        {
            float[][] vectors = new float[Math.Min(Batch, rows - first)][];
            Parallel.For(0, vectors.Length, i => vectors[i] = Vector(rows, width, first + i));
            for (int i = 0; i < vectors.Length; i++)
                store.Add(new($"/photos/{(first + i) / RowsOfACluster:0000}/{first + i:0000000}.jpg", 1_000_000 + i), vectors[i]);
            store.Commit();
        }
    }

    /// <summary>A member of one of the clusters, always the same for its number.</summary>
    private static float[] Vector(int rows, int width, int number)
    {
        int clusters = Math.Max(1, rows / RowsOfACluster);
        float[] vector = new float[width], middle = new float[width];
        StoredVectors.RandomUnit(-1 - (int)((uint)number * 2_654_435_761u % (uint)clusters), middle);
        StoredVectors.RandomUnit(number, vector);
        double squares = 0;
        for (int i = 0; i < width; i++)
        {
            vector[i] = middle[i] + Spread * vector[i];
            squares += vector[i] * vector[i];
        }
        float scale = (float)(1 / Math.Sqrt(squares));
        for (int i = 0; i < width; i++)
            vector[i] *= scale;
        return vector;
    }

    private static T Timed<T>(List<double> times, Func<T> call)
    {
        long start = Stopwatch.GetTimestamp();
        T result = call();
        times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        return result;
    }

    private static string Describe(List<double> times)
    {
        double[] sorted = [.. times.Order()];
        return string.Create(CultureInfo.InvariantCulture,
            $"median {sorted[sorted.Length / 2]:0.0} ms, 95 of 100 within {sorted[sorted.Length * 95 / 100]:0.0} ms");
    }

    private static double Seconds(long start) => Stopwatch.GetElapsedTime(start).TotalSeconds;

    private static void Write(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
