using System.CommandLine;
using System.Globalization;
using PureClip.Cli.Arguments;
using PureClip.Cli.Output;
using PureClip.Concepts;
using PureClip.Files;

namespace PureClip.Cli.Commands;

/// <summary>
/// <c>pureclip concept</c>: what is it that some pictures have and others have not, in words and as a vector to search with.
/// </summary>
internal sealed class ConceptCommand : ShellCommand
{
    private const double Significant = 0.05;

    private static readonly Report<NamedWord> Named = new(
        new("rank", word => word.Rank),
        new("word", word => word.Word) { IsLast = true },
        new("score", word => word.Score, "0.000"),
        new("p", word => word.P) { Text = word => TextOf(word.P) },
        new("p_any_word", word => word.PAnyWord) { Title = "p, any word", Text = word => TextOf(word.PAnyWord) },
        new("chance", word => word.Chance) { Shown = Shown.InLines },
        new("draws", word => word.Draws) { Shown = Shown.InLines });

    private static readonly Report<ConceptEvaluation.Row> Evaluated = new(
        new("group", row => row.Group) { Title = "pairs", IsOnce = true },
        new("scoring", row => row.Scoring) { Title = "compared with the words" },
        new("of", row => row.Of),
        new("first", row => row.First) { Text = row => TextOf(row.First, row.FirstDeviation) },
        new("top3", row => row.Top3) { Title = "in the top 3", Text = row => TextOf(row.Top3, row.Top3Deviation) },
        new("first_sd", row => row.FirstDeviation is double deviation ? deviation : Cell.Absent) { Shown = Shown.InLines },
        new("top3_sd", row => row.Top3Deviation is double deviation ? deviation : Cell.Absent) { Shown = Shown.InLines });

    private readonly Option<string[]?> _plus = Values.Texts("--plus", "TERM",
        "A picture with the idea, or a text or any other term of a search; may be given several times. 2:TERM counts twice.");
    private readonly Option<string[]?> _minus = Values.Texts("--minus", "TERM",
        "A picture or a text without it, the same in everything else if possible; may be given several times.");
    private readonly Option<string?> _pairs = Values.Text("--pairs", "FILE", PairsFile.Description);
    private readonly Option<string?> _attribute = Values.Text("--attribute", "NAME",
        "Of --pairs, take only the pairs with this attribute.");
    private readonly Option<bool> _evaluate = Values.Flag("--evaluate",
        "Tell how often the attributes of --pairs are found, and how often without the right partner.");
    private readonly Option<long> _top = Values.Integer("--top", "How many words to show.", 1, int.MaxValue, 10);
    private readonly Option<string[]?> _unrelated = Values.Texts("--unrelated", "FOLDER",
        "Pictures of all kinds, the more the better: how near do differences between these come to a word by chance?");
    private readonly Option<long> _draws = Values.Integer("--draws",
        "How many random directions the p-values come from.", 1, 1_000_000, SignificanceTest.UsualDraws);
    private readonly Option<string?> _output = Values.Text("--output", "FILE",
        "Also write the direction as a file that other commands take.");
    private readonly WordOptions _words;
    private readonly TruncateOption _truncate;
    private readonly FormatOption _format;
    private readonly ModelOptions _model;
    private readonly PictureRules _rules;

    public ConceptCommand(Shell shell)
        : base(shell, "concept",
            "Name what distinguishes pictures: with a hat minus without it is \"hat\".",
            ["The score is the cosine of the difference with a word, the mean of all words being taken from each. p is how likely chance "
                + "gives this word such a score, 'p, any word' how likely it gives any of the words such a score: go by that one.",
                "Chance is, with --unrelated: differences of these pictures; else, from six pairs on: the same pairs with 'with' and "
                    + "'without' swapped at random; else random directions, the weakest of the three (what is compared is then how far a "
                    + "score stands out among all words).",
                "A small p says that the nearness of a word is no accident; whether the model gives things their right names is another "
                    + "question (--evaluate).",
                "jsonl: {\"rank\",\"word\",\"score\",\"p\",\"p_any_word\",\"chance\",\"draws\"}, best first; with --evaluate "
                    + "{\"group\",\"scoring\",\"of\",\"first\",\"top3\",\"first_sd\",\"top3_sd\"}"],
            new("pureclip concept --plus hat.png --minus person.png --unrelated photos", "The words nearest to the difference"),
            new("pureclip concept --plus \"a red hat\" --minus hat --output red.json", "What a text has that another has not"),
            new("pureclip concept --pairs pairs.json --attribute hat --output hat.json", "The mean over pairs, kept as a file"),
            new("pureclip concept --pairs pairs.json --evaluate", "How far a model can be trusted with this"))
    {
        foreach (Option option in new Option[] { _plus, _minus, _pairs, _attribute, _evaluate, _top, _unrelated, _draws, _output })
            Add(option);
        _words = new(this);
        _truncate = new(this);
        _format = new(this);
        _model = new(this);
        _rules = new(this);
    }

