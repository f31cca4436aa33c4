using Npgsql;

namespace PureClip.Postgres;

/// <summary>
/// Which database: an address, <c>postgres://anna@localhost/photos?sslmode=require</c>; Npgsql's keywords,
/// <c>Host=localhost;Database=photos</c>; libpq's, <c>host=localhost dbname=photos</c>; or a data source that a program has already. What
/// is not said comes from the variables that psql reads (PGHOST, PGPORT, PGDATABASE, PGUSER, PGPASSWORD, PGPASSFILE, PGSSLMODE), a password
/// also from ~/.pgpass.
/// </summary>
/// <remarks><see cref="ToString"/> never shows a password, nor does any message.</remarks>
public sealed class PostgresSource
{
    private readonly NpgsqlDataSource? _shared;
    private readonly NpgsqlConnectionStringBuilder _settings;

    private PostgresSource(NpgsqlConnectionStringBuilder settings, NpgsqlDataSource? shared) => (_settings, _shared) = (settings, shared);

    /// <summary>Reads an address or a connection string; an empty one leaves all to the environment.</summary>
    /// <param name="address">It.</param>
    /// <exception cref="ArgumentException">It cannot be read; the message does not repeat it.</exception>
    public static PostgresSource Parse(string address)
    {
        ArgumentNullException.ThrowIfNull(address);
        NpgsqlConnectionStringBuilder settings = PostgresAddress.Read(address.Trim());
        PostgresAddress.AddEnvironment(settings, Environment.GetEnvironmentVariable);
        return new(settings, shared: null);
    }

    /// <summary>A program's own data source, which stays its own.</summary>
    /// <param name="dataSource">Built with <c>UseVector()</c>, so that it knows pgvector's types.</param>
    public static PostgresSource FromDataSource(NpgsqlDataSource dataSource)
    {
        ArgumentNullException.ThrowIfNull(dataSource);
        return new(new(dataSource.ConnectionString), dataSource);
    }

    /// <inheritdoc cref="Parse"/>
    public static implicit operator PostgresSource(string address) => Parse(address);

    /// <inheritdoc cref="FromDataSource"/>
    public static implicit operator PostgresSource(NpgsqlDataSource dataSource) => FromDataSource(dataSource);

    /// <summary>The database, without a password: "postgres://anna@localhost:5432/photos".</summary>
    public override string ToString() => PostgresAddress.Describe(_settings);

    /// <summary>The database's name.</summary>
    internal string Database => _settings.Database ?? _settings.Username ?? "";

    /// <summary>Opens a pool of connections, or takes the program's own.</summary>
    /// <param name="isOwn">Whether it is to be disposed with what uses it.</param>
    internal NpgsqlDataSource Open(out bool isOwn)
    {
        isOwn = _shared is null;
        if (_shared is not null)
            return _shared;
        // Slim: compiled ahead of time, what is not named here is not in the program.
        NpgsqlSlimDataSourceBuilder builder = new(_settings.ConnectionString);
        builder.EnableTransportSecurity();
        builder.EnableArrays();
        builder.UseVector();
        return builder.Build();
    }
}
