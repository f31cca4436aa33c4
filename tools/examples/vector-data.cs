#:project ../../src/PureClip.Extensions.AI/PureClip.Extensions.AI.csproj
#:package Microsoft.Extensions.VectorData.Abstractions

// Pictures in a vector store behind Microsoft.Extensions.VectorData. The collection below is the smallest there can be, in memory; with
// the package of a database in its place nothing else changes.
using System.Linq.Expressions;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.VectorData;
using PureClip;
using PureClip.Extensions.AI;

using Clip clip = Clip.Load("weights/pictogram-mini");
VectorStoreCollection<string, Picture> gallery = new PictureCollection();
foreach (string file in Directory.GetFiles(args[0], "*.png"))
    await gallery.UpsertAsync(new Picture { Name = Path.GetFileName(file), Vector = await clip.EncodeImageAsync(file) });

ReadOnlyMemory<float> query = await clip.AsTextEmbeddingGenerator().GenerateVectorAsync("birthday cake");
await foreach (VectorSearchResult<Picture> found in gallery.SearchAsync(query, top: 3))
    Console.WriteLine($"{found.Score:0.000} {found.Record.Name}");

sealed class Picture
{
    [VectorStoreKey]
    public string Name { get; set; } = "";

    [VectorStoreVector(256, DistanceFunction = DistanceFunction.CosineSimilarity)]
    public ReadOnlyMemory<float> Vector { get; set; }
}

sealed class PictureCollection : VectorStoreCollection<string, Picture>
{
    private readonly Dictionary<string, Picture> _pictures = [];

    public override string Name => "pictures";

    public override Task<bool> CollectionExistsAsync(CancellationToken cancellationToken = default) => Task.FromResult(true);

    public override Task EnsureCollectionExistsAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;

    public override Task EnsureCollectionDeletedAsync(CancellationToken cancellationToken = default) => Do(_pictures.Clear);

    public override Task UpsertAsync(Picture record, CancellationToken cancellationToken = default) =>
        Do(() => _pictures[record.Name] = record);

    public override Task UpsertAsync(IEnumerable<Picture> records, CancellationToken cancellationToken = default) =>
        Task.WhenAll(records.Select(record => UpsertAsync(record, cancellationToken)));

    public override Task DeleteAsync(string key, CancellationToken cancellationToken = default) => Do(() => _pictures.Remove(key));

    public override Task<Picture?> GetAsync(
        string key, RecordRetrievalOptions? options = null, CancellationToken cancellationToken = default) =>
        Task.FromResult(_pictures.GetValueOrDefault(key));

    public override IAsyncEnumerable<Picture> GetAsync(
        Expression<Func<Picture, bool>> filter, int top, FilteredRecordRetrievalOptions<Picture>? options = null,
        CancellationToken cancellationToken = default) =>
        _pictures.Values.Where(filter.Compile()).Take(top).ToAsyncEnumerable();

    public override async IAsyncEnumerable<VectorSearchResult<Picture>> SearchAsync<TInput>(
        TInput searchValue, int top, VectorSearchOptions<Picture>? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.CompletedTask;
        ReadOnlyMemory<float> query = (ReadOnlyMemory<float>)(object)searchValue;
        foreach (var (picture, score) in _pictures.Values
            .Select(picture => (picture, Similarity.Cosine(picture.Vector.Span, query.Span)))
            .OrderByDescending(pair => pair.Item2).Take(top))
            yield return new(picture, score);
    }

    public override object? GetService(Type serviceType, object? serviceKey = null) => null;

    private static Task Do(Action action)
    {
        action();
        return Task.CompletedTask;
    }
}
