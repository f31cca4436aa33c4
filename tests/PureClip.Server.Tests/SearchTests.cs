using System.Formats.Tar;
using System.Net;
using System.Text.Json.Nodes;
using PureClip.Concepts;
using PureClip.Imaging;
using PureClip.Search;
using PureClip.Server.Hosting;
using PureClip.Server.Search;
using PureClip.Tests.Generation;

namespace PureClip.Server.Tests;

/// <summary>A server with an index of the gallery's first pictures, beside which lie files that nobody may see.</summary>
public sealed class SearchServer : IAsyncLifetime
{
    private const int Pictures = 60;

    public string Folder { get; } = Directory.CreateTempSubdirectory("pureclip-server-").FullName;

    public RunningServer Server { get; private set; } = null!;

    public string Photos => Path.Combine(Folder, "photos");

    public string IndexPath => Path.Combine(Folder, "photos.index");

    /// <summary>A small network of random numbers.</summary>
    public string GeneratorPath => Path.Combine(Folder, "tiny.safetensors");

    public async Task InitializeAsync()
    {
        Directory.CreateDirectory(Photos);
        foreach (string picture in ShippedModel.Gallery.Take(Pictures).Append(ShippedModel.Picture("red-apple.png")))
            File.Copy(picture, Path.Combine(Photos, Path.GetFileName(picture)), overwrite: true);
        using (Clip clip = ShippedModel.Load())
        using (FolderIndex index = FolderIndex.OpenOrCreate(IndexPath, clip))
        {
            index.Update(Photos);
            TinyGenerator.Write(GeneratorPath, clip.Fingerprint);
            ConceptVector.Difference(clip.Space, clip.EncodeText("a red car"), clip.EncodeText("a car")).Save(Path.Combine(Folder, "red.json"));
        }
        Server = await RunningServer.StartAsync(RunningServer.Options with
        {
            Indexes = [new("photos", IndexPath)],
            Concepts = [new("red", Path.Combine(Folder, "red.json"))],
            Generators = [new("tiny", GeneratorPath)],
        });
    }

    public async Task DisposeAsync()
    {
        await Server.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}

public sealed class SearchTests(SearchServer shared) : IClassFixture<SearchServer>
{
    private readonly RunningServer _server = shared.Server;

    private static string DataUri(string path) => "data:image/png;base64," + Convert.ToBase64String(File.ReadAllBytes(path));

    [Fact]
    public async Task Indexes_are_listed()
    {
        JsonNode index = Assert.Single((await _server.GetAsync("/v1/indexes")).Json["data"]!.AsArray())!;
        Assert.Equal("photos", (string)index["name"]!);
        Assert.Equal(61, (int)index["pictures"]!);
        Assert.Equal("red", (string)index["concepts"]![0]!);
    }

    [Fact]
    public async Task Words_find_what_the_library_finds()
    {
        using EmbeddingIndex index = EmbeddingIndex.Open(shared.IndexPath, _server.Clip);
        SearchHit[] expected = index.Search("birthday cake", new() { Top = 7 });
        foreach (Answer answer in new[]
        {
            await _server.GetAsync("/v1/search?query=birthday%20cake&top=7"),
            await _server.PostAsync("/v1/search", """{"index":"photos","query":"birthday cake","top":7}"""),
            await _server.PostAsync("/v1/search", """{"query":[{"text":"birthday cake"}],"top":7}"""),
        })
        {
            Assert.True(answer.Status == HttpStatusCode.OK, answer.Text);
            JsonArray hits = answer.Json["hits"]!.AsArray();
            Assert.Equal(expected.Select(hit => hit.Key), hits.Select(hit => (string)hit!["key"]!));
            Assert.Equal(expected.Select(hit => hit.Score), hits.Select(hit => (float)hit!["score"]!));
            Assert.Equal(Enumerable.Range(1, 7), hits.Select(hit => (int)hit!["rank"]!));
        }
    }

