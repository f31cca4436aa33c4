using System.CommandLine;
using System.Globalization;
using PureClip.Cli.Arguments;
using PureClip.Cli.Output;
using PureClip.Files;
using PureClip.Search;

namespace PureClip.Cli.Commands;

/// <summary><c>pureclip search</c>: the pictures that fit a text or resemble a picture, best first.</summary>
internal sealed partial class SearchCommand : ShellCommand
{
    private const string Sigmoid = "the probability is that of each picture and the text alone (sigmoid)";

    private readonly Argument<string[]> _arguments = new("QUERY FOLDER")
    {
        Description =
            "What to look for: a text, or a picture's path if there is such a file; or several with + and - between them. Then folders, "
                + "files or globs to search.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<long> _top = Values.Integer("--top", "How many pictures to show.", 1, int.MaxValue, 10);
    private readonly Option<float?> _minimumScore = Values.Number("--min-score", "Show no picture with a lower score.", -1f, 1f);
    private readonly PageOptions _page;
    private readonly Option<bool> _noIndex = Values.Flag("--no-index",
        "Compute the pictures of folders anew, and keep nothing. Without it, their vectors are kept in an index among the user's caches "
            + "(or in a pureclip.index above that has the folder), and only what is new is computed.");

    private readonly Option<bool> _exact = Values.Flag("--exact",
        "Compare with every vector of an index that has cells ('pureclip index --cells'). Without it, a twentieth of them is looked at, "
            + "which may miss one of the best.");

    private readonly ThumbnailOption _thumbnails;
    private readonly IndexOption _index;
    private readonly PostgresOption _postgres;
    private readonly HeadOption _head;
    private readonly TruncateOption _truncate;
    private readonly LongTextOption _longTexts;
    private readonly FormatOption _format;
    private readonly ModelOptions _model;
    private readonly PictureRules _rules;

    public SearchCommand(Shell shell)
        : base(shell, "search",
            "Find pictures by describing them, or pictures that resemble one.",
            ["Without folders, or with --index, the pictures of an index are searched ('pureclip index' makes one); folders beside --index "
                + "choose those below them.",
                "A query may add and take away: [WEIGHT:]TERM, then + or - and the next, each an argument of its own. A term is a picture "
                    + "where there is such a file, the pictures of a folder where a path with a slash names one, a concept's file after "
                    + "'concept:', else a text; 'text:' and 'image:' say which. (10:30 and 16:9 are texts.)",
                "The score is the cosine of the two vectors. Models with a sigmoid loss, such as SigLIP, also tell how probable it is that "
                    + "a picture and a text belong together.",
                ScoreWords.General,
                "jsonl: {\"rank\",\"score\",\"path\"}, best first; \"probability\" where there is one"],
            new("pureclip search \"birthday cake\" photos", "The ten pictures that fit best"),
            new("pureclip search cat.png photos --top 50 --html cats.html", "Pictures like this one, as a page to look at"),
            new("pureclip search 2:beach + ./dog.jpg - people --index photos.index", "Beaches above all, with such a dog, without people"),
            new("pureclip search receipt --min-score 0.3 --top 1000 -0 | xargs -0 cp -t receipts", "Copy what fits, whatever its name"))
    {
        Add(_arguments);
        _index = new(this);
        Add(_noIndex);
        _postgres = new(this, "--from");
        Add(_exact);
        Add(_top);
        Add(_minimumScore);
        _page = new(this);
        _thumbnails = new(this);
        _head = new(this);
        _truncate = new(this);
        _longTexts = new(this, takesBest: true);
        _format = new(this, paths: true);
        _model = new(this);
        _rules = new(this);
    }

    protected override void Run(ParseResult line)
    {
        OutputFormat format = _format.Of(line, Shell);
        QueryExpression query = QueryExpression.Parse(line.GetValue(_arguments)!, out string[] folders);
        Explain(query, folders);
        using AtomicFile? page = _page.Begin(line); // known at once if nothing can be written there
        SearchLimits limits = new((int)line.GetValue(_top), line.GetValue(_minimumScore) ?? float.NegativeInfinity);
        SearchResult result = _postgres.Of(line) is PostgresTarget target ? SearchIn(target, line, query, folders, limits)
            : folders.Length == 0 || _index.IsGiven(line)
            ? SearchIndex(line, query, folders, limits)
            : SearchFolders(line, query, folders, limits);
        if (result.Searched == 0)
            return;
        if (result.Best.Length == 0 && line.IsGiven(_minimumScore))
            Shell.Note($"none of {result.Searched} pictures reaches --min-score.");
        bool isShown = page is not null && WritePage(page, line, query, result);
        bool hasProbabilities = result.Best.Length > 0 && result.Best[0].Probability is not null;
        _thumbnails.Show(line, format, result.Best.Select(found => (found.Path, Caption(found))));
        ReportOf(hasProbabilities).Write(Shell, format, result.Best, hasProbabilities ? Sigmoid : null);
        if (format == OutputFormat.Table && result.Best.Length > 0)
            Shell.Summarize(string.Join(' ', Summary(result)));
        if (isShown)
            _page.Show(line);
        else if (result.Best.Length > 0)
            Shell.Next(Typed(line, "--open"), "shows the pictures in a browser");
    }

    private static string Caption(Found found) => string.Create(CultureInfo.InvariantCulture, $"{found.Rank}  {found.Score:0.000}");

    private static IEnumerable<string> Summary(SearchResult result)
    {
        yield return result.Searched == 1
            ? "1 picture is searchable."
            : $"{result.Searched} pictures are searchable; {(result.Best.Length == 1 ? "this is the best" : "these are the best "
                + result.Best.Length)}.";
        if (result.Remark is string scores)
            yield return scores;
    }

    private static Report<Found> ReportOf(bool hasProbabilities) => new([
        new("rank", found => found.Rank),
        new("score", found => found.Score, "0.000"),
        .. hasProbabilities
            ? [new("probability", found => found.Probability is float probability ? probability : Cell.Absent, "0.0 %")]
            : Array.Empty<Column<Found>>(),
        new("path", found => found.Path) { Title = "picture", Kind = TextKind.Path },
    ]);

    /// <summary>Says what a person may have meant otherwise: words of one text without quotes, a folder of a word's name.</summary>
    private void Explain(QueryExpression query, string[] folders)
    {
        string[] words = [.. folders.TakeWhile(folder => folder.Length > 0 && !Path.Exists(folder) && !Glob.IsPattern(folder))];
        if (query.Terms[^1].Kind == QueryKind.Text && words.Length > 0)
            Shell.Note(
                $"what follows the query is where to look. Quote a text of several words: \"{query.Text} {string.Join(' ', words)}\".");
        foreach (QueryTerm term in query.Terms.Where(term => term.IsAlsoAFolder))
            Shell.Note($"'{term.Value}' is looked for as a text; the pictures of the folder of this name are 'image:{term.Value}'.");
    }

    private SearchResult SearchIndex(ParseResult line, QueryExpression query, string[] folders, SearchLimits limits)
    {
        using Runtime runtime = new(_model.Options(line).Threads);
        using FolderIndex pictures = _index.Open(line, runtime);
        EmbeddingIndex index = pictures.Index;
        using Clip clip = _model.Load(line, _rules, _longTexts.Apply(line, _truncate.Apply(line)));
        index.RequireSpace(clip.Space, query.Kinds);
        HashSet<int>? chosen = PictureSet.Below(pictures, folders, Shell);
        if (chosen is { Count: 0 } || index.Count == 0)
        {
            if (index.Count == 0)
                Shell.Fail($"{index.Path}: the index is empty; 'pureclip index FOLDER' adds pictures.");
            return new([], 0);
        }
        SearchOptions options = new()
        {
            Top = limits.Top,
            MinimumScore = limits.Least,
            Filter = chosen is null ? null : chosen.Contains,
            Share = line.GetValue(_exact) ? 0f : new SearchOptions().Share,
        };
        // The best for several vectors are among the best for each.
        SearchHit[] hits = [.. QueriesOf(line, query, clip).SelectMany(one => index.Search(one, options, Shell.Cancellation))
            .GroupBy(static hit => hit.Entry).Select(static same => same.MaxBy(static hit => hit.Score))
            .OrderByDescending(static hit => hit.Score).Take(limits.Top)];
        Found[] best = [.. hits.Select((hit, place) => new Found(place + 1, hit.Score, pictures.PathOf(hit)))];
        return Explained(new(best, chosen?.Count ?? index.Count), clip, line, query);
    }

    private SearchResult SearchFolders(ParseResult line, QueryExpression query, string[] folders, SearchLimits limits)
    {
        List<string> pictures = PictureArguments.Expand(folders, Shell);
        if (pictures.Count == 0)
            return new([], 0);
        using Clip clip = _model.Load(line, _rules, _longTexts.Apply(line, _truncate.Apply(line)));
        FolderSearch search = new(clip, CacheFolder.Usual(Shell), Shell) { Keeps = !line.GetValue(_noIndex) };
        return Explained(search.Run(folders, pictures, QueriesOf(line, query, clip), limits), clip, line, query);
    }

    /// <summary>The vector of what is looked for, or those of all windows of a long text where the nearest is to count.</summary>
    private float[][] QueriesOf(ParseResult line, QueryExpression query, Clip clip)
    {
        _longTexts.Tell(line, Shell, clip, query.Terms.Where(static term => term.Kind == QueryKind.Text).Select(static term => term.Value));
        if (_longTexts.Of(line) is not { Pooling: LongTextPooling.Best } options)
            return [query.Encode(clip, Shell, _head.Load(line, clip))];
        if (query.Terms is not [{ Kind: QueryKind.Text } term])
            throw new UsageException("search: --long-texts best is for one text alone; choose another pooling where terms are added.");
        return [.. clip.EncodeLongText(term.Value, options, Shell.Cancellation).Vectors];
    }

    /// <summary>What scores mean, where a text is looked for: in words, and as probabilities where the model has some.</summary>
    private SearchResult Explained(SearchResult result, Clip clip, ParseResult line, QueryExpression query)
    {
        if (query.Terms is not [{ Kind: QueryKind.Text, Weight: 1f }])
            return result;
        Found[] best = clip.IsSigmoid
            ? [.. result.Best.Select(found => found with { Probability = Similarity.Probability(clip, found.Score) })]
            : result.Best;
        return result with { Best = best, Remark = ScoreWords.Of(clip, _model.Name(line)) };
    }

    private bool WritePage(AtomicFile page, ParseResult line, QueryExpression query, SearchResult result)
    {
        ILookup<bool, Found> isThere = result.Best.ToLookup(static picture => PictureArchive.Exists(picture.Path));
        foreach (Found gone in isThere[false])
            Shell.Note($"{gone.Path}: this file is gone since it was indexed, so it is not on the page.");
        Found[] present = [.. isThere[true]];
        if (present.Length == 0)
        {
            Shell.Note($"{_page.PathOf(line)}: there is no picture to show, so no page was written.");
            return false;
        }
        string model = _model.Name(line);
        string? notice = PhotographNotice.Of(model, [.. present.Select(picture => picture.Path)]);
        HtmlPage.Write(page.Stream, query, model, result.Searched, present, [.. new[] { result.Remark, notice }.OfType<string>()]);
        page.Commit();
        return true;
    }
}

/// <summary>A picture that was found.</summary>
/// <param name="Rank">1 is the best.</param>
/// <param name="Score">Cosine with the query, -1 to 1.</param>
/// <param name="Path">Its file.</param>
/// <param name="Probability">That it and the text belong together; null where the model does not say.</param>
internal readonly record struct Found(int Rank, float Score, string Path, float? Probability = null);