    protected override void Run(ParseResult line)
    {
        string[] plus = line.GetValue(_plus) ?? [], minus = line.GetValue(_minus) ?? [];
        if ((plus.Length + minus.Length > 0) == (line.GetValue(_pairs) is not null))
            throw new UsageException("concept: give either --plus and --minus, or --pairs FILE.");
        bool evaluates = line.GetValue(_evaluate);
        if (evaluates && line.FirstGiven(_top, _unrelated, _draws, _output) is string idle)
            throw new UsageException($"concept: --evaluate describes no single concept; leave {idle} away.");
        List<PicturePair> pairs = PairsOf(line);
        QueryTerm[] terms = [.. TermsOf(plus, 1f), .. TermsOf(minus, -1f)];
        if (evaluates && pairs.Find(pair => pair.Attribute is null) is PicturePair nameless)
            throw new InvalidDataException(
                $"{line.GetValue(_pairs)}: the pair of {nameless.With} has no attribute, which --evaluate looks for.");

        string[]? listed = evaluates ? [.. (_words.Listed(line) ?? []).Union(AttributesOf(pairs))] : _words.Listed(line);
        using AtomicFile? output = line.GetValue(_output) is string file ? new(file) : null;
        using Clip clip = _model.Load(line, _rules, _truncate.Apply(line));
        string[] words = _words.Of(line, clip, listed);
        IEnumerable<string> alone = terms.Where(term => term.Kind == QueryKind.Image).Select(term => term.Value);
        string[] pictures = [.. alone.Concat(pairs.SelectMany(pair => new[] { pair.With, pair.Without })).Distinct()];
        if (Embed(clip, pictures) is not Dictionary<string, float[]> embeddings)
            return;
        if (evaluates)
            Evaluate(line, clip, words, pairs, embeddings);
        else
            Describe(line, clip, words, terms, pairs, embeddings, output);
        if (line.GetValue(_output) is string kept)
            Shell.Next($"{Shell.Name} search concept:{Failures.Quoted(kept)} PICTURES{_model.Typed(line)}", "finds pictures that have it");
    }

    private static IEnumerable<QueryTerm> TermsOf(string[] arguments, float sign) =>
        arguments.Select(argument => QueryTerm.Weighted(argument, sign, "concept", "--minus takes a term away."));

    private List<PicturePair> PairsOf(ParseResult line)
    {
        string? file = line.GetValue(_pairs), attribute = line.GetValue(_attribute);
        if (file is null)
            return attribute is null && !line.GetValue(_evaluate)
                ? []
                : throw new UsageException("concept: --attribute and --evaluate go with --pairs FILE.");
        List<PicturePair> pairs = PairsFile.Read(file);
        if (attribute is null)
            return pairs;
        List<PicturePair> chosen = pairs.FindAll(pair => pair.Attribute == attribute);
        return chosen.Count > 0 ? chosen : throw new InvalidDataException(
            $"{file} has no pair with the attribute '{attribute}'; there are "
                + $"{string.Join(", ", pairs.Select(pair => pair.Attribute ?? "(none)").Distinct())}.");
    }

    /// <summary>All pictures, or null once a failure was reported: a sum needs every term.</summary>
    private Dictionary<string, float[]>? Embed(Clip clip, string[] paths)
    {
        Dictionary<string, float[]> embeddings = PictureEmbeddings.Of(clip, paths, Shell, streams: false).ToDictionary();
        return embeddings.Count == paths.Length ? embeddings : null;
    }

