using System.CommandLine;
using PureClip.Cli.Arguments;
using PureClip.Cli.Output;
using PureClip.Postgres;
using PureClip.Search;

namespace PureClip.Cli.Commands;

/// <summary><c>pureclip index --to</c>: into a table of PostgreSQL.</summary>
internal sealed partial class IndexCommand
{
    // So few are found without an index at once; more take time that people want explained.
    private const int Many = 50_000;

    private void IndexInto(
        PostgresTarget target, ParseResult line, List<string> pictures, string[]? folders, FolderUpdateOptions options, OutputFormat format,
        List<string> passedOver)
    {
        string? onDisk = _index.IsGiven(line) ? "--index" : line.FirstGiven(_type, _compact, _verify, _cells.Option);
        if (onDisk is not null)
            throw new UsageException($"index: {onDisk} is for an index on disk, and {_postgres.Name} names a database. Leave one away.");
        if (pictures.Count == 0 && !options.PruneAll)
        {
            if (folders is null)
            {
                using PostgresIndex existing = Wait(PostgresIndex.OpenAsync(target.Source, target.Options, Shell.Cancellation));
                FactsOf(existing).Write(Shell, format);
            }
            return;
        }
        using Clip? clip = pictures.Count == 0 ? null : _model.Load(line, _rules);
        using PostgresIndex index = Wait(clip is null
            ? PostgresIndex.OpenAsync(target.Source, target.Options, Shell.Cancellation)
            : PostgresIndex.OpenOrCreateAsync(target.Source, clip, target.Options, Shell.Cancellation));
        PostgresIndexWriter writer = Wait(index.OpenWriterAsync(Shell.Cancellation));
        FolderUpdate update = FolderUpdates.Run(
            () => writer.Count,
            progress => writer.Update(clip, index.Keys, pictures, folders ?? [], options, progress, Shell.Cancellation),
            clip, pictures, Shell);
        PictureArguments.TellOfTars(update, Shell, format == OutputFormat.Table ? passedOver : null);
        if (writer.Count >= Many && !Wait(index.IsIndexedAsync(Shell.Cancellation)))
            Shell.Note($"all {writer.Count} vectors are written; the database now builds their index, which takes a while.");
        Wait(index.BuildIndexAsync(Shell.Cancellation));
        Tell(update);
        if (format == OutputFormat.Table && pictures.Count > 0)
        {
            Summarize(writer.Count, update, passedOver);
            Shell.Next($"{Shell.Name} search \"a beach\" {target.ToSearch}{_model.Typed(line)}", "searches them");
            return;
        }
        Facts facts = FactsOf(index);
        Add(facts, update);
        facts.Write(Shell, format);
    }

    private Facts FactsOf(PostgresIndex index)
    {
        PostgresFacts known = Wait(index.InspectAsync(Shell.Cancellation));
        Facts facts = new();
        facts.Add("index", index.Description);
        AddSpace(facts, index.Space, index.Width, VectorType.F16);
        facts.Add("entries", known.Entries);
        facts.Add("dead_rows", known.DeadRows);
        facts.Add("stored_bytes", known.StoredBytes, Facts.Megabytes);
        return facts;
    }

    // A command has nothing else to do meanwhile.
    private static T Wait<T>(Task<T> task) => task.GetAwaiter().GetResult();
}
