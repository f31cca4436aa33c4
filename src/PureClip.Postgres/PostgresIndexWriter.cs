using System.Buffers.Binary;
using System.Text;
using Npgsql;
using NpgsqlTypes;
using Pgvector;
using PureClip.Search;

namespace PureClip.Postgres;

/// <summary>
/// Adds to and removes from a table of vectors. Nothing counts before <see cref="Commit"/>, which is one transaction: what it returned
/// from is not lost, whatever becomes of this process. Any number of programs may write beside one another; of two that write one key, the
/// later one counts.
/// </summary>
/// <remarks>
/// Not thread-safe. Holds keys and facts of all entries as they were when it was opened, and those of its own; no connection between
/// commits.
/// </remarks>
public sealed class PostgresIndexWriter : IEntryStore
{
    /// <summary>What a B-tree of PostgreSQL takes of a key, with room to spare.</summary>
    private const int LongestKey = 2600;

    /// <summary>From so many on, rows are copied: fewer are one statement, which costs less and works with whatever speaks for PostgreSQL.</summary>
    private const int Many = 1000;

    private const int Attempts = 5;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly NpgsqlDataSource _database;
    private readonly SpaceTable.Opened _opened;
    private readonly PostgresIndexOptions _options;
    private readonly PostgresErrors _errors;
    private readonly Dictionary<string, IndexEntry> _entries = new(StringComparer.Ordinal);
    private readonly Dictionary<UInt128, string> _contents = [];
    private readonly Dictionary<string, Change> _changes = new(StringComparer.Ordinal);
    private VectorSpace? _unsaid; // rules that the table does not say yet, until a vector is added

    internal PostgresIndexWriter(
        NpgsqlDataSource database, SpaceTable.Opened opened, PostgresIndexOptions options, PostgresErrors errors, VectorSpace? space)
    {
        (_database, _opened, _options, _errors) = (database, opened, options, errors);
        if (space is not null && opened.Space.Or(space) is VectorSpace said && said != opened.Space)
            _unsaid = said;
    }

    /// <summary>What becomes of a key: it gets a vector, or that of another key, or is removed where it gets neither.</summary>
    private readonly record struct Change(HalfVector? Vector, string? Source)
    {
        public bool IsRemoval => Vector is null && Source is null;
    }

    /// <inheritdoc/>
    public int Count => _entries.Count;

    /// <summary>Numbers of a vector.</summary>
    public int Width => _opened.Space.Width;

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Keys => _entries.Keys;

    /// <inheritdoc/>
    public int MaxKeyBytes => LongestKey;

    /// <inheritdoc/>
    public bool IsShared => true;

    /// <inheritdoc/>
    public bool TryFind(string key, out IndexEntry entry) => _entries.TryGetValue(key, out entry);

    /// <inheritdoc/>
    public bool TryFindContent(UInt128 contentHash, out IndexEntry entry)
    {
        entry = default;
        if (!_contents.TryGetValue(contentHash, out string? key))
            return false;
        if (_entries.TryGetValue(key, out entry) && entry.ContentHash == contentHash)
            return true;
        // That one has gone or changed; another may have the same content.
        foreach (IndexEntry other in _entries.Values)
            if (other.ContentHash == contentHash)
            {
                (_contents[contentHash], entry) = (other.Key, other);
                return true;
            }
        _contents.Remove(contentHash);
        return false;
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The entry or the vector cannot be stored.</exception>
    public void Add(in IndexEntry entry, ReadOnlySpan<float> vector)
    {
        RequireWritable(entry);
        if (vector.Length != Width)
            throw new ArgumentException($"The vectors of this table have {Width} numbers, but {vector.Length} were given.", nameof(vector));
        HalfVector half = PostgresIndex.ToHalf(vector);
        foreach (Half number in half.Memory.Span)
            if (!Half.IsFinite(number))
                throw new ArgumentException(
                    $"The vector of {entry.Key} holds a number that is not finite, or too large for 16 bits.", nameof(vector));
        Put(entry, new(half, null));
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">There is no such source, or the entry cannot be stored.</exception>
    public void AddCopy(in IndexEntry entry, string source)
    {
        RequireWritable(entry);
        if (!_entries.ContainsKey(source))
            throw new ArgumentException($"There is no entry {source} to copy the vector of.", nameof(source));
        // A source that waits itself has its vector here, or is a copy of one that is there.
        Put(entry, _changes.TryGetValue(source, out Change waiting) ? waiting : new(null, source));
    }

    /// <inheritdoc/>
    public bool Remove(string key)
    {
        if (!_entries.Remove(key))
            return false;
        _changes[key] = default;
        return true;
    }

    /// <inheritdoc/>
    /// <exception cref="IOException">The database could not be written to; what was committed before is there, and this may be tried again.</exception>
    public void Commit() => CommitAsync().AsTask().GetAwaiter().GetResult();

    /// <inheritdoc/>
    /// <exception cref="IOException">The database could not be written to; what was committed before is there, and this may be tried again.</exception>
    public async ValueTask CommitAsync(CancellationToken cancellationToken = default)
    {
        if (_changes.Count == 0)
            return;
        for (int attempt = 1; ; attempt++)
            try
            {
                await _errors.Guard(() => Write(cancellationToken)).ConfigureAwait(false);
                break;
            }
            catch (IOException e) when (attempt < Attempts && e.InnerException is PostgresException
            {
                SqlState: PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure,
            })
            {
                // another program wrote the same keys; nothing of this is there yet
            }
        _changes.Clear();
    }

    /// <summary>Reads keys and facts of all entries.</summary>
    internal Task Load(CancellationToken cancellationToken) => _errors.Guard(async () =>
    {
        await using NpgsqlConnection connection = await _database.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using NpgsqlCommand command = Sql.Command(connection, $"SELECT key, size, modified, content FROM {_opened.Sql.Table}");
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            Know(new(reader.GetString(0), reader.GetInt64(1), TimeOf(reader.GetInt64(2)),
                reader.IsDBNull(3) ? default : ContentOf(reader.GetGuid(3))));
    });

    /// <summary>A hash as PostgreSQL stores 16 bytes.</summary>
    internal static Guid GuidOf(UInt128 content)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, content);
        return new(bytes, bigEndian: true);
    }

