using System.CommandLine;
using PureClip.Cli.Arguments;
using PureClip.Postgres;

namespace PureClip.Cli.Commands;

/// <summary><c>pureclip search --from</c>: in a table of PostgreSQL.</summary>
internal sealed partial class SearchCommand
{
    private SearchResult SearchIn(PostgresTarget target, ParseResult line, QueryExpression query, string[] folders, SearchLimits limits)
    {
        string? onDisk = _index.IsGiven(line) ? "--index" : line.FirstGiven(_noIndex);
        if (onDisk is not null)
            throw new UsageException($"search: {onDisk} is for an index on disk, and {_postgres.Name} names a database. Leave one away.");
        using Clip clip = _model.Load(line, _rules, _longTexts.Apply(line, _truncate.Apply(line)));
        using PostgresIndex index = Open(target, clip, query.Kinds);
        foreach (string folder in folders)
            if (Wait(index.CountAsync([folder], Shell.Cancellation)) == 0)
                Shell.Fail($"{folder}: {index.Description} has no picture there.");
        long searched = Wait(index.CountAsync(folders, Shell.Cancellation));
        if (searched == 0)
        {
            if (folders.Length == 0)
                Shell.Fail($"{index.Description}: the table is empty; 'pureclip index FOLDER {target.ToWrite}' adds pictures.");
            return new([], 0);
        }
        PostgresSearchOptions options = new() { Top = limits.Top, MinimumScore = limits.Least, Below = folders };
        // The best for several vectors are among the best for each.
        Found[] best =
        [
            .. QueriesOf(line, query, clip).SelectMany(one => Wait(index.SearchAsync(one, options, Shell.Cancellation)))
                .GroupBy(static hit => hit.Key).Select(static same => same.MaxBy(static hit => hit.Score))
                .OrderByDescending(static hit => hit.Score).Take(limits.Top)
                .Select((hit, place) => new Found(place + 1, hit.Score, index.PathOf(hit.Key))),
        ];
        return Explained(new(best, (int)Math.Min(searched, int.MaxValue)), clip, line, query);
    }

    private PostgresIndex Open(PostgresTarget target, Clip clip, VectorKinds queries)
    {
        try
        {
            return Wait(PostgresIndex.OpenAsync(target.Source, clip, queries, target.Options, Shell.Cancellation));
        }
        catch (FileNotFoundException e)
        {
            throw new FileNotFoundException($"{e.Message} ('pureclip index FOLDER {target.ToWrite}')", e);
        }
    }

    // A command has nothing else to do meanwhile.
    private static T Wait<T>(Task<T> task) => task.GetAwaiter().GetResult();
}
