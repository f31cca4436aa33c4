using System.Globalization;
using Npgsql;

namespace PureClip.Postgres.Tests;

/// <summary>What a server lacks, or does not allow, is one sentence with what to do.</summary>
[Collection(DatabaseTests.Name)]
public sealed class RefusalTests : IDisposable
{
    private static readonly VectorSpace Space = new("numbers", 4);

    private readonly TestSchema _schema = new();

    /// <inheritdoc/>
    public void Dispose() => _schema.Dispose();

    [PGliteFact]
    public async Task A_server_without_pgvector_is_said_so()
    {
        using TestDatabase plain = new("plain");
        string message = (await Assert.ThrowsAsync<IOException>(() => PostgresIndex.OpenOrCreateAsync(plain.Address, Space))).Message;
        Assert.Contains("pgvector is not installed on this server", message);
        await Assert.ThrowsAsync<FileNotFoundException>(() => PostgresIndex.OpenAsync(plain.Address));
        Assert.Equal(0, plain.Ask<long>("SELECT count(*) FROM pg_namespace WHERE nspname = 'pureclip'"));
    }

    [DatabaseFact]
    public async Task A_pgvector_without_halfvec_is_refused_by_its_version()
    {
        await (await PostgresIndex.OpenOrCreateAsync(TestSchema.Source, Space, _schema.Options)).DisposeAsync();
        string version = TestDatabase.Shared.Ask<string>("SELECT extversion FROM pg_extension WHERE extname = 'vector'")!;
        try
        {
            TestDatabase.Shared.Ask<int>("UPDATE pg_extension SET extversion = '0.6.2' WHERE extname = 'vector'");
            string message = (await Assert.ThrowsAsync<IOException>(
                () => PostgresIndex.OpenOrCreateAsync(TestSchema.Source, Space, _schema.Options))).Message;
            Assert.Contains("pgvector 0.6.2 is installed, which has no halfvec; 0.7.0 or later is needed", message);
            Assert.Contains("ALTER EXTENSION vector UPDATE", message);
        }
        finally
        {
            TestDatabase.Shared.Ask<int>($"UPDATE pg_extension SET extversion = '{version}' WHERE extname = 'vector'");
        }
    }

    [DatabaseFact]
    public async Task Vectors_that_no_column_or_index_holds_are_told_apart()
    {
        string message = (await Assert.ThrowsAsync<InvalidDataException>(
            () => PostgresIndex.OpenOrCreateAsync(TestSchema.Source, new VectorSpace("wide", 16_001), _schema.Options))).Message;
        Assert.Contains("at most 16000", message);
        // Wider than an index takes: every vector is compared.
        await using PostgresIndex wide =
            await PostgresIndex.OpenOrCreateAsync(TestSchema.Source, new VectorSpace("wide", 5000), _schema.Options with { Table = "wide" });
        PostgresIndexWriter writer = await wide.OpenWriterAsync();
        float[] one = new float[5000], other = new float[5000];
        one[4999] = other[0] = 1;
        writer.Add(new("one"), one);
        writer.Add(new("other"), other);
        await writer.CommitAsync();
        Assert.False(await wide.BuildIndexAsync());
        Assert.Equal("one", (await wide.SearchAsync(one, new() { Top = 1 })).Single().Key);
    }

