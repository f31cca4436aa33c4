using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace PureClip.Extensions.AI;

/// <summary>
/// Whether a registered model answers: it encodes the shortest input there is, and so waits for a round as every call does.
/// <c>services.AddHealthChecks().AddCheck&lt;ClipHealthCheck&gt;("pureclip")</c>
/// </summary>
/// <param name="clip">The model.</param>
public sealed class ClipHealthCheck(Clip clip) : IHealthCheck
{
    private static ImageSource OnePixel => ImageSource.FromPixels(new byte[3], 1, 1, PixelLayout.Rgb);

    /// <inheritdoc/>
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        try
        {
            if (clip.Tokenizer is not null)
                await clip.EncodeTextAsync("", cancellationToken).ConfigureAwait(false);
            else
                await clip.EncodeImageAsync(OnePixel, cancellationToken).ConfigureAwait(false);
            return HealthCheckResult.Healthy(
                $"{clip.Source} answers",
                new Dictionary<string, object> { ["fingerprint"] = clip.Fingerprint, ["allocatedBytes"] = clip.AllocatedBytes });
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return new(context.Registration.FailureStatus, $"{clip.Source}: {e.Message}", e);
        }
    }
}
