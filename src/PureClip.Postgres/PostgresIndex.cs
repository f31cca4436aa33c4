using Npgsql;
using PureClip.Search;

namespace PureClip.Postgres;

/// <summary>
/// Vectors of pictures in a table of PostgreSQL with pgvector, brought up to date with folders and searched by text, picture or vector:
/// what <see cref="FolderIndex"/> is on disk. Vectors are stored as <c>halfvec</c>, found by an HNSW index, and the model with its rules is
/// noted beside them, so that others are refused.
/// </summary>
/// <remarks>
/// Thread-safe; any number of programs search and write beside one another. The schema is made by itself. SQL may read the table: columns
/// <c>key</c>, <c>size</c>, <c>modified</c> (ticks of 100 ns since 0001-01-01 UTC), <c>content</c> (the first 16 bytes of the file's
/// SHA-256) and <c>embedding</c>.
/// </remarks>
/// <example>
/// <code>
/// using Clip clip = Clip.Load("weights/pictogram-mini");
/// await using PostgresIndex photos = await PostgresIndex.OpenOrCreateAsync("postgres://anna@localhost/photos", clip);
/// await photos.UpdateAsync("photos");
/// foreach (PostgresHit hit in await photos.SearchAsync("birthday cake"))
///     Console.WriteLine($"{hit.Score:F3} {photos.PathOf(hit.Key)}");
/// </code>
/// </example>
public sealed partial class PostgresIndex : IAsyncDisposable, IDisposable
{
    /// <summary>The widest vector of an HNSW index; wider ones are compared one by one.</summary>
    private const int WidestIndexed = 4000;

    private readonly NpgsqlDataSource _database;
    private readonly bool _isOwn;
    private readonly PostgresIndexOptions _options;
    private readonly PostgresErrors _errors;
    private readonly Clip? _clip;
    private readonly PictureKeys _keys;
    private SpaceTable.Opened _opened = null!; // by the method that opens

    private PostgresIndex(PostgresSource source, PostgresIndexOptions options, Clip? clip)
    {
        _options = options;
        _clip = clip;
        _errors = new($"{source} ({options.Name})", source.Database);
        _keys = options.Root is string root ? PictureKeys.RelativeTo(root) : PictureKeys.InFull;
        _database = source.Open(out _isOwn);
    }

    /// <summary>Opens a table whose vectors may be of any model: to look after it, or to search with vectors.</summary>
    /// <param name="source">The database: an address, a connection string or a data source.</param>
    /// <param name="options">Which table; null for <c>pureclip.pictures</c>.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="FileNotFoundException">There is no such table.</exception>
    /// <exception cref="IOException">The database cannot be reached or used; the message says what to do.</exception>
    /// <exception cref="InvalidDataException">The table was written by a later version, or changed by something else.</exception>
    public static Task<PostgresIndex> OpenAsync(
        PostgresSource source, PostgresIndexOptions? options = null, CancellationToken cancellationToken = default) =>
        Open(source, clip: null, options, static (table, connection, token) => table.Open(connection, token), cancellationToken);

    /// <summary>Opens a table to be searched with a model, and makes sure that it is of this one.</summary>
    /// <inheritdoc cref="OpenAsync(PostgresSource, PostgresIndexOptions?, CancellationToken)"/>
    /// <param name="source">The database: an address, a connection string or a data source.</param>
    /// <param name="clip">The model, which encodes what is searched for; not disposed.</param>
    /// <param name="queries">What will be searched for: rules that cannot change a query's vector are not compared.</param>
    /// <param name="options">Which table; null for <c>pureclip.pictures</c>.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="InvalidDataException">
    /// The vectors were made by another model or by other rules, or the table was changed by something else.
    /// </exception>
    public static async Task<PostgresIndex> OpenAsync(
        PostgresSource source, Clip clip, VectorKinds queries = VectorKinds.All, PostgresIndexOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(clip);
        return await Checked(
            await Open(source, clip, options, static (table, connection, token) => table.Open(connection, token), cancellationToken)
                .ConfigureAwait(false),
            index => index.RequireSpace(clip.Space, queries)).ConfigureAwait(false);
    }

