using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using PureClip.Server.Hosting;

namespace PureClip.Server.Tests;

/// <summary>A server in this process, on a port that is free, and a client of it.</summary>
public sealed class RunningServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private RunningServer(WebApplication app)
    {
        _app = app;
        Address = new(app.Urls.Single());
        Client = new() { BaseAddress = Address, Timeout = TimeSpan.FromMinutes(2) };
    }

    public Uri Address { get; }

    public HttpClient Client { get; }

    /// <summary>The shipped model as it is served.</summary>
    public Clip Clip => _app.Services.GetRequiredService<Models.ServedModels>().Default.Clip;

    internal static ServerOptions Options { get; } = new()
    {
        Models = [new("pictogram-mini", ShippedModel.Path)],
        Port = 0,
        Threads = 2,
    };

    internal T Service<T>()
        where T : notnull => _app.Services.GetRequiredService<T>();

    internal static async Task<RunningServer> StartAsync(ServerOptions? options = null)
    {
        WebApplication app = ServerApp.Build(options ?? Options);
        await app.StartAsync();
        return new(app);
    }

    /// <summary>Sends JSON.</summary>
    public async Task<Answer> PostAsync(string path, string json, CancellationToken cancellation = default)
    {
        using StringContent content = new(json, Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await Client.PostAsync(path, content, cancellation);
        return await Answer.OfAsync(response);
    }

    public async Task<Answer> PostAsync(string path, HttpContent content)
    {
        using HttpResponseMessage response = await Client.PostAsync(path, content);
        return await Answer.OfAsync(response);
    }

    public async Task<Answer> GetAsync(string path)
    {
        using HttpResponseMessage response = await Client.GetAsync(path);
        return await Answer.OfAsync(response);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}

/// <summary>An answer, read whole.</summary>
public sealed record Answer(HttpStatusCode Status, string Text, HttpResponseHeaders Headers, HttpContentHeaders ContentHeaders)
{
    /// <summary>The body as JSON.</summary>
    public JsonNode Json => JsonNode.Parse(Text)!;

    /// <summary>The message of a failure in OpenAI's form.</summary>
    public string Message => (string)Json["error"]!["message"]!;

    public static async Task<Answer> OfAsync(HttpResponseMessage response) =>
        new(response.StatusCode, await response.Content.ReadAsStringAsync(), response.Headers, response.Content.Headers);

    /// <summary>Numbers of a JSON list.</summary>
    public static float[] Numbers(JsonNode? list) => [.. list!.AsArray().Select(number => (float)number!)];
}

/// <summary>One server for all tests that change nothing of it.</summary>
public sealed class SharedServer : IAsyncLifetime
{
    public RunningServer Server { get; private set; } = null!;

    public async Task InitializeAsync() => Server = await RunningServer.StartAsync();

    public async Task DisposeAsync() => await Server.DisposeAsync();
}
