using System.Net;
using System.Text.Json.Nodes;
using PureClip.Generation;
using PureClip.Imaging;
using PureClip.Server.Drawing;
using PureClip.Tests.Generation;

namespace PureClip.Server.Tests;

/// <summary>A server that draws with a small network of random numbers.</summary>
public sealed class DrawingServer : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pureclip-drawing-").FullName;

    public string Generator => Path.Combine(_folder, "tiny.safetensors");

    public RunningServer Server { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        using (Clip clip = ShippedModel.Load())
            TinyGenerator.Write(Generator, clip.Fingerprint);
        Server = await RunningServer.StartAsync(RunningServer.Options with { Generators = [new("tiny", Generator)] });
    }

    public async Task DisposeAsync()
    {
        await Server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}

public sealed class DrawingTests(DrawingServer shared) : IClassFixture<DrawingServer>
{
    private const string Address = "/v1/images/generations";

    private readonly RunningServer _server = shared.Server;

    [Fact]
    public async Task Pictures_are_those_that_the_library_draws()
    {
        Answer answer = await _server.PostAsync(Address,
            """{"model":"tiny","prompt":"a red hat","n":2,"size":"128x128","seed":5,"steps":3,"guidance":2,"style":"inky","response_format":"b64_json","user":"me"}""");
        Assert.True(answer.Status == HttpStatusCode.OK, answer.Text);
        using PictureGenerator generator = PictureGenerator.Load(shared.Generator, _server.Clip);
        IReadOnlyList<DrawnPicture> expected = generator.Draw(
            DrawingPrompt.FromText("a red hat"), new() { Count = 2, Seed = 5, Steps = 3, Guidance = 2, Style = "inky" });
        Assert.Equal(expected.Select(picture => picture.Enlarge(2).ToPng()), FilesOf(answer));
        JsonArray data = answer.Json["data"]!.AsArray();
        Assert.Equal(expected.Select(picture => picture.Seed), data.Select(one => ulong.Parse((string)one!["seed"]!, null)));
        Assert.Equal(expected.Select(picture => picture.Score), data.Select(one => (float?)one!["score"]!));
        Assert.Equal(("128x128", "png", "tiny"),
            ((string)answer.Json["size"]!, (string)answer.Json["output_format"]!, (string)answer.Json["model"]!));

        // The seed of the second, which is longer than JavaScript's numbers, gives it by itself.
        Answer again = await _server.PostAsync(Address, new JsonObject
        {
            ["prompt"] = "a red hat",
            ["size"] = "128x128",
            ["seed"] = (string)data[1]!["seed"]!,
            ["steps"] = 3,
            ["guidance"] = 2,
            ["style"] = "INKY",
        }.ToJsonString());
        Assert.Equal(FilesOf(answer)[1], Assert.Single(FilesOf(again)));
    }

    [Fact]
    public async Task Sums_and_pictures_are_drawn_too()
    {
        byte[] cat = await File.ReadAllBytesAsync(ShippedModel.Picture("cat.png"));
        string uri = "data:image/png;base64," + Convert.ToBase64String(cat);
        Answer sum = await _server.PostAsync(Address, new JsonObject
        {
            ["query"] = new JsonArray(
                new JsonObject { ["image"] = uri }, new JsonObject { ["text"] = "red", ["weight"] = 0.5 },
                new JsonObject { ["text"] = "text", ["weight"] = -1 }),
            ["steps"] = 2,
            ["background"] = "opaque",
        }.ToJsonString());
        Assert.True(sum.Status == HttpStatusCode.OK, sum.Text);
        using PictureGenerator generator = PictureGenerator.Load(shared.Generator, _server.Clip);
        DrawnPicture expected = generator.Draw(
            DrawingPrompt.Sum([(1, DrawingPrompt.FromPicture(cat)), (0.5f, DrawingPrompt.FromText("red")), (-1, DrawingPrompt.FromText("text"))]),
            new() { Steps = 2 }).Single();
        RasterImage drawn = ImageFormats.Decode(Assert.Single(FilesOf(sum)));
        Assert.Equal((PixelMode.Rgb, 64, 64), (drawn.Mode, drawn.Width, drawn.Height));
        // The sum is made in another order there, so that a last bit may differ.
        Assert.All(expected.OnWhite().Pixels.ToArray().Zip(drawn.Pixels.ToArray()), pair => Assert.InRange(pair.First - pair.Second, -2, 2));

        // A text alone is a prompt, however it comes.
        Answer text = await _server.PostAsync(Address, """{"query":"a dog","steps":2}""");
        Assert.Equal(FilesOf(await _server.PostAsync(Address, """{"prompt":"a dog","steps":2}""")), FilesOf(text));
    }

    [Fact]
    public async Task What_draws_is_listed()
    {
        JsonNode one = Assert.Single((await _server.GetAsync("/v1/generators")).Json["data"]!.AsArray())!;
        Assert.Equal(("tiny", "pictogram-mini", 64), ((string)one["name"]!, (string)one["model"]!, (int)one["side"]!));
        Assert.Equal(TinyGenerator.Styles, one["styles"]!.AsArray().Select(style => (string)style!));
        Assert.NotNull((await _server.GetAsync("/openapi/v1.json")).Json["paths"]![Address]!["post"]);
    }

