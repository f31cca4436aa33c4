using System.CommandLine;
using PureClip.Cli.Arguments;
using PureClip.Cli.Output;
using PureClip.Search;

namespace PureClip.Cli.Commands;

/// <summary><c>pureclip merge</c>: one index of several.</summary>
internal sealed class MergeCommand : ShellCommand
{
    private readonly Argument<string[]> _indexes = new("INDEX")
    {
        Description = "Indexes, each a folder. They are not changed.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string?> _output = Values.Text("--output", "DIR",
        "The merged index, a folder. An index that is there is added to; it appears, or changes, when all is done.");

    private readonly Option<bool> _newest = Values.Flag("--newest",
        "Where two indexes have different pictures under one name, take the one whose file was changed last. Without it, nothing is "
            + "merged then.");

    private readonly Option<bool> _keepKeys = Values.Flag("--keep-keys",
        "Keys are ids of a program of your own and no paths: leave them as they are. Without it, paths are stored anew, relative to the "
            + "folder that the merged index is in.");

    private readonly FormatOption _format;

    public MergeCommand(Shell shell)
        : base(shell, "merge",
            "Make one index of several.",
            ["The indexes must be of one model, made by the same rules, and store numbers in one way. Vectors are copied bit for bit, "
                + "after everything was compared with its checksums. What several indexes have is taken once.",
                "The same indexes give the same entries in the same order, in whatever order they are named. It may be interrupted at any "
                    + "time: there is no merged index then, or the old one.",
                "jsonl: one object"],
            new("pureclip merge part-*.index --output photos.index", "The parts that 'pureclip index --shard' has made, as one"),
            new("pureclip merge holidays.index --output photos.index", "Add one index to another"))
    {
        Add(_indexes);
        Add(_output);
        Add(_newest);
        Add(_keepKeys);
        _format = new(this);
    }

    protected override void Run(ParseResult line)
    {
        if (line.GetValue(_output) is not { Length: > 0 } output)
            throw new UsageException("merge: where should the merged index be? Give --output DIR.");
        string[] indexes = line.GetValue(_indexes)!;
        if (indexes.Contains(""))
            throw new UsageException("merge: a path cannot be empty; is a variable not set?");
        OutputFormat format = _format.Of(line, Shell);
        MergeOptions options = new()
        {
            KeysArePaths = !line.GetValue(_keepKeys),
            OnConflict = line.GetValue(_newest) ? MergeConflict.Newest : MergeConflict.Refuse,
        };
        MergeResult result = Merge(indexes, output, options);
        if (format == OutputFormat.Table)
        {
            Shell.Say(Said(result, indexes.Length));
            Shell.Next($"{Shell.Name} search \"a beach\" --index {Failures.Quoted(output)}", "searches them");
            return;
        }
        Facts facts = new();
        facts.Add("index", output, kind: TextKind.Path);
        facts.Add("entries", result.Entries);
        facts.Add("added", result.Added);
        facts.Add("updated", result.Updated);
        facts.Add("duplicates", result.Duplicates);
        facts.Write(Shell, format);
    }

    private MergeResult Merge(string[] indexes, string output, MergeOptions options)
    {
        ProgressLine? progress = null;
        try
        {
            return IndexMerge.Run(indexes, output, options, new DirectProgress<MergeProgress>(step =>
            {
                progress ??= Shell.StartProgress((int)Math.Min(int.MaxValue, step.Total), "rows", streams: false);
                progress.Report((int)Math.Min(int.MaxValue, step.Done));
            }), Shell.Cancellation);
        }
        catch (InvalidDataException e) when (IndexMerge.ConflictOf(e) is not null && options.OnConflict == MergeConflict.Refuse)
        {
            throw new InvalidDataException($"{e.Message.TrimEnd('.')} (--newest).", e);
        }
        finally
        {
            progress?.Dispose();
        }
    }

    private static string Said(MergeResult result, int indexes)
    {
        List<string> changes = [$"{result.Added} new"];
        if (result.Updated > 0)
            changes.Add($"{result.Updated} newer");
        if (result.Duplicates > 0)
            changes.Add($"{result.Duplicates} there more than once");
        return $"{result.Entries} {(result.Entries == 1 ? "picture is" : "pictures are")} searchable, of {indexes} "
            + $"{(indexes == 1 ? "index" : "indexes")} ({string.Join(", ", changes)}).";
    }
}