    private void Describe(ParseResult line, Clip clip, string[] choice,
        QueryTerm[] terms, List<PicturePair> pairs, Dictionary<string, float[]> embeddings, AtomicFile? output)
    {
        List<string> paths = line.GetValue(_unrelated) is { Length: > 0 } folders ? PictureArguments.Expand(folders, Shell) : [];
        float[][] unrelated = [.. PictureEmbeddings.Of(clip, paths, Shell, streams: false).Select(picture => picture.Embedding)];
        ConceptTerm Term(float weight, string picture) => new(weight, embeddings[picture], picture);
        ConceptVector[] differences = pairs.Count > 0
            ? [.. pairs.Select(pair => ConceptVector.Sum(clip.Space, Term(1f, pair.With), Term(-1f, pair.Without)))]
            : [Sum(clip, terms, embeddings, unrelated)];
        ConceptVector concept = ConceptVector.Mean(differences);
        if (output is not null)
        {
            concept.Save(output.Stream);
            output.Commit();
        }

        NearestWords words = new(_words.Table(line, clip, choice, Shell));
        WordScore[] found = words.Of(concept, (int)line.GetValue(_top));
        float[]? weights = pairs.Count > 0 ? null : [.. terms.Select(term => term.Weight)];
        SignificanceTest test = unrelated.Length > 0 ? SignificanceTest.UnrelatedPictures(differences, unrelated, weights)
            : differences.Length >= SignificanceTest.FewestPairsToSwap ? SignificanceTest.SwappedPairs(differences)
            : SignificanceTest.RandomDirections(differences);
        WordSignificance[] significance = Test(test, words, found, (int)line.GetValue(_draws), _model.Options(line).Threads);
        Write(_format.Of(line, Shell), found, significance, test.Kind, (int)line.GetValue(_draws), unrelated.Length);
        if (significance[0].FamilyWiseP >= Significant)
            Shell.Note(
                $"no word stands out: chance gives some word a score like that of \"{found[0].Word}\" with p = "
                    + $"{TextOf(significance[0].FamilyWiseP)}. "
                + "This model may not see what distinguishes these pictures.");
    }

    private void Write(OutputFormat format, WordScore[] found, WordSignificance[] significance, NullKind chance, int draws, int unrelated)
    {
        (string name, string description) = chance switch
        {
            NullKind.SwappedPairs => ("swapped-pairs", "the same pairs, swapped at random"),
            NullKind.UnrelatedPictures => ("unrelated-pictures", $"differences of {unrelated} unrelated pictures"),
            _ => ("random-directions", "random directions (give --unrelated FOLDER for a stricter test)"),
        };
        Named.Write(Shell, format, found.Zip(significance, (word, p) => (word, p))
            .Select((pair, place) => new NamedWord(place + 1, pair.word.Word, pair.word.Score, pair.p.P, pair.p.FamilyWiseP, name, draws)));
        if (format == OutputFormat.Table)
            Shell.Say($"  chance: {description}, {draws} draws");
    }

    private static string TextOf(double p) => p.ToString(p < 0.0995 ? "0.000" : "0.00", CultureInfo.InvariantCulture);

    private static string TextOf(double count, double? deviation) => deviation is double sd
        ? string.Create(CultureInfo.InvariantCulture, $"{count:0.0} ± {sd:0.0}")
        : count.ToString("0", CultureInfo.InvariantCulture);

    private ConceptVector Sum(Clip clip, QueryTerm[] terms, Dictionary<string, float[]> embeddings, float[][] unrelated)
    {
        bool isDifference = Math.Abs(terms.Sum(term => term.Weight)) < 1e-6f;
        if (!isDifference && unrelated.Length == 0)
            Shell.Note(
                "the weights do not add up to 0, so what all of them have in common stays in the sum; --unrelated FOLDER takes it out.");
        float[] mean = isDifference || unrelated.Length == 0
            ? []
            : [.. Enumerable.Range(0, clip.EmbeddingWidth).Select(i => unrelated.Average(picture => picture[i]))];
        float[] Embedding(QueryTerm term) => term.Kind == QueryKind.Image ? embeddings[term.Value] : term.Encode(clip, Shell);
        ConceptTerm[] weighted = [.. terms.Select(term => new ConceptTerm(term.Weight, Embedding(term), term.Value))];
        return ConceptVector.Sum(clip.Space, weighted, mean);
    }

    private WordSignificance[] Test(SignificanceTest test, NearestWords words, WordScore[] found, int draws, int threads)
    {
        using ProgressLine progress = Shell.StartProgress(draws, "random directions", streams: false);
        return test.Of(words, found, draws, threads, progress, Shell.Cancellation);
    }

    private void Evaluate(ParseResult line, Clip clip, string[] words, List<PicturePair> pairs, Dictionary<string, float[]> embeddings)
    {
        NearestWords nearest = new(_words.Table(line, clip, words, Shell));
        OutputFormat format = _format.Of(line, Shell);
        Evaluated.Write(Shell, format, new ConceptEvaluation(pairs, embeddings, nearest).Rows());
        if (format == OutputFormat.Table)
            Shell.Say($"  among {words.Length} words; another's without: mean ± standard deviation of {ConceptEvaluation.Shuffles} draws");
    }

    private static IEnumerable<string> AttributesOf(List<PicturePair> pairs) =>
        pairs.Select(pair => pair.Attribute!).Distinct().Order(StringComparer.Ordinal);

    private readonly record struct NamedWord(int Rank, string Word, float Score, double P, double PAnyWord, string Chance, int Draws);
}
