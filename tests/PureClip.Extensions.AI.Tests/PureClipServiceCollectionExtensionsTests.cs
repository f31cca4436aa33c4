using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace PureClip.Extensions.AI.Tests;

public sealed class PureClipServiceCollectionExtensionsTests
{
    [Fact]
    public void One_model_is_registered_in_all_its_roles()
    {
        using ServiceProvider services = new ServiceCollection().AddPureClip(
            ShippedModel.Path, new() { Threads = 1 }, "mini").BuildServiceProvider(validateScopes: true);
        IEmbeddingGenerator<string, Embedding<float>> texts = services.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>();
        Assert.Same(texts, services.GetRequiredService<IEmbeddingGenerator>());
        IEmbeddingGenerator pictures = services.GetRequiredService<IEmbeddingGenerator<DataContent, Embedding<float>>>();
        foreach (IEmbeddingGenerator generator in (IEmbeddingGenerator[])[texts, pictures])
        {
            Assert.Same(services.GetRequiredService<Clip>(), generator.GetService<Clip>());
            Assert.Equal("mini", generator.GetService<EmbeddingGeneratorMetadata>()!.DefaultModelId);
        }
    }

    [Fact]
    public void Keys_tell_models_apart()
    {
        using ServiceProvider services = new ServiceCollection()
            .AddKeyedPureClip("one", ShippedModel.Path, modelId: "first")
            .AddKeyedPureClip(2, ShippedModel.Path, modelId: "second")
            .AddKeyedPureClip("three", o => (o.Directory, o.ModelId) = (ShippedModel.Path, "third"))
            .BuildServiceProvider();
        Assert.Equal("first", ModelId<string>("one"));
        Assert.Equal("second", ModelId<DataContent>(2));
        Assert.Equal("third", ModelId<string>("three"));
        Assert.NotSame(services.GetRequiredKeyedService<Clip>("one"), services.GetRequiredKeyedService<Clip>(2));
        Assert.Null(services.GetService<Clip>());
        Assert.Throws<ArgumentNullException>(() => new ServiceCollection().AddKeyedPureClip(null!, ShippedModel.Path));

        string? ModelId<T>(object key)
        {
            IEmbeddingGenerator generator = services.GetRequiredKeyedService<IEmbeddingGenerator<T, Embedding<float>>>(key);
            return generator.GetService<EmbeddingGeneratorMetadata>()!.DefaultModelId;
        }
    }

    [Fact]
    public void A_section_of_the_configuration_describes_the_model()
    {
        IConfiguration configuration = new Settings(new()
        {
            ["Directory"] = ShippedModel.Path,
            ["ModelId"] = "mini",
            ["threads"] = "3",
            ["Vectors"] = "scalar",
            ["Weights"] = "bf16",
            ["Normalize"] = "false",
            ["Truncation"] = "KeepEnd",
            ["Cleaning"] = "OpenAI",
            ["ApplyOrientation"] = "false",
            ["PixelOrder"] = "ResizeFirst",
            ["CropRounding"] = "Floor",
            ["MaxPixels"] = "1000",
            ["MaxFileBytes"] = "2000",
            ["ReadWeights"] = "true",
        });
        using ServiceProvider services = new ServiceCollection().AddPureClip(configuration).BuildServiceProvider();
        PureClipOptions options = services.GetRequiredService<IOptions<PureClipOptions>>().Value;
        Assert.Equal((ShippedModel.Path, "mini"), (options.Directory, options.ModelId));
        Assert.Equal(
            new ClipOptions
            {
                Threads = 3,
                Vectors = VectorWidth.Scalar,
                Weights = WeightType.BF16,
                Normalize = false,
                Truncation = Truncation.KeepEnd,
                Cleaning = TextCleaning.OpenAI,
                ApplyOrientation = false,
                PixelOrder = PixelOrder.ResizeFirst,
                CropRounding = CropRounding.Floor,
                MaxPixels = 1000,
                MaxFileBytes = 2000,
                ReadWeights = true,
            },
            options.Clip);
        Assert.Equal(3, services.GetRequiredService<Clip>().Runtime.Threads);
    }

