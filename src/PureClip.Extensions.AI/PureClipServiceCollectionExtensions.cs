using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using PureClip.Extensions.AI;

namespace PureClip;

/// <summary>
/// Registers a model for the whole program: <see cref="Clip"/>, and its embedding generators of texts (<see cref="string"/>) and of
/// pictures
/// (<see cref="DataContent"/>); as <see cref="IEmbeddingGenerator"/> that of texts. The model is loaded when one of them is first asked
/// for, and
/// disposed with the container: calls that are computed then finish, later ones throw <see cref="ObjectDisposedException"/>.
/// </summary>
public static partial class PureClipServiceCollectionExtensions
{
    /// <summary>Registers the model of a directory.</summary>
    /// <param name="services">Where to register.</param>
    /// <param name="directory">The model directory.</param>
    /// <param name="options">Threads, rules for pictures and texts; null for the defaults.</param>
    /// <param name="modelId">What metadata and embeddings call the model; null for the name of its directory.</param>
    /// <returns>The same collection.</returns>
    public static IServiceCollection AddPureClip(
        this IServiceCollection services, string directory, ClipOptions? options = null, string? modelId = null) =>
        Add(services, null, directory, options, modelId);

    /// <summary>Registers the model that options describe. They are checked when the program starts.</summary>
    /// <param name="services">Where to register.</param>
    /// <param name="configure">Sets the options, the directory at least.</param>
    /// <returns>The same collection.</returns>
    public static IServiceCollection AddPureClip(this IServiceCollection services, Action<PureClipOptions> configure) =>
        Add(services, null, Configured(services, null, configure));

    /// <summary>
    /// Registers the model that a section of the configuration describes: <c>Directory</c>, <c>ModelId</c>, and the settings of
    /// <see cref="ClipOptions"/> beside them, by their names. They are checked when the program starts.
    /// </summary>
    /// <param name="services">Where to register.</param>
    /// <param name="section">Such as <c>configuration.GetSection("PureClip")</c>.</param>
    /// <returns>The same collection.</returns>
    public static IServiceCollection AddPureClip(this IServiceCollection services, IConfiguration section)
    {
        ArgumentNullException.ThrowIfNull(section);
        return services.AddPureClip(options => PureClipConfiguration.Read(section, options));
    }

    /// <summary>
    /// As <see cref="AddPureClip(IServiceCollection, string, ClipOptions?, string?)"/>, under a key: for several models in one program.
    /// </summary>
    /// <param name="services">Where to register.</param>
    /// <param name="serviceKey">The key.</param>
    /// <param name="directory">The model directory.</param>
    /// <param name="options">Threads, rules for pictures and texts; null for the defaults.</param>
    /// <param name="modelId">What metadata and embeddings call the model; null for the name of its directory.</param>
    /// <returns>The same collection.</returns>
    public static IServiceCollection AddKeyedPureClip(
        this IServiceCollection services, object serviceKey, string directory, ClipOptions? options = null, string? modelId = null)
    {
        ArgumentNullException.ThrowIfNull(serviceKey);
        return Add(services, serviceKey, directory, options, modelId);
    }

    /// <summary>
    /// As <see cref="AddPureClip(IServiceCollection, Action{PureClipOptions})"/>, under a key, which is the name of the options too.
    /// </summary>
    /// <param name="services">Where to register.</param>
    /// <param name="serviceKey">The key.</param>
    /// <param name="configure">Sets the options, the directory at least.</param>
    /// <returns>The same collection.</returns>
    public static IServiceCollection AddKeyedPureClip(
        this IServiceCollection services, string serviceKey, Action<PureClipOptions> configure)
    {
        ArgumentException.ThrowIfNullOrEmpty(serviceKey);
        return Add(services, serviceKey, Configured(services, serviceKey, configure));
    }

    /// <summary>
    /// Reads a registered model when the program starts, so that the first request does not wait for it. The start waits until it is read.
    /// </summary>
    /// <param name="services">Where the model is registered.</param>
    /// <param name="serviceKey">The model's key; null for the one without.</param>
    /// <returns>The same collection.</returns>
    public static IServiceCollection WarmAtStart(this IServiceCollection services, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        return services.AddSingleton<IHostedService>(provider => new Warming(provider, serviceKey));
    }

    private static Func<IServiceProvider, PureClipOptions> Configured(
        IServiceCollection services, string? name, Action<PureClipOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.AddOptions<PureClipOptions>(name).Configure(configure).ValidateOnStart();
        services.AddSingleton<IValidateOptions<PureClipOptions>>(new PureClipOptionsValidation(name));
        return provider => provider.GetRequiredService<IOptionsMonitor<PureClipOptions>>().Get(name);
    }

    private static IServiceCollection Add(
        IServiceCollection services, object? serviceKey, string directory, ClipOptions? options, string? modelId)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(directory);
        PureClipOptions all = new() { Directory = directory, ModelId = modelId, Clip = options ?? new() };
        return Add(services, serviceKey, _ => all);
    }

    private static IServiceCollection Add(
        IServiceCollection services, object? serviceKey, Func<IServiceProvider, PureClipOptions> options) => services
        .AddKeyedSingleton(serviceKey, (provider, _) => Load(options(provider), LoggerOf(provider)))
        .AddKeyedSingleton(serviceKey, (provider, key) => Resolve<Clip>(provider, key).AsTextEmbeddingGenerator(options(provider).ModelId))
        .AddKeyedSingleton(serviceKey, (provider, key) => Resolve<Clip>(provider, key).AsImageEmbeddingGenerator(options(provider).ModelId))
        .AddKeyedSingleton<IEmbeddingGenerator>(serviceKey, Resolve<IEmbeddingGenerator<string, Embedding<float>>>);

    private static Clip Load(PureClipOptions options, ILogger logger)
    {
        Clip clip = Clip.Load(options.Directory, options.Clip);
        LogLoaded(logger, clip.Source, clip.Fingerprint, clip.EmbeddingWidth, clip.Runtime.Threads, clip.Runtime.Vectors);
        return clip;
    }

    private static ILogger LoggerOf(IServiceProvider provider) =>
        provider.GetService<ILoggerFactory>()?.CreateLogger("PureClip") ?? NullLogger.Instance;

    // A container need not know keys as long as none is used.
    private static T Resolve<T>(IServiceProvider provider, object? key)
        where T : notnull =>
        key is null ? provider.GetRequiredService<T>() : provider.GetRequiredKeyedService<T>(key);

    [LoggerMessage(
        1, LogLevel.Information,
        "Model {Directory}: fingerprint {Fingerprint}, {Width} numbers an embedding, {Threads} threads, {Vectors}")]
    private static partial void LogLoaded(
        ILogger logger, string directory, string fingerprint, int width, int threads, VectorWidth vectors);

    [LoggerMessage(2, LogLevel.Information, "Model {Directory}: weights read and packed in {Elapsed}, {Bytes} bytes")]
    private static partial void LogWarm(ILogger logger, string directory, TimeSpan elapsed, long bytes);

    /// <summary>Reads a model's weights before the program takes requests.</summary>
    private sealed class Warming(IServiceProvider provider, object? serviceKey) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => Task.Run(
            () =>
            {
                Clip clip = Resolve<Clip>(provider, serviceKey);
                long start = TimeProvider.System.GetTimestamp();
                clip.Warm(cancellationToken);
                LogWarm(LoggerOf(provider), clip.Source, TimeProvider.System.GetElapsedTime(start), clip.AllocatedBytes);
            },
            cancellationToken);

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
