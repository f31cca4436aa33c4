using System.Linq.Expressions;
using System.Reflection;
using Npgsql;
using NpgsqlTypes;

namespace PureClip.Postgres;

/// <summary>
/// A filter of records as a condition of SQL. Values become parameters, never text. What is not among the forms that
/// <see cref="PostgresPictureCollection"/> promises is refused by name, not guessed.
/// </summary>
internal sealed class FilterSql
{
    private readonly List<object?> _values = [];
    private readonly int _first;

    private FilterSql(int first) => _first = first;

    /// <summary>No condition.</summary>
    public static FilterSql None { get; } = new(0);

    /// <summary>The condition.</summary>
    public string Text { get; private set; } = "";

    /// <summary>Its parameters.</summary>
    public object?[] Values => [.. _values];

    /// <summary>Translates a filter.</summary>
    /// <param name="filter">It.</param>
    /// <param name="first">The number of its first parameter.</param>
    /// <exception cref="NotSupportedException">It holds something that has no translation.</exception>
    public static FilterSql Of(Expression<Func<PostgresPicture, bool>> filter, int first)
    {
        FilterSql sql = new(first);
        sql.Text = sql.Condition(filter.Body);
        return sql;
    }

    /// <summary>The column of a member, by which records are sorted.</summary>
    public static string Column(Expression<Func<PostgresPicture, object?>> member) => ColumnOf(member.Body) ?? throw Unknown(member.Body);

    private string Condition(Expression expression) => expression switch
    {
        BinaryExpression { NodeType: ExpressionType.AndAlso } both => $"({Condition(both.Left)} AND {Condition(both.Right)})",
        BinaryExpression { NodeType: ExpressionType.OrElse } either => $"({Condition(either.Left)} OR {Condition(either.Right)})",
        UnaryExpression { NodeType: ExpressionType.Not } not => $"(NOT {Condition(not.Operand)})",
        BinaryExpression comparison => Comparison(comparison),
        MethodCallExpression { Object: Expression owner, Arguments: [Expression part], Method.Name: string name }
            when ColumnOf(owner) == "key" && part.Type == typeof(string) => name switch
            {
                nameof(string.StartsWith) => $"starts_with(key, {Parameter(part, "key")})",
                nameof(string.EndsWith) => $"right(key, length({Parameter(part, "key")})) = {Parameter(part, "key")}",
                nameof(string.Contains) => $"strpos(key, {Parameter(part, "key")}) > 0",
                nameof(string.Equals) => $"key = {Parameter(part, "key")}",
                _ => throw Unknown(expression),
            },
        ConstantExpression { Value: bool truth } => truth ? "true" : "false",
        _ => throw Unknown(expression),
    };

    private string Comparison(BinaryExpression comparison)
    {
        string sign = comparison.NodeType switch
        {
            ExpressionType.Equal => "=",
            ExpressionType.NotEqual => "<>",
            ExpressionType.LessThan => "<",
            ExpressionType.LessThanOrEqual => "<=",
            ExpressionType.GreaterThan => ">",
            ExpressionType.GreaterThanOrEqual => ">=",
            _ => throw Unknown(comparison),
        };
        // An unknown content is NULL in the table and 0 in a record.
        string Sign(string column) => (column, sign) switch
        {
            ("content", "=") => "IS NOT DISTINCT FROM",
            ("content", "<>") => "IS DISTINCT FROM",
            _ => sign,
        };
        if (ColumnOf(comparison.Left) is string left)
            return $"{left} {Sign(left)} {Parameter(comparison.Right, left)}";
        if (ColumnOf(comparison.Right) is string right)
            return $"{Parameter(comparison.Left, right)} {Sign(right)} {right}";
        throw Unknown(comparison);
    }

    private string Parameter(Expression expression, string column)
    {
        object? value = ValueOf(expression);
        _values.Add((column, value) switch
        {
            ("modified", DateTime time) => (time.Kind == DateTimeKind.Local ? time.ToUniversalTime() : time).Ticks,
            ("content", UInt128 content) when content == default =>
                new NpgsqlParameter { Value = DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid },
            ("content", UInt128 content) => PostgresIndexWriter.GuidOf(content),
            ("size", IConvertible number) => number.ToInt64(null),
            ("key", string text) => text,
            _ => throw Unknown(expression),
        });
        return $"${_first + _values.Count - 1}";
    }

    private static string? ColumnOf(Expression expression) => expression switch
    {
        UnaryExpression { NodeType: ExpressionType.Convert } converted => ColumnOf(converted.Operand),
        MemberExpression { Expression: ParameterExpression, Member.Name: string name } => name switch
        {
            nameof(PostgresPicture.Key) => "key",
            nameof(PostgresPicture.Size) => "size",
            nameof(PostgresPicture.Modified) => "modified",
            nameof(PostgresPicture.ContentHash) => "content",
            _ => null,
        },
        _ => null,
    };

    /// <summary>A constant, or what a variable holds now: read member by member, without compiling anything.</summary>
    private static object? ValueOf(Expression expression) => expression switch
    {
        ConstantExpression constant => constant.Value,
        UnaryExpression { NodeType: ExpressionType.Convert } converted => ValueOf(converted.Operand),
        BinaryExpression { NodeType: ExpressionType.ArrayIndex } element
            when ValueOf(element.Left) is Array array && ValueOf(element.Right) is int place => array.GetValue(place),
        MemberExpression { Member: FieldInfo field } member =>
            field.GetValue(member.Expression is null ? null : ValueOf(member.Expression)),
        MemberExpression { Member: PropertyInfo property, Expression: not ParameterExpression } member =>
            property.GetValue(member.Expression is null ? null : ValueOf(member.Expression)),
        _ => throw Unknown(expression),
    };

    private static NotSupportedException Unknown(Expression expression) => new(
        $"A filter cannot hold {expression}. It compares Key, Size, Modified and ContentHash with values or variables, joined by &&, || and "
        + "!; Key also by StartsWith, EndsWith and Contains. Compute other values before.");
}
