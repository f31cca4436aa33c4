using System.Diagnostics;
using System.Diagnostics.Metrics;
using PureClip.Server.Load;

namespace PureClip.Server.Hosting;

/// <summary>
/// What is measured, by the names of OpenTelemetry's conventions for generative models (gen_ai.*) and, where there are none, our own.
/// </summary>
internal sealed class Telemetry : IDisposable
{
    /// <summary>The meter's and the activity source's name.</summary>
    public const string Name = "PureClip.Server";

    private readonly ActivitySource _activities = new(Name, CommandLine.Version);
    private readonly Meter _meter;
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _texts, _pictures, _tokens, _drawn, _refused;

    public Telemetry(IMeterFactory meters, Admission admission)
    {
        _meter = meters.Create(Name, CommandLine.Version);
        _duration = _meter.CreateHistogram("gen_ai.server.request.duration", "s", "Time from a read request to its answer.",
            advice: new InstrumentAdvice<double>
            {
                HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 60],
            });
        _texts = _meter.CreateCounter<long>("pureclip.server.texts", "{text}", "Texts that were embedded.");
        _pictures = _meter.CreateCounter<long>("pureclip.server.pictures", "{picture}", "Pictures that were embedded.");
        _tokens = _meter.CreateCounter<long>("pureclip.server.tokens", "{token}", "Tokens and patches that were computed.");
        _drawn = _meter.CreateCounter<long>("pureclip.server.drawn", "{picture}", "Pictures that were drawn.");
        _refused = _meter.CreateCounter<long>("pureclip.server.refused", "{request}", "Requests that were told to come again later.");
        _meter.CreateObservableGauge("pureclip.server.queue.inputs", () => admission.Inputs, "{input}", "Texts and pictures that wait.");
        _meter.CreateObservableGauge("pureclip.server.queue.bytes", () => admission.Bytes, "By", "Bytes that are held for requests.");
    }

    /// <summary>Begins to measure a call of a model.</summary>
    /// <param name="operation">"embeddings", "image_generation".</param>
    /// <param name="model">The model's name.</param>
    public Call Begin(string operation, string model)
    {
        Activity? activity = _activities.StartActivity($"{operation} {model}");
        activity?.SetTag("gen_ai.operation.name", operation)
            .SetTag("gen_ai.request.model", model)
            .SetTag("gen_ai.provider.name", "pureclip");
        return new(this, activity, operation, model, Stopwatch.GetTimestamp());
    }

    /// <summary>Counts a request that found no place.</summary>
    public void CountRefusal() => _refused.Add(1);

    /// <inheritdoc/>
    public void Dispose() => _activities.Dispose();

    /// <summary>A call that is measured.</summary>
    public readonly struct Call(Telemetry telemetry, Activity? activity, string operation, string model, long start)
    {
        /// <summary>It has ended well.</summary>
        public void Succeed(int texts, int pictures, long tokens)
        {
            telemetry._texts.Add(texts);
            telemetry._pictures.Add(pictures);
            telemetry._tokens.Add(tokens);
            activity?.SetTag("gen_ai.usage.input_tokens", tokens);
            End(null);
        }

        /// <summary>It has drawn pictures.</summary>
        public void SucceedDrawing(int pictures)
        {
            telemetry._drawn.Add(pictures);
            End(null);
        }

        /// <summary>It has failed.</summary>
        public void Fail(Exception exception)
        {
            activity?.SetStatus(ActivityStatusCode.Error, exception.Message).SetTag("error.type", exception.GetType().FullName);
            End(exception.GetType().FullName);
        }

        private void End(string? error)
        {
            TagList tags = new() { { "gen_ai.operation.name", operation }, { "gen_ai.request.model", model } };
            if (error is not null)
                tags.Add("error.type", error);
            telemetry._duration.Record(Stopwatch.GetElapsedTime(start).TotalSeconds, tags);
            activity?.Dispose();
        }
    }
}
