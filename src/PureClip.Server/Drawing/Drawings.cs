using System.Diagnostics;
using System.Threading.RateLimiting;
using PureClip.Generation;
using PureClip.Server.Hosting;
using PureClip.Server.Load;

namespace PureClip.Server.Drawing;

/// <summary>
/// Draws, one request after the other, on a thread of its own: a drawing takes the runtime's turn anew for each product, so that rounds of
/// embeddings come in between. So many requests wait and no more; who hangs up leaves, or ends the walk at its next step.
/// </summary>
internal sealed class Drawings(Admission admission, Telemetry telemetry) : IDisposable
{
    /// <summary>Requests that wait; what comes then is told to come again later.</summary>
    public const int MostWaiting = 16;

    // While a picture is enlarged: its numbers before and after, and its PNG.
    private const int BytesOfPixel = 48, LongestWait = 60;

    private readonly ConcurrencyLimiter _turns = new(new()
    {
        PermitLimit = 1,
        QueueLimit = MostWaiting,
        QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
    });

    private double _seconds = 2; // of a request, lately; a guess until one was drawn

    /// <summary>Draws.</summary>
    /// <param name="generator">Who.</param>
    /// <param name="prompt">What.</param>
    /// <param name="options">How.</param>
    /// <param name="times">How much larger than the network's own size.</param>
    /// <param name="write">The file of a picture that has this size.</param>
    /// <param name="cancellation">The request's.</param>
    /// <returns>Pictures in the network's own size, each with its file.</returns>
    /// <exception cref="RequestException">Too many wait.</exception>
    public async Task<(DrawnPicture Picture, byte[] File)[]> DrawAsync(
        ServedGenerator generator, DrawingPrompt prompt, DrawingOptions options, int times, Func<DrawnPicture, byte[]> write,
        CancellationToken cancellation)
    {
        long side = (long)generator.Pictures.Side * times;
        using IDisposable memory = admission.TakeBytes(side * side * (BytesOfPixel + sizeof(int) * options.Count));
        using RateLimitLease turn = await _turns.AcquireAsync(1, cancellation).ConfigureAwait(false);
        if (!turn.IsAcquired)
            throw Overloaded();
        Telemetry.Call call = telemetry.Begin("image_generation", generator.Name);
        long start = Stopwatch.GetTimestamp();
        try
        {
            (DrawnPicture, byte[])[] drawn = await Task.Factory.StartNew(
                () => generator.Pictures.Draw(prompt, options, null, cancellation)
                    .Select(picture => (picture, write(picture.Enlarge(times)))).ToArray(),
                cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default).ConfigureAwait(false);
            Volatile.Write(ref _seconds, (Volatile.Read(ref _seconds) + Stopwatch.GetElapsedTime(start).TotalSeconds) / 2);
            call.SucceedDrawing(drawn.Length);
            return drawn;
        }
        catch (Exception e)
        {
            call.Fail(e);
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _turns.Dispose();

    private RequestException Overloaded()
    {
        telemetry.CountRefusal();
        double seconds = Math.Clamp(MostWaiting * Volatile.Read(ref _seconds), 1, LongestWait);
        return new(
            StatusCodes.Status429TooManyRequests, $"{MostWaiting} drawings wait already. Come again later.", code: "rate_limit_exceeded")
        {
            RetryAfter = TimeSpan.FromSeconds(Math.Ceiling(seconds)),
        };
    }
}