    [Fact]
    public async Task Pictures_find_themselves_however_they_come()
    {
        string picture = Path.Combine(shared.Photos, "alien.png");
        using MultipartFormDataContent form = new() { { new ByteArrayContent(File.ReadAllBytes(picture)), "image", "alien.png" } };
        JsonNode byFile = (await _server.PostAsync("/v1/search", form)).Json;
        JsonNode byJson = (await _server.PostAsync("/v1/search", new JsonObject { ["image"] = DataUri(picture) }.ToJsonString())).Json;
        Assert.Equal("photos/alien.png", (string)byFile["hits"]![0]!["key"]!);
        Assert.True(JsonNode.DeepEquals(byFile, byJson));
        JsonNode byHit = (await _server.PostAsync("/v1/search",
            new JsonObject { ["query"] = new JsonArray(new JsonObject { ["hit"] = (string)byFile["hits"]![0]!["id"]! }) }.ToJsonString())).Json;
        Assert.Equal("photos/alien.png", (string)byHit["hits"]![0]!["key"]!);
    }

    [Fact]
    public async Task Terms_are_added_and_subtracted()
    {
        Clip clip = _server.Clip;
        float[] picture = clip.EncodeImage(Path.Combine(shared.Photos, "red-apple.png"));
        ConceptVector sum = ConceptVector.Sum(clip.Space, new(1f, picture, "a"), new(2f, clip.EncodeText("green"), "b"), new(-1f, clip.EncodeText("red"), "c"));
        using EmbeddingIndex index = EmbeddingIndex.Open(shared.IndexPath, clip);
        string[] expected = [.. index.Search(sum.Vector.Span, new() { Top = 5 }).Select(hit => hit.Key)];
        JsonObject request = new()
        {
            ["query"] = new JsonArray(
                new JsonObject { ["image"] = DataUri(Path.Combine(shared.Photos, "red-apple.png")) },
                new JsonObject { ["text"] = "green", ["weight"] = 2 },
                new JsonObject { ["text"] = "red", ["weight"] = -1 }),
            ["top"] = 5,
        };
        Assert.Equal(expected, (await _server.PostAsync("/v1/search", request.ToJsonString())).Json["hits"]!.AsArray().Select(hit => (string)hit!["key"]!));

        string[] byAddress = [.. (await _server.GetAsync("/v1/search?query=car&plus=boat&minus=sea&top=5")).Json["hits"]!.AsArray().Select(hit => (string)hit!["key"]!)];
        ConceptVector words = ConceptVector.Sum(clip.Space, new(1f, clip.EncodeText("car"), "a"), new(1f, clip.EncodeText("boat"), "b"), new(-1f, clip.EncodeText("sea"), "c"));
        Assert.Equal(index.Search(words.Vector.Span, new() { Top = 5 }).Select(hit => hit.Key), byAddress);
        Answer concept = await _server.PostAsync("/v1/search", """{"query":["apple",{"concept":"red"}]}""");
        Assert.Equal(HttpStatusCode.OK, concept.Status);
    }

    [Theory]
    [InlineData("""{}""", 400)]
    [InlineData("""{"query":[]}""", 400)]
    [InlineData("""{"query":""}""", 400)]
    [InlineData("""{"query":7}""", 400)]
    [InlineData("""{"query":[null]}""", 400)]
    [InlineData("""{"query":[{}]}""", 400)]
    [InlineData("""{"query":[{"text":"a","hit":"0-0"}]}""", 400)]
    [InlineData("""{"query":[{"text":"a","weight":0}]}""", 400)]
    [InlineData("""{"query":[{"text":"a"},{"text":"a","weight":-1}]}""", 400)]
    [InlineData("""{"query":"a","top":0}""", 400)]
    [InlineData("""{"query":"a","top":100000}""", 400)]
    [InlineData("""{"query":"a","min_score":2}""", 400)]
    [InlineData("""{"query":"a","index":"nothing"}""", 404)]
    [InlineData("""{"query":[{"hit":"0-0000000000000000"}]}""", 404)]
    [InlineData("""{"query":[{"hit":"../../etc/passwd"}]}""", 404)]
    [InlineData("""{"query":[{"concept":"blue"}]}""", 404)]
    public async Task Wrong_queries_are_said(string json, int status)
    {
        Answer answer = await _server.PostAsync("/v1/search", json);
        Assert.Equal(status, (int)answer.Status);
        Assert.NotEmpty(answer.Message);
    }

    [Fact]
    public async Task Thumbnails_are_the_pictures()
    {
        JsonNode hit = (await _server.GetAsync("/v1/search?query=alien&top=1")).Json["hits"]![0]!;
        byte[] seen = await _server.Client.GetByteArrayAsync((string)hit["thumbnail"]!);
        Assert.Equal(File.ReadAllBytes(Path.Combine(shared.Folder, (string)hit["key"]!)), seen); // small files as they are
    }

