using System.Numerics.Tensors;
using Npgsql;
using Pgvector;

namespace PureClip.Postgres;

/// <summary>Searching: candidates by the server's index, scores by the query as it is.</summary>
public sealed partial class PostgresIndex
{
    // The server compares with a query of 16 bits; so many more candidates than are asked for are scored again with its 32.
    private const int Spare = 16;

    private const int MostCandidates = 1000; // the highest hnsw.ef_search

    private static readonly Version FirstWithIterativeScans = new(0, 8, 0);

    /// <summary>The entries nearest to a query, best first; equal scores by their keys.</summary>
    /// <param name="query">[<see cref="Width"/>], of any length but 0; an embedding of the same model.</param>
    /// <param name="options">How many and which; null for the best ten.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <returns>
    /// The best, found by the HNSW index: approximately, unless <see cref="PostgresSearchOptions.IsExact"/>. Their scores are exact, to
    /// the 16 bits of what is stored.
    /// </returns>
    /// <exception cref="ArgumentException">The query or an option cannot be used.</exception>
    /// <exception cref="IOException">The database cannot be reached or used.</exception>
    public async Task<PostgresHit[]> SearchAsync(
        ReadOnlyMemory<float> query, PostgresSearchOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new();
        options.Validate();
        (string where, object?[] values) = KeyRange.Of(options.Below, _keys, first: 3);
        Match[] found = await Find(query, options, where, values, cancellationToken).ConfigureAwait(false);
        return [.. found.Take(options.Top).Select(match => new PostgresHit(match.Key, match.Score))];
    }

    /// <summary>The entries nearest to a text, by the model that the table was opened with.</summary>
    /// <inheritdoc cref="SearchAsync(ReadOnlyMemory{float}, PostgresSearchOptions?, CancellationToken)"/>
    /// <exception cref="InvalidOperationException">The table was opened without a model, or this has no text tower.</exception>
    public async Task<PostgresHit[]> SearchAsync(
        string text, PostgresSearchOptions? options = null, CancellationToken cancellationToken = default)
    {
        return await SearchAsync(await EncodeAsync(text, cancellationToken).ConfigureAwait(false), options, cancellationToken)
            .ConfigureAwait(false);
    }

    /// <summary>The entries nearest to a picture, by the model that the table was opened with.</summary>
    /// <inheritdoc cref="SearchAsync(ReadOnlyMemory{float}, PostgresSearchOptions?, CancellationToken)"/>
    /// <exception cref="InvalidDataException">The picture cannot be read, or the table was made by other rules for pictures.</exception>
    /// <exception cref="InvalidOperationException">The table was opened without a model, or this has no vision tower.</exception>
    public async Task<PostgresHit[]> SearchAsync(
        ImageSource picture, PostgresSearchOptions? options = null, CancellationToken cancellationToken = default)
    {
        return await SearchAsync(await EncodeAsync(picture, cancellationToken).ConfigureAwait(false), options, cancellationToken)
            .ConfigureAwait(false);
    }

    /// <summary>A text's vector, by the model that the table was opened with.</summary>
    internal async ValueTask<ReadOnlyMemory<float>> EncodeAsync(string text, CancellationToken cancellationToken)
    {
        Clip clip = RequireClip();
        RequireSpace(clip.Space, VectorKinds.Texts);
        return await clip.EncodeTextAsync(text, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A picture's vector, by the model that the table was opened with.</summary>
    internal async ValueTask<ReadOnlyMemory<float>> EncodeAsync(ImageSource picture, CancellationToken cancellationToken)
    {
        Clip clip = RequireClip();
        RequireSpace(clip.Space, VectorKinds.Pictures);
        return await clip.EncodeImageAsync(picture, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>An entry that was found, with its vector.</summary>
    internal readonly record struct Match(string Key, float Score, HalfVector Vector);

    /// <summary>The best of those that a condition lets through, at most as many as are asked for and some more.</summary>
    /// <param name="query">The query.</param>
    /// <param name="options">How many; the folders are in the condition already.</param>
    /// <param name="where">A WHERE clause with a blank in front, or nothing; its parameters are $3 and those behind it.</param>
    /// <param name="values">Its parameters.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    internal async Task<Match[]> Find(
        ReadOnlyMemory<float> query, PostgresSearchOptions options, string where, object?[] values, CancellationToken cancellationToken)
    {
        float[] direction = Direction(query.Span);
        int wanted = (int)Math.Min((long)options.Top + Spare, int.MaxValue);
        Match[] found = await Connected(async connection =>
        {
            Match[] near = await Nearest(connection, direction, wanted, options.IsExact, where, values, cancellationToken)
                .ConfigureAwait(false);
            // Fewer than there might be: the table is small, or the index has given up before it met as many that fit.
            return near.Length < wanted && !options.IsExact
                ? await Nearest(connection, direction, wanted, isExact: true, where, values, cancellationToken).ConfigureAwait(false)
                : near;
        }, cancellationToken).ConfigureAwait(false);
        return
        [
            .. found.Where(match => match.Score >= options.MinimumScore)
                .OrderByDescending(match => match.Score).ThenBy(match => match.Key, StringComparer.Ordinal),
        ];
    }

    private async Task<Match[]> Nearest(
        NpgsqlConnection connection, float[] direction, int wanted, bool isExact, string where, object?[] values,
        CancellationToken cancellationToken)
    {
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using NpgsqlBatch batch = new(connection, transaction) { Timeout = 0 };
        if (isExact)
            batch.BatchCommands.Add(new("SET LOCAL enable_indexscan = off")); // only such a scan uses HNSW; folders are found by bitmaps
        else
        {
            int candidates = Math.Min(Math.Max(_options.EfSearch, wanted), MostCandidates);
            batch.BatchCommands.Add(new($"SET LOCAL hnsw.ef_search = {candidates}"));
            if (VectorVersion >= FirstWithIterativeScans)
                batch.BatchCommands.Add(new("SET LOCAL hnsw.iterative_scan = relaxed_order"));
        }
        HalfVector query = ToHalf(direction);
        batch.BatchCommands.Add(Sql.BatchCommand(
            $"SELECT key, embedding FROM {Table}{where} ORDER BY embedding {_opened.Sql.Distance} $1 LIMIT $2",
            [query, (long)wanted, .. values]));
        List<Match> found = [];
        float[] row = new float[Width];
        await using (NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false))
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                HalfVector vector = await reader.GetFieldValueAsync<HalfVector>(1, cancellationToken).ConfigureAwait(false);
                TensorPrimitives.ConvertToSingle(vector.Memory.Span, row);
                found.Add(new(reader.GetString(0), TensorPrimitives.Dot<float>(row, direction), vector));
            }
        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        return [.. found];
    }

    internal static HalfVector ToHalf(ReadOnlySpan<float> vector)
    {
        Half[] halves = new Half[vector.Length];
        TensorPrimitives.ConvertToHalf(vector, halves);
        return new(halves);
    }

    private float[] Direction(ReadOnlySpan<float> query)
    {
        if (query.Length != Width)
            throw new ArgumentException(
                $"The vectors of this table have {Width} numbers, but the query has {query.Length}.", nameof(query));
        float norm = TensorPrimitives.Norm(query);
        if (!float.IsFinite(norm) || norm == 0f)
            throw new ArgumentException("The query has no direction: its length is 0, or a number of it is not finite.", nameof(query));
        float[] direction = new float[query.Length];
        TensorPrimitives.Divide(query, norm, direction);
        return direction;
    }

    private Clip RequireClip() => _clip ?? throw new InvalidOperationException(
        "This table was opened without a model. Open it with one, or encode the query and search with its vector.");
}
