namespace PureClip.Search;

/// <summary>What is done where indexes have different contents for one key.</summary>
public enum MergeConflict
{
    /// <summary>Nothing is merged; the error names the key and both indexes.</summary>
    Refuse,

    /// <summary>The entry whose file was modified last stays; where both were at the same time, nothing is merged.</summary>
    Newest,
}

/// <summary>How indexes become one.</summary>
public sealed record MergeOptions
{
    /// <summary>
    /// Whether keys are paths of pictures, as <see cref="FolderIndex"/> makes them: those that are relative to the folder that an index
    /// lies in are made relative to that of the merged one, or written in full. Otherwise keys stay as they are.
    /// </summary>
    public bool KeysArePaths { get; init; } = true;

    /// <summary>What is done where indexes have different contents for one key.</summary>
    public MergeConflict OnConflict { get; init; }
}

/// <summary>How far a merge is.</summary>
/// <param name="Done">Rows that are done: each is compared with its checksum, then copied where it is wanted.</param>
/// <param name="Total">How many there are of both.</param>
public readonly record struct MergeProgress(long Done, long Total);

/// <summary>What has come of a merge.</summary>
/// <param name="Entries">Entries of the merged index.</param>
/// <param name="Added">Those that are new in it.</param>
/// <param name="Updated">Those that were there, and have a newer content now.</param>
/// <param name="Duplicates">Entries that were not taken, because one with the same key stays.</param>
public sealed record MergeResult(int Entries, int Added, int Updated, int Duplicates);

/// <summary>
/// Makes one index of several of the same model and rules, such as those of shards (<see cref="ContentShard"/>). Vectors are copied bit for
/// bit, after everything was compared with its checksums. The merged index appears when it is complete, or is the old one; the same
/// indexes give the same entries in the same order, whatever the order in which they are named.
/// </summary>
public static class IndexMerge
{
    private const int RowsBetweenLooks = 1024, RowsOfACommit = 50_000;

    private const string ConflictKey = "PureClip.IndexMerge.Conflict";

    /// <summary>The key of which two indexes have different contents, where an error is about that; else null.</summary>
    /// <param name="error">What <see cref="Run"/> has thrown.</param>
    public static string? ConflictOf(Exception error)
    {
        ArgumentNullException.ThrowIfNull(error);
        return error.Data[ConflictKey] as string;
    }

    /// <summary>The error for two contents of one key.</summary>
    internal static InvalidDataException Conflict(string key, string message) => new(message) { Data = { [ConflictKey] = key } };

