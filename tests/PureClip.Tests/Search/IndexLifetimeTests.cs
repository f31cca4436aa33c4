using PureClip.Search;
using PureClip.Tests.Cli;

namespace PureClip.Tests.Search;

/// <summary>An index in memory, one that goes on to later commits, and the end of either beside running calls.</summary>
public sealed class IndexLifetimeTests(Cli.ShippedModel model) : IClassFixture<Cli.ShippedModel>, IDisposable
{
    private static readonly VectorSpace Two = new("f", 2);

    private readonly IndexFolder _folder = new();
    private readonly TemporaryFolder _other = new();

    public void Dispose()
    {
        _folder.Dispose();
        _other.Dispose();
    }

    [Fact]
    public void Vectors_in_memory_are_an_index()
    {
        using EmbeddingIndex index = EmbeddingIndex.FromVectors(["east", "north"], [[1f, 0f], [0f, 1f]], Two, VectorType.F16);
        Assert.Equal(["north", "east"], index.Search([0.1f, 1f]).Select(hit => hit.Key));
        Assert.Equal((2, 2, VectorType.F16, 8L), (index.Count, index.Width, index.VectorType, index.StoredBytes));
        Assert.Null(index.Path);
        Assert.True(index.TryFind("north", out int entry) && entry == 1);
        Assert.False(index.IsOutdated || index.Refresh());
        index.Verify();
        Assert.Contains("without a model", Assert.Throws<InvalidOperationException>(() => index.Search("east")).Message);
    }

