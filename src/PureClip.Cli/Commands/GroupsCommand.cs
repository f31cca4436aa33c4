using System.CommandLine;
using PureClip.Cli.Arguments;
using PureClip.Cli.Mapping;
using PureClip.Cli.Output;
using PureClip.Search;

namespace PureClip.Cli.Commands;

/// <summary><c>pureclip groups</c>: pictures sorted into groups that have names.</summary>
internal sealed class GroupsCommand : ShellCommand
{
    private const int NamesOfAGroup = 3, PicturesInTheTable = 3;

    private static readonly Report<Member> Members = new(
        new("path", picture => picture.Path),
        new("cosine", picture => picture.Cosine));

    private static readonly Report<Group> Groups = new(
        new("group", group => group.Number),
        new("names", group => group.Names) { Text = group => string.Join(", ", group.Names), IsLast = true },
        new("size", group => group.Pictures.Length),
        new("most central pictures", group => group.MostCentral) { Shown = Shown.InTables, IsLast = true },
        new Column<Group, Member>("pictures", group => group.Pictures, Members) { Shown = Shown.InLines });

    private readonly PictureChoice _choice;

    private readonly Option<long> _count = Values.Integer("--count",
        "How many groups. [0: the root of half the number of pictures, from 2 to 50]", 0, 10_000, 0);
    private readonly WordOptions _words;
    private readonly TruncateOption _truncate;
    private readonly FormatOption _format;
    private readonly ModelOptions _model;
    private readonly PictureRules _rules;

    public GroupsCommand(Shell shell)
        : base(shell, "groups",
            "Sort pictures into groups and name them.",
            ["Without folders, or with --index, the pictures of an index are grouped; folders beside --index choose those below them.",
                "Spherical k-means: a picture belongs to the group whose mean direction is nearest. The best of four attempts with fixed "
                    + "beginnings, so the same pictures give the same groups. Names are the words nearest to what sets a group apart from "
                    + "the mean of all pictures.",
                "jsonl: one group a line, the largest first, {\"group\",\"names\",\"size\",\"pictures\":[{\"path\",\"cosine\"}]}, the most "
                    + "central picture first"],
            new("pureclip groups photos", "What is there, at a glance"),
            new("pureclip groups --index photos.index --count 20 --words animals.txt", "Twenty groups, named with words of one's own"))
    {
        _choice = new(this);
        Add(_count);
        _words = new(this, PictureWords.All);
        _truncate = new(this);
        _format = new(this);
        _model = new(this);
        _rules = new(this);
    }

    protected override void Run(ParseResult line)
    {
        string[]? listed = _words.Listed(line);
        if (!_choice.TryFind(line, out List<string> paths))
            return;
        using Runtime runtime = new(_model.Options(line).Threads);
        using FolderIndex? index = _choice.OpenIndex(line, runtime);
        using Clip clip = _model.Load(line, _rules, _truncate.Apply(line));
        string[] words = _words.Of(line, clip, listed);
        using PictureSet pictures = index is null
            ? PictureSet.Of(clip, paths, runtime, hashes: false, Shell)
            : _choice.Of(line, index, clip);
        if (pictures.Entries.Length == 0)
            return;

        IReadOnlyList<EntryGroup> found = Cluster(line, pictures);
        DirectionNames directions = new(_words.Table(line, clip, words, Shell), pictures);
        string[][] names = [.. found.Select(group => directions.Of(group.Centre.Span, NamesOfAGroup))];
        OutputFormat format = _format.Of(line, Shell);
        Groups.Write(Shell, format, names.Select((some, group) => NewGroup(pictures, found[group], group + 1, some)));
        if (format != OutputFormat.Table)
            return;
        Shell.Summarize($"{pictures.Entries.Length} pictures in {found.Count} {(found.Count == 1 ? "group" : "groups")}.");
        Shell.Next($"{Shell.Name} map {_choice.Typed(line)}{_model.Typed(line)} --open", "shows how they lie to one another");
    }

    private IReadOnlyList<EntryGroup> Cluster(ParseResult line, PictureSet pictures)
    {
        using ProgressLine progress = Shell.StartProgress(GroupOptions.Attempts, "attempts", streams: false);
        GroupOptions options = new() { Count = (int)line.GetValue(_count), Filter = pictures.Filter, Progress = progress };
        return pictures.Index.Group(options, Shell.Cancellation);
    }

    private static Group NewGroup(PictureSet pictures, EntryGroup group, int number, string[] names) =>
        new(number, names, [.. group.Members.Select(member => new Member(pictures.PathOf(member.Entry), member.Score))]);

    private sealed record Group(int Number, string[] Names, Member[] Pictures)
    {
        public string MostCentral => string.Join(", ", Pictures.Take(PicturesInTheTable).Select(picture => Path.GetFileName(picture.Path)));
    }

    private readonly record struct Member(string Path, float Cosine);
}
