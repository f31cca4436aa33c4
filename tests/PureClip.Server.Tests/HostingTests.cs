using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using PureClip.Server.Hosting;

namespace PureClip.Server.Tests;

public sealed class HostingTests(SharedServer shared) : IClassFixture<SharedServer>
{
    private readonly RunningServer _server = shared.Server;

    [Fact]
    public async Task Health_is_known_and_readiness_follows()
    {
        Assert.Equal(HttpStatusCode.OK, (await _server.GetAsync("/health")).Status);
        for (int tries = 0; (await _server.GetAsync("/health/ready")).Status != HttpStatusCode.OK; tries++)
        {
            Assert.True(tries < 600, "the models were never ready");
            await Task.Delay(100);
        }
    }

    [Fact]
    public async Task Metrics_have_the_standard_names()
    {
        await _server.PostAsync("/v1/embeddings", """{"input":"a"}""");
        string metrics = (await _server.GetAsync("/metrics")).Text;
        Assert.Contains("gen_ai_server_request_duration_seconds_count{", metrics, StringComparison.Ordinal);
        Assert.Contains("gen_ai_operation_name=\"embeddings\"", metrics, StringComparison.Ordinal);
        Assert.Contains("gen_ai_request_model=\"pictogram-mini\"", metrics, StringComparison.Ordinal);
        Assert.Contains("pureclip_server_queue_inputs", metrics, StringComparison.Ordinal);
        Assert.Contains("http_server_request_duration_seconds", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Activities_have_the_standard_names()
    {
        List<Activity> seen = [];
        using ActivityListener listener = new()
        {
            ShouldListenTo = source => source.Name == Telemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                lock (seen)
                    seen.Add(activity);
            },
        };
        ActivitySource.AddActivityListener(listener);
        await _server.PostAsync("/v1/embeddings", """{"input":"activities have names"}""");
        Activity[] all;
        lock (seen)
            all = [.. seen];
        int tokens = _server.Clip.Tokenizer!.Encode("activities have names").Count;
        Activity activity = Assert.Single(all, one => Equals(one.GetTagItem("gen_ai.usage.input_tokens"), (long)tokens));
        Assert.Equal("embeddings pictogram-mini", activity.OperationName);
        Assert.Equal("embeddings", activity.GetTagItem("gen_ai.operation.name"));
        Assert.Equal("pictogram-mini", activity.GetTagItem("gen_ai.request.model"));
    }

    [Fact]
    public async Task The_description_lists_the_addresses()
    {
        JsonNode paths = (await _server.GetAsync("/openapi/v1.json")).Json["paths"]!;
        Assert.NotNull(paths["/v1/embeddings"]!["post"]);
        Assert.NotNull(paths["/v1/models"]!["get"]);
    }

    [Fact]
    public async Task Addresses_and_types_that_are_none_are_said()
    {
        Assert.Equal(HttpStatusCode.NotFound, (await _server.GetAsync("/v1/nothing")).Status);
        Answer method = await _server.GetAsync("/v1/embeddings");
        Assert.Equal(HttpStatusCode.MethodNotAllowed, method.Status);
        Assert.NotEmpty(method.Message);
        using StringContent form = new("input=a", null, "application/x-www-form-urlencoded");
        Answer type = await _server.PostAsync("/v1/embeddings", form);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, type.Status);
        Assert.NotEmpty(type.Message);
        using StringContent compressed = new("x", null, "application/json");
        compressed.Headers.ContentEncoding.Add("gzip");
        Answer encoding = await _server.PostAsync("/v1/embeddings", compressed);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, encoding.Status);
        Assert.Contains("Content-Encoding", encoding.Message, StringComparison.Ordinal);
    }

    /// <summary>A page on the web whose name was pointed here gets nothing.</summary>
    [Fact]
    public async Task Other_names_are_refused_on_loopback()
    {
        using HttpRequestMessage request = new(HttpMethod.Get, "/health") { Headers = { Host = "attacker.example" } };
        using HttpResponseMessage response = await _server.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task Keys_are_asked_for_everywhere_but_for_health()
    {
        await using RunningServer server = await RunningServer.StartAsync(RunningServer.Options with { ApiKeys = ["first", "second key"] });
        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync("/health")).Status);
        Assert.NotEqual(HttpStatusCode.Unauthorized, (await server.GetAsync("/health/ready")).Status);
        foreach (string path in new[] { "/v1/models", "/metrics", "/openapi/v1.json" })
            Assert.Equal(HttpStatusCode.Unauthorized, (await server.GetAsync(path)).Status);
        Answer without = await server.PostAsync("/v1/embeddings", """{"input":"a"}""");
        Assert.Equal(HttpStatusCode.Unauthorized, without.Status);
        Assert.Equal("invalid_api_key", (string)without.Json["error"]!["code"]!);

        foreach ((string header, string value, HttpStatusCode expected) in new[]
        {
            ("Authorization", "Bearer first", HttpStatusCode.OK),
            ("Authorization", "bearer second key", HttpStatusCode.OK),
            ("x-api-key", "first", HttpStatusCode.OK),
            ("x-api-key", "firs", HttpStatusCode.Unauthorized),
            ("x-api-key", "First", HttpStatusCode.Unauthorized),
            ("x-api-key", "", HttpStatusCode.Unauthorized),
            ("Authorization", "Basic first", HttpStatusCode.Unauthorized),
            ("Authorization", "Bearer", HttpStatusCode.Unauthorized),
        })
        {
            using HttpRequestMessage request = new(HttpMethod.Get, "/v1/models");
            request.Headers.TryAddWithoutValidation(header, value);
            using HttpResponseMessage response = await server.Client.SendAsync(request);
            Assert.True(expected == response.StatusCode, $"{header}: {value} gives {response.StatusCode}");
        }
    }
}

