using System.CommandLine;
using PureClip.Cli.Arguments;
using PureClip.Cli.Output;
using PureClip.Search;

namespace PureClip.Cli.Commands;

/// <summary><c>pureclip index</c>: the vectors of pictures, kept on disk and brought up to date.</summary>
internal sealed partial class IndexCommand : ShellCommand
{
    private static readonly (string Word, VectorType Type)[] Types =
        [("f32", VectorType.F32), ("f16", VectorType.F16), ("int8", VectorType.Int8)];

    private readonly Argument<string[]> _folders = new("FOLDER")
    {
        Description = PictureArguments.Description,
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<VectorType?> _type = Values.Choice("--type",
        "How a new index stores numbers: f32 exactly, f16 in half the bytes, int8 in a quarter. [default: f16]", Types);

    private readonly Option<bool> _prune = Values.Flag("--prune",
        "Remove every entry whose file is gone, wherever it was. Without it, that is done below the folders given, and where a folder "
            + "has no picture left, entries stay: its disk may be away.");

    private readonly Option<bool> _compact = Values.Flag("--compact",
        "Give the space of removed and replaced entries back. Without it, that is done when they are more than the others.");

    private readonly Option<bool> _verify = Values.Flag("--verify",
        "Read everything, compare it with its checksums, and say how many vectors there are, or all that is damaged.");

    private readonly CellsOption _cells;
    private readonly FileListOption _files;
    private readonly ShardOption _shard;
    private readonly IndexOption _index;
    private readonly PostgresOption _postgres;
    private readonly FormatOption _format;
    private readonly ModelOptions _model;
    private readonly PictureRules _rules;

    public IndexCommand(Shell shell)
        : base(shell, "index",
            "Keep the vectors of pictures on disk, for searches that take no time.",
            ["Pictures whose files have not changed are not computed again, nor those that were moved, renamed or copied. Entries whose "
                + "files are gone are removed.",
                "It may be interrupted at any time and goes on where it was. Searches may use the index meanwhile.",
                "Paths are stored relative to the folder that the index is in, so that it can be moved with its pictures; those of other "
                    + "pictures in full.",
                "Tar files (.tar, .tar.gz, .tgz) that are named stand for the pictures in them, as SHARD.tar!NAME.jpg.",
                "Without folders, it shows what the index is.",
                "An index keeps the rules by which its vectors were made (--no-exif, --background, --fast-decode, --tolerant, --previews, --parity, --weights) and takes no "
                    + "others.",
                "jsonl: one object"],
            new("pureclip index photos --index photos.index", "Make an index, or bring it up to date"),
            new("pureclip index --index photos.index", "Which model, how many pictures?"),
            new("find /data -name '*.jpg' -print0 | pureclip index --files - --shard 2/8 --index part-2.index",
                "One of eight parts of all that is found, whatever the names"),
            new("pureclip index photos --to postgres://anna@localhost/photos", "Into PostgreSQL with pgvector instead of a folder"))
    {
        Add(_folders);
        _files = new(this);
        _shard = new(this);
        _index = new(this);
        Add(_type);
        Add(_prune);
        Add(_compact);
        Add(_verify);
        _postgres = new(this, "--to");
        _cells = new(this);
        _format = new(this);
        _model = new(this);
        _rules = new(this);
    }

    protected override void Run(ParseResult line)
    {
        string[] arguments = line.GetValue(_folders) ?? [], listed = _files.Of(line);
        bool hasInputs = arguments.Length > 0 || _files.IsGiven(line);
        string directory = !hasInputs ? _index.DirectoryToRead(line) : _index.Directory(line);
        bool prunes = line.GetValue(_prune), compacts = line.GetValue(_compact);
        OutputFormat format = _format.Of(line, Shell);
        List<string> passedOver = [];
        List<string> pictures = PictureArguments.Expand(
            arguments, Shell, format == OutputFormat.Table ? passedOver : null, listed, takesTars: true);
        if (_postgres.Of(line) is PostgresTarget target)
        {
            FolderUpdateOptions options = new() { PruneAll = prunes, Shard = _shard.Of(line) };
            IndexInto(target, line, pictures, hasInputs ? [.. arguments, .. listed] : null, options, format, passedOver);
            return;
        }
        bool verifies = line.GetValue(_verify);
        if (pictures.Count == 0 && !prunes && !compacts)
        {
            _cells.Make(line, directory, hasChanged: false);
            if ((!hasInputs || verifies) && !(verifies && IsDamaged(directory)))
                FactsOf(line, directory).Write(Shell, format);
            return;
        }

        using Clip? clip = pictures.Count == 0 ? null : _model.Load(line, _rules);
        using FolderIndex index = clip is null ? _index.Open(line) : Open(directory, clip, line.GetValue(_type));
        FolderUpdate update = FolderUpdates.Run(
            index, clip, pictures, [.. arguments, .. listed], new() { PruneAll = prunes, Compact = compacts, Shard = _shard.Of(line) },
            Shell);
        PictureArguments.TellOfTars(update, Shell, format == OutputFormat.Table ? passedOver : null);
        _cells.Make(line, directory, hasChanged: true);
        if (verifies && IsDamaged(directory))
            return;
        Tell(update);
        if (format == OutputFormat.Table && pictures.Count > 0)
        {
            Summarize(index.Index.Count, update, passedOver);
            Shell.Next($"{Shell.Name} search \"a beach\" --index {Failures.Quoted(directory)}{_model.Typed(line)}", "searches them");
            return;
        }
        Facts facts = FactsOf(line, directory);
        Add(facts, update);
        facts.Write(Shell, format);
    }

    /// <summary>Says what could not be read, and what became of entries whose files are not to be seen.</summary>
    private void Tell(FolderUpdate update)
    {
        foreach ((string path, Exception reason) in update.Failures)
            Shell.Miss(path, reason);
        Shell.Count(update.Added + update.Updated + update.Unchanged + update.OfOtherShards);
        foreach ((string folder, int count) in update.Kept)
            Shell.Note($"{folder}: no picture is to be seen there any more, and its {Entries(count)}, as its disk may be away. "
                + "--prune removes what is gone.");
        foreach ((string folder, int count) in update.Gone)
            Shell.Note($"{folder}: this folder is gone, and {count} {(count == 1 ? "entry" : "entries")} with it.");

        static string Entries(int count) => count == 1 ? "1 entry stays" : $"{count} entries stay";
    }

    /// <summary>What has become of the pictures, in words.</summary>
    private void Summarize(int count, FolderUpdate update, List<string> passedOver)
    {
        List<string> changes = [];
        foreach ((int pictures, string what) in new[]
            { (update.Added, "new"), (update.Updated, "changed"), (update.Unchanged, "as before"), (update.Removed, "gone"),
                (update.OfOtherShards, "of other parts") })
            if (pictures > 0)
                changes.Add($"{pictures} {what}");
        string said = $"{count} {(count == 1 ? "picture is" : "pictures are")} searchable"
            + (changes.Count > 0 ? $" ({string.Join(", ", changes)})." : ".");
        if (update.Failures.Count > 0)
            passedOver.Add($"{update.Failures.Count} {(update.Failures.Count == 1 ? "is" : "are")} damaged or cannot be read: "
                + $"{update.Failures[0].Path}{(update.Failures.Count > 1 ? ", …" : ".")}");
        Shell.Say(string.Join(' ', passedOver.Prepend(said)));
    }

    private static FolderIndex Open(string directory, Clip clip, VectorType? type)
    {
        if (!EmbeddingIndex.Exists(directory))
            return FolderIndex.OpenOrCreate(directory, clip, type);
        FolderIndex index = FolderIndex.OpenOrCreate(directory, clip);
        if (type is not VectorType asked || asked == index.Index.VectorType)
            return index;
        index.Dispose();
        throw new InvalidDataException(
            $"{directory}: this index stores {WordFor(index.Index.VectorType)}, which stays as it is. Leave --type away, or make another "
                + $"index with {WordFor(asked)}.");
    }

    /// <summary>Reports all damage of an index, if there is one.</summary>
    private bool IsDamaged(string directory)
    {
        if (!EmbeddingIndex.Exists(directory))
            return false;
        IReadOnlyList<InvalidDataException> damage = EmbeddingIndex.FindDamage(directory, Shell.Cancellation);
        foreach (InvalidDataException part in damage)
            Shell.Fail(Failures.Describe(part, this));
        return damage.Count > 0;
    }

    private Facts FactsOf(ParseResult line, string directory)
    {
        using FolderIndex folder = _index.Open(line);
        EmbeddingIndex index = folder.Index;
        Facts facts = new();
        facts.Add("index", directory, kind: TextKind.Path);
        AddSpace(facts, index.Space, index.Width, index.VectorType);
        facts.Add("entries", index.Count);
        facts.Add("dead_rows", index.DeadRows);
        if (index.RowsInCells > 0)
            facts.Add("rows_in_cells", index.RowsInCells);
        facts.Add("stored_bytes", index.StoredBytes, Facts.Megabytes);
        if (line.GetValue(_verify))
            facts.Add("verified", (long)index.Count + index.DeadRows);
        return facts;
    }

    /// <summary>What the vectors are, wherever they are kept.</summary>
    private static void AddSpace(Facts facts, VectorSpace space, int width, VectorType type)
    {
        facts.Add("model", space.ModelName);
        facts.Add("fingerprint", space.Fingerprint);
        facts.Add("width", width);
        facts.Add("type", WordFor(type));
        if (space.PictureLine is string preparation && preparation != VectorSpace.UsualPictureLine)
            facts.Add("preparation", preparation);
    }

    private static void Add(Facts facts, FolderUpdate result)
    {
        facts.Add("added", result.Added);
        facts.Add("updated", result.Updated);
        facts.Add("reused", result.Reused);
        facts.Add("unchanged", result.Unchanged);
        facts.Add("removed", result.Removed);
        if (result.OfOtherShards > 0)
            facts.Add("of_other_shards", result.OfOtherShards);
        facts.Add("broken", result.Failures.Count);
    }

    private static string WordFor(VectorType type) => Array.Find(Types, choice => choice.Type == type).Word;
}
