using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace PureClip.Server.Load;

/// <summary>
/// What a server that is told to end waits for: requests that it has whole are answered. Connections that have sent nothing or half a
/// request, and bodies that do not come to an end, are given a few seconds; Kestrel itself watches no rates any more by then.
/// </summary>
internal sealed class Draining : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3), TimeToSend = TimeSpan.FromSeconds(1);
    private static readonly object Key = new();

    private readonly CancellationTokenSource _end = new();
    private readonly CancellationTokenRegistration _stopping;

    public Draining(IHostApplicationLifetime lifetime) =>
        _stopping = lifetime.ApplicationStopping.Register(() => _end.CancelAfter(Patience));

    /// <summary>Cancelled when the patience of a server that ends is over.</summary>
    public CancellationToken End => _end.Token;

    /// <summary>Kestrel's side: ends the connection in time, unless a request of it is being answered.</summary>
    public async Task WatchAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        Watched watched = new(connection, _end.Token);
        connection.Items[Key] = watched;
        using (_end.Token.UnsafeRegister(static watched => ((Watched)watched!).AbortIfIdle(), watched))
            await next(connection).ConfigureAwait(false);
    }

    /// <summary>The requests' side: counts those that run, until their answers are sent.</summary>
    public static Task CountAsync(HttpContext http, RequestDelegate next)
    {
        if (http.Features.Get<IConnectionItemsFeature>()?.Items.TryGetValue(Key, out object? watched) == true)
        {
            ((Watched)watched!).Begin();
            http.Response.OnCompleted(static watched => ((Watched)watched).EndAsync(), watched);
        }
        return next(http);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stopping.Dispose();
        _end.Dispose();
    }

    private sealed class Watched(ConnectionContext connection, CancellationToken end)
    {
        private int _running;

        public void Begin() => Interlocked.Increment(ref _running);

        public Task EndAsync()
        {
            Interlocked.Decrement(ref _running);
            if (end.IsCancellationRequested)
                _ = AbortSoonAsync(); // Kestrel would go on to read what is left of the body, for as long as nobody sends it
            return Task.CompletedTask;
        }

        public void AbortIfIdle()
        {
            if (Volatile.Read(ref _running) == 0)
                connection.Abort(new ConnectionAbortedException("The server is shutting down."));
        }

        private async Task AbortSoonAsync()
        {
            await Task.Delay(TimeToSend, CancellationToken.None).ConfigureAwait(false);
            AbortIfIdle();
        }
    }
}
