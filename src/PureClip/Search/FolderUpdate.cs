using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using PureClip.Files;
using PureClip.Imaging;

namespace PureClip.Search;

/// <summary>How an index is brought up to date with its pictures.</summary>
public sealed record FolderUpdateOptions
{
    /// <summary>
    /// Whether every entry whose file is gone is removed, wherever it was; without it, only those below the folders that are named, and
    /// not where a folder has no picture left: its disk may be away. What cannot be looked at is never gone.
    /// </summary>
    public bool PruneAll { get; init; }

    /// <summary>
    /// Whether the space of removed and replaced entries is given back; without it, that is done when they are more than the others.
    /// </summary>
    public bool Compact { get; init; }

    /// <summary>
    /// Only contents of this part; null for all. Every file is read, to know its content, unless it is in the index and has not changed;
    /// an entry whose file has got a content of another part is removed.
    /// </summary>
    public ContentShard? Shard { get; init; }
}

/// <summary>How far an update is.</summary>
/// <param name="Done">Pictures that are done and committed, of those that are new or have changed.</param>
/// <param name="Total">How many these are.</param>
public readonly record struct FolderProgress(int Done, int Total);

/// <summary>A picture, or a folder, that could not be read.</summary>
/// <param name="Path">Its path.</param>
/// <param name="Error">Why.</param>
public readonly record struct PictureFailure(string Path, Exception Error);

/// <summary>What became of the pictures that an index was brought up to date with.</summary>
/// <param name="Added">Pictures that are in the index now and were not before.</param>
/// <param name="Updated">Pictures that were there, but whose file has changed.</param>
/// <param name="Unchanged">Pictures whose file is as it was.</param>
/// <param name="Reused">
/// Of those that were added or updated, the ones whose content was there already, so that nothing had to be computed.
/// </param>
/// <param name="Removed">Entries that are gone with their files.</param>
/// <param name="Failures">Pictures and folders that could not be read.</param>
public sealed record FolderUpdate(int Added, int Updated, int Unchanged, int Reused, int Removed, IReadOnlyList<PictureFailure> Failures)
{
    /// <summary>Folders whose entries stay though their files are not to be seen.</summary>
    public IReadOnlyList<FolderEntries> Kept { get; init; } = [];

    /// <summary>Whole folders that are gone, and their entries with them; nothing where all entries were asked for.</summary>
    public IReadOnlyList<FolderEntries> Gone { get; init; } = [];

    /// <summary>As <see cref="FolderScan.PassedOver"/>, of folders that were looked through here, and of tar files.</summary>
    public IReadOnlyDictionary<string, int> PassedOver { get; init; } = new Dictionary<string, int>();

    /// <summary>
    /// How many entries of tar files were passed over because they are no files, or have names that lead out of the tar file, by what they
    /// are: "link", "device", …
    /// </summary>
    public IReadOnlyDictionary<string, int> PassedOverInTars { get; init; } = new Dictionary<string, int>();

    /// <summary>Pictures whose contents are of other parts: <see cref="FolderUpdateOptions.Shard"/>.</summary>
    public int OfOtherShards { get; init; }
}

/// <summary>Entries of a folder.</summary>
/// <param name="Folder">The folder.</param>
/// <param name="Count">Entries below it that are concerned.</param>
public readonly record struct FolderEntries(string Folder, int Count);

