using System.Globalization;
using PureClip.Concepts;
using PureClip.Labels;
using PureClip.Search;

namespace PureClip.Cli.Arguments;

/// <summary>What a term of a query is.</summary>
internal enum QueryKind
{
    /// <summary>Words.</summary>
    Text,

    /// <summary>A picture's file.</summary>
    Image,

    /// <summary>The pictures of a folder, as their mean.</summary>
    Folder,

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
    /// Whether a folder has the name of this text: a word is a text all the same, for many a folder is named after what it shows, but it
    /// should be said.
    /// </summary>
    public bool IsAlsoAFolder => Kind == QueryKind.Text && Directory.Exists(Value);

    /// <summary>
    /// Reads a term without its weight: a prefix says what it is, else it is a picture where there is such a file, a folder where its path
    /// has a separator and there is one, else a text.
    /// </summary>
    /// <param name="argument">What the user wrote.</param>
    /// <param name="weight">How much it counts.</param>
    /// <param name="command">Who reads it, for messages.</param>
    /// <exception cref="UsageException">It is empty, or nothing follows the prefix.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static QueryTerm Of(string argument, float weight, string command)
    {
        if (string.IsNullOrWhiteSpace(argument))
            throw new UsageException($"{command}: there is nothing to look for in \"{argument}\"; is a variable not set?");
        if (!PictureArchive.Exists(argument))
            foreach ((string prefix, QueryKind kind) in Prefixes)
                if (argument.StartsWith(prefix, StringComparison.Ordinal))
                    return Explicit(kind, argument[prefix.Length..], prefix, weight, command);
        if (IsPath(argument) && Directory.Exists(argument))
            return new(weight, QueryKind.Folder, argument);
        PictureOrText term = PictureOrText.Of(argument);
        return new(weight, term.IsPicture ? QueryKind.Image : QueryKind.Text, argument);
    }

    /// <summary>Reads a term that may have a weight.</summary>
    /// <param name="argument">What the user wrote.</param>
    /// <param name="sign">1, or -1 where it is taken away.</param>
    /// <param name="command">Who reads it, for messages.</param>
    /// <param name="remedy">What to do instead of giving a weight below 0.</param>
    /// <exception cref="UsageException">The weight is not allowed, or nothing follows it.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static QueryTerm Weighted(string argument, float sign, string command, string remedy)
    {
        (float weight, string term) = WeightedArgument.Of(argument, command, remedy);
        return Of(term, sign * weight, command);
    }

    /// <summary>Its embedding.</summary>
    /// <exception cref="InvalidDataException">
    /// The text is too long, no picture of the folder can be read, or the concept was made with another model.
    /// </exception>
    /// <param name="clip">The model.</param>
    /// <param name="shell">Told of pictures that cannot be read.</param>
    /// <param name="head">Whose names stand for what it learnt of them; null for none.</param>
    public float[] Encode(Clip clip, Shell shell, Classifier? head = null)
    {
        if (Kind == QueryKind.Text && head?.Direction(Value) is float[] direction)
            return direction;
        switch (Kind)
        {
            case QueryKind.Concept:
                string path = Value;
                ConceptVector concept = Failures.Advise(() => ConceptVector.Load(path),
                    "Concepts are written by 'pureclip concept --output FILE'.");
                concept.RequireSpace(clip.Space);
                return concept.Vector.ToArray();
            case QueryKind.Folder:
                return MeanOfPictures(clip, shell);
            default:
                return new PictureOrText(Value, Kind == QueryKind.Image).Encode(clip);
        }
    }

    private static bool IsPath(string argument) =>
        argument is "." or ".." || argument.AsSpan().ContainsAny(Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar);

    /// <summary>What the pictures of a folder have in common; those that cannot be read are reported and left out.</summary>
    private float[] MeanOfPictures(Clip clip, Shell shell)
    {
        List<string> paths = PictureArguments.Expand([Value], shell);
        ConceptTerm[] pictures = [.. PictureEmbeddings.Of(clip, paths, shell, streams: false, mayPassOver: true)
            .Select(picture => new ConceptTerm(1f, picture.Embedding, picture.Path))];
        return pictures.Length > 0
            ? ConceptVector.Sum(clip.Space, pictures).Vector.ToArray()
            : throw new InvalidDataException($"{Value}: a folder stands for its pictures in a query, and none of this one can be read.");
    }

    private static QueryTerm Explicit(QueryKind kind, string value, string prefix, float weight, string command)
    {
        if (string.IsNullOrWhiteSpace(value))
            throw new UsageException(
                $"{command}: nothing follows '{prefix}'; write for instance '{prefix}{(kind == QueryKind.Text ? "beach" : "file")}'.");
        if (kind == QueryKind.Image && Directory.Exists(value))
            return new(weight, QueryKind.Folder, value);
        return kind == QueryKind.Text || PictureArchive.Exists(value)
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
        bool isFile = PictureArchive.Exists(argument);
        if (!isFile && PictureFiles.HasExtension(argument, PictureFormats.ExtensionsWithPreviews))
            throw new FileNotFoundException($"{argument}: there is no such picture. (A text must not end as a picture's name does.)");
        return new(argument, isFile);
    }

    /// <summary>Its embedding.</summary>
    /// <exception cref="InvalidDataException">The text is too long, or the picture is none.</exception>
    public float[] Encode(Clip clip)
    {
        if (!IsPicture)
        {
            TruncateOption.RequireThatItFits(clip, Value);
            return clip.EncodeText(Value);
        }
        try
        {
            return clip.EncodeImage(PictureArchive.SourceOf(Value));
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
    /// <summary>
    /// Reads an argument. A file whose name looks like a weight and a term is that file, and a number before digits is none: 10:30 is a
    /// time and 16:9 a ratio, unless a file is named after the digits.
    /// </summary>
    /// <param name="argument">The argument.</param>
    /// <param name="command">Who reads it, for messages.</param>
    /// <param name="remedy">What to do instead of giving a weight below 0.</param>
    /// <exception cref="UsageException">The weight is not allowed, or nothing follows it.</exception>
    public static WeightedArgument Of(string argument, string command, string remedy)
    {
        int colon = argument.IndexOf(':');
        if (colon < 1 || Path.Exists(argument)
            || !float.TryParse(argument.AsSpan(0, colon), NumberStyles.Float, CultureInfo.InvariantCulture, out float weight))
            return new(1f, argument);
        string term = argument[(colon + 1)..];
        if (term.Length > 0 && char.IsAsciiDigit(term[0]) && !Path.Exists(term))
            return new(1f, argument);
        if (!float.IsFinite(weight) || weight <= 0f)
            throw new UsageException($"{command}: the weight in '{argument}' must be above 0; {remedy}");
        return term.Length > 0
            ? new(weight, term)
            : throw new UsageException($"{command}: a text or a picture must follow the weight in '{argument}'.");
    }
}