    /// <summary>Opens a table, or makes it where there is none, with its schema and, where this user may, pgvector.</summary>
    /// <param name="source">The database: an address, a connection string or a data source.</param>
    /// <param name="clip">The model; not disposed.</param>
    /// <param name="options">Which table; null for <c>pureclip.pictures</c>.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="IOException">The database cannot be reached or used; the message says what to do.</exception>
    /// <exception cref="InvalidDataException">The vectors there were made by another model or by other rules.</exception>
    public static async Task<PostgresIndex> OpenOrCreateAsync(
        PostgresSource source, Clip clip, PostgresIndexOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(clip);
        return await OpenOrCreate(source, clip, clip.Space, options, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>As the other one, for vectors that come from elsewhere.</summary>
    /// <inheritdoc cref="OpenOrCreateAsync(PostgresSource, Clip, PostgresIndexOptions?, CancellationToken)"/>
    /// <param name="source">The database: an address, a connection string or a data source.</param>
    /// <param name="space">What the vectors are of.</param>
    /// <param name="options">Which table; null for <c>pureclip.pictures</c>.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    public static Task<PostgresIndex> OpenOrCreateAsync(
        PostgresSource source, VectorSpace space, PostgresIndexOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(space);
        return OpenOrCreate(source, clip: null, space, options, cancellationToken);
    }

    /// <summary>The table with its schema.</summary>
    public string Name => _options.Name;

    /// <summary>The database and the table, without a password: "postgres://anna@localhost:5432/photos (pureclip.pictures)".</summary>
    public string Description => _errors.Where;

    /// <summary>What its vectors are of: the model, and the rules by which it made them so far as they are recorded.</summary>
    public VectorSpace Space => _opened.Space;

    /// <summary>Numbers of a vector.</summary>
    public int Width => Space.Width;

    /// <summary>The version of pgvector on the server.</summary>
    public Version VectorVersion => _opened.PgVector;

    /// <summary>How pictures are named in the table.</summary>
    public PictureKeys Keys => _keys;

    /// <summary>The path of a picture by its key: from the current folder where it lies there or below, else in full.</summary>
    public string PathOf(string key) => _keys.PathOf(key);

    /// <summary>Refuses vectors that must not be compared with these, as queries.</summary>
    /// <param name="space">Where they come from: <see cref="Clip.Space"/>.</param>
    /// <param name="queries">What they are of. Their length is not compared: a query is taken with length 1.</param>
    /// <exception cref="InvalidDataException">They were made with another model or by other rules; the message names both.</exception>
    public void RequireSpace(VectorSpace space, VectorKinds queries)
    {
        ArgumentNullException.ThrowIfNull(space);
        Space.Require(space with { IsNormalized = null }, queries, $"{Description}: this table");
    }

    /// <summary>How large the table is.</summary>
    public Task<PostgresFacts> InspectAsync(CancellationToken cancellationToken = default) => Connected(async connection =>
    {
        await using NpgsqlCommand command = Sql.Command(connection, $"""
            SELECT (SELECT count(*) FROM {Table}), coalesce((SELECT n_dead_tup FROM pg_stat_all_tables WHERE relid = to_regclass($1)), 0),
                pg_total_relation_size(to_regclass($1)),
                coalesce((SELECT sum(pg_relation_size(i.indexrelid))::bigint FROM pg_index i JOIN pg_attribute a
                    ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)
                    WHERE i.indrelid = to_regclass($1) AND a.attname = 'embedding' AND i.indisvalid), 0)
            """, Table);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        return new PostgresFacts(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3));
    }, cancellationToken);

    /// <summary>How many entries there are.</summary>
    /// <param name="below">Only pictures in these folders or below them, or these files; null or empty for all.</param>
    /// <param name="cancellationToken">Ends the count.</param>
    public Task<long> CountAsync(IReadOnlyCollection<string>? below = null, CancellationToken cancellationToken = default) =>
        Connected(connection =>
        {
            (string where, object?[] values) = KeyRange.Of(below ?? [], _keys, first: 1);
            return Sql.Ask<long>(connection, $"SELECT count(*) FROM {Table}{where}", cancellationToken, values);
        }, cancellationToken);

    /// <summary>Opens the table to add to it and remove from it. Programs may write beside one another.</summary>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="IOException">The database cannot be reached or used.</exception>
    public Task<PostgresIndexWriter> OpenWriterAsync(CancellationToken cancellationToken = default) =>
        OpenWriter(_clip?.Space, cancellationToken);