public sealed class KeyFileTests
{
    /// <summary>Keys come and go while the server runs; a file that is emptied, or taken away, neither opens it nor closes it.</summary>
    [Fact]
    public async Task Files_are_read_again_where_they_have_changed()
    {
        string file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, "first\n");
            await using RunningServer server = await RunningServer.StartAsync(
                RunningServer.Options with { ApiKeys = ["of the environment"], KeyFiles = [file] });
            await ExpectAsync(server, "first", HttpStatusCode.OK);
            await ExpectAsync(server, "second", HttpStatusCode.Unauthorized);

            await File.WriteAllTextAsync(file, "# rotated\nsecond\n");
            await ExpectAsync(server, "second", HttpStatusCode.OK);
            await ExpectAsync(server, "first", HttpStatusCode.Unauthorized);

            await File.WriteAllTextAsync(file, "");
            await Task.Delay(2500); // it has been looked at
            await ExpectAsync(server, "second", HttpStatusCode.OK);
            await ExpectAsync(server, null, HttpStatusCode.Unauthorized);
            File.Delete(file);
            await Task.Delay(2500);
            await ExpectAsync(server, "second", HttpStatusCode.OK);
            await ExpectAsync(server, "of the environment", HttpStatusCode.OK);
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>Within a few looks at the file.</summary>
    private static async Task ExpectAsync(RunningServer server, string? key, HttpStatusCode expected)
    {
        for (int tries = 0; ; tries++)
        {
            using HttpRequestMessage request = new(HttpMethod.Get, "/v1/models");
            if (key is not null)
                request.Headers.Add("x-api-key", key);
            using HttpResponseMessage response = await server.Client.SendAsync(request);
            if (response.StatusCode == expected)
                return;
            Assert.True(tries < 300, $"{key}: {response.StatusCode}");
            await Task.Delay(100);
        }
    }
}

public sealed class CommandLineTests
{
    private static ServerOptions Parse(params string[] args) => CommandLine.Parse(args, _ => null).Options;

    [Fact]
    public void It_listens_to_this_machine_alone_unless_told()
    {
        Assert.Equal(IPAddress.Loopback, Parse("--model", ShippedModel.Path).Address);
        Assert.Equal(IPAddress.Any, Parse("--model", ShippedModel.Path, "--host", "0.0.0.0").Address);
    }

    [Fact]
    public void Models_have_their_directorys_name_or_another()
    {
        ServerOptions options = Parse("--model", ShippedModel.Path, $"--model=ViT-B-32__openai={ShippedModel.Path}/");
        Assert.Equal(["pictogram-mini", "ViT-B-32__openai"], options.Models.Select(model => model.Name));
    }

    [Fact]
    public void Keys_come_from_a_file_and_the_environment()
    {
        string file = Path.GetTempFileName();
        File.WriteAllText(file, "# ours\nfirst\n\n  second \n");
        try
        {
            ServerOptions options = CommandLine.Parse(["--model", ShippedModel.Path, "--api-keys", file], name => name == CommandLine.KeysVariable ? "third, fourth" : null).Options;
            Assert.Equal(["third", "fourth"], options.ApiKeys);
            Assert.Equal(["first", "second"], ApiKeys.KeysOf(Assert.Single(options.KeyFiles)));
            File.WriteAllText(file, "# none yet\n");
            Assert.Throws<UsageException>(() => Parse("--model", ShippedModel.Path, "--api-keys", file));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("there is no model")]
    [InlineData("no such file", "--model", "/nowhere/at/all")]
    [InlineData("needs a value", "--model")]
    [InlineData("no option", "--model", ".", "--speed", "9")]
    [InlineData("not understood", "--model", ".", "weights")]
    [InlineData("whole number", "--model", ".", "--port", "65536")]
    [InlineData("whole number", "--model", ".", "--timeout", "-1")]
    [InlineData("not an address", "--model", ".", "--host", "example.org")]
    [InlineData("f32, bf16", "--model", ".", "--weights", "int4")]
    [InlineData("two of the name", "--model", "a=.", "--model", "a=src")]
    [InlineData("both sides", "--model", "=.")]
    [InlineData("never had a place", "--model", ".", "--queue-inputs", "5")]
    [InlineData("never had a place", "--model", ".", "--queue-mib", "5")]
    public void What_cannot_be_followed_is_said(string expected, params string[] args) =>
        Assert.Contains(expected, Assert.Throws<UsageException>(() => Parse(args)).Message, StringComparison.Ordinal);

    [Fact]
    public void Help_names_every_option()
    {
        string help = CommandLine.Parse(["--help"], _ => null).Answer!;
        foreach (string option in new[] { "--model", "--index", "--concept", "--generator", "--host", "--max-connections", "--port", "--api-keys", "--max-body-mib", "--queue-mib" })
            Assert.Contains(option, help, StringComparison.Ordinal);
        Assert.NotEmpty(CommandLine.Parse(["--version"], _ => null).Answer!);
    }
}
