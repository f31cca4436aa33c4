using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using PureClip.Imaging;
using PureClip.Server.Inputs;

namespace PureClip.Server.Tests;

/// <summary>immich's, Ollama's and TEI's requests as their clients write them.</summary>
public sealed class ProtocolTests(SharedServer shared) : IClassFixture<SharedServer>
{
    private const string LongText = "cat dog cat dog cat dog cat dog cat dog cat dog cat dog cat dog cat dog cat dog cat dog cat dog cat dog cat dog cat dog cat dog cat dog";

    private readonly RunningServer _server = shared.Server;

    [Fact]
    public async Task Immich_is_greeted_and_ponged()
    {
        Assert.Equal("""{"message":"Immich ML"}""", (await _server.GetAsync("/")).Text);
        Answer ping = await _server.GetAsync("/ping");
        Assert.Equal("pong", ping.Text);
        Assert.Equal("text/plain", ping.ContentHeaders.ContentType!.MediaType);
    }

    [Fact]
    public async Task Immich_gets_a_list_in_a_string()
    {
        Answer text = await PredictAsync("""{"clip":{"textual":{"modelName":"pictogram-mini","options":{"language":"en"}}}}""", text: "a red car");
        Assert.Equal(_server.Clip.EncodeText("a red car"), Answer.Numbers(JsonNode.Parse((string)text.Json["clip"]!)));
        Assert.Null(text.Json["imageHeight"]);

        Answer picture = await PredictAsync("""{"clip":{"visual":{"modelName":"pictogram-mini"}}}""", picture: ShippedModel.Picture("cat.png"));
        Assert.Equal(_server.Clip.EncodeImage(ShippedModel.Picture("cat.png")), Answer.Numbers(JsonNode.Parse((string)picture.Json["clip"]!)));
        Assert.Equal(112, (int)picture.Json["imageHeight"]!);
        Assert.Equal(112, (int)picture.Json["imageWidth"]!);
    }

    [Theory]
    [InlineData(null, 422)]
    [InlineData("", 422)]
    [InlineData("{}", 422)]
    [InlineData("[]", 422)]
    [InlineData("""{"clip":{}}""", 422)]
    [InlineData("""{"clip":{"visual":{}}}""", 422)]
    [InlineData("""{"clip":{"visual":{"modelName":5}}}""", 422)]
    [InlineData("""{"clip":{"visual":{"modelName":"pictogram-mini"}}}""", 400)]
    [InlineData("""{"clip":{"textual":{"modelName":"pictogram-mini"}}}""", 400)]
    [InlineData("""{"clip":{"textual":{"modelName":"ViT-B-32__openai"}}}""", 404)]
    [InlineData("""{"facial-recognition":{"detection":{"modelName":"buffalo_l"},"recognition":{"modelName":"buffalo_l"}}}""", 501)]
    [InlineData("""{"ocr":{"detection":{"modelName":"PP-OCRv5_mobile"}}}""", 501)]
    public async Task Immich_is_told_what_is_wrong(string? entries, int status)
    {
        Answer answer = await PredictAsync(entries);
        Assert.Equal(status, (int)answer.Status);
        Assert.NotEmpty((string)answer.Json["detail"]!);
    }

    [Fact]
    public async Task Broken_forms_are_refused()
    {
        foreach ((string type, string body) in new[]
        {
            ("multipart/form-data", "x"),
            ("multipart/form-data; boundary=" + new string('b', 200), "x"),
            ("multipart/form-data; boundary=b", "x"),
            ("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"entries\"\r\n\r\n{}"),
            ("multipart/form-data; boundary=b", "--b\r\n\r\n{}\r\n--b--\r\n"),
            ("multipart/form-data; boundary=b", "--b\r\n" + new string('[', 5000) + "\r\n\r\n{}\r\n--b--\r\n"),
            ("application/json", "{}"),
        })
        {
            using ByteArrayContent content = new(System.Text.Encoding.ASCII.GetBytes(body));
            content.Headers.TryAddWithoutValidation("Content-Type", type);
            Answer answer = await _server.PostAsync("/predict", content);
            Assert.InRange((int)answer.Status, 400, 422);
            Assert.InRange(((string)answer.Json["detail"]!).Length, 1, 300);
        }
    }

    [Fact]
    public async Task Ollama_embeds_one_and_many()
    {
        foreach (string name in new[] { "pictogram-mini", "pictogram-mini:latest" })
        {
            JsonNode answer = (await _server.PostAsync("/api/embed", $$"""{"model":"{{name}}","input":["a","b"]}""")).Json;
            Assert.Equal(name, (string)answer["model"]!);
            Assert.Equal([_server.Clip.EncodeText("a"), _server.Clip.EncodeText("b")], answer["embeddings"]!.AsArray().Select(Answer.Numbers));
            Assert.True((long)answer["total_duration"]! > 0);
            Assert.Equal(6, (int)answer["prompt_eval_count"]!);
        }
        JsonNode old = (await _server.PostAsync("/api/embeddings", """{"model":"pictogram-mini","prompt":"a"}""")).Json;
        Assert.Equal(_server.Clip.EncodeText("a"), Answer.Numbers(old["embedding"]));
        Assert.Empty((await _server.PostAsync("/api/embed", """{"model":"pictogram-mini","input":""}""")).Json["embeddings"]!.AsArray());
    }

