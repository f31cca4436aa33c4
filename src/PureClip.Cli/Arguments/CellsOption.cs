using System.CommandLine;
using PureClip.Cli.Output;
using PureClip.Search;

namespace PureClip.Cli.Arguments;

/// <summary><c>--cells</c>: vectors in cells, for searches of millions.</summary>
internal sealed class CellsOption
{
    // Made anew once more than this part of the vectors lies in none: each search looks at all of those.
    private const int MostOutside = 10;

    /// <summary>The option.</summary>
    public Option<bool> Option { get; } = Values.Flag("--cells",
        "For millions of pictures: sort vectors into cells of near ones, so that a search looks at a twentieth of them and may miss one "
            + "of the best ('pureclip search --exact' looks at all). Kept up to date from then on.");

    private readonly Shell _shell;

    public CellsOption(ShellCommand command)
    {
        _shell = command.Shell;
        command.Add(Option);
    }

    /// <summary>Makes cells where they are asked for, or, once an index has changed, where there are some that cover too little.</summary>
    public void Make(ParseResult line, string directory, bool hasChanged)
    {
        if (!EmbeddingIndex.Exists(directory) || !(line.GetValue(Option) || (hasChanged && IsDue(directory))))
            return;
        using EmbeddingIndexWriter writer = EmbeddingIndexWriter.Open(directory);
        using ProgressLine progress = _shell.StartProgress(writer.Count, "vectors in cells", streams: false);
        writer.MakeCells(progress, _shell.Cancellation);
    }

    private static bool IsDue(string directory)
    {
        using EmbeddingIndex index = EmbeddingIndex.Open(directory);
        int rows = index.Count + index.DeadRows, outside = rows - index.RowsInCells;
        return index.RowsInCells > 0 && outside > rows / MostOutside;
    }
}
