using System.Net;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.HostFiltering;
using Microsoft.AspNetCore.Http.Timeouts;
using OpenTelemetry.Metrics;
using PureClip.Server.Drawing;
using PureClip.Server.Load;
using PureClip.Server.Models;
using PureClip.Server.Page;
using PureClip.Server.Protocols;
using PureClip.Server.Search;

namespace PureClip.Server.Hosting;

/// <summary>Puts the server together.</summary>
internal static class ServerApp
{
    private const string Ready = "ready";

    /// <summary>A server that has opened its models and listens once it is run.</summary>
    /// <exception cref="IOException">A model or an index cannot be opened.</exception>
    /// <exception cref="InvalidDataException">A model or an index is damaged, or an index is of none of the models.</exception>
    public static WebApplication Build(ServerOptions options)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = [] });
        Configure(builder, options);
        WebApplication app = builder.Build();
        try
        {
            // What is wrong with models, indexes and generators is said before anybody can call.
            _ = app.Services.GetRequiredService<ServedIndexes>();
            _ = app.Services.GetRequiredService<ServedGenerators>();
            AddMiddleware(app);
            MapEndpoints(app);
            return app;
        }
        catch
        {
            ((IDisposable)app).Dispose();
            throw;
        }
    }

    private static void Configure(WebApplicationBuilder builder, ServerOptions options)
    {
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = options.MaxBodyBytes;
            kestrel.Limits.MaxConcurrentConnections = options.MaxConnections;
            kestrel.Listen(options.Address, options.Port, listen =>
            {
                Draining draining = listen.ApplicationServices.GetRequiredService<Draining>();
                listen.Use(next => connection => draining.WatchAsync(connection, next));
            });
        });
        builder.Logging.SetMinimumLevel(LogLevel.Warning)
            .AddFilter("PureClip", LogLevel.Information)
            .AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Information)
            .AddFilter("Microsoft.AspNetCore.Http.Timeouts", LogLevel.Error) // a slow client is no news
            .AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None) // else each request has an activity nobody hears
            .AddSimpleConsole(console => console.SingleLine = true);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.Timeout); // requests that run are answered first
        builder.Services.Configure<HostFilteringOptions>(filter => filter.AllowedHosts = HostsOf(options));
        builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, ServerJson.Wire));
        builder.Services.AddRequestTimeouts(timeouts => timeouts.DefaultPolicy = new RequestTimeoutPolicy
        {
            Timeout = options.Timeout,
            TimeoutStatusCode = StatusCodes.Status503ServiceUnavailable,
            WriteTimeoutResponse = http => new Failure(
                503, $"The request took longer than the {options.Timeout.TotalSeconds:0} seconds that it may take.", null, null, null)
                .WriteAsync(http),
        });
        builder.Services.AddOpenApi("v1", openApi => openApi.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new() { Title = "pureclip-server", Version = CommandLine.Version };
            return Task.CompletedTask;
        }));
        // Room for 2,000 combinations of labels of every metric would take 5 MB; there are some dozens.
        builder.Services.AddOpenTelemetry().WithMetrics(metrics => metrics
            .AddMeter(Telemetry.Name, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime")
            .AddView("*", new MetricStreamConfiguration { CardinalityLimit = 300 })
            .AddPrometheusExporter());
        builder.Services.AddSingleton(options)
            .AddSingleton<ServedModels>()
            .AddSingleton<Admission>()
            .AddSingleton<Draining>()
            .AddSingleton<Telemetry>()
            .AddSingleton<Embedder>()
            .AddSingleton<ServedIndexes>()
            .AddSingleton<SearchQuery>()
            .AddSingleton<Thumbnails>()
            .AddSingleton<Classification>()
            .AddSingleton<Explanation>()
            .AddSingleton<ServedGenerators>()
            .AddSingleton<Drawings>()
            .AddSingleton<Readiness>()
            .AddHostedService(services => services.GetRequiredService<Readiness>());
        builder.Services.AddHealthChecks().AddCheck<Readiness>(Ready);
    }

    private static void AddMiddleware(WebApplication app)
    {
        app.Use(static next => http => Draining.CountAsync(http, next));
        app.UseHostFiltering();
        app.UseRouting();
        app.UseRequestTimeouts();
        app.UseMiddleware<ErrorHandling>();
        app.UseMiddleware<ApiKeys>();
    }

    private static void MapEndpoints(WebApplication app)
    {
        app.MapHealthChecks("/health", new HealthCheckOptions { Predicate = _ => false }).WithMetadata(NeedsNoKey.Instance);
        app.MapHealthChecks("/health/ready", new HealthCheckOptions { Predicate = check => check.Name == Ready })
            .WithMetadata(NeedsNoKey.Instance);
        app.MapPrometheusScrapingEndpoint();
        app.MapOpenApi("/openapi/{documentName}.json");
        OpenAI.Map(app);
        Immich.Map(app);
        Ollama.Map(app);
        Tei.Map(app);
        SearchEndpoints.Map(app);
        Classification.Map(app);
        Explanation.Map(app);
        ImageGeneration.Map(app);
        SearchPage.Map(app);
    }

    /// <summary>
    /// On this machine alone, only its own names: otherwise a page on the web, whose name its owner lets point here, could read answers.
    /// </summary>
    private static List<string> HostsOf(ServerOptions options) =>
        options.Hosts.Count > 0 ? [.. options.Hosts]
        : IPAddress.IsLoopback(options.Address) ? ["localhost", "127.0.0.1", "[::1]"]
        : ["*"];
}
