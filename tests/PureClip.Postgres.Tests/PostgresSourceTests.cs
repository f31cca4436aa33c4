using Npgsql;

namespace PureClip.Postgres.Tests;

/// <summary>The ways in which people write where a database is, and that none of them is repeated with its password.</summary>
public sealed class PostgresSourceTests
{
    private const string Secret = "s3cr;et /@:";

    [Theory]
    [InlineData("postgres://anna:s3cr%3Bet%20%2F%40%3A@db.example:6543/photos?sslmode=verify-full&connect_timeout=7")]
    [InlineData("postgresql://anna:s3cr%3Bet%20%2F%40%3A@db.example:6543/photos?sslmode=verify-full&connect_timeout=7")]
    [InlineData("postgres://db.example:6543/photos?user=anna&password=s3cr%3Bet%20%2F%40%3A&sslmode=verify-full&connect_timeout=7")]
    [InlineData("Host=db.example;Port=6543;Username=anna;Password='s3cr;et /@:';Database=photos;SSL Mode=VerifyFull;Timeout=7")]
    [InlineData("host=db.example port=6543 user=anna password='s3cr;et /@:' dbname=photos sslmode=verify-full connect_timeout=7")]
    [InlineData("host = db.example  port = 6543 user=anna password=s3cr;et\\ /@: dbname=photos sslmode=verify-full connect_timeout=7")]
    public void All_forms_say_the_same(string address)
    {
        NpgsqlConnectionStringBuilder read = PostgresAddress.Read(address);
        Assert.Equal(("db.example", 6543, "anna", Secret, "photos"), (read.Host, read.Port, read.Username, read.Password, read.Database));
        Assert.Equal((SslMode.VerifyFull, 7), (read.SslMode, read.Timeout));
        Assert.Equal("postgres://anna@db.example:6543/photos", PostgresSource.Parse(address).ToString());
    }

    [Theory]
    [InlineData("postgres://", null, 5432, null)]
    [InlineData("postgres:///photos", null, 5432, "photos")]
    [InlineData("postgres://localhost", "localhost", 5432, null)]
    [InlineData("postgres://localhost:77", "localhost", 77, null)]
    [InlineData("postgres://[::1]:77/photos", "::1", 77, "photos")]
    [InlineData("postgres://[::1]/photos", "::1", 5432, "photos")]
    [InlineData("postgres://%2Fvar%2Frun%2Fpostgresql/photos", "/var/run/postgresql", 5432, "photos")]
    [InlineData("postgres:///photos?host=/tmp", "/tmp", 5432, "photos")]
    [InlineData("postgres://a:1,b:2/photos?target_session_attrs=read-write", "a:1,b:2", 5432, "photos")]
    [InlineData("Host=localhost", "localhost", 5432, null)]
    [InlineData("host=localhost", "localhost", 5432, null)]
    [InlineData("", null, 5432, null)]
    public void Parts_may_be_missing(string address, string? host, int port, string? database)
    {
        NpgsqlConnectionStringBuilder read = PostgresAddress.Read(address);
        Assert.Equal((host, port, database), (read.Host, read.Port, read.Database));
    }

    [Fact]
    public void What_is_not_said_is_as_psql_has_it()
    {
        Dictionary<string, string> variables = new()
        {
            ["PGHOST"] = "there",
            ["PGPORT"] = "99",
            ["PGUSER"] = "otto",
            ["PGDATABASE"] = "pictures",
            ["PGSSLMODE"] = "require",
        };
        NpgsqlConnectionStringBuilder settings = PostgresAddress.Read("");
        PostgresAddress.AddEnvironment(settings, variables.GetValueOrDefault);
        Assert.Equal("postgres://otto@there:99/pictures", PostgresAddress.Describe(settings));
        Assert.Equal(SslMode.Require, settings.SslMode);
        settings = PostgresAddress.Read("postgres://anna@here:1/photos?sslmode=disable");
        PostgresAddress.AddEnvironment(settings, variables.GetValueOrDefault);
        Assert.Equal("postgres://anna@here:1/photos", PostgresAddress.Describe(settings));
        Assert.Equal(SslMode.Disable, settings.SslMode);
        settings = PostgresAddress.Read("postgres://otto@here");
        PostgresAddress.AddEnvironment(settings, _ => null);
        Assert.Equal("otto", settings.Database); // as the user, where nothing says otherwise
    }

    [Theory]
    [InlineData("postgres://anna:s3cret@host:port/photos")]
    [InlineData("postgres://anna:s3cret@host/photos?nonsense=1")]
    [InlineData("postgres://anna:s3cret@host/photos?sslmode=perhaps")]
    [InlineData("Host=a;Password=x;s3cret")]
    [InlineData("Host=a;s3cret=1")]
    [InlineData("host=a password='s3cret")]
    [InlineData("host=a s3cret")]
    [InlineData("host=a port=s3cret dbname=b")]
    public void What_cannot_be_read_is_refused_and_not_repeated(string address)
    {
        string message = Assert.Throws<ArgumentException>(() => PostgresSource.Parse(address)).Message;
        Assert.DoesNotContain("s3cret", message);
        Assert.Contains("postgres://USER@HOST/DATABASE", message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("2020")]
    [InlineData("a-b")]
    [InlineData("a\"; DROP TABLE x; --")]
    [InlineData("größe")]
    [InlineData("a234567890123456789012345678901234567890123456789")]
    [InlineData("pureclip_spaces")]
    public async Task Names_of_tables_are_checked(string table)
    {
        VectorSpace space = new("model", 4);
        await Assert.ThrowsAsync<ArgumentException>(
            () => PostgresIndex.OpenOrCreateAsync("postgres://localhost:1/none", space, new() { Table = table }));
        if (table != "pureclip_spaces")
            await Assert.ThrowsAsync<ArgumentException>(
                () => PostgresIndex.OpenOrCreateAsync("postgres://localhost:1/none", space, new() { Schema = table }));
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_said_so_without_the_password()
    {
        IOException error = await Assert.ThrowsAsync<IOException>(
            () => PostgresIndex.OpenAsync("postgres://anna:s3cret@127.0.0.1:1/photos"));
        Assert.StartsWith("postgres://anna@127.0.0.1:1/photos (pureclip.pictures): no server answers there", error.Message);
        Assert.DoesNotContain("s3cret", error.ToString());
    }
}
