using Npgsql;

namespace PureClip.Postgres;

/// <summary>
/// The table that says what the vectors of the others in its schema are of, a row each: what the header of an index on disk says. Finds
/// and makes both.
/// </summary>
internal sealed class SpaceTable(PostgresIndexOptions options, PostgresErrors errors)
{
    /// <summary>The table's name.</summary>
    public const string Name = "pureclip_spaces";

    /// <summary>The most numbers of a halfvec.</summary>
    public const int MostNumbers = 16_000;

    // A table with a higher one is refused. Columns that are added later have defaults, and need no new version.
    private const int Version = 1;

    /// <summary>What is known of a table.</summary>
    /// <param name="Sql">Its names.</param>
    /// <param name="Space">What its vectors are of.</param>
    /// <param name="PgVector">The version of pgvector.</param>
    internal sealed record Opened(Sql Sql, VectorSpace Space, Version PgVector);

    /// <summary>Finds the table, and what its vectors are of.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    public async Task<Opened> Open(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (await FindVector(connection, cancellationToken).ConfigureAwait(false) is not (Version version, string schema))
            throw errors.Missing();
        Sql sql = new(options, schema);
        VectorSpace space = await Read(connection, sql, cancellationToken).ConfigureAwait(false) ?? throw errors.Missing();
        return new(sql, space, version);
    }

    /// <summary>Finds the table, or makes it, with its schema and pgvector where these are missing.</summary>
    /// <param name="connection">To the database.</param>
    /// <param name="space">What new vectors are of.</param>
    /// <param name="cancellationToken">Leaves the database as it was.</param>
    public async Task<Opened> OpenOrCreate(NpgsqlConnection connection, VectorSpace space, CancellationToken cancellationToken)
    {
        if (space.Width > MostNumbers)
            throw new InvalidDataException(
                $"{errors.Where}: vectors of {space.Width} numbers do not fit into a halfvec, which has at most {MostNumbers}.");
        if (await FindVector(connection, cancellationToken).ConfigureAwait(false) is not (Version version, string schema))
        {
            try
            {
                await Sql.Run(connection, "CREATE EXTENSION IF NOT EXISTS vector", cancellationToken).ConfigureAwait(false);
            }
            catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.UniqueViolation or PostgresErrorCodes.DuplicateObject)
            {
                // another program was quicker
            }
            await connection.ReloadTypesAsync(cancellationToken).ConfigureAwait(false);
            (version, schema) = await FindVector(connection, cancellationToken).ConfigureAwait(false) ?? throw errors.Missing();
        }
        Sql sql = new(options, schema);
        VectorSpace? known = await Read(connection, sql, cancellationToken).ConfigureAwait(false);
        return new(sql, known ?? await Create(connection, sql, space, cancellationToken).ConfigureAwait(false), version);
    }

    /// <summary>Notes rules that the row does not say yet.</summary>
    public static NpgsqlBatchCommand Fill(Sql sql, PostgresIndexOptions options, VectorSpace space) => Sql.BatchCommand(
        $"UPDATE {sql.Spaces} SET model = $2, preparation = coalesce(preparation, $3), texts = coalesce(texts, $4), "
        + "integer_bits = coalesce(integer_bits, $5) WHERE name = $1",
        options.Table, space.ModelName, space.PictureLine, space.TextLine, NullableBits(space));

    /// <summary>Holds the row until the transaction ends: nobody makes the table anew for another model meanwhile.</summary>
    public static NpgsqlBatchCommand Hold(Sql sql, PostgresIndexOptions options, VectorSpace space) => Sql.BatchCommand(
        $"SELECT 1 FROM {sql.Spaces} WHERE name = $1 AND fingerprint = $2 AND width = $3 FOR KEY SHARE",
        options.Table, space.Fingerprint, space.Width);

    private async Task<(Version Version, string Schema)?> FindVector(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        string text, schema;
        await using (NpgsqlCommand command = Sql.Command(connection,
            "SELECT e.extversion, n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'vector'"))
        await using (NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false))
        {
            if (!await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                return null;
            (text, schema) = (reader.GetString(0), reader.GetFieldValue<string>(1));
        }
        if (System.Version.TryParse(text, out Version? version) && version >= PostgresErrors.LeastVector)
            return (version, schema);
        throw errors.OldVector(text, await Sql.Ask<string>(connection,
            "SELECT default_version FROM pg_available_extensions WHERE name = 'vector'", cancellationToken).ConfigureAwait(false));
    }

    /// <summary>What the table's vectors are of; null where there is no table.</summary>
    private async Task<VectorSpace?> Read(NpgsqlConnection connection, Sql sql, CancellationToken cancellationToken)
    {
        if (!await Exists(connection, Name, cancellationToken).ConfigureAwait(false))
            return null;
        VectorSpace space;
        await using (NpgsqlCommand command = Sql.Command(connection,
            $"SELECT version, model, fingerprint, width, preparation, texts, integer_bits, relative FROM {sql.Spaces} WHERE name = $1",
            options.Table))
        await using (NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false))
        {
            if (!await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                return null;
            if (reader.GetInt32(0) > Version)
                throw new InvalidDataException(
                    $"{errors.Where}: this table was written by a later PureClip (version {reader.GetInt32(0)} of its form). Use that one.");
            space = new VectorSpace(reader.GetString(2), reader.GetInt32(3)).WithLines(TextOf(reader, 4), TextOf(reader, 5)) with
            {
                ModelName = reader.GetString(1),
                IntegerBits = reader.IsDBNull(6) ? null : reader.GetInt32(6),
            };
            bool isRelative = reader.GetBoolean(7);
            if (isRelative != (options.Root is not null))
                throw new InvalidDataException(isRelative
                    ? $"{errors.Where}: paths are relative to a folder in this table. Name that folder, as this machine sees it."
                    : $"{errors.Where}: paths stand in full in this table. Name no folder for them, or choose another table.");
        }
        if (!await Exists(connection, options.Table, cancellationToken).ConfigureAwait(false))
            return null; // dropped by somebody; it is made anew where pictures are to be added
        int width = await Sql.Ask<int>(connection,
            "SELECT atttypmod FROM pg_attribute WHERE attrelid = to_regclass($1) AND attname = 'embedding' AND NOT attisdropped",
            cancellationToken, sql.Table).ConfigureAwait(false);
        return width == space.Width
            ? space
            : throw errors.Damaged($"its vectors have {width} numbers, but it is noted as one with {space.Width}");
    }

    private async Task<VectorSpace> Create(NpgsqlConnection connection, Sql sql, VectorSpace space, CancellationToken cancellationToken)
    {
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        // One at a time: who waited finds what the other has made.
        await Sql.Run(connection, "SELECT pg_advisory_xact_lock(hashtext('pureclip'), hashtext($1))", cancellationToken, options.Schema)
            .ConfigureAwait(false);
        if (await Read(connection, sql, cancellationToken).ConfigureAwait(false) is VectorSpace made)
            return made;
        // Asked for first: where it is there, the right to make one is not needed.
        const string HasSchema = "SELECT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = $1)";
        if (!await Sql.Ask<bool>(connection, HasSchema, cancellationToken, options.Schema).ConfigureAwait(false))
            await Sql.Run(connection, $"CREATE SCHEMA {sql.Schema}", cancellationToken).ConfigureAwait(false);
        if (!await Exists(connection, Name, cancellationToken).ConfigureAwait(false))
            await Sql.Run(connection, $"""
                CREATE TABLE {sql.Spaces} (
                    name text PRIMARY KEY, version integer NOT NULL, model text NOT NULL, fingerprint text NOT NULL,
                    width integer NOT NULL, preparation text, texts text, integer_bits integer, relative boolean NOT NULL)
                """, cancellationToken).ConfigureAwait(false);
        await Sql.Run(connection, $"DELETE FROM {sql.Spaces} WHERE name = $1", cancellationToken, options.Table).ConfigureAwait(false);
        if (await Exists(connection, options.Table, cancellationToken).ConfigureAwait(false))
            throw errors.Damaged("there is a table of this name that is none of vectors");
        await Sql.Run(connection, $"""
            CREATE TABLE {sql.Table} (
                key text COLLATE "C" PRIMARY KEY, size bigint NOT NULL, modified bigint NOT NULL, content uuid,
                embedding {sql.Vector(space.Width)} NOT NULL)
            """, cancellationToken).ConfigureAwait(false);
        await Sql.Run(connection,
            $"COMMENT ON COLUMN {sql.Table}.modified IS 'ticks of 100 ns since 0001-01-01 00:00 UTC'", cancellationToken)
            .ConfigureAwait(false);
        await Sql.Run(connection,
            $"INSERT INTO {sql.Spaces} (name, version, model, fingerprint, width, preparation, texts, integer_bits, relative) "
            + "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            cancellationToken, options.Table, Version, space.ModelName, space.Fingerprint, space.Width, space.PictureLine, space.TextLine,
            NullableBits(space), options.Root is not null).ConfigureAwait(false);
        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        return space;
    }

    /// <summary>Whether there is a table, as a query sees it: what to_regclass knows may be older than the lock that was waited for.</summary>
    public async Task<bool> Exists(NpgsqlConnection connection, string table, CancellationToken cancellationToken) =>
        await Sql.Ask<bool>(connection,
            "SELECT EXISTS (SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2)",
            cancellationToken, options.Schema, table).ConfigureAwait(false);

    private static NpgsqlParameter NullableBits(VectorSpace space) => space.IntegerBits is int bits
        ? new NpgsqlParameter<int> { TypedValue = bits }
        : new NpgsqlParameter { Value = DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Integer };

    private static string? TextOf(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
}