    [Theory]
    [InlineData("""{}""", 400, "prompt")]
    [InlineData("""{"prompt":""}""", 400, "empty")]
    [InlineData("""{"prompt":"a","query":"b"}""", 400, "one of")]
    [InlineData("""{"prompt":7}""", 400, "wrong type")]
    [InlineData("""{"query":[]}""", 400, "nothing")]
    [InlineData("""{"query":[{"hit":"0-0"}]}""", 404, "no index")]
    [InlineData("""{"prompt":"a","n":0}""", 400, "from 1 to 10")]
    [InlineData("""{"prompt":"a","n":11}""", 400, "from 1 to 10")]
    [InlineData("""{"prompt":"a","steps":101}""", 400, "from 1 to 100")]
    [InlineData("""{"prompt":"a","guidance":-1}""", 400, "from 0 to 20")]
    [InlineData("""{"prompt":"a","seed":-1}""", 400, "'seed'")]
    [InlineData("""{"prompt":"a","seed":"x"}""", 400, "'seed'")]
    [InlineData("""{"prompt":"a","best_of":9}""", 400, "from 1 to 8")]
    [InlineData("""{"prompt":"a","size":"100x100"}""", 400, "64x64")]
    [InlineData("""{"prompt":"a","size":"2048x2048"}""", 400, "1024x1024")]
    [InlineData("""{"prompt":"a","size":"64x128"}""", 400, "square")]
    [InlineData("""{"prompt":"a","size":"0x0"}""", 400, "square")]
    [InlineData("""{"prompt":"a","style":"vivid"}""", 400, "inky, noto")]
    [InlineData("""{"prompt":"a","response_format":"url"}""", 400, "b64_json")]
    [InlineData("""{"prompt":"a","output_format":"jpeg"}""", 400, "png")]
    [InlineData("""{"prompt":"a","background":"red"}""", 400, "opaque")]
    [InlineData("""{"prompt":"a","stream":true}""", 400, "all at once")]
    [InlineData("""{"prompt":"a","model":"dall-e-3"}""", 404, "tiny")]
    public async Task Wrong_requests_are_said(string json, int status, string expected)
    {
        Answer answer = await _server.PostAsync(Address, json);
        Assert.Equal(status, (int)answer.Status);
        Assert.Contains(expected, answer.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Prompts_that_are_too_long_are_refused_with_the_limit()
    {
        Answer answer = await _server.PostAsync(Address, new JsonObject { ["prompt"] = string.Concat(Enumerable.Repeat("dog ", 500)) }.ToJsonString());
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Contains($"takes {_server.Clip.Tokenizer!.MaxTextTokens}", answer.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_network_that_is_said()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        Assert.Empty((await server.GetAsync("/v1/generators")).Json["data"]!.AsArray());
        Answer answer = await server.PostAsync(Address, """{"prompt":"a"}""");
        Assert.Equal(HttpStatusCode.NotFound, answer.Status);
        Assert.Contains("--generator", answer.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Networks_of_other_models_are_refused_at_the_start()
    {
        string file = Path.Combine(Path.GetDirectoryName(shared.Generator)!, "other.safetensors");
        TinyGenerator.Write(file, new string('0', 64));
        InvalidDataException refusal = await Assert.ThrowsAsync<InvalidDataException>(
            () => RunningServer.StartAsync(RunningServer.Options with { Generators = [new("other", file)] }));
        Assert.Contains("fingerprint", refusal.Message, StringComparison.Ordinal);
    }

    /// <summary>While one is drawn, so many wait and the next is sent away; embeddings are answered; who hangs up leaves the queue.</summary>
    [Fact]
    public async Task Drawing_holds_nobody_up_and_is_bounded()
    {
        await using RunningServer server = await RunningServer.StartAsync(RunningServer.Options with { Generators = [new("tiny", shared.Generator)] });
        const string Small = """{"prompt":"a","steps":1}""";
        using ManualResetEventSlim go = new();
        TaskCompletionSource draws = new();
        Task first = server.Service<Drawings>().DrawAsync(
            server.Service<ServedGenerators>().All[0], DrawingPrompt.FromText("a"), new() { Steps = 1 }, 1,
            picture =>
            {
                draws.TrySetResult();
                go.Wait();
                return picture.ToPng();
            },
            CancellationToken.None);
        try
        {
            await draws.Task;
            using CancellationTokenSource hangUp = new();
            List<Task<Answer>> waiting =
                [.. Enumerable.Range(0, Drawings.MostWaiting + 1).Select(i => server.PostAsync(Address, Small, i % 2 == 0 ? hangUp.Token : default))];
            Task<Answer> over = await Task.WhenAny(waiting); // whichever came last: nobody else can be answered
            Answer refused = await over;
            Assert.Equal(HttpStatusCode.TooManyRequests, refused.Status);
            Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
            Assert.Equal(HttpStatusCode.OK, (await server.PostAsync("/v1/embeddings", """{"input":"meanwhile"}""")).Status);
            waiting.Remove(over);
            Assert.All(waiting, one => Assert.False(one.IsCompleted));
            await hangUp.CancelAsync();
            go.Set();
            await Task.WhenAll(waiting).ContinueWith(_ => { }, TaskScheduler.Default);
            Assert.All(waiting, one => Assert.True(one.IsCanceled || one.Result.Status == HttpStatusCode.OK));
            Assert.Contains(waiting, one => one.IsCanceled);
            Assert.Contains(waiting, one => !one.IsCanceled);
        }
        finally
        {
            go.Set();
            await first;
        }
    }

    private static byte[][] FilesOf(Answer answer) =>
        [.. answer.Json["data"]!.AsArray().Select(one => Convert.FromBase64String((string)one!["b64_json"]!))];
}
