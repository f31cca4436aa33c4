using System.CommandLine;
using System.Globalization;
using PureClip.Cli.Arguments;
using PureClip.Cli.Output;
using PureClip.Search;

namespace PureClip.Cli.Commands;

/// <summary><c>pureclip duplicates</c>: groups of pictures that are the same or nearly so.</summary>
internal sealed class DuplicatesCommand : ShellCommand
{
    private const float UsualThreshold = 0.95f, CopiesThreshold = 0.99f, VariationsThreshold = 0.9f;

    private static readonly Report<Copy> Copies = new(
        new("path", copy => copy.Path) { Title = "picture", Kind = TextKind.Path, IsLast = true },
        new("cosine", copy => copy.Cosine, "0.000") { Text = copy => copy.IsFirst ? "" : null },
        new("bytes", copy => copy.Bytes, "N0") { Text = copy => copy.Bytes is null ? "gone" : null },
        new("identical", copy => copy.IsIdentical) { Title = "", Text = copy => copy.IsIdentical && !copy.IsFirst ? "identical" : "" });

    private static readonly Report<Group> Groups = new(
        new("group", group => group.Number),
        new Column<Group, Copy>("pictures", group => group.Copies, Copies));

    private readonly Argument<string[]> _folders = new("FOLDER")
    {
        Description = PictureArguments.Description,
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<float?> _threshold = Values.Number("--threshold",
        "The least cosine of two pictures that count as one: 0.99 for copies that were scaled or saved again, lower for variations of a "
            + "motif. [default: 0.95]", -1f, 1f);
    private readonly IndexOption _index;
    private readonly FormatOption _format;
    private readonly ModelOptions _model;
    private readonly PictureRules _rules;

    public DuplicatesCommand(Shell shell)
        : base(shell, "duplicates",
            "Find pictures that are the same or nearly so.",
            ["Without folders, or with --index, the pictures of an index are compared; folders beside --index choose those below them.",
                "Every pair is compared. A group is what hangs together: each picture has one in it that is as near as --threshold says. "
                    + "Files that are equal byte for byte always belong together. The largest file of a group comes first, and cosines are "
                    + "those with it. Nothing is deleted.",
                "jsonl: one group a line, {\"group\",\"pictures\":[{\"path\",\"cosine\",\"bytes\",\"identical\"}]}; bytes is null where a "
                    + "file is gone"],
            new("pureclip duplicates photos", "Copies and near copies in a folder"),
            new("pureclip duplicates --index photos.index --threshold 0.99", "In an index, scaled or saved again at most"))
    {
        Add(_folders);
        _index = new(this);
        Add(_threshold);
        _format = new(this);
        _model = new(this);
        _rules = new(this);
    }

    protected override void Run(ParseResult line)
    {
        float threshold = line.GetValue(_threshold) ?? UsualThreshold;
        using Runtime runtime = new(_model.Options(line).Threads);
        using PictureSet? pictures = Open(line, runtime);
        if (pictures is null || pictures.Entries.Length == 0)
            return;
        Group[] groups = [.. Find(pictures, threshold).Select((members, place) => NewGroup(pictures, place + 1, members))];
        if (groups.Length == 0)
            Shell.Note(string.Create(CultureInfo.InvariantCulture,
                $"no two of {pictures.Entries.Length} pictures are as near as {threshold}."));
        OutputFormat format = _format.Of(line, Shell);
        Groups.Write(Shell, format, groups);
        if (format == OutputFormat.Table)
            Tell(line, groups, pictures.Entries.Length, threshold);
    }

    private void Tell(ParseResult line, Group[] groups, int compared, float threshold)
    {
        IEnumerable<string> which = (line.GetValue(_folders) ?? []).Concat(
            _index.IsGiven(line) ? ["--index", _index.DirectoryToRead(line)] : Array.Empty<string>());
        string where = string.Concat(which.Select(word => " " + Failures.Quoted(word)));
        string command = $"{Shell.Name} duplicates{where}{_model.Typed(line)} --threshold ";
        if (groups.Length > 0)
        {
            int spare = groups.Sum(group => group.Copies.Length - 1);
            long bytes = groups.Sum(group => group.Copies.Skip(1).Sum(copy => copy.Bytes ?? 0));
            Shell.Summarize(string.Create(CultureInfo.InvariantCulture,
                $"{compared} pictures compared: {groups.Length} {(groups.Length == 1 ? "is" : "are")} there more than once, {spare} "
                    + $"{(spare == 1 ? "copy takes" : "copies take")} {bytes / 1e6:0.0} MB."));
        }
        if (groups.Length > 0 && threshold < CopiesThreshold)
            Shell.Next(command + CopiesThreshold.ToString(CultureInfo.InvariantCulture), "shows copies alone, not variations");
        else if (groups.Length == 0 && threshold > VariationsThreshold)
            Shell.Next(command + VariationsThreshold.ToString(CultureInfo.InvariantCulture), "shows variations of a motif, too");
    }

    private PictureSet? Open(ParseResult line, Runtime runtime)
    {
        string[] folders = line.GetValue(_folders) ?? [];
        if (folders.Length == 0 || _index.IsGiven(line))
            return OpenIndex(line, folders, runtime);
        List<string> paths = PictureArguments.Expand(folders, Shell);
        if (paths.Count == 0)
            return null;
        using Clip clip = _model.Load(line, _rules);
        return PictureSet.Of(clip, paths, runtime, hashes: true, Shell);
    }

    private PictureSet OpenIndex(ParseResult line, string[] folders, Runtime runtime)
    {
        if ((_model.Given(line) ?? _rules.Given(line)) is string idle)
            throw new UsageException(
                $"duplicates: the vectors of an index are compared as they are; leave {idle} away, or give folders without --index.");
        return PictureSet.Of(_index.Open(line, runtime), folders, Shell);
    }

    private IReadOnlyList<IReadOnlyList<SearchHit>> Find(PictureSet pictures, float threshold)
    {
        using ProgressLine progress = Shell.StartProgress(pictures.Entries.Length, "pictures compared", streams: false);
        DuplicateOptions options = new() { Threshold = threshold, Filter = pictures.Filter, Progress = progress };
        return pictures.Index.FindDuplicates(options, Shell.Cancellation);
    }

    /// <summary>The files may have changed since they were indexed: the largest of today comes first.</summary>
    private static Group NewGroup(PictureSet pictures, int number, IReadOnlyList<SearchHit> members)
    {
        (int Entry, long? Bytes)[] bySize =
        [
            .. members.Select(member => member.Entry).Order()
                .Select(entry => (Entry: entry, Bytes: PictureSet.BytesOf(pictures.PathOf(entry))))
                .OrderByDescending(member => member.Bytes ?? 0),
        ];
        float[] first = pictures.Direction(bySize[0].Entry);
        UInt128 content = pictures.Index[bySize[0].Entry].ContentHash;
        return new(number, [.. bySize.Select((member, place) => new Copy(
            pictures.PathOf(member.Entry),
            Similarity.Cosine(first, pictures.Direction(member.Entry)),
            member.Bytes,
            place == 0 || (content != default && pictures.Index[member.Entry].ContentHash == content),
            place == 0))]);
    }

    private sealed record Group(int Number, Copy[] Copies);

    private readonly record struct Copy(string Path, float Cosine, long? Bytes, bool IsIdentical, bool IsFirst);
}
