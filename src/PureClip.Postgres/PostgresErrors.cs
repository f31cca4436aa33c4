using System.Net.Sockets;
using Npgsql;

namespace PureClip.Postgres;

/// <summary>What PostgreSQL and Npgsql say, as one sentence each with what to do next.</summary>
/// <param name="where">The database and the table, without a password.</param>
/// <param name="database">The database's name.</param>
internal sealed class PostgresErrors(string where, string database)
{
    /// <summary>The oldest pgvector that has halfvec.</summary>
    public static Version LeastVector { get; } = new(0, 7, 0);

    /// <summary>The database and the table, for messages.</summary>
    public string Where => where;

    /// <summary>The database's name.</summary>
    public string Database => database;

    /// <summary>Calls the database; what it throws becomes an <see cref="IOException"/>.</summary>
    public async Task<T> Guard<T>(Func<Task<T>> call)
    {
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (Exception e) when (Explain(e) is string message)
        {
            throw new IOException($"{where}: {message}", e);
        }
    }

    /// <inheritdoc cref="Guard{T}"/>
    public Task Guard(Func<Task> call) => Guard(async () =>
    {
        await call().ConfigureAwait(false);
        return true;
    });

    /// <summary>The error for a server whose pgvector is too old.</summary>
    public IOException OldVector(string installed, string? available) => new(
        $"{where}: pgvector {installed} is installed, which has no halfvec; {LeastVector} or later is needed. "
        + (available is not null && Version.TryParse(available, out Version? newer) && newer >= LeastVector
            ? $"The server has {available}: its owner types ALTER EXTENSION vector UPDATE."
            : "Install a later one on the server, then ALTER EXTENSION vector UPDATE."));

    /// <summary>The error for a table that is not there.</summary>
    public FileNotFoundException Missing() => new($"{where}: there is no such table of vectors. Index pictures into it first.");

    /// <summary>The error for what cannot have been written by this program.</summary>
    public InvalidDataException Damaged(string found) => new($"{where}: {found}. Choose another table, or drop this one and index anew.");

    private string? Explain(Exception exception) => exception switch
    {
        PostgresException e => Explain(e),
        NpgsqlException { InnerException: SocketException e } =>
            $"no server answers there ({e.Message.TrimEnd('.')}). Start it, or check the address.",
        NpgsqlException { InnerException: TimeoutException } or TimeoutException =>
            "the server does not answer in time. Check the address, or give it more time (Timeout, connect_timeout).",
        NpgsqlException { InnerException: EndOfStreamException or IOException } =>
            "the server has closed the connection. What was reported as written is there; the same call goes on from it.",
        NpgsqlException { InnerException: Exception inner } e => $"{e.Message.TrimEnd('.')} ({inner.Message.TrimEnd('.')}).",
        NpgsqlException e => e.Message,
        SocketException e => $"no server answers there ({e.Message.TrimEnd('.')}). Start it, or check the address.",
        _ => null,
    };

    private string Explain(PostgresException e) => e.SqlState switch
    {
        PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification =>
            $"the server refuses this user or password: {e.MessageText}. A password is read from PGPASSWORD or ~/.pgpass.",
        PostgresErrorCodes.InvalidCatalogName => $"there is no database {database}. Make it (createdb {database}), or name another.",
        PostgresErrorCodes.InsufficientPrivilege when e.MessageText.Contains("extension", StringComparison.Ordinal) =>
            $"this user may not install pgvector: {e.MessageText}. The database's owner types CREATE EXTENSION vector.",
        PostgresErrorCodes.InsufficientPrivilege =>
            $"this user lacks a right: {e.MessageText}. Ask the database's owner for it, or choose a schema of the user's own.",
        PostgresErrorCodes.FeatureNotSupported or PostgresErrorCodes.UndefinedFile
            when e.MessageText.Contains("extension", StringComparison.Ordinal) =>
            $"pgvector is not installed on this server ({e.MessageText}). Install it there (it is a package of most systems and a switch "
            + "of most hosts), then try again.",
        PostgresErrorCodes.ReadOnlySqlTransaction => "this server only answers questions, as a standby does. Write to its primary.",
        PostgresErrorCodes.DiskFull => $"the server's disk is full: {e.MessageText}. What was reported as written is there.",
        PostgresErrorCodes.TooManyConnections or PostgresErrorCodes.CannotConnectNow =>
            $"the server takes no connection now: {e.MessageText}. Try again later.",
        PostgresErrorCodes.QueryCanceled => $"the server broke the statement off: {e.MessageText}.",
        PostgresErrorCodes.UndefinedTable => "the table has vanished. Index pictures into it anew.",
        PostgresErrorCodes.NotNullViolation =>
            "another program has removed an entry meanwhile whose vector was to be copied. What was reported as written is there; the same "
            + "call goes on from it.",
        _ => $"the server says: {e.MessageText} ({e.SqlState}).",
    };
}
