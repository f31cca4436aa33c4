using PureClip.Concepts;

namespace PureClip.Cli.Arguments;

/// <summary>What is looked for: one text or picture, or several that are added and taken away, such as <c>2:beach + dog.jpg - people</c>.</summary>
/// <remarks>[WEIGHT:]TERM ((+|-) [WEIGHT:]TERM)*, each operator an argument of its own. A single term has no weight, for it would mean nothing.</remarks>
internal sealed class QueryExpression
{
    private QueryExpression(string text, IReadOnlyList<QueryTerm> terms) => (Text, Terms) = (text, terms);

    /// <summary>What the user wrote.</summary>
    public string Text { get; }

    /// <summary>The terms, at least one.</summary>
    public IReadOnlyList<QueryTerm> Terms { get; }

    /// <summary>The pictures among them.</summary>
    public IEnumerable<string> Pictures => Terms.Where(term => term.Kind == QueryKind.Image).Select(term => term.Value);

    /// <summary>Reads an expression from the front of a list of arguments.</summary>
    /// <param name="arguments">At least one.</param>
    /// <param name="rest">What follows the expression.</param>
    /// <exception cref="UsageException">It is not complete, or a weight is not allowed.</exception>
    public static QueryExpression Parse(ReadOnlySpan<string> arguments, out string[] rest)
    {
        if (IsOperator(arguments[0]))
            throw new UsageException($"search: a query cannot begin with '{arguments[0]}'; write for instance 'beach {arguments[0]} people'.");
        int end = 1;
        while (end < arguments.Length && IsOperator(arguments[end]))
        {
            if (end + 1 == arguments.Length || IsOperator(arguments[end + 1]))
                throw new UsageException($"search: a text or a picture must follow '{arguments[end]}' ({string.Join(' ', arguments[..(end + 1)]!)}).");
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
        return ConceptVector.Sum(clip.Fingerprint, terms).Vector.ToArray();
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
        ConceptVector concept = ConceptVector.Load(term.Value);
        concept.RequireModel(clip.Fingerprint);
        return concept.Vector.ToArray();
    }
}
