using Microsoft.Extensions.Diagnostics.HealthChecks;
using PureClip.Server.Models;

namespace PureClip.Server.Hosting;

/// <summary>
/// Reads the models' numbers once the server listens, and tells whether that is done. Requests that come before wait for it.
/// </summary>
internal sealed partial class Readiness(ServedModels models, IHostApplicationLifetime lifetime, ILogger<Readiness> log)
    : BackgroundService, IHealthCheck
{
    private volatile bool _isReady;

    /// <summary>Why the models cannot be read, which ends the server; null where they can.</summary>
    public Exception? Failure { get; private set; }

    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(
            lifetime.ApplicationStopping.IsCancellationRequested ? HealthCheckResult.Unhealthy("shutting down")
            : _isReady ? HealthCheckResult.Healthy()
            : HealthCheckResult.Unhealthy("the models are being read"));

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            foreach (Clip clip in models.Clips)
                await Task.Run(() => clip.Warm(stoppingToken), stoppingToken).ConfigureAwait(false);
            // What reading has left behind is given back once: later collections would keep it for large objects to come.
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            _isReady = true;
            LogReady(string.Join(", ", models.All.Select(model => model.Name)));
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            Failure = e;
            LogUnreadable(e.Message);
            lifetime.StopApplication();
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // stopped before it was ready
        }
    }

    [LoggerMessage(LogLevel.Information, "ready: {Models}")]
    private partial void LogReady(string models);

    [LoggerMessage(LogLevel.Critical, "{Reason}")]
    private partial void LogUnreadable(string reason);
}
