using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace PureClip.Postgres.Tests;

/// <summary>
/// The database that the tests use: the one that PURECLIP_POSTGRES_TEST names, else PGlite, which is PostgreSQL in WebAssembly and is fetched
/// by npm once, into a folder that git ignores. It is started with the first test that needs it.
/// </summary>
/// <remarks>PGlite is one session, and its connections take turns: a pool would keep others waiting.</remarks>
internal sealed class TestDatabase : IDisposable
{
    /// <summary>Names a real database, which may be written to: each test makes a schema of its own and removes it.</summary>
    public const string Variable = "PURECLIP_POSTGRES_TEST";

    private static readonly Lazy<TestDatabase> TheOne = new(() => new("vector"));
    private static readonly Lazy<string?> WhyNoPGlite = new(Install);

    private readonly Process? _server;

    /// <param name="kind">"vector", or "plain" for a server without pgvector.</param>
    public TestDatabase(string kind)
    {
        if (kind == "vector" && Real is string real)
        {
            Address = real;
            return;
        }
        _server = Process.Start(new ProcessStartInfo("node", [Path.Combine(Folder, "server.mjs"), kind])
        {
            RedirectStandardInput = true, // it ends with this process
            RedirectStandardOutput = true,
        })!;
        int port = int.Parse(_server.StandardOutput.ReadLine()!, CultureInfo.InvariantCulture);
        Address = $"Host=127.0.0.1;Port={port};Username=postgres;Database=postgres;Password=secret-of-nobody;SSL Mode=Disable;"
            + "GSS Encryption Mode=Disable;Pooling=false;Timeout=60;Command Timeout=120";
    }

    /// <summary>The one that all tests share.</summary>
    public static TestDatabase Shared => TheOne.Value;

    /// <summary>Whether that is a real one, which serves many connections and has users and rights.</summary>
    public static bool IsReal => Real is not null;

    /// <summary>Why there is no database; null where there is one.</summary>
    public static string? ReasonToSkip => IsReal ? null : WhyNoPGlite.Value;

    /// <summary>Why there is no PGlite; null where there is.</summary>
    public static string? ReasonToSkipPGlite => WhyNoPGlite.Value;

    /// <summary>What is connected to.</summary>
    public string Address { get; }

    private static string? Real => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } address ? address : null;

    private static string Folder => Path.Combine(TestData.Root, "artifacts", "pglite");

    /// <summary>Runs SQL beside the library.</summary>
    public T? Ask<T>(string sql)
    {
        using NpgsqlDataSource source = PostgresSource.Parse(Address).Open(out _);
        using NpgsqlCommand command = source.CreateCommand(sql);
        return command.ExecuteScalar() is T value ? value : default;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_server is null)
            return;
        _server.StandardInput.Close();
        _server.WaitForExit();
        _server.Dispose();
    }

    private static string? Install()
    {
        try
        {
            string source = Path.Combine(TestData.Root, "tests", "PureClip.Postgres.Tests", "pglite");
            Directory.CreateDirectory(Folder);
            string wanted = File.ReadAllText(Path.Combine(source, "package.json")), mark = Path.Combine(Folder, "installed");
            File.Copy(Path.Combine(source, "server.mjs"), Path.Combine(Folder, "server.mjs"), overwrite: true);
            if (File.Exists(mark) && File.ReadAllText(mark) == wanted)
                return Run("node", ["--version"]);
            File.WriteAllText(Path.Combine(Folder, "package.json"), wanted);
            string? failure = Run("npm", ["install", "--no-audit", "--no-fund", "--no-package-lock", "--silent"]);
            if (failure is null)
                File.WriteAllText(mark, wanted);
            return failure;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"PGlite could not be put into {Folder}: {e.Message}";
        }
    }

    private static string? Run(string program, string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments)
            {
                WorkingDirectory = Folder,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            if (!process.WaitForExit(TimeSpan.FromMinutes(2)))
            {
                process.Kill(entireProcessTree: true);
                return $"{program} did not end within 2 minutes.";
            }
            return process.ExitCode == 0 ? null : $"{program} could not fetch PGlite; name a database in {Variable}.";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return $"There is no {program}, which runs PGlite: install Node.js 20 or later, or name a database in {Variable}.";
        }
    }
}

/// <summary>A test that needs a database; without one it says why, and is skipped.</summary>
internal sealed class DatabaseFactAttribute : FactAttribute
{
    public DatabaseFactAttribute() => Skip = TestDatabase.ReasonToSkip;
}

/// <summary>A test that needs PGlite, whatever database the others use.</summary>
internal sealed class PGliteFactAttribute : FactAttribute
{
    public PGliteFactAttribute() => Skip = TestDatabase.ReasonToSkipPGlite;
}

/// <summary>A test that needs many connections, or users with few rights.</summary>
internal sealed class RealDatabaseFactAttribute : FactAttribute
{
    public RealDatabaseFactAttribute()
    {
        if (!TestDatabase.IsReal)
            Skip = $"PGlite has one connection and one user; name a real database in {TestDatabase.Variable}.";
    }
}

/// <summary>A schema of a test's own in the database, which is removed with what the test made in it.</summary>
public sealed class TestSchema : IDisposable
{
    private static int s_count;

    /// <summary>The schema.</summary>
    public string Name { get; } = $"test_{Environment.ProcessId}_{Interlocked.Increment(ref s_count)}";

    /// <summary>A table in it.</summary>
    internal PostgresIndexOptions Options => new() { Schema = Name };

    /// <summary>What is connected to.</summary>
    internal static PostgresSource Source => PostgresSource.Parse(TestDatabase.Shared.Address);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (TestDatabase.ReasonToSkip is null)
            TestDatabase.Shared.Ask<int>($"DROP SCHEMA IF EXISTS {Name} CASCADE");
    }
}
