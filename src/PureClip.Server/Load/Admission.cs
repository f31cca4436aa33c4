using System.Threading.RateLimiting;
using PureClip.Server.Hosting;

namespace PureClip.Server.Load;

/// <summary>
/// How much may wait: texts and pictures of all requests, and the bytes that are held for them. What comes beyond that is told at once to
/// come again later, with an estimate of when.
/// </summary>
/// <remarks>
/// There is no queue here: those that wait are in the model's own, which joins them into rounds, and which a cancelled request leaves.
/// </remarks>
internal sealed class Admission : IDisposable
{
    private const int BytesOfPermit = 1024;
    private const int LongestWait = 60;

    private readonly ConcurrencyLimiter _inputs, _kilobytes;
    private readonly int _mostInputs, _mostKilobytes;
    private readonly Throughput _throughput = new();

    public Admission(ServerOptions options)
    {
        _mostInputs = options.QueueInputs;
        _mostKilobytes = (int)(options.QueueBytes / BytesOfPermit);
        _inputs = new(new() { PermitLimit = _mostInputs, QueueLimit = 0 });
        _kilobytes = new(new() { PermitLimit = _mostKilobytes, QueueLimit = 0 });
    }

    /// <summary>Texts and pictures that wait or are computed.</summary>
    public long Inputs => _mostInputs - _inputs.GetStatistics()!.CurrentAvailablePermits;

    /// <summary>Bytes that are held for requests.</summary>
    public long Bytes => BytesOfPermit * (_mostKilobytes - _kilobytes.GetStatistics()!.CurrentAvailablePermits);

    /// <summary>Takes places in the queue.</summary>
    /// <param name="count">Texts and pictures.</param>
    /// <returns>Gives the places back.</returns>
    /// <exception cref="RequestException">There are not so many; 429.</exception>
    public IDisposable TakeInputs(int count)
    {
        RateLimitLease lease = _inputs.AttemptAcquire(Math.Min(count, _mostInputs));
        return lease.IsAcquired
            ? new Places(lease, _throughput, count)
            : throw Overloaded($"{Inputs} texts and pictures wait already, and this server queues {_mostInputs}.");
    }

    /// <summary>Takes room for bytes.</summary>
    /// <exception cref="RequestException">There is not so much; 429.</exception>
    public IDisposable TakeBytes(long bytes)
    {
        int kilobytes = (int)Math.Min(1 + bytes / BytesOfPermit, _mostKilobytes);
        RateLimitLease lease = _kilobytes.AttemptAcquire(kilobytes);
        return lease.IsAcquired ? lease : throw Overloaded("Other requests fill the memory that this server keeps for them.");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _inputs.Dispose();
        _kilobytes.Dispose();
    }

    private RequestException Overloaded(string message)
    {
        double seconds = Math.Clamp(Inputs / _throughput.InputsPerSecond, 1, LongestWait);
        return new(StatusCodes.Status429TooManyRequests, message + " Come again later.", code: "rate_limit_exceeded")
        {
            RetryAfter = TimeSpan.FromSeconds(Math.Ceiling(seconds)),
        };
    }

    private sealed class Places(RateLimitLease lease, Throughput throughput, int count) : IDisposable
    {
        private bool _isGivenBack;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isGivenBack, true))
                return;
            throughput.Add(count);
            lease.Dispose();
        }
    }

    /// <summary>Texts and pictures that left the queue a second, lately.</summary>
    private sealed class Throughput
    {
        private readonly Lock _lock = new();
        private long _since = Environment.TickCount64;
        private double _sum, _perSecond = 10; // a guess, until something was measured

        public double InputsPerSecond
        {
            get
            {
                lock (_lock)
                    return _perSecond;
            }
        }

        public void Add(int count)
        {
            lock (_lock)
            {
                _sum += count;
                double seconds = (Environment.TickCount64 - _since) / 1000.0;
                if (seconds < 1)
                    return;
                _perSecond = Math.Max(0.1, (_perSecond + _sum / seconds) / 2);
                (_sum, _since) = (0, Environment.TickCount64);
            }
        }
    }
}