    [Theory]
    [InlineData("Wieghts", "Int8", "There is no setting Wieghts. There are Directory, ")]
    [InlineData("Weights", "int3", "Weights is \"int3\"; it must be one of F32, BF16, F16, Int8.")]
    [InlineData("Threads", "many", "Threads is \"many\"; it must be a whole number.")]
    [InlineData("Normalize", "perhaps", "Normalize is \"perhaps\"; it must be true or false.")]
    public void A_setting_that_is_wrong_is_named(string key, string value, string expected)
    {
        using ServiceProvider services = new ServiceCollection().AddPureClip(
            new Settings(new() { ["Directory"] = "x", [key] = value })).BuildServiceProvider();
        Assert.StartsWith(expected, Assert.Throws<InvalidOperationException>(services.GetRequiredService<Clip>).Message);
    }

    [Fact]
    public void Options_are_checked_when_the_program_starts()
    {
        using ServiceProvider nowhere = new ServiceCollection().AddPureClip(_ => { }).BuildServiceProvider();
        Assert.Contains("Directory is empty",
            Assert.Throws<OptionsValidationException>(nowhere.GetRequiredService<IStartupValidator>().Validate).Message);
        using ServiceProvider threads = new ServiceCollection().AddPureClip(
            o => (o.Directory, o.Clip) = ("x", new() { Threads = 0 })).BuildServiceProvider();
        Assert.Contains(
            "1 to 1024", Assert.Throws<OptionsValidationException>(threads.GetRequiredService<IStartupValidator>().Validate).Message);
    }

    [Fact]
    public async Task A_model_may_be_read_when_the_program_starts()
    {
        using ServiceProvider services = new ServiceCollection().AddPureClip(ShippedModel.Path).WarmAtStart().BuildServiceProvider();
        Assert.Equal(0, services.GetRequiredService<Clip>().AllocatedBytes);
        IHostedService warming = Assert.Single(services.GetServices<IHostedService>());
        await warming.StartAsync(CancellationToken.None);
        Assert.InRange(services.GetRequiredService<Clip>().AllocatedBytes, 1, long.MaxValue);
        await warming.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Its_health_is_that_it_answers()
    {
        ServiceProvider services = new ServiceCollection().AddPureClip(ShippedModel.Path).BuildServiceProvider();
        ClipHealthCheck check = ActivatorUtilities.CreateInstance<ClipHealthCheck>(services);
        HealthCheckContext context = new() { Registration = new("pureclip", check, HealthStatus.Degraded, tags: null) };
        Assert.Equal(HealthStatus.Healthy, (await check.CheckHealthAsync(context)).Status);
        await services.DisposeAsync();
        Assert.Equal(HealthStatus.Degraded, (await check.CheckHealthAsync(context)).Status);
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

    /// <summary>A flat section.</summary>
    private sealed class Settings(Dictionary<string, string?> values) : IConfiguration
    {
        public string? this[string key]
        {
            get => values[key];
            set => values[key] = value;
        }

        public IEnumerable<IConfigurationSection> GetChildren() => values.Select(pair => new Setting(pair.Key, pair.Value));

        public Microsoft.Extensions.Primitives.IChangeToken GetReloadToken() => throw new NotSupportedException();

        public IConfigurationSection GetSection(string key) => new Setting(key, values[key]);
    }

    private sealed class Setting(string key, string? value) : IConfigurationSection
    {
        public string Key => key;

        public string Path => key;

        public string? Value { get; set; } = value;

        public string? this[string key]
        {
            get => null;
            set => throw new NotSupportedException();
        }

        public IEnumerable<IConfigurationSection> GetChildren() => [];

        public Microsoft.Extensions.Primitives.IChangeToken GetReloadToken() => throw new NotSupportedException();

        public IConfigurationSection GetSection(string key) => throw new NotSupportedException();
    }
}
