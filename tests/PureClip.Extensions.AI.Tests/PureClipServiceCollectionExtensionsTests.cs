using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace PureClip.Extensions.AI.Tests;

public sealed class PureClipServiceCollectionExtensionsTests
{
    [Fact]
    public void One_model_is_registered_in_all_its_roles()
    {
        using ServiceProvider services = new ServiceCollection().AddPureClip(ShippedModel.Path, new() { Threads = 1 }, "mini").BuildServiceProvider(validateScopes: true);
        ClipEmbeddingGenerator generator = services.GetRequiredService<ClipEmbeddingGenerator>();
        Assert.Same(generator, services.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>());
        Assert.Same(generator, services.GetRequiredService<IEmbeddingGenerator<DataContent, Embedding<float>>>());
        Assert.Same(generator, services.GetRequiredService<IEmbeddingGenerator>());
        Assert.Same(services.GetRequiredService<Clip>(), generator.GetService<Clip>());
        Assert.Equal("mini", generator.GetService<EmbeddingGeneratorMetadata>()!.DefaultModelId);
    }

    [Fact]
    public void Keys_tell_models_apart()
    {
        using ServiceProvider services = new ServiceCollection()
            .AddKeyedPureClip("one", ShippedModel.Path, modelId: "first")
            .AddKeyedPureClip(2, ShippedModel.Path, modelId: "second")
            .BuildServiceProvider();
        ClipEmbeddingGenerator first = services.GetRequiredKeyedService<ClipEmbeddingGenerator>("one");
        Assert.Same(first, services.GetRequiredKeyedService<IEmbeddingGenerator<string, Embedding<float>>>("one"));
        Assert.Same(services.GetRequiredKeyedService<Clip>("one"), first.GetService<Clip>());
        IEmbeddingGenerator<DataContent, Embedding<float>> second = services.GetRequiredKeyedService<IEmbeddingGenerator<DataContent, Embedding<float>>>(2);
        Assert.NotSame(first, second);
        Assert.Equal("second", second.GetService<EmbeddingGeneratorMetadata>()!.DefaultModelId);
        Assert.Null(services.GetService<Clip>());
        Assert.Throws<ArgumentNullException>(() => new ServiceCollection().AddKeyedPureClip(null!, ShippedModel.Path));
    }

    [Fact]
    public void The_model_is_disposed_with_the_container()
    {
        ServiceProvider services = new ServiceCollection().AddPureClip(ShippedModel.Path).BuildServiceProvider();
        Clip clip = services.GetRequiredService<Clip>();
        Assert.Same(clip, services.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>().GetService<Clip>());
        clip.Warm();
        services.Dispose();
        Assert.Throws<ObjectDisposedException>(() => clip.EncodeText("hat"));
    }

    [Fact]
    public void The_model_is_loaded_when_it_is_first_asked_for()
    {
        using ServiceProvider services = new ServiceCollection().AddPureClip("/nowhere/at/all").BuildServiceProvider();
        Assert.Throws<DirectoryNotFoundException>(services.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>);
        Assert.Throws<ArgumentException>(() => new ServiceCollection().AddPureClip(""));
        Assert.Throws<ArgumentNullException>(() => ((IServiceCollection)null!).AddPureClip("x"));
    }
}
