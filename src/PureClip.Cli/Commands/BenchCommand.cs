using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using PureClip.Cli.Arguments;
using PureClip.Cli.Output;

namespace PureClip.Cli.Commands;

/// <summary><c>pureclip bench</c>: how fast a model runs here.</summary>
internal sealed class BenchCommand : ShellCommand
{
    private const int MostWarmUpPictures = 32, PicturesInTurn = 32;

    private static readonly int[] UsualThreads = [.. new[] { 1, Environment.ProcessorCount }.Distinct()];
    private static readonly int[] UsualImageBatch = [1, 16];
    private static readonly int[] UsualTextBatch = [1, 32];

    private static readonly Report<Measurement> Measurements = new(
        new("kind", cell => cell.Kind),
        new("threads", cell => cell.Threads),
        new("batch", cell => cell.Batch),
        new("ms", cell => Math.Round(cell.Milliseconds, 4), "0.000"),
        new("gflops", cell => Math.Round(cell.Gflops, 2), "0.0") { Title = "GFLOP/s" },
        new("percent_of_peak", cell => Math.Round(cell.PercentOfPeak, 2), "0.0") { Title = "% of peak" },
        new("allocated_bytes", cell => cell.AllocatedBytes),
        new("percent_of_model", cell => cell.PercentOfModel is double percent ? Math.Round(percent, 2) : Cell.Absent)
        {
            Shown = Shown.InLines,
        });

    private readonly Option<int[]> _threads = Values.Integers("--threads",
        $"Threads that compute. [default: {string.Join(',', UsualThreads)}]", 1, ModelOptions.MostThreads);
    private readonly Option<int[]> _imageBatch = Values.Integers("--image-batch",
        $"Pictures of a call. [default: {string.Join(',', UsualImageBatch)}]", 1, 4096);
    private readonly Option<int[]> _textBatch = Values.Integers("--text-batch",
        $"Texts of a call, all the same. [default: {string.Join(',', UsualTextBatch)}]", 1, 65536);

    private readonly Option<string> _text = new("--text")
    {
        HelpName = "TEXT",
        Description = "The text; longer ones take longer.",
        DefaultValueFactory = _ => "a photo of a cat",
    };

    private readonly Option<Kind?> _kind = Values.Choice("--kind",
        "Measure only this. [default: both]", ("image", Kind.Image), ("text", Kind.Text));

    private readonly Option<string[]?> _pictures = Values.Texts("--pictures", "PICTURE",
        "Measure this instead: pictures from their files to vectors; may be given several times. " + PictureArguments.Description);

    private readonly FormatOption _format;
    private readonly ModelOptions _model;
    private readonly PictureLimits _limits;

    public BenchCommand(Shell shell)
        : base(shell, "bench",
            "Measure how fast a model runs here.",
            ["It is the model alone, pixels and token ids being ready, but for --pictures, which reads, decodes and resizes files. ms is "
                + "the time of a whole batch, the best of at least 5 calls and 2 seconds; of files, of one run.",
                "gflops counts two operations for each multiply-add that is really done: texts end at their end token, and the last block "
                    + "computes one token of each sequence besides keys and values. percent_of_peak compares with a loop of nothing but "
                    + "multiply-adds, measured in the same run on the same threads.",
                "The note at the end is the most memory that the process held at any time: program, weights, workspaces.",
                "jsonl: "
                    + "{\"kind\":\"image\"|\"text\"|\"file\",\"threads\",\"batch\",\"ms\",\"gflops\",\"percent_of_peak\","
                    + "\"allocated_bytes\"}; "
                    + "files also have \"percent_of_model\": their speed beside that of the model alone, which encodes as many between "
                    + "them"],
            new("pureclip bench --threads 1 --image-batch 1,16", "One thread, single pictures and batches of 16"),
            new("pureclip bench --pictures photos", "A folder of pictures, from the files to the vectors"),
            new("pureclip bench --model weights/clip-vit-base-patch32 --format jsonl > bench.jsonl",
                "A large model, for a program to read"))
    {
        Add(_threads);
        Add(_imageBatch);
        Add(_textBatch);
        Add(_text);
        Add(_kind);
        Add(_pictures);
        _format = new(this);
        _model = new(this, threads: false);
        _limits = new(this);
    }

