using System.Diagnostics;
using System.Globalization;
using PureClip.Scan;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip.Bench;

/// <summary>
/// <c>search [ROWS] [WIDTH] [ROUNDS]</c>: scan speed beside the memory's own, measured in turns so that a busy machine disturbs both alike;
/// then how many of the best ten a first pass over signed bytes finds.
/// </summary>
internal static unsafe class SearchReport
{
    private const int Queries = 200, Top = 10;

    private static readonly VectorScan Scan = VectorScan.Of(SimdTier.Active);

    private static readonly int[] Factors = [1, 2, 4, 8];

    public static void Run(string[] args)
    {
        int Number(int place, int usual) => args.Length > place ? int.Parse(args[place], CultureInfo.InvariantCulture) : usual;
        (int count, int width, int rounds) = (Number(0, 1_000_000), Number(1, 512), Number(2, 12));
        Write($"{count} x {width}, {SimdTier.Active.Name}, best of {rounds}");
        foreach (VectorType type in Enum.GetValues<VectorType>())
        {
            using StoredVectors rows = StoredVectors.Random(type, count, width);
            foreach (int threads in new[] { 1, Environment.ProcessorCount }.Distinct())
                Speed(rows, threads, rounds);
        }
        int few = Math.Min(count, 100_000);
        using StoredVectors random = StoredVectors.Random(VectorType.F16, few, width);
        Recall("random directions", random);
        using StoredVectors jittered = Jittered(few, width);
        Recall("random directions, 100 jittered copies of each", jittered);
        if (args.Length > 3)
            RecallOfPictures(args[3], args[4]);
    }

    private static void Speed(StoredVectors rows, int threads, int rounds)
    {
        using WorkerPool pool = new(threads);
        float[] query = new float[rows.Rows.Width];
        StoredVectors.RandomUnit(-1, query);
        double bandwidth = 0, scan = 0;
        for (int i = 0; i < rounds; i++)
        {
            bandwidth = Math.Max(bandwidth, ReadBandwidth.Measure((byte*)rows.Rows.First, rows.Bytes, pool, SimdTier.Active, 1));
            long start = Stopwatch.GetTimestamp();
            Scan.Best(rows.Rows, query, new(Top), pool);
            scan = Math.Max(scan, rows.Bytes / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e9);
        }
        double milliseconds = rows.Bytes / scan / 1e6, share = 100 * scan / bandwidth;
        Write($"{rows.Rows.Type,-5} {threads} threads: {milliseconds,7:0.0} ms  {scan,5:0.0} GB/s, memory {bandwidth,5:0.0}, {share:0} %");
    }

    private static StoredVectors Jittered(int count, int width) => new(VectorType.F16, count, width, (row, vector) =>
    {
        float[] centre = new float[width];
        StoredVectors.RandomUnit(row / 100, centre);
        StoredVectors.RandomUnit(-2 - row, vector);
        for (int i = 0; i < width; i++)
            vector[i] = (centre[i] + 0.3f * vector[i]) / 1.044f; // the two are nearly at right angles
    });

    /// <summary>Pictures of a folder, and the words of the model's vocabulary, with a model.</summary>
    private static void RecallOfPictures(string model, string folder)
    {
        using Clip clip = Clip.Load(model);
        string[] paths = Directory.GetFiles(folder, "*.png");
        string[] words = PureClip.Concepts.VocabularyWords.Of(clip.Tokenizer!);
        float[][] embeddings = [.. clip.EncodeImages([.. paths.Select(ImageSource.FromFile)]), .. clip.EncodeTexts(words)];
        using StoredVectors rows =
            new(VectorType.F16, embeddings.Length, clip.EmbeddingWidth, (row, vector) => embeddings[row].CopyTo(vector, 0));
        Recall($"{paths.Length} pictures and {words.Length} words", rows);
    }

    private static void Recall(string name, StoredVectors rows)
    {
        using WorkerPool pool = new(Environment.ProcessorCount);
        using FirstPass first = new(rows.Rows, pool);
        float[][] queries = [.. Enumerable.Range(0, Queries).Select(i => QueryNear(rows.Rows, i))];
        long[][] exact = [.. queries.Select(query => Scan.Best(rows.Rows, query, new(Top), pool).Select(row => row.Row).ToArray())];
        foreach (int factor in Factors)
        {
            double found = queries.Select(
                (query, i) => first.Best(query, new(Top), factor, pool, Scan).Count(row => exact[i].Contains(row.Row))).Average();
            Write($"recall@{Top}, {name}, {rows.Rows.Count} rows, factor {factor}: {found / Top:0.0000}");
        }
    }

    /// <summary>Half a stored vector, half a random direction: neither a vector itself nor far from all.</summary>
    private static float[] QueryNear(VectorRows rows, int number)
    {
        float[] query = new float[rows.Width], random = new float[rows.Width];
        VectorRow.Read(rows.Type, rows[number * (rows.Count / Queries)], query);
        StoredVectors.RandomUnit(int.MinValue + number, random);
        for (int i = 0; i < query.Length; i++)
            query[i] = (query[i] + random[i]) / 1.414f;
        return query;
    }

    private static void Write(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
