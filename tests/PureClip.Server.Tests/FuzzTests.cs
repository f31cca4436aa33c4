using System.Globalization;
using System.Net;
using System.Text;
using PureClip.Server.Load;
using Xunit.Abstractions;

namespace PureClip.Server.Tests;

/// <summary>
/// Malformed requests: cut, changed, of wrong types and encodings, to every address. Each ends in 4xx with a sentence (or, where the damage
/// left a good request, in 200), and nothing is left behind. PURECLIP_FUZZ says how many; 2,000 if it does not.
/// </summary>
public sealed class FuzzTests(SearchServer shared, ITestOutputHelper output) : IClassFixture<SearchServer>
{
    private static readonly string Picture = Convert.ToBase64String(File.ReadAllBytes(ShippedModel.Picture("cat.png")));

    private static readonly (string Path, string Body)[] Good =
    [
        ("/v1/embeddings", """{"input":["a red car","b"],"model":"pictogram-mini","encoding_format":"base64","dimensions":256,"user":"u"}"""),
        ("/v1/embeddings", $$"""{"input":["data:image/png;base64,{{Picture}}",{"text":"x"},{"image":"{{Picture}}"}],"modality":"image"}"""),
        ("/v1/embeddings", $$$"""{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,{{{Picture}}}"}}]}]}"""),
        ("/v1/embeddings", """{"input":[[1,2,3],[4]]}"""),
        ("/api/embed", """{"model":"pictogram-mini","input":["a"],"truncate":true,"options":{"x":[1,{"y":null}]},"keep_alive":"5m"}"""),
        ("/api/embeddings", """{"model":"pictogram-mini","prompt":"a"}"""),
        ("/api/show", """{"model":"pictogram-mini"}"""),
        ("/embed", """{"inputs":["a"],"truncate":false,"normalize":true}"""),
        ("/v1/search", $$"""{"index":"photos","query":[{"text":"a","weight":1.5},{"image":"{{Picture}}"},{"hit":"0-0123456789abcdef"}],"top":3,"min_score":-1}"""),
        ("/v1/classify", $$"""{"image":"{{Picture}}","labels":["a","b"],"templates":["a photo of a {}"]}"""),
        ("/v1/images/generations", """{"prompt":"a","n":1,"size":"64x64","seed":"7","steps":2,"guidance":1.5,"best_of":1,"style":"inky","response_format":"b64_json"}"""),
        ("/v1/images/generations", $$"""{"query":[{"text":"a","weight":1.5},{"image":"{{Picture}}"},{"hit":"0-0123456789abcdef"}],"steps":1,"background":"opaque"}"""),
    ];

    private static readonly string[] Nasty =
    [
        "\0", "\ud800", "{", "}", "[", "]", "\"", "\\", "\\u", "\\ud800", "null", "true", "-1", "1e999", "99999999999999999999", "NaN", "[[[[[[[[[[", "/../",
        "http://127.0.0.1/", "data:image/svg+xml;base64,", "data:,", "é", "日本", "\u202e", "%00", "\r\n\r\n", "--b--",
    ];

