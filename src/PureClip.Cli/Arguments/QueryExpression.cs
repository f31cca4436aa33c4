using PureClip.Concepts;
using PureClip.Labels;

namespace PureClip.Cli.Arguments;

/// <summary>
/// What is looked for: one text or picture, or several that are added and taken away, such as <c>2:beach + dog.jpg - people</c>.
/// </summary>
/// <remarks>
/// [WEIGHT:]TERM ((+|-) [WEIGHT:]TERM)*, each operator an argument of its own. A single term has no weight, for it would mean nothing, and
/// what looks like one before digits is a time or a ratio: 10:30, 16:9.
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
        QueryKind.Image or QueryKind.Folder => VectorKinds.Pictures,
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
        if (rest.Any(IsOperator))
            throw new UsageException(
                $"search: '{rest[0]}' follows '{arguments[end - 1]}' without an operator between them. Quote a text of several words: "
                    + "\"birthday cake\" + ./dog.jpg.");
        if (end == 1)
            return new(text, [QueryTerm.Of(arguments[0], 1f, "search")]);
        List<QueryTerm> terms = [];
        for (int i = 0; i < end; i += 2)
            terms.Add(QueryTerm.Weighted(arguments[i], i > 0 && arguments[i - 1] == "-" ? -1f : 1f, "search", "'-' before a term takes it "
                + $"away. (If it is a text, write 'text:{arguments[i]}'.)"));
        return new(text, terms);
    }

    /// <summary>The embedding of what is looked for. Terms count with length 1 times their weight.</summary>
    /// <exception cref="ArgumentException">The terms cancel out.</exception>
    /// <exception cref="InvalidDataException">
    /// A text is too long, a folder has no picture that can be read, or a concept was made with another model.
    /// </exception>
    /// <param name="clip">The model.</param>
    /// <param name="shell">Told of pictures that cannot be read.</param>
    /// <param name="head">Whose names stand for what it learnt of them; null for none.</param>
    public float[] Encode(Clip clip, Shell shell, Classifier? head = null)
    {
        if (Terms.Count == 1)
            return Terms[0].Encode(clip, shell, head);
        ConceptTerm[] terms = [.. Terms.Select(term => new ConceptTerm(term.Weight, term.Encode(clip, shell, head), term.Value))];
        return ConceptVector.Sum(clip.Space, terms).Vector.ToArray();
    }

    private static bool IsOperator(string argument) => argument is "+" or "-";
}