    /// <summary>As the other one, for vectors of a space that is compared with the table's.</summary>
    /// <param name="space">What is to be added is of.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="InvalidDataException">The table's vectors are of another model or made by other rules.</exception>
    public Task<PostgresIndexWriter> OpenWriterAsync(VectorSpace space, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(space);
        return OpenWriter(space, cancellationToken);
    }

    /// <summary>
    /// Brings the table up to date with a folder and all folders below it, and builds the index of vectors if it is not there.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <param name="options">What else is to be done; null for nothing.</param>
    /// <param name="progress">Told how far it is: what it was told of is committed.</param>
    /// <param name="cancellationToken">
    /// Looked at before every name and every picture; what is done until then stays, and the next update goes on from there.
    /// </param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="IOException">The database cannot be reached or used.</exception>
    public async Task<FolderUpdate> UpdateAsync(
        string folder, FolderUpdateOptions? options = null, IProgress<FolderProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        FolderScan scan = FolderScan.Of(folder, new() { Extensions = PictureFiles.ExtensionsOf(_clip?.Decoders) }, cancellationToken);
        FolderUpdate update = await UpdateAsync(scan.Pictures, [folder], options, progress, cancellationToken).ConfigureAwait(false);
        return update with { Failures = [.. scan.Unreadable, .. update.Failures], PassedOver = scan.PassedOver };
    }

    /// <summary>As the other one, for pictures that the caller has found.</summary>
    /// <inheritdoc cref="UpdateAsync(string, FolderUpdateOptions?, IProgress{FolderProgress}?, CancellationToken)"/>
    /// <param name="pictures">Paths of pictures.</param>
    /// <param name="folders">
    /// Where they were looked for: entries of vanished files below these are removed. What is no folder is passed over.
    /// </param>
    /// <param name="options">What else is to be done; null for nothing.</param>
    /// <param name="progress">Told how far it is: what it was told of is committed.</param>
    /// <param name="cancellationToken">Looked at before every picture.</param>
    public async Task<FolderUpdate> UpdateAsync(
        IReadOnlyCollection<string> pictures, IReadOnlyCollection<string> folders, FolderUpdateOptions? options = null,
        IProgress<FolderProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        PostgresIndexWriter writer = await OpenWriterAsync(cancellationToken).ConfigureAwait(false);
        FolderUpdate update = await writer.UpdateAsync(_clip, _keys, pictures, folders, options, progress, cancellationToken)
            .ConfigureAwait(false);
        await BuildIndexAsync(cancellationToken).ConfigureAwait(false);
        return update;
    }

    /// <summary>
    /// Builds the HNSW index of the vectors where there is none yet: after the first load, which is faster without. On the server this takes
    /// memory as its <c>maintenance_work_mem</c> says, and minutes for millions of vectors. Reading goes on meanwhile, writing waits.
    /// </summary>
    /// <param name="cancellationToken">Leaves the table without an index.</param>
    /// <returns>Whether it was built now.</returns>
    public Task<bool> BuildIndexAsync(CancellationToken cancellationToken = default) => Connected(async connection =>
    {
        if (Width > WidestIndexed || await IsIndexed(connection, cancellationToken).ConfigureAwait(false))
            return false;
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        // One at a time: who waited finds it built.
        await Sql.Run(connection,
            "SELECT pg_advisory_xact_lock(hashtext($1), hashtext($2))", cancellationToken, _options.Schema, _options.Table)
            .ConfigureAwait(false);
        if (await IsIndexed(connection, cancellationToken).ConfigureAwait(false))
            return false;
        await Sql.Run(connection,
            $"CREATE INDEX IF NOT EXISTS {_opened.Sql.HnswName} ON {Table} USING hnsw (embedding {_opened.Sql.OperatorClass}) "
            + $"WITH (m = {_options.M}, ef_construction = {_options.EfConstruction})", cancellationToken).ConfigureAwait(false);
        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        await Sql.Run(connection, $"ANALYZE {Table}", cancellationToken).ConfigureAwait(false);
        return true;
    }, cancellationToken);

    /// <summary>Whether the vectors have an index: that of <see cref="BuildIndexAsync"/>, or one that somebody else has made.</summary>
    /// <param name="cancellationToken">Ends the question.</param>
    public Task<bool> IsIndexedAsync(CancellationToken cancellationToken = default) =>
        Connected(connection => IsIndexed(connection, cancellationToken), cancellationToken);