    /// <summary>Merges indexes.</summary>
    /// <param name="sources">Their folders, one or more; one that is named twice is taken once. They are not changed.</param>
    /// <param name="output">
    /// The folder of the merged index. Where there is one already, it is added to in one commit; it may be among the sources.
    /// </param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Leaves everything as it was.</param>
    /// <exception cref="FileNotFoundException">There is no index in one of the folders.</exception>
    /// <exception cref="InvalidDataException">
    /// One is damaged; they are of different models or rules, or store vectors in different ways; or there is a conflict. The message names
    /// the indexes.
    /// </exception>
    /// <exception cref="IOException">The output cannot be written, holds other files, or another process is writing to it.</exception>
    public static MergeResult Run(
        IReadOnlyList<string> sources, string output, MergeOptions? options = null, IProgress<MergeProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sources);
        ArgumentException.ThrowIfNullOrEmpty(output);
        if (sources.Count == 0 || sources.Any(string.IsNullOrEmpty))
            throw new ArgumentException("Name one index or more to be merged, each by its folder.", nameof(sources));
        RealPaths real = new();
        bool isThere = EmbeddingIndex.Exists(output);
        // What is there stays where a source says the same: it is the first.
        string[] paths = [.. (isThere ? sources.Prepend(output) : sources).DistinctBy(real.OfFolder)];
        using EmbeddingIndexWriter? writer = isThere ? EmbeddingIndexWriter.Open(output) : null; // locked before it is read
        List<Source> opened = [];
        try
        {
            foreach (string path in paths)
                opened.Add(Source.Open(path, opened));
            Tally tally = new(progress, opened.Sum(static source => 2L * source.Index.Count));
            foreach (Source source in opened)
            {
                source.RequireIntact(cancellationToken);
                tally.Add(source.Index.Count);
            }
            MergePlan plan = MergePlan.Of(opened, isThere, output, options ?? new(), cancellationToken);
            if (writer is null)
                WriteNew(output, opened, plan, tally, cancellationToken);
            else
                WriteInto(writer, opened, plan, tally, cancellationToken);
            tally.Finish();
            return new(plan.Kept + plan.Taken.Length, plan.Taken.Length - plan.Updated, plan.Updated, plan.Duplicates);
        }
        finally
        {
            foreach (Source source in opened)
                source.Index.Release();
        }
    }

    private static void WriteNew(string output, List<Source> sources, MergePlan plan, Tally tally, CancellationToken cancellationToken)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(output));
        if (File.Exists(full))
            throw new IOException($"{output} is a file. Give the name of a folder for the merged index.");
        RequireRoom(output, full);
        // One name for all attempts, so that what a killed one has left does not stay.
        string temporary = Path.Combine(Path.GetDirectoryName(full)!, $".{Path.GetFileName(full)}.merging");
        DeleteLeft(temporary);
        bool isDone = false;
        try
        {
            using (EmbeddingIndexWriter writer = EmbeddingIndexWriter.Create(temporary, SpaceOf(sources), sources[0].Index.Vectors.Type))
            {
                Copy(sources, plan, writer, RowsOfACommit, tally, cancellationToken);
                writer.Commit();
            }
            DeleteLeft(full);
            Directory.Move(temporary, full);
            isDone = true;
        }
        finally
        {
            if (!isDone && Directory.Exists(temporary))
                Directory.Delete(temporary, recursive: true);
        }
    }

    private static void WriteInto(
        EmbeddingIndexWriter writer, List<Source> sources, MergePlan plan, Tally tally, CancellationToken cancellationToken)
    {
        writer.RequireSpace(SpaceOf(sources));
        Copy(sources, plan, writer, int.MaxValue, tally, cancellationToken);
        writer.Commit();
    }

    private static void Copy(
        List<Source> sources, MergePlan plan, EmbeddingIndexWriter writer, int rowsOfACommit, Tally tally,
        CancellationToken cancellationToken)
    {
        byte[] row = new byte[sources[0].Index.Vectors.RowBytes];
        int copied = 0;
        foreach ((string key, int number, int entry) in plan.Taken)
        {
            IndexSnapshot index = sources[number].Index;
            index.Vectors.CopyBytes(index.Rows[entry], row);
            writer.AddStored(index[entry] with { Key = key }, row);
            if (++copied % rowsOfACommit == 0)
                writer.Commit();
            if (copied % RowsBetweenLooks != 0)
                continue;
            cancellationToken.ThrowIfCancellationRequested();
            tally.Add(RowsBetweenLooks);
        }
        cancellationToken.ThrowIfCancellationRequested();
    }

    private static VectorSpace SpaceOf(List<Source> sources) =>
        sources.Select(static source => source.Index.Space).Aggregate(static (space, other) => space.Or(other));

    private static void RequireRoom(string output, string full)
    {
        if (Path.GetDirectoryName(full) is not string parent || !Directory.Exists(parent))
            throw new IOException($"{output} cannot be written: its folder does not exist. Create it first.");
        if (Directory.Exists(full) && !new IndexFiles(full).HoldsNothingElse)
            throw new IOException($"{output}: the folder holds other files. Choose a new folder for the index.");
    }

    /// <summary>Deletes a folder in which a killed writer has begun an index.</summary>
    /// <exception cref="IOException">It is at work, or the folder holds something else.</exception>
    private static void DeleteLeft(string folder)
    {
        if (!Directory.Exists(folder))
            return;
        IndexFiles files = new(folder);
        if (!files.HoldsNothingElse)
            throw new IOException($"{folder}: this folder is needed, and holds other files. Move them away.");
        files.TakeLock().Dispose();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>An index that is merged.</summary>
    internal sealed record Source(string Path, IndexSnapshot Index)
    {
        /// <summary>Opens an index whose vectors belong with those of others.</summary>
        public static Source Open(string path, IEnumerable<Source> others)
        {
            Source source = new(path, IndexSnapshot.Open(path, new()));
            try
            {
                foreach (Source other in others)
                    source.RequireLike(other);
                return source;
            }
            catch
            {
                source.Index.Release();
                throw;
            }
        }

        public void RequireIntact(CancellationToken cancellationToken)
        {
            if (Index.Stored!.DamageOf(Index.Vectors, cancellationToken) is InvalidDataException damage)
                throw damage;
        }

        private void RequireLike(Source other)
        {
            (VectorSpace mine, VectorSpace theirs) = (Index.Space, other.Index.Space);
            if (!mine.Fits(theirs, VectorKinds.None))
                throw new InvalidDataException($"{Path} was made with the model {Label(mine)}, {other.Path} with {Label(theirs)}: their "
                    + "vectors mean different things. Merge indexes of one model.");
            if (!mine.Fits(theirs, VectorKinds.All))
                throw new InvalidDataException($"{Path} was made with [{Rules(mine)}], {other.Path} with [{Rules(theirs)}], which give "
                    + "different vectors. Merge indexes that were made by the same rules.");
            if (Index.Vectors.Type != other.Index.Vectors.Type)
                throw new InvalidDataException($"{Path} stores vectors as {Index.Vectors.Type}, {other.Path} as "
                    + $"{other.Index.Vectors.Type}. Merge indexes of one type: none is rounded anew.");
        }

        private static string Label(VectorSpace space) => $"{space.ModelName} ({space.Fingerprint}, {space.Width} numbers)".TrimStart();

        private static string Rules(VectorSpace space) =>
            string.Join("; ", new[] { space.PictureLine, space.TextLine }.OfType<string>());
    }

    /// <summary>Counts rows for whoever looks on.</summary>
    private sealed class Tally(IProgress<MergeProgress>? progress, long total)
    {
        private long _done;

        public void Add(int rows) => progress?.Report(new(_done += rows, total));

        public void Finish() => progress?.Report(new(total, total));
    }
}

