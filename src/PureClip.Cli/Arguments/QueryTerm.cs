namespace PureClip.Cli.Arguments;

/// <summary>What a term of a query is.</summary>
internal enum QueryKind
{
    /// <summary>Words.</summary>
    Text,

    /// <summary>A picture's file.</summary>
    Image,

    /// <summary>A concept's file.</summary>
    Concept,
}

/// <summary>One term of a query.</summary>
/// <param name="Weight">How much it counts; below 0 where it is taken away.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Value">The text, or the path.</param>
internal readonly record struct QueryTerm(float Weight, QueryKind Kind, string Value)
{
    private static readonly (string Prefix, QueryKind Kind)[] Prefixes = [("text:", QueryKind.Text), ("image:", QueryKind.Image), ("concept:", QueryKind.Concept)];

    /// <summary>Reads a term without its weight: a prefix says what it is, else it is a picture where there is such a file, else a text.</summary>
    /// <exception cref="UsageException">Nothing follows the prefix.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static QueryTerm Of(string argument, float weight)
    {
        if (!File.Exists(argument))
            foreach ((string prefix, QueryKind kind) in Prefixes)
                if (argument.StartsWith(prefix, StringComparison.Ordinal))
                    return Explicit(kind, argument[prefix.Length..], prefix, weight);
        PictureOrText term = PictureOrText.Of(argument);
        return new(weight, term.IsPicture ? QueryKind.Image : QueryKind.Text, argument);
    }

    private static QueryTerm Explicit(QueryKind kind, string value, string prefix, float weight)
    {
        if (value.Length == 0)
            throw new UsageException($"search: nothing follows '{prefix}'; write for instance '{prefix}{(kind == QueryKind.Text ? "beach" : "file")}'.");
        return kind == QueryKind.Text || File.Exists(value)
            ? new(weight, kind, value)
            : throw new FileNotFoundException($"{value}: there is no such file.");
    }
}