    [RealDatabaseFact]
    public async Task Rights_users_and_databases_that_are_missing_are_named()
    {
        string user = $"nobody_{Environment.ProcessId}";
        TestDatabase.Shared.Ask<int>($"CREATE ROLE {user} LOGIN PASSWORD 'open-sesame'");
        try
        {
            await (await PostgresIndex.OpenOrCreateAsync(TestSchema.Source, Space, _schema.Options)).DisposeAsync();
            NpgsqlConnectionStringBuilder settings = new(TestDatabase.Shared.Address) { Username = user, Password = "open-sesame" };
            await Refused(_schema.Options with { Schema = "new_schema" }, "this user lacks a right: permission denied for database");
            await Refused(_schema.Options, "this user lacks a right: permission denied for schema");
            settings.Password = "wr0ng";
            await Refused(_schema.Options, "the server refuses this user or password", mayPass: true); // it may trust whoever is on its machine
            settings = new(TestDatabase.Shared.Address) { Database = "no_such_database" };
            await Refused(_schema.Options, "there is no database no_such_database. Make it (createdb no_such_database)");

            async Task Refused(PostgresIndexOptions options, string found, bool mayPass = false)
            {
                IOException error = await Assert.ThrowsAsync<IOException>(
                    () => PostgresIndex.OpenOrCreateAsync(settings.ConnectionString, Space, options));
                if (!mayPass)
                    Assert.Contains(found, error.Message);
                Assert.DoesNotContain(settings.Password ?? "-", error.ToString());
            }
        }
        finally
        {
            TestDatabase.Shared.Ask<int>($"DROP ROLE {user}");
        }
    }

    [RealDatabaseFact] // PGlite knows no COPY from a client
    public async Task Many_rows_are_copied_and_are_what_few_are()
    {
        await using PostgresIndex index = await PostgresIndex.OpenOrCreateAsync(TestSchema.Source, Space, _schema.Options);
        PostgresIndexWriter writer = await index.OpenWriterAsync();
        writer.Add(new("source", 1), [0, 0, 0, 5]);
        await writer.CommitAsync();
        for (int i = 0; i < 3000; i++)
            if (i % 3 == 0)
                writer.AddCopy(new($"{i}", i, new DateTime(i + 1L, DateTimeKind.Utc)), "source");
            else
                writer.Add(new($"{i}", i, default, (UInt128)i), [i, 1, 2, 3]);
        await writer.CommitAsync();
        PostgresIndexWriter read = await index.OpenWriterAsync();
        Assert.Equal(3001, read.Count);
        Assert.All(writer.Keys, key => Assert.True(read.TryFind(key, out Search.IndexEntry there) && writer.TryFind(key, out Search.IndexEntry wanted)
            && there == wanted));
        Assert.Equal(new float[] { 0, 0, 0, 5 }, (await index.AsVectorStoreCollection().GetAsync("2997", new() { IncludeVectors = true }))!.Vector.ToArray());
        Assert.Equal(new float[] { 2998, 1, 2, 3 }, (await index.AsVectorStoreCollection().GetAsync("2998", new() { IncludeVectors = true }))!.Vector.ToArray());
    }

    [RealDatabaseFact]
    public async Task Programs_that_make_and_write_one_table_at_once_all_succeed()
    {
        const int Programs = 8, Rounds = 20, Keys = 40;
        await Task.WhenAll(Enumerable.Range(0, Programs).Select(program => Task.Run(async () =>
        {
            await using PostgresIndex index = await PostgresIndex.OpenOrCreateAsync(TestSchema.Source, Space, _schema.Options);
            PostgresIndexWriter writer = await index.OpenWriterAsync();
            Random random = new(program);
            for (int round = 0; round < Rounds; round++)
            {
                foreach (int key in Enumerable.Range(0, Keys).OrderBy(_ => random.Next())) // in another order each
                    if (random.Next(4) == 0)
                        writer.Remove(key.ToString(CultureInfo.InvariantCulture));
                    else
                        writer.Add(new(key.ToString(CultureInfo.InvariantCulture), program), [program, key, 1, 0]);
                writer.Add(new($"{program} {round}"), [1, 0, 0, 0]);
                await writer.CommitAsync();
            }
        })));
        await using PostgresIndex made = await PostgresIndex.OpenAsync(TestSchema.Source, _schema.Options);
        Assert.InRange(await made.CountAsync(), Programs * Rounds, Programs * Rounds + Keys);
        bool[] built = await Task.WhenAll(Enumerable.Range(0, Programs).Select(_ => Task.Run(() => made.BuildIndexAsync())));
        Assert.Single(built, now => now);
        Assert.True(await made.IsIndexedAsync());
    }
}
