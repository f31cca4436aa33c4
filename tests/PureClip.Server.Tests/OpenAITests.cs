using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace PureClip.Server.Tests;

public sealed class OpenAITests(SharedServer shared) : IClassFixture<SharedServer>
{
    private static readonly string[] Texts = ["a red car", "birthday cake", "two dogs on a beach", "x"];

    private readonly RunningServer _server = shared.Server;

    private static string DataUri(string picture) => "data:image/png;base64," + Convert.ToBase64String(File.ReadAllBytes(ShippedModel.Picture(picture)));

    [Fact]
    public async Task Floats_are_the_librarys_bits()
    {
        JsonNode answer = await EmbedAsync(new JsonObject { ["input"] = new JsonArray([.. Texts.Select(text => (JsonNode)text)]), ["model"] = "pictogram-mini" });
        Assert.Equal("list", (string)answer["object"]!);
        Assert.Equal("pictogram-mini", (string)answer["model"]!);
        for (int i = 0; i < Texts.Length; i++)
        {
            Assert.Equal(i, (int)answer["data"]![i]!["index"]!);
            Assert.Equal("embedding", (string)answer["data"]![i]!["object"]!);
            Assert.Equal(_server.Clip.EncodeText(Texts[i]), Answer.Numbers(answer["data"]![i]!["embedding"]));
        }
        int tokens = Texts.Sum(text => _server.Clip.Tokenizer!.Encode(text).Count);
        Assert.Equal(tokens, (int)answer["usage"]!["prompt_tokens"]!);
        Assert.Equal(tokens, (int)answer["usage"]!["total_tokens"]!);
    }

    [Fact]
    public async Task Base64_is_little_endian_floats()
    {
        JsonNode answer = await EmbedAsync(new JsonObject { ["input"] = "a red car", ["encoding_format"] = "base64" });
        byte[] bytes = Convert.FromBase64String((string)answer["data"]![0]!["embedding"]!);
        Assert.Equal(_server.Clip.EncodeText("a red car"), MemoryMarshal.Cast<byte, float>(bytes).ToArray());
    }

    [Fact]
    public async Task Token_ids_are_the_models_own_with_or_without_their_frame()
    {
        int[] whole = [.. _server.Clip.Tokenizer!.Encode("a red car").Ids.Span];
        foreach (int[] ids in new[] { whole, whole[1..^1] })
            foreach (string json in new[] { $"[{string.Join(',', ids)}]", $"[[{string.Join(',', ids)}]]" })
            {
                JsonNode answer = (await _server.PostAsync("/v1/embeddings", $$"""{"input":{{json}}}""")).Json;
                Assert.Equal(_server.Clip.EncodeText("a red car"), Answer.Numbers(Assert.Single(answer["data"]!.AsArray())!["embedding"]));
            }
    }

    [Fact]
    public async Task Pictures_come_in_all_three_conventions()
    {
        float[] cat = _server.Clip.EncodeImage(ShippedModel.Picture("cat.png"));
        string uri = DataUri("cat.png"), base64 = uri[(uri.IndexOf(',') + 1)..];
        JsonObject[] requests =
        [
            new() { ["input"] = uri },
            new() { ["input"] = new JsonArray(uri), ["modality"] = "image" },
            new() { ["input"] = new JsonArray(new JsonObject { ["image"] = uri }) },
            new() { ["input"] = new JsonArray(new JsonObject { ["image"] = base64 }) },
            new()
            {
                ["messages"] = new JsonArray(new JsonObject
                {
                    ["role"] = "user",
                    ["content"] = new JsonArray(new JsonObject { ["type"] = "image_url", ["image_url"] = new JsonObject { ["url"] = uri } }),
                }),
            },
        ];
        foreach (JsonObject request in requests)
            Assert.Equal(cat, Answer.Numbers((await EmbedAsync(request))["data"]![0]!["embedding"]));
    }

