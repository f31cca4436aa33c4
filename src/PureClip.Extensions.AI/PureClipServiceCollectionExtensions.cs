using Microsoft.Extensions.AI;
using PureClip;
using PureClip.Extensions.AI;

// Where every registration lives, so that it is found without another using.
namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers a model and its embedding generators.</summary>
public static class PureClipServiceCollectionExtensions
{
    /// <summary>
    /// Registers one model for the whole program: <see cref="Clip"/>, <see cref="ClipEmbeddingGenerator"/>, and the latter as
    /// <see cref="IEmbeddingGenerator{TInput, TEmbedding}"/> of texts (<see cref="string"/>), of pictures (<see cref="DataContent"/>), and as <see cref="IEmbeddingGenerator"/>.
    /// The model is loaded when one of them is first asked for, and disposed with the container.
    /// </summary>
    /// <param name="services">Where to register.</param>
    /// <param name="directory">The model directory.</param>
    /// <param name="options">Threads, rules for pictures and texts; null for the defaults.</param>
    /// <param name="modelId">What metadata and embeddings call the model; null for the name of its directory.</param>
    /// <returns>The same collection.</returns>
    public static IServiceCollection AddPureClip(this IServiceCollection services, string directory, ClipOptions? options = null, string? modelId = null) =>
        Add(services, null, directory, options, modelId);

    /// <summary>As <see cref="AddPureClip"/>, under a key: for several models in one program.</summary>
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

    private static IServiceCollection Add(IServiceCollection services, object? serviceKey, string directory, ClipOptions? options, string? modelId)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(directory);
        return services
            .AddKeyedSingleton(serviceKey, (_, _) => Clip.Load(directory, options))
            .AddKeyedSingleton(serviceKey, (provider, key) => Resolve<Clip>(provider, key).AsIEmbeddingGenerator(modelId))
            .AddKeyedSingleton<IEmbeddingGenerator<string, Embedding<float>>>(serviceKey, Resolve<ClipEmbeddingGenerator>)
            .AddKeyedSingleton<IEmbeddingGenerator<DataContent, Embedding<float>>>(serviceKey, Resolve<ClipEmbeddingGenerator>)
            .AddKeyedSingleton<IEmbeddingGenerator>(serviceKey, Resolve<ClipEmbeddingGenerator>);
    }

    // A container need not know keys as long as none is used.
    private static T Resolve<T>(IServiceProvider provider, object? key)
        where T : notnull =>
        key is null ? provider.GetRequiredService<T>() : provider.GetRequiredKeyedService<T>(key);
}
