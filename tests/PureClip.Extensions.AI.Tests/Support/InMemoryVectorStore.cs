using Microsoft.Extensions.AI;
using Microsoft.Extensions.VectorData;

namespace PureClip.Extensions.AI.Tests.Support;

/// <summary>
/// The least store that the README's example needs, behind the interface that all connectors have, with the record model that
/// Microsoft.Extensions.VectorData gives to them.
/// </summary>
internal sealed class InMemoryVectorStore(IEmbeddingGenerator? generator = null) : VectorStore
{
    private readonly Dictionary<string, object> _collections = [];

    public override VectorStoreCollection<TKey, TRecord> GetCollection<TKey, TRecord>(
        string name, VectorStoreCollectionDefinition? definition = null)
    {
        if (!_collections.TryGetValue(name, out object? collection))
            _collections[name] = collection = new InMemoryCollection<TKey, TRecord>(name, definition, generator);
        return (VectorStoreCollection<TKey, TRecord>)collection;
    }

    public override Task<bool> CollectionExistsAsync(string name, CancellationToken cancellationToken = default) =>
        Task.FromResult(_collections.ContainsKey(name));

    public override Task EnsureCollectionDeletedAsync(string name, CancellationToken cancellationToken = default) =>
        Task.FromResult(_collections.Remove(name));

    public override IAsyncEnumerable<string> ListCollectionNamesAsync(CancellationToken cancellationToken = default) =>
        _collections.Keys.ToAsyncEnumerable();

    public override VectorStoreCollection<object, Dictionary<string, object?>> GetDynamicCollection(
        string name, VectorStoreCollectionDefinition definition) =>
        throw new NotSupportedException();

    public override object? GetService(Type serviceType, object? serviceKey = null) => null;
}
