using System.CommandLine;
using PureClip.Cli.Arguments;
using PureClip.Cli.Mapping;
using PureClip.Cli.Output;
using PureClip.Files;
using PureClip.Maps;
using PureClip.Search;

namespace PureClip.Cli.Commands;

/// <summary><c>pureclip map</c>: pictures on a plane by what they show, as a page to walk about in.</summary>
internal sealed class MapCommand : ShellCommand
{
    private static readonly Report<Placed> Places = new(
        new("path", placed => placed.Picture.Path) { Kind = TextKind.Path },
        new("x", placed => placed.Picture.X),
        new("y", placed => placed.Picture.Y),
        new("group", placed => placed.Picture.Group + 1),
        new("names", placed => placed.Group.Names));

    private static readonly Report<Placed> Groups = new(
        new("group", placed => placed.Picture.Group + 1),
        new("names", placed => string.Join(", ", placed.Group.Names)),
        new("pictures", placed => placed.Group.Size));

    private readonly PictureChoice _choice;

    private readonly Option<long> _count = Values.Integer("--count",
        "How many groups. [0: the root of half the number of pictures, from 2 to 50]", 0, 10_000, 0);
    private readonly Option<long> _perplexity = Values.Integer("--perplexity",
        "How many neighbours each picture looks at: fewer show small groups, more the whole.", 2, 1000, new MapOptions().Perplexity);
    private readonly Option<long> _seed = Values.Integer("--seed",
        "Another number gives another map; the same gives the same, whatever the number of threads.", 0, int.MaxValue, 0);
    private readonly Option<long?> _edge = Values.OptionalInteger("--thumbnail-size",
        "Pixels of the thumbnails on the page; 0 for none. [default: 128 to 1,000 pictures, fewer of more, so that the page stays below "
            + "25 MB; none beyond 30,000]", 0, ThumbnailAtlas.LargestEdge);
    private readonly Option<bool> _noIndex = Values.Flag("--no-index",
        "Compute the pictures of a folder anew, and keep nothing. Without it, their vectors are kept as 'search' does.");

    private readonly PageOptions _page;
    private readonly WordOptions _words;
    private readonly TruncateOption _truncate;
    private readonly FormatOption _format;
    private readonly ModelOptions _model;
    private readonly PictureRules _rules;

    public MapCommand(Shell shell)
        : base(shell, "map",
            "Lay pictures out on a plane by what they show, as a page to zoom and pan.",
            ["Without folders, or with --index, the pictures of an index are laid out; folders beside --index choose those below them.",
                "t-SNE: pictures whose vectors are near lie near one another; distances between far groups mean little. Groups are those of "
                    + "'pureclip groups', words stand where the pictures are that they name. Trustworthiness says how far neighbours on "
                    + "the map are neighbours in truth: 1 where all are, 0.5 where all lie by chance.",
                "On the page: drag and scroll, or arrows and + and -; click a picture for its name, twice to open its file; / finds names.",
                "jsonl: one picture a line, {\"path\",\"x\",\"y\",\"group\",\"names\"}, coordinates from -1 to 1, y down; trustworthiness "
                    + "is said on standard error"],
            new("pureclip map photos --open", "A folder at a glance"),
            new("pureclip map --index photos.index --html map.html", "An index as a page to keep"),
            new("pureclip map photos > places.jsonl", "Coordinates for a program of your own"))
    {
        _choice = new(this);
        Add(_noIndex);
        _page = new(this);
        Add(_count);
        Add(_perplexity);
        Add(_seed);
        Add(_edge);
        _words = new(this, PictureWords.All);
        _truncate = new(this);
        _format = new(this);
        _model = new(this);
        _rules = new(this);
    }

    protected override void Run(ParseResult line)
    {
        string[]? listed = _words.Listed(line);
        OutputFormat format = _format.Of(line, Shell);
        if (!_choice.TryFind(line, out List<string> paths))
            return;
        using AtomicFile? page = _page.Begin(line); // known at once if nothing can be written there
        using Runtime runtime = new(_model.Options(line).Threads);
        using FolderIndex? index = _choice.OpenIndex(line, runtime);
        using Clip clip = _model.Load(line, _rules, _truncate.Apply(line));
        string[] words = _words.Of(line, clip, listed);
        using PictureSet pictures = index is null ? Open(line, clip, paths, runtime) : _choice.Of(line, index, clip);
        if (pictures.Entries.Length == 0)
            return;

        PictureMap map = Lay(line, pictures, new DirectionNames(_words.Table(line, clip, words, Shell), pictures));
        string model = _model.Name(line), summary = MapPage.Summary(map, model);
        if (page is not null)
        {
            string[] files = [.. map.Pictures.Select(picture => picture.Path)];
            int edge = (int)(line.GetValue(_edge) ?? ThumbnailAtlas.EdgeFor(files.Length));
            ThumbnailAtlas atlas = ThumbnailAtlas.Of(files, edge, _model.Options(line).Threads, Shell);
            string title = string.Join(", ", _choice.Names(line).Select(NameOf));
            MapPage.Write(page.Stream, map, atlas, title, model, PhotographNotice.Of(model, files));
            page.Commit();
        }
        Write(line, format, map, summary, page is not null);
    }

    private void Write(ParseResult line, OutputFormat format, PictureMap map, string summary, bool hasPage)
    {
        if (format == OutputFormat.Table)
        {
            Groups.Write(Shell, format, map.Groups.Select((group, number) => new Placed(new("", 0, 0, 0, number), group)));
            Shell.Say("\n" + summary);
        }
        else
        {
            Places.Write(Shell, format, map.Pictures.Select(picture => new Placed(picture, map.Groups[picture.Group])));
            Shell.Note(summary);
        }
        if (hasPage)
            _page.Show(line);
        else
            Shell.Next(Typed(line, "--open"), "shows it in a browser");
    }

    /// <summary>One folder by the index that is kept of it; anything else is computed.</summary>
    private PictureSet Open(ParseResult line, Clip clip, List<string> paths, Runtime runtime) =>
        _choice.Folders(line) is [string folder] && Directory.Exists(folder) && !line.GetValue(_noIndex)
        && KeptIndex.Of(folder, paths, clip, CacheFolder.Usual(Shell), Shell) is KeptIndex kept
            ? PictureSet.Of(kept)
            : PictureSet.Of(clip, paths, runtime, hashes: false, Shell);

    private PictureMap Lay(ParseResult line, PictureSet pictures, DirectionNames names)
    {
        EntryMap map;
        using (ProgressLine progress = Shell.StartProgress(new MapOptions().Steps, "steps", streams: false))
            map = pictures.Index.Map(new()
            {
                Perplexity = (int)line.GetValue(_perplexity),
                Seed = (int)line.GetValue(_seed),
                Filter = pictures.Filter,
                Progress = progress,
            }, Shell.Cancellation);
        GroupOptions options = new() { Count = (int)line.GetValue(_count), Filter = pictures.Filter };
        return PictureMap.Of(pictures, map, pictures.Index.Group(options, Shell.Cancellation), names);
    }

    private static string NameOf(string path)
    {
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
        return name.Length > 0 ? name : path;
    }

    private readonly record struct Placed(MapPicture Picture, MapGroup Group);
}
