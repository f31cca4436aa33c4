using System.CommandLine;
using PureClip.Cli.Arguments;
using PureClip.Cli.Output;
using PureClip.Files;
using PureClip.Search;

namespace PureClip.Cli.Commands;

/// <summary><c>pureclip search</c>: the pictures that fit a text or resemble a picture, best first.</summary>
internal sealed class SearchCommand : ShellCommand
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
    private readonly Option<string?> _html = Values.Text("--html", "FILE",
        "Also write a page with these pictures that any browser shows, without other files and without a network.");
    private readonly IndexOption _index;
    private readonly HeadOption _head;
    private readonly TruncateOption _truncate;
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
                "jsonl: {\"rank\",\"score\",\"path\"}, best first; \"probability\" where there is one"],
            new("pureclip search \"birthday cake\" photos", "The ten pictures that fit best"),
            new("pureclip search cat.png photos --top 50 --html cats.html", "Pictures like this one, as a page to look at"),
            new("pureclip search 2:beach + ./dog.jpg - people --index photos.index", "Beaches above all, with such a dog, without people"),
            new("pureclip search receipt --min-score 0.3 --top 1000 -0 | xargs -0 cp -t receipts", "Copy what fits, whatever its name"))
    {
        Add(_arguments);
        _index = new(this);
        Add(_top);
        Add(_minimumScore);
        Add(_html);
        _head = new(this);
        _truncate = new(this);
        _format = new(this, paths: true);
        _model = new(this);
        _rules = new(this);
    }

    protected override void Run(ParseResult line)
    {
        OutputFormat format = _format.Of(line, Shell);
        QueryExpression query = QueryExpression.Parse(line.GetValue(_arguments)!, out string[] folders);
        Explain(query, folders);
        string? html = line.GetValue(_html);
        using AtomicFile? page = html is null ? null : new(html); // known at once if nothing can be written there
        (Found[] best, int searched) = folders.Length == 0 || _index.IsGiven(line)
            ? SearchIndex(line, query, folders)
            : SearchFolders(line, query, folders);
        if (searched == 0)
            return;
        if (best.Length == 0 && line.IsGiven(_minimumScore))
            Shell.Note($"none of {searched} pictures reaches --min-score.");
        if (page is not null)
            WritePage(page, html!, query, _model.Name(line), searched, best);
        bool hasProbabilities = best.Length > 0 && best[0].Probability is not null;
        ReportOf(hasProbabilities).Write(Shell, format, best, hasProbabilities ? Sigmoid : null);
    }

    private static Report<Found> ReportOf(bool hasProbabilities) => new([
        new("rank", found => found.Rank),
        new("score", found => found.Score, "0.000"),
        .. hasProbabilities
            ? [new("probability", found => found.Probability is float probability ? probability : Cell.Absent, "0.0 %")]
            : Array.Empty<Column<Found>>(),
        new("path", found => found.Path) { Title = "picture", Kind = TextKind.Path },
    ]);

    /// <summary>A pair's probability; null where the model has none, or the query is no single text.</summary>
    private static float? ProbabilityOf(Clip clip, QueryExpression query, float score) =>
        clip.IsSigmoid && query.Terms is [{ Kind: QueryKind.Text, Weight: 1f }] ? Similarity.Probability(clip, score) : null;

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

    private (Found[] Best, int Searched) SearchIndex(ParseResult line, QueryExpression query, string[] folders)
    {
        using Runtime runtime = new(_model.Options(line).Threads);
        using FolderIndex pictures = _index.Open(line, runtime);
        EmbeddingIndex index = pictures.Index;
        using Clip clip = _model.Load(line, _rules, _truncate.Apply(line));
        index.RequireSpace(clip.Space, query.Kinds);
        HashSet<int>? chosen = PictureSet.Below(pictures, folders, Shell);
        if (chosen is { Count: 0 } || index.Count == 0)
        {
            if (index.Count == 0)
                Shell.Fail($"{index.Path}: the index is empty; 'pureclip index FOLDER' adds pictures.");
            return ([], 0);
        }
        SearchHit[] hits = index.Search(query.Encode(clip, Shell, _head.Load(line, clip)), new()
        {
            Top = (int)line.GetValue(_top),
            MinimumScore = line.GetValue(_minimumScore) ?? float.NegativeInfinity,
            Filter = chosen is null ? null : chosen.Contains,
        }, Shell.Cancellation);
        return ([.. hits.Select((hit, place) =>
            new Found(place + 1, hit.Score, pictures.PathOf(hit), ProbabilityOf(clip, query, hit.Score)))], chosen?.Count ?? index.Count);
    }

    private (Found[] Best, int Searched) SearchFolders(ParseResult line, QueryExpression query, string[] folders)
    {
        List<string> pictures = PictureArguments.Expand(folders, Shell);
        if (pictures.Count == 0)
            return ([], 0);
        float least = line.GetValue(_minimumScore) ?? float.NegativeInfinity;
        using Clip clip = _model.Load(line, _rules, _truncate.Apply(line));
        float[] wanted = query.Encode(clip, Shell, _head.Load(line, clip));
        (string Path, float Score)[] scored = [.. PictureEmbeddings.Of(clip, pictures, Shell, streams: false, mayPassOver: true)
            .Select(picture => (picture.Path, Similarity.Cosine(wanted, picture.Embedding)))];
        IEnumerable<Found> best = scored
            .Where(picture => picture.Score >= least)
            .OrderByDescending(picture => picture.Score) // stable: equal scores stay in the order of the folders
            .Take((int)line.GetValue(_top))
            .Select((picture, place) =>
                new Found(place + 1, picture.Score, picture.Path, ProbabilityOf(clip, query, picture.Score)));
        return ([.. best], scored.Length);
    }

    private void WritePage(AtomicFile page, string path, QueryExpression query, string model, int searched, Found[] best)
    {
        foreach (Found gone in best.Where(picture => !File.Exists(picture.Path)))
            Shell.Note($"{gone.Path}: this file is gone since it was indexed, so it is not on the page.");
        Found[] present = [.. best.Where(picture => File.Exists(picture.Path))];
        if (present.Length == 0)
        {
            Shell.Note($"{path}: there is no picture to show, so no page was written.");
            return;
        }
        HtmlPage.Write(page.Stream, query, model, searched, present);
        page.Commit();
    }
}

/// <summary>A picture that was found.</summary>
/// <param name="Rank">1 is the best.</param>
/// <param name="Score">Cosine with the query, -1 to 1.</param>
/// <param name="Path">Its file.</param>
/// <param name="Probability">That it and the text belong together; null where the model does not say.</param>
internal readonly record struct Found(int Rank, float Score, string Path, float? Probability = null);
