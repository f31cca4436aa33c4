#pragma warning disable MEVD9001 // For those who write stores, and may change: this is a store.

using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.VectorData;
using Microsoft.Extensions.VectorData.ProviderServices;

namespace PureClip.Extensions.AI.Tests.Support;

/// <summary>
/// Key and vector of a record, found by its attributes. Where the vector is to be made of something else, Microsoft's own code calls the
/// generator.
/// </summary>
internal sealed class RecordModel(Type record, Type key, VectorStoreCollectionDefinition? definition, IEmbeddingGenerator? generator)
{
    private readonly CollectionModel _model = new Builder().Build(record, key, definition, generator);

    /// <summary>The key.</summary>
    public object KeyOf(object row) => _model.KeyProperty.GetValueAsObject(row)!;

    /// <summary>The vectors of records.</summary>
    public async Task<ReadOnlyMemory<float>[]> VectorsOf(IEnumerable<object> rows, CancellationToken cancellationToken)
    {
        IEnumerable<object?> values = rows.Select(_model.VectorProperty.GetValueAsObject);
        return _model.EmbeddingGenerationRequired
            ? [.. (await _model.VectorProperty.GenerateEmbeddingsAsync(values, cancellationToken)).Select(Vector)]
            : [.. values.Select(value => (ReadOnlyMemory<float>)value!)];
    }

    /// <summary>The vector of a query: itself, or what the generator makes of it.</summary>
    public async Task<ReadOnlyMemory<float>> VectorOf(object query, CancellationToken cancellationToken) =>
        query is ReadOnlyMemory<float> vector ? vector
            : Vector(await _model.VectorProperty.GenerateEmbeddingAsync(query, cancellationToken));

    private static ReadOnlyMemory<float> Vector(Embedding embedding) => ((Embedding<float>)embedding).Vector;

    private sealed class Builder() : CollectionModelBuilder(new() { SupportsMultipleVectors = false, RequiresAtLeastOneVector = true })
    {
        protected override bool IsDataPropertyTypeValid(Type type, [NotNullWhen(false)] out string? supportedTypes)
        {
            supportedTypes = null;
            return true;
        }

        protected override bool IsVectorPropertyTypeValid(Type type, [NotNullWhen(false)] out string? supportedTypes)
        {
            supportedTypes = "ReadOnlyMemory<float>, Embedding<float>";
            return type == typeof(ReadOnlyMemory<float>) || type == typeof(Embedding<float>);
        }
    }
}
