using System.CommandLine;
using System.Globalization;
using PureClip.Cli.Arguments;
using PureClip.Cli.Output;
using Spectre.Console;

namespace PureClip.Cli.Commands;

/// <summary><c>pureclip search</c>: the pictures that fit a text or resemble a picture, best first.</summary>
internal sealed class SearchCommand : ShellCommand
{
    private readonly Argument<string> _query = new("QUERY") { Description = "What to look for: a text, or a picture's path if there is such a file." };
    private readonly Argument<string[]> _folders = new("FOLDER") { Description = PictureArguments.Description, Arity = ArgumentArity.OneOrMore };
    private readonly Option<long> _top = Values.Integer("--top", "How many pictures to show.", 1, int.MaxValue, 10);
    private readonly Option<string?> _html = Values.Text("--html", "FILE",
        "Also write a page with these pictures that any browser shows, without other files and without a network.");
    private readonly FormatOption _format;
    private readonly ModelOptions _model;
    private readonly PictureRules _rules;

    public SearchCommand(Shell shell)
        : base(shell, "search",
            "Find pictures by describing them, or pictures that resemble one.",
            ["The score is the cosine of the two vectors.", "jsonl: {\"rank\",\"score\",\"path\"}, best first"],
            new("pureclip search \"birthday cake\" photos", "The ten pictures that fit best"),
            new("pureclip search cat.png photos --top 50 --html cats.html", "Pictures like this one, as a page to look at"))
    {
        Add(_query);
        Add(_folders);
        Add(_top);
        Add(_html);
        _format = new(this);
        _model = new(this);
        _rules = new(this);
    }

    protected override void Run(ParseResult line)
    {
        PictureOrText query = PictureOrText.Of(line.GetValue(_query)!);
        List<string> pictures = PictureArguments.Expand(line.GetValue(_folders)!, Shell);
        if (pictures.Count == 0)
            return;
        using AtomicFile? page = line.GetValue(_html) is string file ? new(file) : null;
        string model = _model.Directory(line);
        using Clip clip = Clip.Load(model, _rules.Apply(line, _model.Options(line)));
        float[] wanted = query.Encode(clip);
        RankedPicture[] best = [.. PictureEmbeddings.Of(clip, pictures, Shell, streams: false)
            .Select(picture => (picture.Path, Score: Similarity.Cosine(wanted, picture.Embedding)))
            .OrderByDescending(picture => picture.Score) // stable: equal scores stay in the order of the folders
            .Take((int)line.GetValue(_top))
            .Select((picture, index) => new RankedPicture(index + 1, picture.Score, picture.Path))];
        if (best.Length == 0)
            return;

        if (page is not null)
        {
            HtmlPage.Write(page.Stream, query, Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(model))), pictures.Count, best);
            page.Commit();
        }
        if (_format.Of(line, Shell) == OutputFormat.Table)
            WriteTable(best);
        else
            WriteLines(best);
    }

    private void WriteTable(RankedPicture[] best)
    {
        Table table = Tables.New("#rank", "#score", "picture");
        foreach (RankedPicture picture in best)
            table.Add(picture.Rank.ToString(CultureInfo.InvariantCulture), picture.Score.ToString("0.000", CultureInfo.InvariantCulture), picture.Path);
        Tables.Write(Shell.Out, Shell.OutputIsTerminal, table);
    }

    private void WriteLines(RankedPicture[] best)
    {
        foreach (RankedPicture picture in best)
            JsonLines.Write(Shell.Out, json =>
            {
                json.WriteNumber("rank", picture.Rank);
                json.WriteFloat("score", picture.Score);
                json.WriteText("path", picture.Path);
            });
    }
}