    [Fact]
    public async Task Texts_and_pictures_keep_their_order()
    {
        JsonNode answer = await EmbedAsync(new JsonObject
        {
            ["input"] = new JsonArray(
                "a", DataUri("dog.png"), new JsonObject { ["text"] = "b" }, DataUri("cat.png"), new JsonObject { ["image"] = DataUri("sun.png") }),
        });
        float[][] expected =
        [
            _server.Clip.EncodeText("a"), Picture("dog.png"), _server.Clip.EncodeText("b"), Picture("cat.png"), Picture("sun.png"),
        ];
        Assert.Equal(expected, answer["data"]!.AsArray().Select(item => Answer.Numbers(item!["embedding"])));
    }

    /// <summary>What no peer promises: bits do not depend on the company that a request has in its round.</summary>
    [Fact]
    public async Task Bits_do_not_depend_on_company()
    {
        string[] pictures = [.. ShippedModel.Gallery.Take(40)];
        Dictionary<string, float[]> alone = [];
        foreach (string picture in pictures)
            alone[picture] = _server.Clip.EncodeImage(picture);
        string[] words = [.. Enumerable.Range(0, 120).Select(i => $"number {i.ToString(CultureInfo.InvariantCulture)} " + new string('x', i % 20))];
        foreach (string word in words)
            alone[word] = _server.Clip.EncodeText(word);

        await Parallel.ForEachAsync(pictures.Concat(words), new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (input, _) =>
        {
            string sent = File.Exists(input) ? DataUri(Path.GetFileName(input)) : input;
            JsonNode answer = await EmbedAsync(new JsonObject { ["input"] = sent });
            Assert.Equal(alone[input], Answer.Numbers(answer["data"]![0]!["embedding"]));
        });
    }