    [Fact]
    public async Task Large_pictures_become_small_ones()
    {
        string folder = Directory.CreateTempSubdirectory("pureclip-large-").FullName;
        try
        {
            byte[] noise = new byte[600 * 300 * 3];
            new Random(1).NextBytes(noise);
            Directory.CreateDirectory(Path.Combine(folder, "photos"));
            using (FileStream file = File.Create(Path.Combine(folder, "photos", "large.png")))
                new RgbImage(600, 300, noise).WritePng(file);
            string path = Path.Combine(folder, "photos.index");
            using (FolderIndex made = FolderIndex.OpenOrCreate(path, _server.Clip))
                made.Update(Path.Combine(folder, "photos"));
            await using RunningServer server = await RunningServer.StartAsync(RunningServer.Options with { Indexes = [new("large", path)] });
            string address = (string)(await server.GetAsync("/v1/search?query=a")).Json["hits"]![0]!["thumbnail"]!;
            RasterImage small = ImageFormats.Decode(await server.Client.GetByteArrayAsync(address + "?side=100"));
            Assert.Equal((100, 50), (small.Width, small.Height));
            Assert.Equal(HttpStatusCode.BadRequest, (await server.GetAsync(address + "?side=5")).Status);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>A picture in a tar file is shown as long as the tar file lies where it was indexed, and is no link.</summary>
    [Fact]
    public async Task Pictures_in_tar_files_are_shown()
    {
        string folder = Directory.CreateTempSubdirectory("pureclip-tar-").FullName;
        try
        {
            string tar = Path.Combine(folder, "shard.tar"), path = Path.Combine(folder, "tar.index"), picture = ShippedModel.Picture("alien.png");
            using (FileStream file = File.Create(tar))
            using (TarWriter writer = new(file))
                writer.WriteEntry(picture, "0001.png");
            using (FolderIndex made = FolderIndex.OpenOrCreate(path, _server.Clip))
                made.Update([tar], []);
            await using RunningServer server = await RunningServer.StartAsync(RunningServer.Options with { Indexes = [new("tar", path)] });
            JsonNode hit = (await server.GetAsync("/v1/search?query=alien")).Json["hits"]![0]!;
            Assert.Equal("shard.tar!0001.png", (string)hit["key"]!);
            string address = (string)hit["thumbnail"]!;
            Assert.Equal(File.ReadAllBytes(picture), await server.Client.GetByteArrayAsync(address));
            File.Move(tar, Path.Combine(Path.GetTempPath(), Path.GetFileName(folder) + ".tar"));
            Assert.Equal(HttpStatusCode.NotFound, (await server.GetAsync(address)).Status);
            File.CreateSymbolicLink(tar, Path.Combine(Path.GetTempPath(), Path.GetFileName(folder) + ".tar"));
            Assert.Equal(HttpStatusCode.NotFound, (await server.GetAsync(address)).Status);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
            File.Delete(Path.Combine(Path.GetTempPath(), Path.GetFileName(folder) + ".tar"));
        }
    }

    [Theory]
    [InlineData("/v1/indexes/photos/pictures/0")]
    [InlineData("/v1/indexes/photos/pictures/0-")]
    [InlineData("/v1/indexes/photos/pictures/-1-0000000000000000")]
    [InlineData("/v1/indexes/photos/pictures/99999999999-0000000000000000")]
    [InlineData("/v1/indexes/photos/pictures/..%2f..%2fetc%2fpasswd")]
    [InlineData("/v1/indexes/photos/pictures/%2fetc%2fpasswd")]
    [InlineData("/v1/indexes/photos/pictures/..%5c..%5csecret.png")]
    [InlineData("/v1/indexes/photos/pictures/photos%2falien.png")]
    [InlineData("/v1/indexes/..%2fphotos/pictures/0-0000000000000000")]
    [InlineData("/v1/indexes/other/pictures/0-0000000000000000")]
    public async Task Paths_are_no_ids(string address) => Assert.Equal(HttpStatusCode.NotFound, (await _server.GetAsync(address)).Status);

    /// <summary>Neither a key that leads out, nor a link that was put in a picture's or a folder's place, shows what was not indexed.</summary>
    [Fact]
    public void Keys_and_links_that_lead_out_show_nothing()
    {
        if (OperatingSystem.IsWindows())
            return; // links need a privilege there
        string folder = Directory.CreateTempSubdirectory("pureclip-links-").FullName;
        try
        {
            string photos = Directory.CreateDirectory(Path.Combine(folder, "home", "photos")).FullName;
            string secrets = Directory.CreateDirectory(Path.Combine(folder, "secrets")).FullName;
            File.Copy(ShippedModel.Picture("cat.png"), Path.Combine(photos, "good.png"));
            File.Copy(ShippedModel.Picture("dog.png"), Path.Combine(secrets, "secret.png"));
            File.CreateSymbolicLink(Path.Combine(photos, "out.png"), Path.Combine(secrets, "secret.png"));
            File.CreateSymbolicLink(Path.Combine(photos, "twice.png"), Path.Combine(photos, "out.png"));
            File.CreateSymbolicLink(Path.Combine(photos, "circle.png"), Path.Combine(photos, "circle.png"));
            File.CreateSymbolicLink(Path.Combine(photos, "inside.png"), "good.png");
            Directory.CreateSymbolicLink(Path.Combine(photos, "linked"), secrets);
            string path = Path.Combine(folder, "home", "photos.index");
            using FolderIndex made = FolderIndex.OpenOrCreate(path, _server.Clip);
            ServedIndex index = new("i", made, new("m", _server.Clip));
            Assert.Equal(Path.Combine(photos, "good.png"), Thumbnails.PathOf(index, "photos/good.png"));
            Assert.Equal(Path.Combine(photos, "good.png"), Thumbnails.PathOf(index, "photos/inside.png"));
            foreach (string key in new[]
            {
                "../secrets/secret.png", "photos/../../secrets/secret.png", "photos/out.png", "photos/twice.png", "photos/circle.png",
                "photos/linked/secret.png", "photos/gone.png", "photos",
            })
                Assert.Null(Thumbnails.PathOf(index, key));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Labels_have_probabilities()
    {
        string picture = DataUri(Path.Combine(shared.Photos, "red-apple.png"));
        Answer answer = await _server.PostAsync("/v1/classify",
            new JsonObject { ["image"] = picture, ["labels"] = new JsonArray("apple", "car", "house"), ["template"] = "a photo of a {}" }.ToJsonString());
        Assert.True(answer.Status == HttpStatusCode.OK, answer.Text);
        JsonArray labels = answer.Json["data"]![0]!["labels"]!.AsArray();
        PureClip.Labels.Classifier classifier = PureClip.Labels.ZeroShotClassifier.Create(_server.Clip, ["apple", "car", "house"], [new("a photo of a {}")]);
        IReadOnlyList<PureClip.Labels.LabelScore> expected = classifier.Rank(_server.Clip.EncodeImage(Path.Combine(shared.Photos, "red-apple.png")));
        Assert.Equal(expected.Select(score => (score.Name, score.Probability)), labels.Select(label => ((string)label!["label"]!, (float)label["probability"]!)));

        string id = (string)(await _server.GetAsync("/v1/search?query=apple&top=1")).Json["hits"]![0]!["id"]!;
        Assert.Equal(HttpStatusCode.OK, (await _server.PostAsync("/v1/classify", $$"""{"hit":"{{id}}","labels":["apple","car"]}""")).Status);
        foreach (string wrong in new[]
        {
            """{"image":"x"}""", """{"image":"","labels":["a"]}""", """{"labels":["a"]}""",
            $$"""{"image":"{{picture}}","labels":[]}""", $$"""{"image":"{{picture}}","labels":["a",""]}""",
            $$"""{"image":"{{picture}}","labels":["a"],"template":"none"}""", $$"""{"image":"{{picture}}","labels":"a"}""",
        })
            Assert.Equal(HttpStatusCode.BadRequest, (await _server.PostAsync("/v1/classify", wrong)).Status);
    }

    [Fact]
    public async Task A_server_without_indexes_says_so()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        Answer answer = await server.GetAsync("/v1/search?query=a");
        Assert.Equal(HttpStatusCode.NotFound, answer.Status);
        Assert.Contains("--index", answer.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidDataException>(() => ServerApp.Build(RunningServer.Options with { Indexes = [new("none", shared.Photos)] }));
    }
}