    [Fact]
    public async Task Malformed_requests_end_in_one_clear_sentence()
    {
        int requests = int.TryParse(Environment.GetEnvironmentVariable("PURECLIP_FUZZ"), CultureInfo.InvariantCulture, out int asked) ? asked : 2000;
        string[] before = Directory.GetFileSystemEntries(Path.GetTempPath());
        int good = 0;
        Dictionary<int, int> statuses = [];
        await Parallel.ForAsync(0, requests, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) =>
        {
            Random random = new(i);
            using HttpRequestMessage request = Make(random);
            using HttpResponseMessage response = await shared.Server.Client.SendAsync(request);
            string text = await response.Content.ReadAsStringAsync();
            int status = (int)response.StatusCode;
            lock (statuses)
            {
                statuses[status] = statuses.GetValueOrDefault(status) + 1;
                good += status == 200 ? 1 : 0;
            }
            Assert.True(status is 200 or (>= 400 and < 500) or 501, $"request {i}: {status} {text}");
            if (status != 200)
                Assert.True(text.Length is > 10 and < 2000 && (text.Contains("\"error\"", StringComparison.Ordinal) || text.Contains("\"detail\"", StringComparison.Ordinal)), $"request {i}: {status} {text}");
        });
        output.WriteLine($"{requests} requests: {string.Join(", ", statuses.OrderBy(pair => pair.Key).Select(pair => $"{pair.Value} x {pair.Key}"))}");
        Assert.True(good < requests / 2);
        Admission admission = shared.Server.Service<Admission>();
        for (int tries = 0; admission.Inputs > 0 || admission.Bytes > 0; tries++)
        {
            Assert.True(tries < 500, $"{admission.Inputs} inputs and {admission.Bytes} bytes are left");
            await Task.Delay(20);
        }
        Assert.DoesNotContain(Directory.GetFileSystemEntries(Path.GetTempPath()).Except(before),
            file => Path.GetFileName(file).StartsWith("ASPNETCORE", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.OK, (await shared.Server.PostAsync("/v1/embeddings", """{"input":"a"}""")).Status);
    }

    private static HttpRequestMessage Make(Random random)
    {
        if (random.Next(6) == 0)
            return Form(random);
        (string path, string body) = Good[random.Next(Good.Length)];
        byte[] bytes = Damage(random, Encoding.UTF8.GetBytes(body));
        ByteArrayContent content = new(bytes);
        string type = random.Next(20) switch { 0 => "text/plain", 1 => "application/json; charset=utf-16", 2 => "multipart/form-data", _ => "application/json" };
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        return new(HttpMethod.Post, path) { Content = content };
    }

    private static HttpRequestMessage Form(Random random)
    {
        List<byte> body = [];
        void Part(string name, ReadOnlySpan<byte> value)
        {
            body.AddRange(Encoding.UTF8.GetBytes($"--b\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"blob\"\r\n\r\n"));
            body.AddRange(value);
            body.AddRange("\r\n"u8);
        }
        bool isSearch = random.Next(2) == 0;
        if (!isSearch)
            Part("entries", """{"clip":{"visual":{"modelName":"pictogram-mini"}}}"""u8);
        Part("image", Convert.FromBase64String(Picture));
        Part("text", "a"u8);
        body.AddRange("--b--\r\n"u8);
        ByteArrayContent content = new(Damage(random, [.. body]));
        content.Headers.TryAddWithoutValidation("Content-Type", random.Next(10) == 0 ? "multipart/form-data; boundary=\"" : "multipart/form-data; boundary=b");
        return new(HttpMethod.Post, isSearch ? "/v1/search" : "/predict") { Content = content };
    }

    /// <summary>One to three changes: a cut, a byte, a nasty string, a part twice, a part gone, or something else altogether.</summary>
    private static byte[] Damage(Random random, byte[] bytes)
    {
        List<byte> body = [.. bytes];
        for (int changes = random.Next(1, 4); changes > 0 && body.Count > 0; changes--)
        {
            int at = random.Next(body.Count), length = random.Next(1, Math.Min(200, body.Count - at + 1));
            switch (random.Next(7))
            {
                case 0:
                    body.RemoveRange(at, body.Count - at);
                    break;
                case 1:
                    body[at] = (byte)random.Next(256);
                    break;
                case 2:
                    body.InsertRange(at, Encoding.UTF8.GetBytes(Nasty[random.Next(Nasty.Length)]));
                    break;
                case 3:
                    body.RemoveRange(at, length);
                    break;
                case 4:
                    body.InsertRange(at, body.GetRange(at, length));
                    break;
                case 5 when random.Next(10) == 0:
                    body.InsertRange(at, Enumerable.Repeat((byte)"[{\"a"[random.Next(4)], random.Next(1, 100_000)));
                    break;
                case 6 when random.Next(4) == 0:
                    body = [.. Enumerable.Range(0, random.Next(1, 500)).Select(_ => (byte)random.Next(256))];
                    break;
            }
        }
        return [.. body];
    }
}