    protected override void Run(ParseResult line)
    {
        Measurements.Write(Shell, _format.Of(line, Shell), Measure(line));
        using Process process = Process.GetCurrentProcess();
        Shell.Note(string.Create(CultureInfo.InvariantCulture, $"peak resident set {process.PeakWorkingSet64 / 1e6:0} MB"));
    }

    private IEnumerable<Measurement> Measure(ParseResult line)
    {
        Kind? only = line.GetValue(_kind);
        List<string>? pictures = line.GetValue(_pictures) is { Length: > 0 } given ? PictureArguments.Expand(given, Shell) : null;
        foreach (int threads in line.GetValueOr(_threads, UsualThreads))
        {
            using Clip clip = _model.Load(line, change: options => _limits.Apply(line, options) with { Threads = threads });
            double peak = clip.Runtime.MeasurePeak(Shell.BenchTime, Shell.Cancellation);
            string plural = threads == 1 ? "" : "s";
            Shell.Note(string.Create(CultureInfo.InvariantCulture,
                $"{threads} thread{plural}: peak {peak:0} GFLOP/s with {clip.Runtime.Vectors.ToString().ToLowerInvariant()}"));
            if (pictures is not null)
            {
                if (clip.Config.Vision is null)
                    throw new InvalidDataException(
                        $"{clip.Source} has a text tower only, so it cannot encode pictures. Name a model with a vision tower by --model.");
                if (pictures.Count > 0)
                    yield return Files(clip, pictures, threads, peak);
                continue;
            }
            if (clip.Config.Vision is not null && only != Kind.Text)
                foreach (int batch in line.GetValueOr(_imageBatch, UsualImageBatch))
                    yield return Images(clip, threads, batch, peak);
            if (clip.Config.Text is not null && only != Kind.Image)
                foreach (int batch in line.GetValueOr(_textBatch, UsualTextBatch))
                    yield return Texts(clip, threads, batch, peak, line.GetValue(_text)!);
        }
    }

    private Measurement Images(Clip clip, int threads, int batch, double peak)
    {
        float[] pixels = RandomPixels(clip, batch), embeddings = new float[batch * clip.EmbeddingWidth];
        double flops = batch * FlopsOfPicture(clip);
        return NewMeasurement("image", threads, batch, flops, peak, () => clip.EncodePixels(pixels, batch, embeddings));
    }

    private Measurement Texts(Clip clip, int threads, int batch, double peak, string words)
    {
        ReadOnlyMemory<int> ids = clip.Tokenizer!.Encode(words, Truncation.KeepEnd).Ids;
        ReadOnlyMemory<int>[] texts = [.. Enumerable.Repeat(ids, batch)];
        float[] embeddings = new float[batch * clip.EmbeddingWidth];
        int tokens = ids.Span.IndexOf(clip.Tokenizer.EndId) + 1; // what follows the end is not computed
        double flops = batch * ModelInspection.Of(clip.Source).Text()!.Flops(tokens);
        return NewMeasurement("text", threads, batch, flops, peak, () => clip.EncodeTokens(texts, embeddings));
    }

