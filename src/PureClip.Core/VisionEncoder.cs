using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Threading.Channels;
using PureClip.Imaging;
using PureClip.Model;

namespace PureClip;

/// <summary>
/// Pictures to embeddings. They are decoded outside of rounds: a single one by its caller, many by threads of the pool, at most two rounds
/// ahead
/// of what is computed.
/// </summary>
internal sealed class VisionEncoder(VisionTower tower, Engine engine, ImagePreprocessor preprocessor, ClipOptions options)
{
    // Pictures of all calls that await: more at once would only fill the pool's queue, and let others wait in it.
    private readonly SemaphoreSlim _decoding = new(Math.Max(1, engine.Workers - 1));
    private int _series;

    /// <summary>Who computes.</summary>
    public Engine Engine => engine;

    /// <summary>How pictures become pixels.</summary>
    public ImagePreprocessor Preprocessor => preprocessor;

    /// <summary>Pictures of a full round.</summary>
    public int ImagesPerRound => PassPlan.SequencesPerRound(tower.RowsPerPicture, engine.Workers);

    // With these, every worker has a pass of its own.
    private int LeastImagesOfRound => PassPlan.SequencesPerPass(tower.RowsPerPicture) * engine.Workers;

    /// <summary>Encodes preprocessed pictures. Allocates nothing once it is warm.</summary>
    /// <param name="pixels">[count, 3, size, size]</param>
    /// <param name="count">Pictures.</param>
    /// <param name="destination">[count, embedding width]</param>
    /// <param name="cancellation">Looked at between rounds.</param>
    public void Encode(ReadOnlySpan<float> pixels, int count, Span<float> destination, CancellationToken cancellation)
    {
        for (int i = 0; i < count; i++)
            tower.RowsOf(pixels.Slice(i * tower.PixelsPerPicture, tower.PixelsPerPicture)); // whoever gives nonsense hears of it here
        PixelJob job = new() { Tower = tower, Pixels = pixels, Count = count, Destination = destination };
        engine.Run(ref job, cancellation);
    }

    /// <summary>Encodes a picture.</summary>
    public void Encode(ImageSource image, Span<float> destination, CancellationToken cancellation)
    {
        using PreparedPicture picture = Prepare(image, cancellation);
        Encode(picture.Pixels, 1, destination, cancellation);
    }

    /// <summary>Encodes a picture; holds no thread while it reads and while it waits.</summary>
    public async Task<float[]> EncodeAsync(ImageSource image, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        using PreparedPicture picture = NewPicture(0, image);
        await picture.BeginAsync(_decoding, cancellation).ConfigureAwait(false);
        ThrowIfFailed(picture, cancellation);
        float[][] embeddings = new float[1][];
        await engine.RunAsync(new PictureJob(tower, [picture], embeddings), cancellation).ConfigureAwait(false);
        return embeddings[0];
    }

    /// <summary>Encodes pictures, round by round.</summary>
    public IEnumerable<ImageResult> EncodeEach(IReadOnlyList<ImageSource> images, CancellationToken cancellation)
    {
        int most = BeginSeries(), next = 0;
        Queue<PreparedPicture> begun = new();
        PictureQueue queue = new(engine.Workers - 1);
        try
        {
            while (true)
            {
                cancellation.ThrowIfCancellationRequested();
                for (; next < images.Count && begun.Count < 2 * most; next++)
                {
                    PreparedPicture picture = NewPicture(next, images[next]);
                    begun.Enqueue(picture);
                    queue.Add(picture);
                }
                if (begun.Count == 0)
                    yield break;

                PreparedPicture[] round = [.. begun.Take(most)];
                foreach (PreparedPicture picture in round)
                {
                    queue.WaitFor(picture);
                    cancellation.ThrowIfCancellationRequested();
                }
                PictureJob job = PictureJob.Of(tower, round);
                engine.Run(ref job, cancellation);
                for (int i = 0; i < round.Length; i++)
                    begun.Dequeue().Dispose();
                foreach (ImageResult result in job.Results(round))
                    yield return result;
            }
        }
        finally
        {
            queue.Dispose();
            foreach (PreparedPicture picture in begun)
                picture.Dispose();
            EndSeries();
        }
    }

