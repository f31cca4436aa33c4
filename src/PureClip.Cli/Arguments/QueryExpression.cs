using System.Globalization;
using PureClip.Concepts;
using PureClip.Search;

namespace PureClip.Cli.Arguments;

/// <summary>
/// What is looked for: one text or picture, or several that are added and taken away, such as <c>2:beach + dog.jpg - people</c>.
/// </summary>
/// <remarks>
/// [WEIGHT:]TERM ((+|-) [WEIGHT:]TERM)*, each operator an argument of its own. A single term has no weight, for it would mean nothing.
/// </remarks>
internal sealed class QueryExpression
{
    private QueryExpression(string text, IReadOnlyList<QueryTerm> terms) => (Text, Terms) = (text, terms);

    /// <summary>What the user wrote.</summary>
    public string Text { get; }

    /// <summary>The terms, at least one.</summary>
    public IReadOnlyList<QueryTerm> Terms { get; }

    /// <summary>The pictures among them.</summary>
    public IEnumerable<string> Pictures => Terms.Where(term => term.Kind == QueryKind.Image).Select(term => term.Value);

    /// <summary>What the query is made of.</summary>
    public VectorKinds Kinds => Terms.Aggregate(VectorKinds.None, (kinds, term) => kinds | term.Kind switch
    {
        QueryKind.Text => VectorKinds.Texts,
        QueryKind.Image => VectorKinds.Pictures,
        _ => VectorKinds.None,
    });

    /// <summary>Reads an expression from the front of a list of arguments.</summary>
    /// <param name="arguments">At least one.</param>
    /// <param name="rest">What follows the expression.</param>
    /// <exception cref="UsageException">It is not complete, or a weight is not allowed.</exception>
    public static QueryExpression Parse(ReadOnlySpan<string> arguments, out string[] rest)
    {
        if (IsOperator(arguments[0]))
            throw new UsageException(
                $"search: a query cannot begin with '{arguments[0]}'; write for instance 'beach {arguments[0]} people'.");
        int end = 1;
        while (end < arguments.Length && IsOperator(arguments[end]))
        {
            if (end + 1 == arguments.Length || IsOperator(arguments[end + 1]))
                throw new UsageException(
                    $"search: a text or a picture must follow '{arguments[end]}' ({string.Join(' ', arguments[..(end + 1)]!)}).");
            end += 2;
        }
        rest = [.. arguments[end..]];
        string text = string.Join(' ', arguments[..end]!);
        if (end == 1)
            return new(text, [QueryTerm.Of(arguments[0], 1f)]);
        List<QueryTerm> terms = [];
        for (int i = 0; i < end; i += 2)
            terms.Add(Weighted(arguments[i], i > 0 && arguments[i - 1] == "-" ? -1f : 1f));
        return new(text, terms);
    }

    /// <summary>The embedding of what is looked for. Terms count with length 1 times their weight.</summary>
    /// <exception cref="ArgumentException">The terms cancel out.</exception>
    /// <exception cref="InvalidDataException">A concept was made with another model.</exception>
    public float[] Encode(Clip clip)
    {
        if (Terms.Count == 1)
            return Encode(clip, Terms[0]);
        ConceptTerm[] terms = [.. Terms.Select(term => new ConceptTerm(term.Weight, Encode(clip, term), term.Value))];
        return ConceptVector.Sum(clip.Space, terms).Vector.ToArray();
    }

    private static bool IsOperator(string argument) => argument is "+" or "-";

    private static QueryTerm Weighted(string argument, float sign)
    {
        (float weight, string term) = WeightedArgument.Of(
            argument, "search", "a text or a picture", $"'-' before a term takes it away. (If it is a text, write 'text:{argument}'.)");
        return QueryTerm.Of(term, sign * weight);
    }