/// <summary>
/// Brings an index up to date with pictures. A file whose size and time are those of its entry is passed over; another is read once and
/// hashed, and these bytes are computed only if no entry has their content: files that were touched, moved, renamed or copied cost no more
/// than being read.
/// </summary>
/// <param name="clip">The index's model; null where nothing will have to be computed.</param>
/// <param name="writer">The index, on disk or elsewhere.</param>
/// <param name="keys">How it names pictures.</param>
/// <param name="progress">Told how far it is.</param>
/// <param name="cancellationToken">Looked at before every picture.</param>
internal sealed class FolderUpdater(
    Clip? clip, IEntryStore writer, PictureKeys keys, IProgress<FolderProgress>? progress, CancellationToken cancellationToken)
{
    // With the pause between commits, all that a kill can lose: two seconds of ViT-B/32 on two cores.
    private const int PicturesAtATime = 32;

    // Files are in memory between being hashed and being decoded; 32 usual ones stay far below this.
    private const long BytesAtATime = 64 << 20;

    // Rewriting a small index gains nothing; a large one is rewritten when half of it is dead.
    private const int FewDeadRows = 1000;

    // A commit takes two flushes to disk: 2 ms on a solid-state disk, some 30 ms on one that turns.
    private static readonly TimeSpan BetweenCommits = TimeSpan.FromSeconds(0.5);

    private readonly List<PictureFailure> _failures = [];
    private readonly RealPaths _real = new();
    private readonly HashSet<string> _found = [];
    private readonly SortedDictionary<string, int> _kept = new(StringComparer.Ordinal), _gone = new(StringComparer.Ordinal);
    private readonly ImageDecoderOptions? _limits = clip?.DecoderLimits;
    private TarPictures? _tars;
    private ContentShard? _shard;
    private readonly Stopwatch _sinceCommit = new(); // runs from the first on, which comes at once: a full disk is better known early
    private int _added, _updated, _unchanged, _reused, _ofOtherShards, _removed;

    /// <summary>A picture whose file is new or has changed.</summary>
    private readonly record struct Candidate(string Path, IndexEntry Entry, ReadOnlyMemory<byte> File = default)
    {
        public bool IsInTar { get; init; }
    }

    /// <summary>Adds and updates pictures, and removes entries whose files are gone.</summary>
    /// <param name="pictures">The pictures that were found.</param>
    /// <param name="folders">Where they were looked for.</param>
    /// <param name="options">What else is to be done.</param>
    /// <param name="isAsync">Whether it may wait without a thread; otherwise it is done when this returns.</param>
    /// <exception cref="OperationCanceledException">Interrupted; what was done until then is committed.</exception>
    public async ValueTask<FolderUpdate> Run(
        IReadOnlyCollection<string> pictures, IReadOnlyCollection<string> folders, FolderUpdateOptions options, bool isAsync)
    {
        _shard = options.Shard;
        using TarPictures tars = _tars = new(PictureFiles.ExtensionsOf(clip?.Decoders), _limits, _real, _failures);
        NameWithoutLinks();
        Candidate[] candidates = [.. Candidates(pictures)];
        try
        {
            await AddAll(candidates, isAsync).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            await Commit(isAsync, CancellationToken.None).ConfigureAwait(false);
            throw;
        }
        int removed = options.PruneAll ? Remove((_, path) => IsGone(path)) : RemoveBelow(folders);
        await Commit(isAsync, cancellationToken).ConfigureAwait(false);
        if (writer.DeadRows > (options.Compact ? 0 : Math.Max(writer.Count, FewDeadRows)))
            writer.Compact(cancellationToken);
        return new(_added, _updated, _unchanged, _reused, removed + _removed, _failures)
        {
            OfOtherShards = _ofOtherShards,
            PassedOver = tars.Others,
            PassedOverInTars = tars.PassedOver,
            Kept = [.. _kept.Select(folder => new FolderEntries(folder.Key, folder.Value))],
            Gone = [.. _gone.Select(folder => new FolderEntries(folder.Key, folder.Value))],
        };
    }

    /// <summary>Gives entries that were added through links the names that they have now: their vectors stay.</summary>
    private void NameWithoutLinks()
    {
        foreach (string key in writer.Keys.ToArray())
        {
            cancellationToken.ThrowIfCancellationRequested();
            string name = keys.KeyOf(keys.FullPathOf(key), _real);
            if (name == key || !writer.TryFind(key, out IndexEntry entry))
                continue;
            if (!writer.TryFind(name, out _))
                writer.AddCopy(entry with { Key = name }, key);
            writer.Remove(key);
        }
    }

    private IEnumerable<Candidate> Candidates(IEnumerable<string> pictures)
    {
        foreach (string path in pictures)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (TarMember.IsTar(path) && File.Exists(path))
            {
                foreach (Candidate candidate in CandidatesIn(path))
                    yield return candidate;
                continue;
            }
            string key = keys.KeyOf(path, _real);
            if (!_found.Add(key))
                continue;
            FileInfo file = new(path);
            if (IsTooLong(path, key))
                continue;
            if (!file.Exists)
                _failures.Add(new(path, new FileNotFoundException("it has vanished.")));
            else if (writer.TryFind(key, out IndexEntry entry) && entry.Size == file.Length && entry.Modified == file.LastWriteTimeUtc)
                _unchanged++;
            else
                yield return new(path, new(key, file.Length, file.LastWriteTimeUtc));
        }
    }

    /// <summary>Those of a tar file: a picture is as it was while its size and the time of the tar file are.</summary>
    private IEnumerable<Candidate> CandidatesIn(string tar)
    {
        foreach ((string path, long size, DateTime modified) in _tars!.In(tar))
        {
            cancellationToken.ThrowIfCancellationRequested();
            string key = keys.KeyOf(path, _real);
            if (!_found.Add(key) || IsTooLong(path, key))
                continue;
            if (writer.TryFind(key, out IndexEntry entry) && entry.Size == size && entry.Modified == modified)
                _unchanged++;
            else
                yield return new(path, new(key, size, modified)) { IsInTar = true };
        }
    }

    private bool IsTooLong(string path, string key)
    {
        if (key.Length <= writer.MaxKeyBytes / 3 || Encoding.UTF8.GetByteCount(key) <= writer.MaxKeyBytes)
            return false;
        _failures.Add(new(path, new InvalidDataException($"its path is longer than the {writer.MaxKeyBytes} bytes that can be kept.")));
        return true;
    }

    private async ValueTask AddAll(Candidate[] candidates, bool isAsync)
    {
        List<Candidate> toCompute = [];
        int sinceReport = 0;
        long bytes = 0;
        for (int done = 1; done <= candidates.Length; done++)
        {
            if (await Read(candidates[done - 1], isAsync).ConfigureAwait(false) is Candidate read && IsWanted(read) && !TryReuse(read))
            {
                toCompute.Add(read);
                bytes += read.File.Length;
            }
            if (++sinceReport < PicturesAtATime && bytes < BytesAtATime && done < candidates.Length)
                continue;
            await Compute(toCompute, isAsync).ConfigureAwait(false);
            toCompute.Clear();
            (bytes, sinceReport) = (0, 0);
            if (done < candidates.Length && _sinceCommit.IsRunning && _sinceCommit.Elapsed < BetweenCommits)
                continue;
            await Commit(isAsync, cancellationToken).ConfigureAwait(false);
            _sinceCommit.Restart();
            progress?.Report(new(done, candidates.Length)); // what is told stays
        }
    }

    private ValueTask Commit(bool isAsync, CancellationToken cancellation)
    {
        if (isAsync)
            return writer.CommitAsync(cancellation);
        writer.Commit();
        return ValueTask.CompletedTask;
    }

    private async ValueTask Compute(List<Candidate> candidates, bool isAsync)
    {
        if (candidates.Count == 0)
            return;
        ImageSource[] sources = [.. candidates.Select(candidate => ImageSource.FromBytes(candidate.File, candidate.Path))];
        if (isAsync)
            await foreach (ImageResult result in RequireClip().EncodeEachAsync(sources, cancellationToken).ConfigureAwait(false))
                Take(candidates[result.Index], result);
        else
            foreach (ImageResult result in RequireClip().EncodeEach(sources, cancellationToken))
                Take(candidates[result.Index], result);
    }

    private void Take(Candidate candidate, ImageResult result)
    {
        if (result.Error is not null)
        {
            Reject(candidate, result.Error);
            return;
        }
        Count(candidate);
        writer.Add(candidate.Entry, result.Embedding);
    }

    private async ValueTask<Candidate?> Read(Candidate candidate, bool isAsync)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            ReadOnlyMemory<byte> file = candidate.IsInTar && TarMember.TryParse(candidate.Path, out TarMember member)
                ? _tars!.Read(member)
                : isAsync
                ? await ImageFormats.ReadFileAsync(candidate.Path, _limits, cancellationToken).ConfigureAwait(false)
                : ImageFormats.ReadFile(candidate.Path, _limits);
            IndexEntry entry = candidate.Entry with { Size = file.Length, ContentHash = ContentHash.Of(file.Span) };
            return candidate with { Entry = entry, File = file };
        }
        catch (InvalidDataException e)
        {
            Reject(candidate, new InvalidDataException($"{candidate.Path}: {e.Message}", e));
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Reject(candidate, e);
            return null;
        }
    }

    /// <summary>Whether a content is of the part that was asked for; another's entry is not for this index.</summary>
    private bool IsWanted(Candidate candidate)
    {
        if (_shard?.Contains(candidate.Entry.ContentHash) != false)
            return true;
        _ofOtherShards++;
        if (!writer.IsShared && writer.Remove(candidate.Entry.Key))
            _removed++;
        return false;
    }

    private bool TryReuse(Candidate candidate)
    {
        if (!writer.TryFindContent(candidate.Entry.ContentHash, out IndexEntry same))
            return false;
        Count(candidate);
        _reused++;
        writer.AddCopy(candidate.Entry, same.Key);
        return true;
    }

    private void Count(Candidate candidate)
    {
        if (writer.TryFind(candidate.Entry.Key, out _))
            _updated++;
        else
            _added++;
    }

    private void Reject(Candidate candidate, Exception reason)
    {
        _failures.Add(new(candidate.Path, reason));
        if (reason is InvalidDataException)
            // the vector is that of a picture that is no more; a disk that fails for a while says nothing
            writer.Remove(candidate.Entry.Key);
    }

    /// <summary>
    /// Removes the entries whose files were in some folders and are gone. Where the nearest folder that is still there has no picture, at
    /// whatever depth, they stay: more likely its disk is away, or it cannot be read, than that every picture was deleted.
    /// </summary>
    private int RemoveBelow(IEnumerable<string> folders)
    {
        string[] roots = [.. folders.Where(Directory.Exists).Select(_real.OfFolder)];
        HashSet<string> withPictures = [];
        foreach (string key in _found)
            for (string? folder = keys.FullPathOf(key); (folder = Path.GetDirectoryName(folder)) is not null && withPictures.Add(folder);)
            {
            }
        return Remove((key, path) => !_found.Contains(key) && (_tars!.IsOfWhole(path)
            || (roots.Any(root => PictureKeys.IsBelow(root, path)) && IsGone(path)
                && (withPictures.Contains(NearestFolder(path)) ? TellGone(path) : Keep(path)))));
    }

    private int Remove(Func<string, string, bool> isDue)
    {
        int removed = 0;
        foreach (string key in writer.Keys.ToArray())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (isDue(key, keys.FullPathOf(key)) && writer.Remove(key))
                removed++;
        }
        return removed;
    }

    /// <summary>Whether a file is certainly not there: what cannot be looked at may be.</summary>
    private bool IsGone(string path)
    {
        try
        {
            return File.GetAttributes(path).HasFlag(FileAttributes.ReparsePoint) && !File.Exists(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return !TarMember.TryParse(path, out TarMember member) || IsGone(member.Tar); // of one that is there, its own reading tells
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Keep(path);
        }
    }

    private bool Keep(string path)
    {
        string folder = NearestFolder(path);
        _kept[folder] = _kept.GetValueOrDefault(folder) + 1;
        return false;
    }

    private bool TellGone(string path)
    {
        string near = NearestFolder(path), folder = path;
        for (string? above = Path.GetDirectoryName(path); above is not null && above != near; above = Path.GetDirectoryName(above))
            folder = above;
        if (folder != path)
            _gone[folder] = _gone.GetValueOrDefault(folder) + 1;
        return true;
    }

    private static string NearestFolder(string path)
    {
        string folder = Path.GetDirectoryName(path)!;
        while (!Directory.Exists(folder) && Path.GetDirectoryName(folder) is string parent)
            folder = parent;
        return folder;
    }

    private Clip RequireClip() => clip ?? throw new InvalidOperationException("The index was opened without a model, so no picture can be "
        + "added. Open it with one.");
}

/// <summary>Tells the contents of files apart: the first 16 bytes of their SHA-256.</summary>
public static class ContentHash
{
    /// <summary>The hash of a file's bytes.</summary>
    public static UInt128 Of(ReadOnlySpan<byte> file) => BinaryPrimitives.ReadUInt128BigEndian(Sha256.Of(file));

    /// <summary>The hash of a file.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static UInt128 OfFile(string path)
    {
        using FileStream stream = Open(path, FileOptions.SequentialScan);
        return BinaryPrimitives.ReadUInt128BigEndian(Sha256.Of(stream));
    }

    /// <summary>The hash of a file, read without holding a thread.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static async ValueTask<UInt128> OfFileAsync(string path, CancellationToken cancellationToken = default)
    {
        using FileStream stream = Open(path, FileOptions.SequentialScan | FileOptions.Asynchronous);
        return BinaryPrimitives.ReadUInt128BigEndian(await Sha256.OfAsync(stream, cancellationToken).ConfigureAwait(false));
    }

    private static FileStream Open(string path, FileOptions options) =>
        new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, options);
}