    [Fact]
    public void What_is_no_index_in_memory_is_refused()
    {
        Assert.Contains(
            "the key a", Assert.Throws<ArgumentException>(() => EmbeddingIndex.FromVectors(["a", "a"], [[1f, 0f], [0f, 1f]], Two)).Message);
        Assert.Contains(
            "1 entries and 2 vectors",
            Assert.Throws<ArgumentException>(() => EmbeddingIndex.FromVectors(["a"], [[1f, 0f], [0f, 1f]], Two)).Message);
        Assert.Contains(
            "Vector 0 has 3 numbers",
            Assert.Throws<ArgumentException>(() => EmbeddingIndex.FromVectors(["a"], [[1f, 0f, 0f]], Two)).Message);
        Assert.Throws<ArgumentException>(() => EmbeddingIndex.FromVectors([""], [[1f, 0f]], Two));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_reader_goes_on_to_later_commits_when_it_is_asked_to(bool byItself)
    {
        using EmbeddingIndexWriter writer = _folder.Create();
        IndexFolder.Add(writer, "a", 1);
        writer.Commit();
        using EmbeddingIndex index = EmbeddingIndex.Open(
            _folder.Path, new EmbeddingIndexOptions { RefreshInterval = byItself ? TimeSpan.Zero : null });
        for (int i = 2; i < 12; i++)
        {
            IndexFolder.Add(writer, $"b{i}", i);
            writer.Commit();
            if (i % 4 == 3)
                writer.Compact();
            Assert.Equal(byItself ? i : i - 1, index.Search(IndexFolder.VectorOf(1), new() { Top = 100 }).Length);
            Assert.Equal(!byItself, index.IsOutdated);
            Assert.Equal(!byItself, index.Refresh());
            Assert.Equal(i, index.Count);
        }
    }

    [Fact]
    public void An_index_that_is_damaged_meanwhile_stays_in_its_state()
    {
        using (EmbeddingIndexWriter writer = _folder.Create())
        {
            IndexFolder.Add(writer, "a", 1);
            writer.Commit();
        }
        using EmbeddingIndex index = EmbeddingIndex.Open(_folder.Path);
        File.WriteAllText(_folder.Header, "{");
        File.AppendAllText(_folder.EntriesFile, "a commit, perhaps");
        Assert.Throws<InvalidDataException>(() => index.Refresh());
        Assert.Equal("a", Assert.Single(index.Search(IndexFolder.VectorOf(1))).Key);
    }

    [Fact]
    public async Task Searches_beside_refreshing_and_disposing_are_those_of_one_commit_or_refused()
    {
        for (int round = 0; round < 4; round++)
        {
            using IndexFolder folder = new();
            using EmbeddingIndexWriter writer = folder.Create();
            IndexFolder.Add(writer, "first", 1);
            writer.Commit();
            EmbeddingIndex index = EmbeddingIndex.Open(folder.Path);
            using CountdownEvent running = new(3);
            Task[] calls = [.. Enumerable.Range(0, 3).Select(kind => Task.Run(() =>
            {
                bool isFirst = true;
                try
                {
                    while (true)
                    {
                        SearchHit[] hits = index.Search(IndexFolder.VectorOf(1), new() { Top = 1000, FirstPassFactor = kind == 0 ? 2 : 0 });
                        Assert.Equal(1, hits.Length % 10);
                        Assert.Equal("first", hits[0].Key);
                        if (kind == 1)
                            index.Refresh();
                        if (isFirst)
                            running.Signal();
                        isFirst = false;
                    }
                }
                catch (ObjectDisposedException)
                {
                }
            }))];
            running.Wait();
            for (int commit = 0; commit < 5; commit++)
            {
                for (int i = 0; i < 10; i++)
                    IndexFolder.Add(writer, $"{commit}-{i}", 1000 * commit + 10 * i + 7);
                writer.Commit();
                writer.Compact();
            }
            index.Dispose();
            await Task.WhenAll(calls);
        }
    }

    [Fact]
    public void A_filter_cannot_dispose_the_index_that_asks_it()
    {
        using EmbeddingIndex index = EmbeddingIndex.FromVectors(["a"], [[1f, 0f]], Two);
        Assert.Throws<InvalidOperationException>(() => index.Search([1f, 0f], new()
        {
            Filter = _ =>
            {
                index.Dispose();
                return true;
            },
        }));
        Assert.Single(index.Search([1f, 0f]));
    }

    [Fact]
    public void After_Dispose_both_sides_say_so_and_the_index_is_as_it_was_committed()
    {
        EmbeddingIndexWriter writer = _folder.Create();
        IndexFolder.Add(writer, "a", 1);
        writer.Commit();
        EmbeddingIndex index = EmbeddingIndex.Open(_folder.Path);
        Parallel.For(0, 4, _ => index.Dispose());
        writer.Dispose();
        writer.Dispose();
        float[] vector = IndexFolder.VectorOf(1);
        Action[] calls =
        [
            () => index.Search(vector), () => index.CopyVector(0, new float[IndexFolder.Width]),
            () => index.Verify(), () => index.Refresh(),
            () => index.FindDuplicates(), () => index.Group(),
            () => writer.Add(new("b"), vector), () => writer.AddCopy(new("b"), "a"), () => writer.Remove("a"),
            writer.Commit, () => writer.Compact(),
            () => writer.TryFind("a", out IndexEntry _), () => writer.TryFindContent(1, out _),
        ];
        Assert.All(calls, call => Assert.Throws<ObjectDisposedException>(call));
        _folder.AssertHolds(new Dictionary<string, int> { ["a"] = 1 });
    }

    [Fact]
    public void Vectors_that_were_read_are_there_when_another_program_cuts_their_file()
    {
        using (EmbeddingIndexWriter writer = _folder.Create())
        {
            for (int i = 0; i < 1000; i++)
                IndexFolder.Add(writer, $"{i}", i);
            writer.Commit();
        }
        using EmbeddingIndex index = EmbeddingIndex.Open(_folder.Path, new EmbeddingIndexOptions { ReadInsteadOfMap = true });
        SearchHit[] before = index.Search(IndexFolder.VectorOf(7));
        using (FileStream stream = new(_folder.VectorsFile, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            stream.SetLength(10);
        Assert.Equal(before, index.Search(IndexFolder.VectorOf(7)));
        index.Verify();
    }

    [Fact]
    public void An_index_is_opened_with_the_model_and_the_rules_that_made_it()
    {
        string path = _other["pictures.index"];
        using (EmbeddingIndexWriter writer = EmbeddingIndexWriter.OpenOrCreate(path, model.Clip.Space))
        {
            writer.Add(new("cat"), model.Clip.EncodeImage(CommandLine.Cat));
            writer.Add(new("dog"), model.Clip.EncodeImage(CommandLine.Picture("dog")));
            writer.Commit();
        }
        using (EmbeddingIndex index = EmbeddingIndex.Open(path, model.Clip))
        {
            Assert.Equal(model.Clip.Space, index.Space);
            Assert.Equal(index.Search(model.Clip.EncodeText("a cat")), index.Search("a cat"));
            Assert.Equal("dog", index.Search((ImageSource)CommandLine.Picture("dog"), new() { Top = 1 })[0].Key);
        }

        string weights = TestData.Weights("pictogram-mini");
        using Clip turned = Clip.Load(weights, new() { Threads = 1, ApplyOrientation = false }),
            coarse = Clip.Load(weights, new() { Threads = 1, Weights = WeightType.Int8 });
        Assert.Contains("exif=off", Assert.Throws<InvalidDataException>(() => EmbeddingIndex.Open(path, turned)).Message);
        Assert.Contains(
            "weights=int8", Assert.Throws<InvalidDataException>(() => EmbeddingIndex.Open(path, coarse, VectorKinds.Texts)).Message);
        Assert.Contains(
            "exif=off", Assert.Throws<InvalidDataException>(() => EmbeddingIndexWriter.OpenOrCreate(path, turned.Space)).Message);
        using EmbeddingIndex texts = EmbeddingIndex.Open(path, turned, VectorKinds.Texts); // a text has no orientation
        Assert.Equal("cat", texts.Search("a cat")[0].Key);
        Assert.Contains("exif=off", Assert.Throws<InvalidDataException>(() => texts.Search((ImageSource)CommandLine.Cat)).Message);
        using Clip uneven = Clip.Load(weights, new() { Threads = 1, Normalize = false });
        EmbeddingIndex.Open(path, uneven).Dispose(); // a query's length does not count
        Assert.Contains(
            "length=as-computed", Assert.Throws<InvalidDataException>(() => EmbeddingIndexWriter.OpenOrCreate(path, uneven.Space)).Message);
        Assert.Contains(
            "stores F16",
            Assert.Throws<InvalidDataException>(() => EmbeddingIndexWriter.OpenOrCreate(path, model.Clip.Space, VectorType.Int8)).Message);
    }
}