    /// <summary>Encodes pictures as they come; holds no thread while it waits.</summary>
    public async IAsyncEnumerable<ImageResult> EncodeEachAsync(
        IAsyncEnumerable<ImageSource> images, [EnumeratorCancellation] CancellationToken cancellation)
    {
        int most = BeginSeries();
        List<PreparedPicture> round = [];
        Channel<PreparedPicture> begun = Channel.CreateBounded<PreparedPicture>(
            new BoundedChannelOptions(most) { SingleReader = true, SingleWriter = true });
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task beginning = BeginAllAsync(images, begun.Writer, ended.Token);
        try
        {
            while (await begun.Reader.WaitToReadAsync(cancellation).ConfigureAwait(false))
            {
                // Not more than are ready, so that what is done is delivered, but enough for all threads where so many are on their way.
                while (round.Count < most && begun.Reader.TryPeek(out PreparedPicture? next)
                    && (round.Count < LeastImagesOfRound || next.Preparation.IsCompleted))
                {
                    begun.Reader.TryRead(out _);
                    round.Add(next);
                    await next.Preparation.WaitAsync(cancellation).ConfigureAwait(false);
                }
                PictureJob job = PictureJob.Of(tower, round);
                await engine.RunAsync(job, cancellation).ConfigureAwait(false);
                ImageResult[] results = job.Results(round);
                round.ForEach(picture => picture.Dispose());
                round.Clear();
                foreach (ImageResult result in results)
                    yield return result;
            }
        }
        finally
        {
            await ended.CancelAsync().ConfigureAwait(false);
            await beginning.ConfigureAwait(false);
            while (begun.Reader.TryRead(out PreparedPicture? left))
                round.Add(left);
            foreach (PreparedPicture picture in round)
            {
                await picture.Preparation.ConfigureAwait(false);
                picture.Dispose();
            }
            EndSeries();
        }
    }

    /// <summary>Begins pictures as fast as they are taken from the channel; what the enumeration throws, the channel throws.</summary>
    private async Task BeginAllAsync(
        IAsyncEnumerable<ImageSource> images, ChannelWriter<PreparedPicture> begun, CancellationToken cancellation)
    {
        Exception? failure = null;
        try
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding); // an enumeration may block
            int index = 0;
            await foreach (ImageSource image in images.WithCancellation(cancellation).ConfigureAwait(false))
            {
                await begun.WaitToWriteAsync(cancellation).ConfigureAwait(false);
                PreparedPicture picture = NewPicture(index++, image);
                _ = picture.BeginAsync(_decoding, cancellation);
                begun.TryWrite(picture); // there is room, and nobody else writes
            }
        }
        catch (Exception e)
        {
            failure = e;
        }
        begun.Complete(failure);
    }

    /// <summary>Reads, decodes and preprocesses a picture on this thread.</summary>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public PreparedPicture Prepare(ImageSource image, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        PreparedPicture picture = NewPicture(0, image);
        try
        {
            picture.Prepare();
            ThrowIfFailed(picture, cancellation);
            return picture;
        }
        catch
        {
            picture.Dispose();
            throw;
        }
    }

    private PreparedPicture NewPicture(int index, ImageSource? source) =>
        new(index, source ?? throw new ArgumentException($"images[{index}] is null.", "images"), preprocessor, options);

    private static void ThrowIfFailed(PreparedPicture picture, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        if (picture.Error is Exception error)
            ExceptionDispatchInfo.Throw(error);
    }

    /// <summary>
    /// Pictures that a series may have in a round. Pixels take memory: where more series run than there are threads, rounds are filled by
    /// several
    /// of them anyway.
    /// </summary>
    private int BeginSeries() => Interlocked.Increment(ref _series) > engine.Workers ? LeastImagesOfRound : ImagesPerRound;

    private void EndSeries() => Interlocked.Decrement(ref _series);

    /// <summary>Pixels end to end, embeddings end to end.</summary>
    private ref struct PixelJob : IJob
    {
        public VisionTower Tower;
        public ReadOnlySpan<float> Pixels;
        public Span<float> Destination;

        public int Count { get; init; }

        public readonly int Rows(int index) => Tower.RowsOf(PixelsOf(index));

        public readonly void Add(int index, Pass pass) => Tower.Add(PixelsOf(index), pass);

        private readonly ReadOnlySpan<float> PixelsOf(int index) =>
            Pixels.Slice(index * Tower.PixelsPerPicture, Tower.PixelsPerPicture);

        public readonly void Deliver(int index, ReadOnlySpan<float> embedding) =>
            embedding.CopyTo(Destination[(index * embedding.Length)..]);
    }

    /// <summary>Pictures that are prepared, and an array for each embedding.</summary>
    private readonly struct PictureJob(VisionTower tower, PreparedPicture[] pictures, float[][] embeddings) : IJob
    {
        public int Count => pictures.Length;

        /// <summary>Those that have pixels.</summary>
        public static PictureJob Of(VisionTower tower, IEnumerable<PreparedPicture> round)
        {
            PreparedPicture[] good = [.. round.Where(picture => picture.Error is null)];
            return new(tower, good, new float[good.Length][]);
        }

        public int Rows(int index) => tower.RowsOf(pictures[index].Pixels);

        public void Add(int index, Pass pass) => tower.Add(pictures[index].Pixels, pass);

        public void Deliver(int index, ReadOnlySpan<float> embedding) => embeddings[index] = embedding.ToArray();

        /// <summary>What became of all, those without pixels included.</summary>
        public ImageResult[] Results(IEnumerable<PreparedPicture> round)
        {
            int done = 0;
            float[][] found = embeddings;
            return [.. round.Select(
                picture => new ImageResult(picture.Index, picture.Source, picture.Error is null ? found[done++] : null, picture.Error))];
        }
    }
}
