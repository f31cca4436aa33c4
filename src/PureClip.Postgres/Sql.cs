using Npgsql;

namespace PureClip.Postgres;

/// <summary>The names of a table's parts, quoted, and small helpers for statements.</summary>
/// <param name="options">Which table.</param>
/// <param name="vectorSchema">The schema in which pgvector is: search paths need not have it.</param>
internal sealed class Sql(PostgresIndexOptions options, string vectorSchema)
{
    /// <summary>The index of the vectors.</summary>
    public string HnswName { get; } = Quote(options.Table + "_hnsw");

    /// <summary>The schema.</summary>
    public string Schema { get; } = Quote(options.Schema);

    /// <summary>The table of the vectors.</summary>
    public string Table { get; } = $"{Quote(options.Schema)}.{Quote(options.Table)}";

    /// <summary>The table of what the others are of.</summary>
    public string Spaces { get; } = $"{Quote(options.Schema)}.{Quote(SpaceTable.Name)}";

    /// <summary>The inner product of two vectors, negative, which is what pgvector sorts by.</summary>
    public string Distance { get; } = $"OPERATOR({Quote(vectorSchema)}.<#>)";

    /// <summary>How the index compares.</summary>
    public string OperatorClass { get; } = $"{Quote(vectorSchema)}.halfvec_ip_ops";

    /// <summary>The type of a vector.</summary>
    /// <param name="width">Its numbers.</param>
    public string Vector(int width) => $"{Quote(vectorSchema)}.halfvec({width})";

    /// <summary>A name as an identifier.</summary>
    public static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>A command with positional parameters.</summary>
    public static NpgsqlCommand Command(NpgsqlConnection connection, string text, params ReadOnlySpan<object?> values)
    {
        NpgsqlCommand command = new(text, connection) { CommandTimeout = 0 }; // whoever waits has a token
        foreach (object? value in values)
            command.Parameters.Add(Parameter(value));
        return command;
    }

    /// <summary>As <see cref="Command"/>, of a batch.</summary>
    public static NpgsqlBatchCommand BatchCommand(string text, params ReadOnlySpan<object?> values)
    {
        NpgsqlBatchCommand command = new(text);
        foreach (object? value in values)
            command.Parameters.Add(Parameter(value));
        return command;
    }

    /// <summary>Runs a statement.</summary>
    public static async Task Run(
        NpgsqlConnection connection, string text, CancellationToken cancellationToken, params object?[] values)
    {
        await using NpgsqlCommand command = Command(connection, text, values);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Asks for one value; the default where there is none.</summary>
    public static async Task<T?> Ask<T>(
        NpgsqlConnection connection, string text, CancellationToken cancellationToken, params object?[] values)
    {
        await using NpgsqlCommand command = Command(connection, text, values);
        return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is T found ? found : default;
    }

    // Typed ones: compiled ahead of time, a boxed value's type is not looked at.
    private static NpgsqlParameter Parameter(object? value) => value switch
    {
        null => new NpgsqlParameter { Value = DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text },
        string text => new NpgsqlParameter<string> { TypedValue = text },
        string[] texts => new NpgsqlParameter<string[]> { TypedValue = texts },
        int number => new NpgsqlParameter<int> { TypedValue = number },
        long number => new NpgsqlParameter<long> { TypedValue = number },
        bool truth => new NpgsqlParameter<bool> { TypedValue = truth },
        DateTime time => new NpgsqlParameter<DateTime> { TypedValue = time },
        Guid guid => new NpgsqlParameter<Guid> { TypedValue = guid },
        Pgvector.HalfVector vector => new NpgsqlParameter<Pgvector.HalfVector> { TypedValue = vector },
        NpgsqlParameter parameter => parameter,
        _ => throw new ArgumentException($"There is no parameter of type {value.GetType()}.", nameof(value)),
    };
}
