using System.CommandLine;
using System.Globalization;
using System.Numerics.Tensors;
using PureClip.Cli.Arguments;
using PureClip.Cli.Indexing;
using PureClip.Cli.Output;
using PureClip.Concepts;
using PureClip.Search;
using PureClip.Simd;
using PureClip.Threading;
using Spectre.Console;

namespace PureClip.Cli.Commands;

/// <summary><c>pureclip groups</c>: pictures sorted into groups that have names.</summary>
internal sealed class GroupsCommand : ShellCommand
{
    private const int NamesOfAGroup = 3, PicturesInTheTable = 3;

    private readonly Argument<string[]> _folders = new("FOLDER") { Description = PictureArguments.Description, Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<long> _count = Values.Integer("--count", "How many groups. [0: the root of half the number of pictures, from 2 to 50]", 0, 10_000, 0);
    private readonly IndexOption _index;
    private readonly WordOptions _words;
    private readonly FormatOption _format;
    private readonly ModelOptions _model;
    private readonly PictureRules _rules;

    public GroupsCommand(Shell shell)
        : base(shell, "groups",
            "Sort pictures into groups and name them.",
            ["Without folders, or with --index, the pictures of an index are grouped; folders beside --index choose those below them.",
                "Spherical k-means: a picture belongs to the group whose mean direction is nearest. The best of four attempts with fixed beginnings, so the same pictures give the "
                + "same groups. Names are the words nearest to what sets a group apart from the mean of all pictures.",
                "jsonl: one group a line, the largest first, {\"group\",\"names\",\"size\",\"pictures\":[{\"path\",\"cosine\"}]}, the most central picture first"],
            new("pureclip groups photos", "What is there, at a glance"),
            new("pureclip groups --index photos.index --count 20 --words animals.txt", "Twenty groups, named with words of one's own"))
    {
        Add(_folders);
        _index = new(this);
        Add(_count);
        _words = new(this);
        _format = new(this);
        _model = new(this);
        _rules = new(this);
    }

    protected override void Run(ParseResult line)
    {
        string[] folders = line.GetValue(_folders) ?? [];
        string[]? listed = _words.Listed(line);
        bool usesIndex = folders.Length == 0 || _index.IsGiven(line);
        List<string> paths = usesIndex ? [] : PictureArguments.Expand(folders, Shell);
        if (!usesIndex && paths.Count == 0)
            return;
        using EmbeddingIndex? index = usesIndex ? EmbeddingIndex.Open(_index.Directory(line)) : null;
        using Clip clip = Clip.Load(_model.Directory(line), _rules.Apply(line, _model.Options(line)));
        index?.RequireModel(clip.Fingerprint, _model.Name(line));
        string[] words = WordOptions.Of(clip, listed);
        using PictureSet pictures = index is null ? PictureSet.Of(clip, paths, Shell) : PictureSet.Of(index, folders, Shell);
        if (pictures.Paths.Count == 0)
            return;

        Clustering found = Cluster(line, pictures);
        string[][] names = Names(_words.Table(line, clip, words, Shell), pictures, found);
        if (_format.Of(line, Shell) == OutputFormat.Table)
            WriteTable(pictures, found, names);
        else
            for (int group = 0; group < names.Length; group++)
                WriteLine(pictures, found, group, names[group]);
    }

    private Clustering Cluster(ParseResult line, PictureSet pictures)
    {
        int count = (int)line.GetValue(_count);
        using WorkerPool pool = new(_model.Options(line).Threads);
        using ProgressLine progress = Shell.StartProgress(SphericalKMeans.Attempts, "attempts", streams: false);
        return new SphericalKMeans(pictures.Vectors, pool, SimdTier.Active, Shell.Cancellation)
            .Run(count > 0 ? count : SphericalKMeans.UsualCount(pictures.Paths.Count), progress.Report);
    }

    /// <summary>The nearest words to each centre less the mean of all pictures; what pictures have in common would name every group alike.</summary>
    private static string[][] Names(WordTable table, PictureSet pictures, Clustering found)
    {
        NearestWords words = new(table);
        float[] mean = new float[pictures.Vectors.Width];
        for (int i = 0; i < pictures.Paths.Count; i++)
            TensorPrimitives.MultiplyAdd(pictures.Vector(i), 1f / pictures.Paths.Count, mean, mean);
        return [.. found.Centres.Select(centre =>
        {
            float[] direction = new float[mean.Length];
            TensorPrimitives.Subtract(centre, mean, direction);
            return words.Of(direction, NamesOfAGroup).Select(word => word.Word).ToArray();
        })];
    }

    private void WriteTable(PictureSet pictures, Clustering found, string[][] names)
    {
        Table table = Tables.New("#group", "#size", "names", "most central pictures");
        for (int group = 0; group < names.Length; group++)
            table.Add(
                (group + 1).ToString(CultureInfo.InvariantCulture),
                found.Members[group].Length.ToString(CultureInfo.InvariantCulture),
                string.Join(", ", names[group]),
                string.Join(", ", found.Members[group].Take(PicturesInTheTable).Select(member => Path.GetFileName(pictures.Paths[member]))));
        Tables.Write(Shell.Out, Shell.OutputIsTerminal, table);
    }

    private void WriteLine(PictureSet pictures, Clustering found, int group, string[] names) => JsonLines.Write(Shell.Out, json =>
    {
        json.WriteNumber("group", group + 1);
        json.WriteTexts("names", names);
        json.WriteNumber("size", found.Members[group].Length);
        json.WriteStartArray("pictures");
        foreach (int member in found.Members[group])
        {
            json.WriteStartObject();
            json.WriteText("path", pictures.Paths[member]);
            json.WriteFloat("cosine", found.Scores[member]);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    });
}