    /// <summary>Removes the table, and what is noted of it.</summary>
    /// <param name="cancellationToken">Leaves both.</param>
    public Task DropAsync(CancellationToken cancellationToken = default) => Connected(async connection =>
    {
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await Sql.Run(connection, $"DROP TABLE IF EXISTS {Table}", cancellationToken).ConfigureAwait(false);
        await Sql.Run(connection, $"DELETE FROM {_opened.Sql.Spaces} WHERE name = $1", cancellationToken, _options.Table)
            .ConfigureAwait(false);
        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        return true;
    }, cancellationToken);

    /// <summary>Closes the connections, unless they are the program's own.</summary>
    public void Dispose()
    {
        if (_isOwn)
            _database.Dispose();
    }

    /// <inheritdoc cref="Dispose"/>
    public ValueTask DisposeAsync() => _isOwn ? _database.DisposeAsync() : ValueTask.CompletedTask;

    /// <summary>This table behind <c>Microsoft.Extensions.VectorData</c>.</summary>
    public PostgresPictureCollection AsVectorStoreCollection() => new(this);

    /// <summary>The table's name as SQL has it.</summary>
    internal string Table => _opened.Sql.Table;

    /// <summary>The database's name.</summary>
    internal string Database => _errors.Database;

    /// <summary>Whether the table is there.</summary>
    internal Task<bool> ExistsAsync(CancellationToken cancellationToken) => Connected(
        connection => new SpaceTable(_options, _errors).Exists(connection, _options.Table, cancellationToken), cancellationToken);

    /// <summary>Makes the table where it was dropped since.</summary>
    internal async Task EnsureAsync(CancellationToken cancellationToken)
    {
        VectorSpace space = Space;
        _opened = await Connected(
            connection => new SpaceTable(_options, _errors).OpenOrCreate(connection, space, cancellationToken), cancellationToken)
            .ConfigureAwait(false);
        Space.Require(space, VectorKinds.All, $"{Description}: this table");
    }

    /// <summary>A writer that does not know what is there: for whoever adds and asks nothing.</summary>
    internal PostgresIndexWriter Writer() => new(_database, _opened, _options, _errors, _clip?.Space);

    private async Task<PostgresIndexWriter> OpenWriter(VectorSpace? space, CancellationToken cancellationToken)
    {
        if (space is not null)
            Space.Require(space, VectorKinds.All, $"{Description}: this table");
        PostgresIndexWriter writer = new(_database, _opened, _options, _errors, space);
        await writer.Load(cancellationToken).ConfigureAwait(false);
        return writer;
    }

    private static async Task<PostgresIndex> OpenOrCreate(
        PostgresSource source, Clip? clip, VectorSpace space, PostgresIndexOptions? options, CancellationToken cancellationToken) =>
        await Checked(
            await Open(source, clip, options, (table, connection, token) => table.OpenOrCreate(connection, space, token), cancellationToken)
                .ConfigureAwait(false),
            index => index.Space.Require(space, VectorKinds.All, $"{index.Description}: this table")).ConfigureAwait(false);

    private static async Task<PostgresIndex> Open(
        PostgresSource source, Clip? clip, PostgresIndexOptions? options,
        Func<SpaceTable, NpgsqlConnection, CancellationToken, Task<SpaceTable.Opened>> open, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        options ??= new();
        options.Validate();
        PostgresIndex index = new(source, options, clip);
        try
        {
            SpaceTable table = new(options, index._errors);
            index._opened = await index.Connected(connection => open(table, connection, cancellationToken), cancellationToken)
                .ConfigureAwait(false);
            return index;
        }
        catch
        {
            await index.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static async Task<PostgresIndex> Checked(PostgresIndex index, Action<PostgresIndex> check)
    {
        try
        {
            check(index);
            return index;
        }
        catch
        {
            await index.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Calls the database with a connection of its pool.</summary>
    internal Task<T> Connected<T>(Func<NpgsqlConnection, Task<T>> call, CancellationToken cancellationToken) => _errors.Guard(async () =>
    {
        await using NpgsqlConnection connection = await _database.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        return await call(connection).ConfigureAwait(false);
    });

    private Task<bool> IsIndexed(NpgsqlConnection connection, CancellationToken cancellationToken) => Sql.Ask<bool>(connection,
        "SELECT EXISTS (SELECT 1 FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey) "
        + "WHERE i.indrelid = to_regclass($1) AND a.attname = 'embedding' AND i.indisvalid)", cancellationToken, Table);
}