/// <summary>Which entries a merged index takes, and from where.</summary>
internal sealed class MergePlan
{
    private const int EntriesBetweenLooks = 1 << 16;

    /// <summary>What is to be written, in the order of the keys: their ordinal one, so that it depends on nothing else.</summary>
    public (string Key, int Source, int Entry)[] Taken { get; private init; } = [];

    /// <summary>Entries of the first index that stay where they are.</summary>
    public int Kept { get; private init; }

    /// <summary>Of those that are written, how many take the place of one in the first index.</summary>
    public int Updated { get; private init; }

    /// <summary>Entries that are not taken.</summary>
    public int Duplicates { get; private init; }

    /// <summary>Decides.</summary>
    /// <param name="sources">The indexes.</param>
    /// <param name="isFirstThere">Whether the first of them is the one that is added to.</param>
    /// <param name="output">Where the merged index will lie.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Looked at now and then.</param>
    /// <exception cref="InvalidDataException">Two indexes have different contents for one key.</exception>
    public static MergePlan Of(
        List<IndexMerge.Source> sources, bool isFirstThere, string output, MergeOptions options, CancellationToken cancellationToken)
    {
        PictureKeys keys = new(output);
        Dictionary<string, (int Source, int Entry)> chosen = new(sources.Max(static source => source.Index.Count), StringComparer.Ordinal);
        HashSet<string> updated = new(StringComparer.Ordinal);
        int duplicates = 0;
        for (int number = 0; number < sources.Count; number++)
        {
            IndexSnapshot index = sources[number].Index;
            PictureKeys theirs = new(sources[number].Path);
            for (int entry = 0; entry < index.Count; entry++)
            {
                if (entry % EntriesBetweenLooks == 0)
                    cancellationToken.ThrowIfCancellationRequested();
                string key = options.KeysArePaths ? keys.KeyFrom(theirs, index.KeyOf(entry)) : index.KeyOf(entry);
                if (chosen.TryAdd(key, (number, entry)))
                    continue;
                duplicates++;
                (int otherNumber, int otherEntry) = chosen[key];
                if (!IsNewer(key, sources[number], entry, sources[otherNumber], otherEntry, options))
                    continue;
                chosen[key] = (number, entry);
                if (isFirstThere && otherNumber == 0)
                    updated.Add(key);
            }
        }
        (string Key, int, int)[] taken = [.. chosen
            .Where(choice => !isFirstThere || choice.Value.Source > 0)
            .Select(static choice => (choice.Key, choice.Value.Source, choice.Value.Entry))];
        Array.Sort(taken, static (a, b) => string.CompareOrdinal(a.Key, b.Key));
        return new() { Taken = taken, Kept = chosen.Count - taken.Length, Updated = updated.Count, Duplicates = duplicates };
    }

    /// <summary>Whether an entry counts before another of the same key.</summary>
    private static bool IsNewer(
        string key, IndexMerge.Source source, int entry, IndexMerge.Source other, int otherEntry, MergeOptions options)
    {
        (IndexEntry mine, IndexEntry theirs) = (source.Index[entry], other.Index[otherEntry]);
        bool isSame = mine.ContentHash == theirs.ContentHash
            && (mine.ContentHash != default || IsSameRow(source.Index, entry, other.Index, otherEntry));
        if (!isSame && (options.OnConflict == MergeConflict.Refuse || mine.Modified == theirs.Modified))
            throw IndexMerge.Conflict(key, $"{key} has one content in {other.Path} and another in {source.Path}"
                + (options.OnConflict == MergeConflict.Refuse ? ". Bring both up to date, or have the newest count."
                    : ", both of the same time. Bring both up to date."));
        return mine.Modified > theirs.Modified; // of one content, what is known last of its file
    }

    private static bool IsSameRow(IndexSnapshot index, int entry, IndexSnapshot other, int otherEntry)
    {
        byte[] row = new byte[index.Vectors.RowBytes], otherRow = new byte[other.Vectors.RowBytes];
        index.Vectors.CopyBytes(index.Rows[entry], row);
        other.Vectors.CopyBytes(other.Rows[otherEntry], otherRow);
        return row.AsSpan().SequenceEqual(otherRow);
    }
}