    private static float[] Encode(Clip clip, QueryTerm term)
    {
        if (term.Kind != QueryKind.Concept)
            return new PictureOrText(term.Value, term.Kind == QueryKind.Image).Encode(clip);
        ConceptVector concept = Failures.Advise(() => ConceptVector.Load(term.Value),
            "Concepts are written by 'pureclip concept --output FILE'.");
        concept.RequireSpace(clip.Space);
        return concept.Vector.ToArray();
    }
}

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
    private static readonly (string Prefix, QueryKind Kind)[] Prefixes =
        [("text:", QueryKind.Text), ("image:", QueryKind.Image), ("concept:", QueryKind.Concept)];

    /// <summary>
    /// Reads a term without its weight: a prefix says what it is, else it is a picture where there is such a file, else a text.
    /// </summary>
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
            throw new UsageException(
                $"search: nothing follows '{prefix}'; write for instance '{prefix}{(kind == QueryKind.Text ? "beach" : "file")}'.");
        return kind == QueryKind.Text || File.Exists(value)
            ? new(weight, kind, value)
            : throw new FileNotFoundException($"{value}: there is no such file.");
    }
}

/// <summary>An argument that is a picture's path where such a file exists, else a text.</summary>
/// <param name="Value">What the user wrote.</param>
/// <param name="IsPicture">Which of the two it is.</param>
internal readonly record struct PictureOrText(string Value, bool IsPicture)
{
    /// <summary>"image" or "text".</summary>
    public string Kind => IsPicture ? "image" : "text";

    /// <summary>Looks whether there is such a file.</summary>
    /// <exception cref="FileNotFoundException">There is none, but it ends as a picture's name does: a slip rather than a text.</exception>
    public static PictureOrText Of(string argument)
    {
        bool isFile = File.Exists(argument);
        if (!isFile && PictureFiles.HasExtension(argument))
            throw new FileNotFoundException($"{argument}: there is no such picture. (A text must not end as a picture's name does.)");
        return new(argument, isFile);
    }

    /// <summary>Its embedding.</summary>
    public float[] Encode(Clip clip)
    {
        if (!IsPicture)
            return clip.EncodeText(Value);
        try
        {
            return clip.EncodeImage(Value);
        }
        catch (IOException e)
        {
            throw new IOException(Failures.About(Value, e), e);
        }
    }
}

/// <summary>An argument that counts more or less than others: <c>2:TERM</c>, or <c>TERM</c> for a weight of 1.</summary>
/// <param name="Weight">Finite and above 0.</param>
/// <param name="Term">What follows the weight; not empty where there is one.</param>
internal readonly record struct WeightedArgument(float Weight, string Term)
{
    /// <summary>Reads an argument; a file whose name looks like a weight and a term is that file.</summary>
    /// <param name="argument">The argument.</param>
    /// <param name="command">Who reads it, for messages.</param>
    /// <param name="kind">What a term is, for messages.</param>
    /// <param name="remedy">What to do instead of giving a weight below 0.</param>
    /// <exception cref="UsageException">The weight is not allowed, or nothing follows it.</exception>
    public static WeightedArgument Of(string argument, string command, string kind, string remedy)
    {
        int colon = argument.IndexOf(':');
        if (colon < 1 || File.Exists(argument)
            || !float.TryParse(argument.AsSpan(0, colon), NumberStyles.Float, CultureInfo.InvariantCulture, out float weight))
            return new(1f, argument);
        if (!float.IsFinite(weight) || weight <= 0f)
            throw new UsageException($"{command}: the weight in '{argument}' must be above 0; {remedy}");
        return argument.Length > colon + 1
            ? new(weight, argument[(colon + 1)..])
            : throw new UsageException($"{command}: {kind} must follow the weight in '{argument}'.");
    }
}

/// <summary>A picture that counts more or less than others: <c>2:hat.png</c>, or <c>hat.png</c> for a weight of 1.</summary>
/// <param name="Weight">Finite and above 0.</param>
/// <param name="Path">The picture.</param>
internal readonly record struct WeightedPicture(float Weight, string Path)
{
    /// <summary>Reads an argument; a file whose name looks like a weight and a picture is that file.</summary>
    /// <exception cref="UsageException">The weight is not allowed, or nothing follows it.</exception>
    public static WeightedPicture Of(string argument)
    {
        (float weight, string path) = WeightedArgument.Of(argument, "concept", "a picture", "--minus takes a picture away.");
        return new(weight, path);
    }
}
