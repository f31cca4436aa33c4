using System.Linq.Expressions;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.VectorData;
using Npgsql;
using Pgvector;
using PureClip.Search;

namespace PureClip.Postgres;

/// <summary>
/// A table of vectors behind <c>Microsoft.Extensions.VectorData</c>: for programs and frameworks that know vector stores and not PureClip.
/// It is the same table, so that what an update has written is found here, and the other way round.
/// </summary>
/// <remarks>
/// A search takes vectors (<c>ReadOnlyMemory&lt;float&gt;</c>, <c>float[]</c>, <c>Embedding&lt;float&gt;</c>) and, where the table was
/// opened with a model, texts and pictures (<see cref="ImageSource"/>, <see cref="DataContent"/>). A filter compares
/// <see cref="PostgresPicture"/>'s members with values, joined by &amp;&amp;, || and !; keys also by <c>StartsWith</c>, <c>EndsWith</c> and
/// <c>Contains</c>.
/// </remarks>
/// <param name="index">The table; not disposed.</param>
public sealed class PostgresPictureCollection(PostgresIndex index) : VectorStoreCollection<string, PostgresPicture>
{
    private readonly PostgresIndex _index = index ?? throw new ArgumentNullException(nameof(index));

    /// <inheritdoc/>
    public override string Name => _index.Name;

    /// <inheritdoc/>
    public override Task<bool> CollectionExistsAsync(CancellationToken cancellationToken = default) =>
        _index.ExistsAsync(cancellationToken);

