using System.CommandLine;
using PureClip.Postgres;

namespace PureClip.Cli.Arguments;

/// <summary>A table of vectors in a database, as the user has named it.</summary>
/// <param name="Source">The database.</param>
/// <param name="Options">The table.</param>
/// <param name="Words">What names both on another command line, without a password: <c>postgres --table family</c>.</param>
internal sealed record PostgresTarget(PostgresSource Source, PostgresIndexOptions Options, string Words)
{
    /// <summary>How it is named to be written.</summary>
    public string ToWrite => $"--to {Words}";

    /// <summary>How it is named to be searched.</summary>
    public string ToSearch => $"--from {Words}";
}

/// <summary><c>--to</c> and <c>--from</c>: PostgreSQL in place of an index on disk; <c>--table</c> and <c>--root</c>.</summary>
internal sealed class PostgresOption
{
    /// <summary>The environment variable that says which database, where <c>postgres</c> alone is given.</summary>
    public const string EnvironmentVariable = "PURECLIP_POSTGRES";

    private static readonly string[] Names = ["postgres", "postgresql"];

    private readonly Option<string?> _database;

    private readonly Option<string?> _table = Values.Text("--table", "[SCHEMA.]TABLE",
        "The table of vectors in the database; each holds vectors of one model. [default: pureclip.pictures]");

    private readonly Option<string?> _root = Values.Text("--root", "DIR",
        "The folder to which paths in the table are relative, so that machines that see it elsewhere share a table. [default: paths in full]");

    private readonly ShellCommand _command;

    /// <param name="command">The command.</param>
    /// <param name="name"><c>--to</c> or <c>--from</c>.</param>
    public PostgresOption(ShellCommand command, string name)
    {
        _command = command;
        _database = Values.Text(name, "DATABASE",
            $"PostgreSQL with pgvector in place of an index on disk: postgres (as {EnvironmentVariable} says, else as psql finds it), "
                + "postgres://USER@HOST/DATABASE, or a connection string. Passwords are best left to PGPASSWORD or ~/.pgpass.");
        command.Add(_database);
        command.Add(_table);
        command.Add(_root);
    }

    /// <summary>The option itself, to be named in messages.</summary>
    public string Name => _database.Name;

    /// <summary>The table, or null where an index on disk is meant.</summary>
    /// <exception cref="UsageException">What was given does not belong together, or cannot be read.</exception>
    public PostgresTarget? Of(ParseResult line)
    {
        string command = line.CommandResult.Command.Name;
        if (line.GetValue(_database) is not string named)
            return line.FirstGiven(_table, _root) is string other
                ? throw new UsageException($"{command}: {other} is of a table in a database; name that with {Name}.")
                : null;
        string address = AddressOf(named);
        PostgresIndexOptions options = new() { Root = line.GetValue(_root) is { Length: > 0 } root ? root : null };
        if (line.GetValue(_table) is string table)
        {
            string[] parts = table.Split('.');
            options = parts switch
            {
                [string only] => options with { Table = only },
                [string schema, string only] => options with { Schema = schema, Table = only },
                _ => throw new UsageException($"{command}: --table '{table}' is not allowed; give TABLE or SCHEMA.TABLE."),
            };
        }
        return new(Read(address), options, string.Join(' ',
            new[] { Failures.Quoted(WithoutPassword(named)) }
                .Concat(line.GetValue(_table) is string given ? ["--table", Failures.Quoted(given)] : [])
                .Concat(options.Root is string folder ? ["--root", Failures.Quoted(folder)] : [])));
    }

    /// <summary>A word of the command line as it may be shown: an address or connection string loses its password.</summary>
    public static string WithoutPassword(string word)
    {
        if (!word.Contains("://", StringComparison.Ordinal) && !word.Contains("pass", StringComparison.OrdinalIgnoreCase)
            && !word.Contains("pwd", StringComparison.OrdinalIgnoreCase))
            return word;
        if (!IsAddress(word))
            return word;
        try
        {
            return PostgresSource.Parse(BehindName(word)).ToString();
        }
        catch (ArgumentException)
        {
            return Names[0];
        }
    }

    private PostgresSource Read(string address)
    {
        try
        {
            return PostgresSource.Parse(address);
        }
        catch (ArgumentException e)
        {
            throw new UsageException($"{_command.Name}: {Failures.Describe(e)}");
        }
    }

    private string AddressOf(string named)
    {
        if (Names.Contains(named, StringComparer.OrdinalIgnoreCase))
            return _command.Shell.Variable(EnvironmentVariable) is { Length: > 0 } address ? BehindName(address) : "";
        return IsAddress(named)
            ? BehindName(named)
            : throw new UsageException($"{_command.Name}: {Name} '{named}' is no database; give postgres, postgres://USER@HOST/DATABASE, "
                + "or a connection string such as \"Host=localhost;Database=photos\".");
    }

    private static bool IsAddress(string word) =>
        word.Contains('=') || Names.Any(name => word.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase));

    /// <summary>"postgres:Host=localhost" is "Host=localhost"; "postgres://localhost" stays.</summary>
    private static string BehindName(string word)
    {
        string? name = Array.Find(Names, name => word.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase));
        return name is null || word.AsSpan(name.Length).StartsWith("://") ? word : word[(name.Length + 1)..];
    }
}