    /// <summary>
    /// From the files to vectors. After every batch the model alone encodes as many pictures, so that both see the same machine.
    /// </summary>
    private Measurement Files(Clip clip, List<string> pictures, int threads, double peak)
    {
        float[] pixels = RandomPixels(clip, PicturesInTurn), embeddings = new float[PicturesInTurn * clip.EmbeddingWidth];
        Stopwatch files = new(), alone = new();
        void EncodeBeside(int count)
        {
            files.Stop();
            alone.Start();
            ReadOnlySpan<float> some = pixels.AsSpan(0, count * clip.Preprocessor!.OutputLength);
            clip.EncodePixels(some, count, embeddings.AsSpan(0, count * clip.EmbeddingWidth));
            alone.Stop();
            files.Start();
        }

        _ = PictureEmbeddings.Of(clip, [.. pictures.Take(MostWarmUpPictures)], Shell, streams: true).Count();
        EncodeBeside(PicturesInTurn);
        alone.Reset();
        files.Restart();
        long before = GC.GetTotalAllocatedBytes(precise: true);
        int done = 0;
        foreach (var _ in PictureEmbeddings.Of(clip, pictures, Shell, streams: false))
            if (++done % PicturesInTurn == 0)
                EncodeBeside(PicturesInTurn);
        EncodeBeside(done % PicturesInTurn);
        files.Stop();

        double milliseconds = files.Elapsed.TotalMilliseconds, percentOfModel = 100 * alone.Elapsed / files.Elapsed;
        double gflops = done * FlopsOfPicture(clip) / milliseconds / 1e6;
        Shell.Note(string.Create(CultureInfo.InvariantCulture,
            $"{done} pictures from files: {1e3 * done / milliseconds:0.0} a second, "
            + $"{percentOfModel:0} % of the model alone in turns with them"));
        long allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        return new("file", threads, done, milliseconds, gflops, 100 * gflops / peak, allocated, percentOfModel);
    }

    private static double FlopsOfPicture(Clip clip) => ModelInspection.Of(clip.Source).Vision()!.Flops();

    private static float[] RandomPixels(Clip clip, int count)
    {
        float[] pixels = new float[checked(count * clip.Preprocessor!.OutputLength)];
        Random random = new(1);
        foreach (ref float pixel in pixels.AsSpan())
            pixel = random.NextSingle() * 4 - 2; // as normalised pixels are
        return pixels;
    }

    private Measurement NewMeasurement(string kind, int threads, int batch, double flops, double peak, Action call)
    {
        CallCost cost = CallTimer.Measure(call, threads, Shell.BenchTime, Shell.Cancellation);
        double gflops = flops / cost.Milliseconds / 1e6;
        return new(kind, threads, batch, cost.Milliseconds, gflops, 100 * gflops / peak, cost.AllocatedBytes);
    }

    private enum Kind
    {
        Image,
        Text,
    }

    private readonly record struct Measurement(
        string Kind,
        int Threads,
        int Batch,
        double Milliseconds,
        double Gflops,
        double PercentOfPeak,
        long AllocatedBytes,
        double? PercentOfModel = null);
}

/// <summary>What one call costs.</summary>
/// <param name="Milliseconds">Time of the fastest call.</param>
/// <param name="AllocatedBytes">Managed memory allocated by one call after warm-up, the least seen.</param>
internal readonly record struct CallCost(double Milliseconds, long AllocatedBytes);

/// <summary>Times a call by its fastest repetition: what the machine can do when nothing disturbs it.</summary>
internal static class CallTimer
{
    private const int LeastCalls = 5;

    /// <summary>Calls again and again.</summary>
    /// <param name="call">The call.</param>
    /// <param name="threads">Threads that it uses; with more than one, allocations of the whole process are counted.</param>
    /// <param name="time">How long to measure, after a warm-up of a third of it.</param>
    /// <param name="cancellationToken">Checked between calls.</param>
    public static CallCost Measure(Action call, int threads, TimeSpan time, CancellationToken cancellationToken)
    {
        Repeat(call, time / 3, cancellationToken);
        double best = double.PositiveInfinity;
        long allocated = long.MaxValue;
        Repeat(() =>
        {
            long before = AllocatedBytes(threads), start = Stopwatch.GetTimestamp();
            call();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            allocated = Math.Min(allocated, AllocatedBytes(threads) - before);
        }, time, cancellationToken);
        return new(best, allocated);
    }

    private static void Repeat(Action call, TimeSpan time, CancellationToken cancellationToken)
    {
        Stopwatch clock = Stopwatch.StartNew();
        for (int calls = 0; calls < LeastCalls || clock.Elapsed < time; calls++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            call();
        }
    }

    private static long AllocatedBytes(int threads) =>
        threads == 1 ? GC.GetAllocatedBytesForCurrentThread() : GC.GetTotalAllocatedBytes(precise: true);
}
