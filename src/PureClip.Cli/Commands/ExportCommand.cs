using System.CommandLine;
using System.Globalization;
using PureClip.Cli.Arguments;
using PureClip.Cli.Output;
using PureClip.Files;
using PureClip.Search;

namespace PureClip.Cli.Commands;

/// <summary><c>pureclip export</c>: the vectors of an index, for other programs.</summary>
internal sealed class ExportCommand : ShellCommand
{
    private static readonly Report<Exported> Rows = new(
        new("path", row => row.Path) { Kind = TextKind.Path },
        new("bytes", row => row.Entry.Size),
        new("modified", row => row.Modified),
        new("content", row => row.Content) { Shown = Shown.InLines },
        new("embedding", row => row.Embedding) { Shown = Shown.InLines });

    private readonly Argument<string[]> _folders = new("FOLDER")
    {
        Description = "Only pictures in these folders or tar files, or these pictures; all of the index where there is none.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string?> _output = Values.Text("--output", "FILE",
        "Write to a file, which appears when it is complete. Without --format, a name ending in .npy means npy, in .parquet parquet, any "
            + "other jsonl.");

    private readonly IndexOption _index;
    private readonly FormatOption _format;

    public ExportCommand(Shell shell)
        : base(shell, "export",
            "Write the vectors of an index for other programs.",
            ["Vectors are what the index stores, as numbers of 32 bits, in the order of the index. 'content' is the first half of the "
                + "file's SHA-256.",
                "jsonl: {\"path\",\"bytes\",\"modified\",\"content\",\"embedding\":[...]}. parquet: the same columns, the model and the "
                    + "rules among the file's metadata (pureclip.model, pureclip.fingerprint, pureclip.preparation)."],
            new("pureclip export --index photos.index --output photos.parquet", "For pandas, DuckDB, Spark or a table of a database"),
            new("pureclip export holidays --index photos.index --output holidays.npy", "The vectors of one folder as one NumPy array"))
    {
        Add(_folders);
        _index = new(this);
        _format = new(this, npy: true);
        Add(_output);
    }

    protected override void Run(ParseResult line)
    {
        string? path = line.GetValue(_output);
        OutputFormat format = _format.Of(line, Shell, path);
        using FolderIndex index = _index.Open(line);
        using PictureSet pictures = PictureSet.Of(index, line.GetValue(_folders) ?? [], Shell);
        using AtomicFile? file = path is null ? null : new(path);
        using ProgressLine progress = Shell.StartProgress(pictures.Entries.Length, "pictures", streams: file is null);
        int written = Rows.Write(Shell, format, All(pictures, progress), file: file?.Stream, facts: FactsOf(index.Index));
        if (written > 0)
            file?.Commit();
        else
            Shell.Note("there is no picture to be written.");
    }

    private IEnumerable<Exported> All(PictureSet pictures, ProgressLine progress)
    {
        int done = 0;
        foreach (int entry in pictures.Entries)
        {
            Shell.Cancellation.ThrowIfCancellationRequested();
            float[] vector = new float[pictures.Index.Width];
            pictures.Index.CopyVector(entry, vector);
            yield return new(pictures.PathOf(entry), pictures.Index[entry], vector);
            progress.Report(++done);
        }
    }

    private static (string, string)[] FactsOf(EmbeddingIndex index) =>
    [
        ("pureclip.model", index.Space.ModelName),
        ("pureclip.fingerprint", index.Space.Fingerprint),
        .. index.Space.PictureLine is string preparation ? [("pureclip.preparation", preparation)] : Array.Empty<(string, string)>(),
    ];

    private sealed record Exported(string Path, IndexEntry Entry, float[] Embedding)
    {
        public Cell Modified => Entry.Modified == default ? new Cell() : Entry.Modified;

        public Cell Content => Entry.ContentHash == default ? new Cell() : Entry.ContentHash.ToString("x32", CultureInfo.InvariantCulture);
    }
}
