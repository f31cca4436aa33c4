using System.Linq.Expressions;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.VectorData;

namespace PureClip.Extensions.AI.Tests.Support;

/// <summary>Records and their vectors in memory; a search goes through all of them.</summary>
internal sealed class InMemoryCollection<TKey, TRecord> : VectorStoreCollection<TKey, TRecord>
    where TKey : notnull
    where TRecord : class
{
    private readonly Dictionary<TKey, (TRecord Record, ReadOnlyMemory<float> Vector)> _rows = [];
    private readonly RecordModel _model;

    public InMemoryCollection(string name, VectorStoreCollectionDefinition? definition, IEmbeddingGenerator? generator)
    {
        Name = name;
        _model = new(typeof(TRecord), typeof(TKey), definition, generator);
    }

    public override string Name { get; }

    public override Task<bool> CollectionExistsAsync(CancellationToken cancellationToken = default) => Task.FromResult(true);

    public override Task EnsureCollectionExistsAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;

    public override Task EnsureCollectionDeletedAsync(CancellationToken cancellationToken = default)
    {
        _rows.Clear();
        return Task.CompletedTask;
    }

    public override Task UpsertAsync(TRecord record, CancellationToken cancellationToken = default) =>
        UpsertAsync([record], cancellationToken);

    public override async Task UpsertAsync(IEnumerable<TRecord> records, CancellationToken cancellationToken = default)
    {
        TRecord[] rows = [.. records];
        ReadOnlyMemory<float>[] vectors = await _model.VectorsOf(rows, cancellationToken);
        foreach ((TRecord record, ReadOnlyMemory<float> vector) in rows.Zip(vectors))
            _rows[(TKey)_model.KeyOf(record)] = (record, vector);
    }

    public override async IAsyncEnumerable<VectorSearchResult<TRecord>> SearchAsync<TInput>(
        TInput searchValue, int top, VectorSearchOptions<TRecord>? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ReadOnlyMemory<float> query = await _model.VectorOf(searchValue, cancellationToken);
        foreach ((TRecord record, float score) in _rows.Values
            .Select(row => (row.Record, Score: Similarity.Cosine(row.Vector.Span, query.Span))).OrderByDescending(row => row.Score)
            .Take(top))
            yield return new(record, score);
    }

    public override Task<TRecord?> GetAsync(
        TKey key, RecordRetrievalOptions? options = null, CancellationToken cancellationToken = default) =>
        Task.FromResult(_rows.TryGetValue(key, out (TRecord Record, ReadOnlyMemory<float> Vector) row) ? row.Record : null);

    public override IAsyncEnumerable<TRecord> GetAsync(
        Expression<Func<TRecord, bool>> filter, int top, FilteredRecordRetrievalOptions<TRecord>? options = null,
        CancellationToken cancellationToken = default) =>
        _rows.Values.Select(row => row.Record).Where(filter.Compile()).Take(top).ToAsyncEnumerable();

    public override Task DeleteAsync(TKey key, CancellationToken cancellationToken = default) => Task.FromResult(_rows.Remove(key));

    public override object? GetService(Type serviceType, object? serviceKey = null) => null;
}