    /// <summary>Makes the table where it was dropped since it was opened, and builds the index of its vectors.</summary>
    /// <inheritdoc/>
    public override async Task EnsureCollectionExistsAsync(CancellationToken cancellationToken = default)
    {
        await _index.EnsureAsync(cancellationToken).ConfigureAwait(false);
        await _index.BuildIndexAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override Task EnsureCollectionDeletedAsync(CancellationToken cancellationToken = default) => _index.DropAsync(cancellationToken);

    /// <inheritdoc/>
    public override Task UpsertAsync(PostgresPicture record, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(record);
        return UpsertAsync([record], cancellationToken);
    }

    /// <summary>Adds records, or replaces those of their keys, all or none.</summary>
    /// <inheritdoc/>
    public override async Task UpsertAsync(IEnumerable<PostgresPicture> records, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(records);
        PostgresIndexWriter writer = _index.Writer();
        foreach (PostgresPicture record in records)
            writer.Add(new IndexEntry(record.Key, record.Size, record.Modified, record.ContentHash), record.Vector.Span);
        await writer.CommitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override Task DeleteAsync(string key, CancellationToken cancellationToken = default) => DeleteAsync([key], cancellationToken);

    /// <inheritdoc/>
    public override Task DeleteAsync(IEnumerable<string> keys, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keys);
        string[] all = [.. keys];
        return _index.Connected(async connection =>
        {
            await Sql.Run(connection, $"DELETE FROM {_index.Table} WHERE key = ANY($1)", cancellationToken, [all]).ConfigureAwait(false);
            return true;
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public override async Task<PostgresPicture?> GetAsync(
        string key, RecordRetrievalOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        List<PostgresPicture> found = await Read(" WHERE key = $1", "", [key], options?.IncludeVectors == true, cancellationToken)
            .ConfigureAwait(false);
        return found.FirstOrDefault();
    }

    /// <inheritdoc/>
    public override async IAsyncEnumerable<PostgresPicture> GetAsync(
        IEnumerable<string> keys, RecordRetrievalOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keys);
        string[] all = [.. keys];
        foreach (PostgresPicture picture in await Read(
            " WHERE key = ANY($1)", " ORDER BY array_position($1, key)", [all], options?.IncludeVectors == true, cancellationToken)
            .ConfigureAwait(false))
            yield return picture;
    }

    /// <inheritdoc/>
    public override async IAsyncEnumerable<PostgresPicture> GetAsync(
        Expression<Func<PostgresPicture, bool>> filter, int top, FilteredRecordRetrievalOptions<PostgresPicture>? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(filter);
        RequirePositive(top);
        FilterSql condition = FilterSql.Of(filter, first: 3);
        string order = string.Join(", ", (options?.OrderBy?.Invoke(new()).Values ?? [])
            .Select(sort => FilterSql.Column(sort.PropertySelector) + (sort.Ascending ? "" : " DESC")).Append("key"));
        foreach (PostgresPicture picture in await Read(
            $" WHERE {condition.Text}", $" ORDER BY {order} LIMIT $1 OFFSET $2",
            [(long)top, (long)(options?.Skip ?? 0), .. condition.Values],
            options?.IncludeVectors == true, cancellationToken).ConfigureAwait(false))
            yield return picture;
    }

    /// <inheritdoc/>
    public override async IAsyncEnumerable<VectorSearchResult<PostgresPicture>> SearchAsync<TInput>(
        TInput searchValue, int top, VectorSearchOptions<PostgresPicture>? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        RequirePositive(top);
        int skip = options?.Skip ?? 0;
        ReadOnlyMemory<float> query = await VectorOf(searchValue, cancellationToken).ConfigureAwait(false);
        FilterSql condition = options?.Filter is { } filter ? FilterSql.Of(filter, first: 3) : FilterSql.None;
        PostgresSearchOptions limits = new()
        {
            Top = (int)Math.Min((long)top + skip, int.MaxValue),
            MinimumScore = (float)(options?.ScoreThreshold ?? double.NegativeInfinity),
        };
        PostgresIndex.Match[] found = await _index.Find(
            query, limits, condition.Text.Length == 0 ? "" : $" WHERE {condition.Text}", condition.Values, cancellationToken)
            .ConfigureAwait(false);
        PostgresIndex.Match[] wanted = [.. found.Skip(skip).Take(top)];
        string[] keys = [.. wanted.Select(match => match.Key)];
        Dictionary<string, PostgresPicture> pictures = (await Read(" WHERE key = ANY($1)", "", [keys], hasVectors: false, cancellationToken)
            .ConfigureAwait(false)).ToDictionary(picture => picture.Key, StringComparer.Ordinal);
        foreach (PostgresIndex.Match match in wanted)
            if (pictures.TryGetValue(match.Key, out PostgresPicture? picture)) // else it was removed meanwhile
            {
                if (options?.IncludeVectors == true)
                    picture.Vector = Widened(match.Vector);
                yield return new(picture, match.Score);
            }
    }

    /// <inheritdoc/>
    public override object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(VectorStoreCollectionMetadata) ? new VectorStoreCollectionMetadata
            {
                VectorStoreSystemName = "postgresql",
                VectorStoreName = _index.Database,
                CollectionName = _index.Name,
            }
            : serviceType == typeof(PostgresIndex) ? _index
            : serviceType.IsInstanceOfType(this) ? this
            : null;
    }

    private async ValueTask<ReadOnlyMemory<float>> VectorOf<TInput>(TInput value, CancellationToken cancellationToken) => value switch
    {
        ReadOnlyMemory<float> vector => vector,
        float[] vector => vector,
        Embedding<float> embedding => embedding.Vector,
        string text => await _index.EncodeAsync(text, cancellationToken).ConfigureAwait(false),
        ImageSource picture => await _index.EncodeAsync(picture, cancellationToken).ConfigureAwait(false),
        DataContent content => await _index.EncodeAsync(
            ImageSource.FromBytes(content.Data, content.Name ?? "the picture"), cancellationToken).ConfigureAwait(false),
        null => throw new ArgumentNullException(nameof(value)),
        _ => throw new NotSupportedException(
            $"A search takes a vector, a text or a picture, but {value.GetType()} was given. Vectors are ReadOnlyMemory<float>, float[] or "
            + "Embedding<float>, pictures ImageSource or DataContent."),
    };

    private Task<List<PostgresPicture>> Read(
        string where, string behind, object?[] values, bool hasVectors, CancellationToken cancellationToken) =>
        _index.Connected(async connection =>
        {
            await using NpgsqlCommand command = Sql.Command(connection,
                $"SELECT key, size, modified, content{(hasVectors ? ", embedding" : "")} FROM {_index.Table}{where}{behind}", values);
            await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            List<PostgresPicture> found = [];
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                found.Add(new()
                {
                    Key = reader.GetString(0),
                    Size = reader.GetInt64(1),
                    Modified = PostgresIndexWriter.TimeOf(reader.GetInt64(2)),
                    ContentHash = reader.IsDBNull(3) ? default : PostgresIndexWriter.ContentOf(reader.GetGuid(3)),
                    Vector = hasVectors ? Widened(reader.GetFieldValue<HalfVector>(4)) : default,
                });
            return found;
        }, cancellationToken);

    private static float[] Widened(HalfVector vector)
    {
        float[] numbers = new float[vector.Memory.Length];
        TensorPrimitives.ConvertToSingle(vector.Memory.Span, numbers);
        return numbers;
    }

    private static void RequirePositive(int top)
    {
        if (top < 1)
            throw new ArgumentOutOfRangeException(nameof(top), top, "Ask for 1 record or more.");
    }
}
