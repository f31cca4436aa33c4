using System.Net;
using System.Text.Json.Nodes;
using PureClip.Server.Hosting;

namespace PureClip.Server.Tests;

/// <summary>Where in a picture texts are, as the library says it.</summary>
public sealed class ExplainTests(SearchServer shared) : IClassFixture<SearchServer>
{
    private readonly RunningServer _server = shared.Server;

    private string Apple => Path.Combine(shared.Photos, "red-apple.png");

    private string DataUri => "data:image/png;base64," + Convert.ToBase64String(File.ReadAllBytes(Apple));

    [Theory]
    [InlineData(null, HeatMapMethod.Decomposition)]
    [InlineData("decomposition", HeatMapMethod.Decomposition)]
    [InlineData("value-path", HeatMapMethod.ValuePath)]
    [InlineData("surgery", HeatMapMethod.Surgery)]
    [InlineData("occlusion", HeatMapMethod.Occlusion)]
    public async Task Maps_are_those_of_the_library(string? word, HeatMapMethod method)
    {
        string[] texts = ["apple", "leaf"];
        JsonObject request = new() { ["image"] = DataUri, ["texts"] = new JsonArray("apple", "leaf") };
        if (word is not null)
            request["method"] = word;
        Answer answer = await _server.PostAsync("/v1/explain", request.ToJsonString());
        RequireEqual(_server.Clip.Explain(Apple, texts, new() { Method = method }), texts, answer);
        Assert.Equal(word ?? "decomposition", (string)answer.Json["method"]!);
        JsonNode seen = answer.Json["seen"]!;
        Assert.Equal((0, 0, 1, 1), ((double)seen["left"]!, (double)seen["top"]!, (double)seen["width"]!, (double)seen["height"]!)); // a square
    }

    [Fact]
    public async Task Files_and_hits_are_pictures_too()
    {
        IReadOnlyList<HeatMap> expected = _server.Clip.Explain(Apple, ["apple"]);
        using MultipartFormDataContent form = new()
        {
            { new ByteArrayContent(File.ReadAllBytes(Apple)), "image", "apple.png" }, { new StringContent("apple"), "texts" },
        };
        RequireEqual(expected, ["apple"], await _server.PostAsync("/v1/explain", form));
        JsonArray hits = (await _server.GetAsync("/v1/search?query=apple&top=61")).Json["hits"]!.AsArray();
        string id = (string)hits.Single(hit => (string)hit!["key"]! == "photos/red-apple.png")!["id"]!;
        RequireEqual(expected, ["apple"], await _server.PostAsync("/v1/explain", $$"""{"hit":"{{id}}","texts":["apple"]}"""));
    }

    [Theory]
    [InlineData("""{"image":"IMAGE","texts":["a"],"method":"magic"}""", 400, "value-path")]
    [InlineData("""{"image":"IMAGE"}""", 400, "1 to 8")]
    [InlineData("""{"image":"IMAGE","texts":[]}""", 400, "1 to 8")]
    [InlineData("""{"image":"IMAGE","texts":["1","2","3","4","5","6","7","8","9"]}""", 400, "there are 9")]
    [InlineData("""{"image":"IMAGE","texts":["a"," "]}""", 400, "texts[1]")]
    [InlineData("""{"image":"IMAGE","texts":[null]}""", 400, "texts[0]")]
    [InlineData("""{"image":"IMAGE","texts":["LONG"]}""", 400, "tokens")]
    [InlineData("""{"image":"IMAGE","texts":"a"}""", 400, "texts")]
    [InlineData("""{"texts":["a"]}""", 400, "one picture")]
    [InlineData("""{"image":"IMAGE","hit":"0-0000000000000000","texts":["a"]}""", 400, "one picture")]
    [InlineData("""{"image":["IMAGE","IMAGE"],"texts":["a"]}""", 400, "one picture")]
    [InlineData("""{"image":"data:image/png;base64,AAAA","texts":["a"]}""", 400, "")]
    [InlineData("""{"hit":"0-0000000000000000","texts":["a"]}""", 404, "Search again")]
    [InlineData("""{"image":"IMAGE","texts":["a"],"model":"nothing"}""", 404, "not served")]
    public async Task Wrong_requests_are_said(string json, int status, string part)
    {
        json = json.Replace("IMAGE", DataUri, StringComparison.Ordinal)
            .Replace("LONG", string.Concat(Enumerable.Repeat("word ", 300)), StringComparison.Ordinal);
        Answer answer = await _server.PostAsync("/v1/explain", json);
        Assert.Equal(status, (int)answer.Status);
        Assert.Contains(part, answer.Message, StringComparison.Ordinal);
    }

    private static void RequireEqual(IReadOnlyList<HeatMap> expected, string[] texts, Answer given)
    {
        Assert.True(given.Status == HttpStatusCode.OK, given.Text);
        JsonNode answer = given.Json;
        Assert.Equal((expected[0].Rows, expected[0].Columns), ((int)answer["rows"]!, (int)answer["columns"]!));
        JsonArray data = answer["data"]!.AsArray();
        Assert.Equal(texts, data.Select(one => (string)one!["text"]!));
        Assert.Equal(expected.Select(map => map.Cosine), data.Select(one => (float)one!["cosine"]!));
        for (int i = 0; i < expected.Count; i++)
            Assert.Equal(expected[i].Values, Answer.Numbers(data[i]!["values"]));
    }
}

/// <summary>Texts that are longer than the model takes.</summary>
public sealed class LongTextTests
{
    private static readonly string Long = string.Join(' ', Enumerable.Range(0, 120).Select(i => $"a red car {i} beside a house"));

    [Theory]
    [InlineData("mean", LongTextPooling.Mean)]
    [InlineData("token-mean", LongTextPooling.TokenMean)]
    [InlineData("max", LongTextPooling.Max)]
    [InlineData("first", LongTextPooling.First)]
    public async Task Long_texts_are_pooled_where_that_is_asked_for(string word, LongTextPooling pooling)
    {
        ServerOptions asked = CommandLine.Parse(["--model", ShippedModel.Path, "--long-texts", word], _ => null).Options;
        await using RunningServer server = await RunningServer.StartAsync(RunningServer.Options with { LongTexts = asked.LongTexts });
        Answer answer = await server.PostAsync("/v1/embeddings", new JsonObject { ["input"] = new JsonArray("a cat", Long, "a dog") }.ToJsonString());
        Assert.True(answer.Status == HttpStatusCode.OK, answer.Text);
        using Clip clip = ShippedModel.Load();
        Assert.True(clip.CutText(Long).Count > 2);
        float[][] expected =
            [clip.EncodeText("a cat"), clip.EncodeLongText(Long, new() { Pooling = pooling }).Embedding!, clip.EncodeText("a dog")];
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], Answer.Numbers(answer.Json["data"]![i]!["embedding"]));
    }

    [Fact]
    public async Task Texts_of_more_windows_than_a_request_may_have_are_refused()
    {
        await using RunningServer server = await RunningServer.StartAsync(
            RunningServer.Options with { LongTexts = LongTextPooling.Mean, MaxInputs = 2 });
        Answer answer = await server.PostAsync("/v1/embeddings", new JsonObject { ["input"] = Long }.ToJsonString());
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Contains("windows", answer.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Long_texts_are_refused_else()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        Answer answer = await server.PostAsync("/v1/embeddings", new JsonObject { ["input"] = Long }.ToJsonString());
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Throws<UsageException>(() => CommandLine.Parse(["--model", ShippedModel.Path, "--long-texts", "best"], _ => null));
    }
}