    [Theory]
    [InlineData("""{"input":""}""", "input")]
    [InlineData("""{"input":[]}""", "input")]
    [InlineData("""{"input":["a",""]}""", "input[1]")]
    [InlineData("""{"input":["a",null]}""", "input[1]")]
    [InlineData("""{"input":["a",5]}""", "input[1]")]
    [InlineData("""{"input":[1,"a"]}""", "input")]
    [InlineData("""{"input":[[1],[-1]]}""", "input[1]")]
    [InlineData("""{"input":[[]]}""", "input")]
    [InlineData("""{"input":[99999999]}""", "input")]
    [InlineData("""{"input":true}""", "input")]
    [InlineData("""{"input":{}}""", "input")]
    [InlineData("""{"input":{"image":5}}""", "input")]
    [InlineData("""{"input":{"text":"a","image":"AAAA"}}""", "input")]
    [InlineData("""{"input":{"image":"https://example.org/a.png"}}""", "input")]
    [InlineData("""{"input":{"image":"file:///etc/passwd"}}""", "input")]
    [InlineData("""{"input":{"image":"not base64!"}}""", "input")]
    [InlineData("""{"input":"data:image/png,%00"}""", "input")]
    [InlineData("""{"input":"a","modality":"image"}""", "input")]
    [InlineData("""{"input":"a","modality":"smell"}""", "modality")]
    [InlineData("""{"input":"a","dimensions":64}""", "dimensions")]
    [InlineData("""{"input":"a","dimensions":1.5}""", "dimensions")]
    [InlineData("""{"input":"a","encoding_format":"hex"}""", "encoding_format")]
    [InlineData("""{"input":"a","model":7}""", "model")]
    [InlineData("""{"model":"pictogram-mini"}""", "input")]
    [InlineData("""{"messages":[]}""", "messages")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}]}""", "messages")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"audio"}]}]}""", "messages[0].content[0]")]
    [InlineData("""{"input":"a","messages":[]}""", "input")]
    public async Task Wrong_fields_are_named(string json, string field)
    {
        Answer answer = await _server.PostAsync("/v1/embeddings", json);
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal(field, (string?)answer.Json["error"]!["param"]);
        Assert.Equal("invalid_request_error", (string)answer.Json["error"]!["type"]!);
        Assert.NotEmpty(answer.Message);
        Assert.True(answer.Json["error"]!.AsObject().ContainsKey("code"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("{\"input\":\"a\"")]
    [InlineData("{\"input\":\"\\ud800\"}")]
    [InlineData("\"input\"")]
    public async Task What_is_no_json_object_is_refused(string json)
    {
        Answer answer = await _server.PostAsync("/v1/embeddings", json);
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.NotEmpty(answer.Message);
    }

    [Fact]
    public async Task Texts_that_are_too_long_name_the_limit()
    {
        Answer answer = await _server.PostAsync("/v1/embeddings", new JsonObject { ["input"] = new JsonArray("a", string.Concat(Enumerable.Repeat("cat ", 400))) }.ToJsonString());
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Contains("input[1]", answer.Message, StringComparison.Ordinal);
        Assert.Contains(_server.Clip.Tokenizer!.MaxTextTokens.ToString(CultureInfo.InvariantCulture), answer.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Damaged_pictures_are_their_own_fault()
    {
        byte[] cut = File.ReadAllBytes(ShippedModel.Picture("cat.png"))[..200];
        Answer answer = await _server.PostAsync("/v1/embeddings",
            new JsonObject { ["input"] = new JsonArray(DataUri("dog.png"), "data:image/png;base64," + Convert.ToBase64String(cut)) }.ToJsonString());
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.StartsWith("input[1]", answer.Message, StringComparison.Ordinal);
    }

    /// <summary>What it looks like, what is read here, and what to do.</summary>
    [Theory]
    [InlineData("SUkqAAgAAAAAAAAAAAAAAA==", "a TIFF")]
    [InlineData("AAAAGGZ0eXBoZWljAAAAAG1pZjFoZWlj", "a HEIC")]
    [InlineData("PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciLz4=", "an SVG")]
    [InlineData("aGVsbG8gd29ybGQ=", "no known picture format")]
    public async Task Pictures_of_other_formats_are_called_by_name(string base64, string kind)
    {
        Answer answer = await _server.PostAsync("/v1/embeddings", $$"""{"input":["a","data:image/png;base64,{{base64}}"]}""");
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.StartsWith("input[1]: The file looks like " + kind, answer.Message, StringComparison.Ordinal);
        Assert.Contains("JPEG, PNG", answer.Message, StringComparison.Ordinal);
        Assert.Contains("Convert it to PNG", answer.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unknown_models_are_404()
    {
        Answer answer = await _server.PostAsync("/v1/embeddings", """{"input":"a","model":"text-embedding-3-small"}""");
        Assert.Equal(HttpStatusCode.NotFound, answer.Status);
        Assert.Equal("model_not_found", (string)answer.Json["error"]!["code"]!);
        Assert.Contains("pictogram-mini", answer.Message, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await _server.GetAsync("/v1/models/unknown")).Status);
    }

    [Fact]
    public async Task Models_are_listed()
    {
        JsonNode list = (await _server.GetAsync("/v1/models")).Json;
        JsonNode model = Assert.Single(list["data"]!.AsArray())!;
        Assert.Equal("pictogram-mini", (string)model["id"]!);
        Assert.Equal("model", (string)model["object"]!);
        Assert.True((long)model["created"]! > 0);
        Assert.Equal("pictogram-mini", (string)(await _server.GetAsync("/v1/models/pictogram-mini")).Json["id"]!);
    }

    [Fact]
    public async Task The_short_path_is_the_same() =>
        Assert.Equal(_server.Clip.EncodeText("a"), Answer.Numbers((await _server.PostAsync("/embeddings", """{"input":"a"}""")).Json["data"]![0]!["embedding"]));

    private float[] Picture(string name) => _server.Clip.EncodeImage(ShippedModel.Picture(name));

    private async Task<JsonNode> EmbedAsync(JsonObject request)
    {
        Answer answer = await _server.PostAsync("/v1/embeddings", request.ToJsonString());
        Assert.True(answer.Status == HttpStatusCode.OK, answer.Text);
        return answer.Json;
    }
}