    /// <summary>The hash that <see cref="GuidOf"/> has written.</summary>
    internal static UInt128 ContentOf(Guid guid)
    {
        Span<byte> bytes = stackalloc byte[16];
        guid.TryWriteBytes(bytes, bigEndian: true, out _);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    /// <summary>A file's time by its ticks; what is none was written by something else, and no file has it.</summary>
    internal static DateTime TimeOf(long ticks) =>
        ticks >= 0 && ticks <= DateTime.MaxValue.Ticks ? new(ticks, DateTimeKind.Utc) : default;

    private static void RequireWritable(in IndexEntry entry)
    {
        ArgumentException.ThrowIfNullOrEmpty(entry.Key, nameof(entry));
        ArgumentOutOfRangeException.ThrowIfNegative(entry.Size, nameof(entry));
        try
        {
            if (Strict.GetByteCount(entry.Key) > LongestKey)
                throw new ArgumentException($"A key has at most {LongestKey} bytes in UTF-8; this one has more.", nameof(entry));
        }
        catch (EncoderFallbackException e)
        {
            throw new ArgumentException("The key is no valid Unicode: it holds half of a surrogate pair.", nameof(entry), e);
        }
        if (entry.Key.Contains('\0'))
            throw new ArgumentException("A key cannot hold the character 0.", nameof(entry));
    }

    private void Put(in IndexEntry entry, Change change)
    {
        _changes[entry.Key] = change;
        Know(entry);
    }

    private void Know(in IndexEntry entry)
    {
        _entries[entry.Key] = entry;
        if (entry.ContentHash != default)
            _contents[entry.ContentHash] = entry.Key;
    }

    /// <summary>
    /// All changes as one transaction: new rows are loaded beside the table, copies get their vectors before anything is changed, then the
    /// table is. Programs that change one table do so one after the other: row by row, those that write the same keys would wait in a
    /// circle.
    /// </summary>
    private async Task Write(CancellationToken cancellationToken)
    {
        string table = _opened.Sql.Table;
        string[] removed = [.. _changes.Where(change => change.Value.IsRemoval).Select(change => change.Key)];
        bool hasVectors = _changes.Values.Any(change => change.Vector is not null);
        await using NpgsqlConnection connection = await _database.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        bool adds = removed.Length < _changes.Count;
        await using (NpgsqlBatch begin = new(connection, transaction) { Timeout = 0 })
        {
            begin.BatchCommands.Add(SpaceTable.Hold(_opened.Sql, _options, _opened.Space));
            if (hasVectors && _unsaid is not null)
                begin.BatchCommands.Add(SpaceTable.Fill(_opened.Sql, _options, _unsaid));
            if (adds)
                begin.BatchCommands.Add(new("CREATE TEMP TABLE pureclip_new (key text COLLATE \"C\", size bigint, modified bigint, "
                    + $"content uuid, embedding {_opened.Sql.Vector(Width)}, source text COLLATE \"C\") ON COMMIT DROP"));
            if (await begin.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is null)
                throw _errors.Damaged("it was dropped, or made anew for another model, since it was opened");
        }
        (string Key, Change Change)[] rows =
            [.. _changes.Where(change => !change.Value.IsRemoval).Select(change => (change.Key, change.Value))];
        if (rows.Length >= Many)
            await Copy(connection, rows, cancellationToken).ConfigureAwait(false);
        else if (adds)
            await Insert(connection, rows, cancellationToken).ConfigureAwait(false);
        await using (NpgsqlBatch change = new(connection, transaction) { Timeout = 0 })
        {
            if (_changes.Values.Any(one => one.Source is not null))
                change.BatchCommands.Add(new($"UPDATE pureclip_new n SET embedding = t.embedding FROM {table} t WHERE t.key = n.source"));
            change.BatchCommands.Add(Sql.BatchCommand(
                "SELECT pg_advisory_xact_lock(hashtext($1), hashtext($2))", _options.Schema, _options.Table));
            if (removed.Length > 0)
                change.BatchCommands.Add(Sql.BatchCommand($"DELETE FROM {table} WHERE key = ANY($1)", (object)removed)); // one value, not many
            if (adds)
                change.BatchCommands.Add(new($"""
                    INSERT INTO {table} AS t (key, size, modified, content, embedding)
                    SELECT key, size, modified, content, embedding FROM pureclip_new
                    ON CONFLICT (key) DO UPDATE SET size = excluded.size, modified = excluded.modified, content = excluded.content,
                        embedding = excluded.embedding
                    """));
            await change.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        if (hasVectors)
            _unsaid = null;
    }

    /// <summary>A few rows, as one statement.</summary>
    private async Task Insert(NpgsqlConnection connection, (string Key, Change Change)[] rows, CancellationToken cancellationToken)
    {
        IndexEntry[] entries = [.. rows.Select(row => _entries[row.Key])];
        await using NpgsqlCommand insert = new(
            "INSERT INTO pureclip_new (key, size, modified, content, embedding, source) SELECT * FROM unnest($1, $2, $3, $4, $5, $6)",
            connection)
        {
            CommandTimeout = 0,
            Parameters =
            {
                new NpgsqlParameter<string[]> { TypedValue = [.. rows.Select(row => row.Key)] },
                new NpgsqlParameter<long[]> { TypedValue = [.. entries.Select(entry => entry.Size)] },
                new NpgsqlParameter<long[]> { TypedValue = [.. entries.Select(entry => TicksOf(entry.Modified))] },
                new NpgsqlParameter<Guid?[]>
                {
                    TypedValue = [.. entries.Select(entry => entry.ContentHash == default ? (Guid?)null : GuidOf(entry.ContentHash))],
                },
                new NpgsqlParameter<HalfVector?[]> { TypedValue = [.. rows.Select(row => row.Change.Vector)] },
                new NpgsqlParameter<string?[]> { TypedValue = [.. rows.Select(row => row.Change.Source)] },
            },
        };
        await insert.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Many rows, as they are loaded fastest.</summary>
    private async Task Copy(NpgsqlConnection connection, (string Key, Change Change)[] rows, CancellationToken cancellationToken)
    {
        await using NpgsqlBinaryImporter copy = await connection.BeginBinaryImportAsync(
            "COPY pureclip_new (key, size, modified, content, embedding, source) FROM STDIN (FORMAT BINARY)", cancellationToken)
            .ConfigureAwait(false);
        copy.Timeout = TimeSpan.Zero;
        foreach ((string key, Change change) in rows)
        {
            IndexEntry entry = _entries[key];
            await copy.StartRowAsync(cancellationToken).ConfigureAwait(false);
            await copy.WriteAsync(key, NpgsqlDbType.Text, cancellationToken).ConfigureAwait(false);
            await copy.WriteAsync(entry.Size, NpgsqlDbType.Bigint, cancellationToken).ConfigureAwait(false);
            await copy.WriteAsync(TicksOf(entry.Modified), NpgsqlDbType.Bigint, cancellationToken).ConfigureAwait(false);
            if (entry.ContentHash == default)
                await copy.WriteNullAsync(cancellationToken).ConfigureAwait(false);
            else
                await copy.WriteAsync(GuidOf(entry.ContentHash), NpgsqlDbType.Uuid, cancellationToken).ConfigureAwait(false);
            if (change.Vector is null)
                await copy.WriteNullAsync(cancellationToken).ConfigureAwait(false);
            else
                await copy.WriteAsync(change.Vector, cancellationToken).ConfigureAwait(false);
            if (change.Source is null)
                await copy.WriteNullAsync(cancellationToken).ConfigureAwait(false);
            else
                await copy.WriteAsync(change.Source, NpgsqlDbType.Text, cancellationToken).ConfigureAwait(false);
        }
        await copy.CompleteAsync(cancellationToken).ConfigureAwait(false);
    }

    private static long TicksOf(DateTime time) => (time.Kind == DateTimeKind.Local ? time.ToUniversalTime() : time).Ticks;
}