    [Fact]
    public async Task Ollama_cuts_long_texts_unless_told()
    {
        float[] cut = _server.Clip.EncodeText(_server.Clip.Tokenizer!.Decode(
            _server.Clip.Tokenizer.Encode(LongText, Truncation.KeepEnd).Ids.Span, skipSpecials: true).Trim());
        JsonNode answer = (await _server.PostAsync("/api/embed", $$"""{"model":"pictogram-mini","input":"{{LongText}}"}""")).Json;
        Assert.Equal(cut, Answer.Numbers(answer["embeddings"]![0]));
        Answer whole = await _server.PostAsync("/api/embed", $$"""{"model":"pictogram-mini","input":"{{LongText}}","truncate":false}""");
        Assert.Equal(HttpStatusCode.BadRequest, whole.Status);
        Assert.NotEmpty((string)whole.Json["error"]!);
    }

    [Fact]
    public async Task Ollama_takes_any_content_type_and_names_unknown_models()
    {
        using StringContent form = new("""{"model":"pictogram-mini","input":"a"}""", null, "application/x-www-form-urlencoded");
        Assert.Equal(HttpStatusCode.OK, (await _server.PostAsync("/api/embed", form)).Status);
        Answer unknown = await _server.PostAsync("/api/embed", """{"model":"llama3","input":"a"}""");
        Assert.Equal(HttpStatusCode.NotFound, unknown.Status);
        Assert.Contains("llama3", (string)unknown.Json["error"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ollama_describes_the_models()
    {
        JsonNode model = Assert.Single((await _server.GetAsync("/api/tags")).Json["models"]!.AsArray())!;
        Assert.Equal("pictogram-mini:latest", (string)model["name"]!);
        Assert.True((long)model["size"]! > 1_000_000);
        Assert.True(DateTimeOffset.TryParse((string)model["modified_at"]!, out _));
        Assert.NotNull((await _server.GetAsync("/api/version")).Json["version"]);
        JsonNode shown = (await _server.PostAsync("/api/show", """{"model":"pictogram-mini"}""")).Json;
        Assert.Equal("embedding", (string)shown["capabilities"]![0]!);
        Assert.Equal(256, (int)shown["model_info"]!["clip.embedding_length"]!);
    }

    [Fact]
    public async Task Tei_embeds()
    {
        JsonNode answer = (await _server.PostAsync("/embed", """{"inputs":["a","b"]}""")).Json;
        Assert.Equal([_server.Clip.EncodeText("a"), _server.Clip.EncodeText("b")], answer.AsArray().Select(Answer.Numbers));
        Assert.Single((await _server.PostAsync("/embed", """{"inputs":"a","normalize":true}""")).Json.AsArray());
        Assert.Equal(HttpStatusCode.OK, (await _server.PostAsync("/embed", $$"""{"inputs":"{{LongText}}","truncate":true}""")).Status);
        Assert.Equal("pictogram-mini", (string)(await _server.GetAsync("/info")).Json["model_id"]!);
    }

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"inputs":""}""")]
    [InlineData("""{"inputs":"a","normalize":false}""")]
    [InlineData($$"""{"inputs":"{{LongText}}"}""")]
    public async Task Tei_is_told_what_is_wrong(string json)
    {
        Answer answer = await _server.PostAsync("/embed", json);
        Assert.InRange((int)answer.Status, 400, 422);
        Assert.Equal("validation", (string)answer.Json["error_type"]!);
    }

    [Fact]
    public void Headers_tell_what_decoders_find()
    {
        string[] pictures = [.. Directory.EnumerateFiles(TestData.PathOf("pictures"), "*", SearchOption.AllDirectories), .. ShippedModel.Gallery.Take(3)];
        int compared = 0;
        foreach (string picture in pictures)
        {
            if (picture.Contains("canvas", StringComparison.Ordinal))
                continue; // decoders show the frame, a GIF's header tells the canvas
            byte[] file = File.ReadAllBytes(picture);
            RasterImage decoded;
            try
            {
                decoded = ImageFormats.Decode(file);
            }
            catch (InvalidDataException)
            {
                continue; // not a picture, or a damaged one
            }
            Assert.True((decoded.Width, decoded.Height) == PictureSize.Of(file), picture);
            compared++;
        }
        Assert.True(compared > 3);
    }

    private async Task<Answer> PredictAsync(string? entries, string? text = null, string? picture = null)
    {
        using MultipartFormDataContent form = [];
        if (entries is not null)
            form.Add(new StringContent(entries), "entries");
        if (text is not null)
            form.Add(new StringContent(text), "text");
        if (picture is not null)
        {
            ByteArrayContent file = new(await File.ReadAllBytesAsync(picture));
            file.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
            form.Add(file, "image", "blob");
        }
        if (entries is null && text is null && picture is null)
            form.Add(new StringContent("x"), "other");
        return await _server.PostAsync("/predict", form);
    }
}
