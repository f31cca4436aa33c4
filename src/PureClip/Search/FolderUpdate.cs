using System.Buffers.Binary;
using System.Diagnostics;
using System.Security.Cryptography;

namespace PureClip.Search;

/// <summary>How an index is brought up to date with its pictures.</summary>
public sealed record FolderUpdateOptions
{
    /// <summary>
    /// Whether every entry whose file is gone is removed, wherever it was; without it, only those below the folders that are named.
    /// </summary>
    public bool PruneAll { get; init; }

    /// <summary>
    /// Whether the space of removed and replaced entries is given back; without it, that is done when they are more than the others.
    /// </summary>
    public bool Compact { get; init; }
}

/// <summary>How far an update is.</summary>
/// <param name="Done">Pictures that are done, of those that are new or have changed.</param>
/// <param name="Total">How many these are.</param>
public readonly record struct FolderProgress(int Done, int Total);

/// <summary>A picture that could not be read.</summary>
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
/// <param name="Failures">Pictures that could not be read.</param>
public sealed record FolderUpdate(int Added, int Updated, int Unchanged, int Reused, int Removed, IReadOnlyList<PictureFailure> Failures);

/// <summary>
/// Brings an index up to date with pictures. A file whose size and time are those of its entry is passed over; another is hashed, and
/// computed only if no entry has its content: files that were touched, moved, renamed or copied cost no more than being read.
/// </summary>
/// <param name="clip">The index's model; null where nothing will have to be computed.</param>
/// <param name="writer">The index.</param>
/// <param name="keys">How it names pictures.</param>
/// <param name="progress">Told how far it is.</param>
/// <param name="cancellationToken">Looked at before every picture.</param>
internal sealed class FolderUpdater(
    Clip? clip, EmbeddingIndexWriter writer, PictureKeys keys, IProgress<FolderProgress>? progress, CancellationToken cancellationToken)
{
    // With the pause between commits, all that a kill can lose: two seconds of ViT-B/32 on two cores.
    private const int PicturesAtATime = 32;

    // Rewriting a small index gains nothing; a large one is rewritten when half of it is dead.
    private const int FewDeadRows = 1000;

    // A commit takes two flushes to disk: 2 ms on a solid-state disk, some 30 ms on one that turns.
    private static readonly TimeSpan BetweenCommits = TimeSpan.FromSeconds(0.5);

    private readonly List<PictureFailure> _failures = [];
    private readonly Stopwatch _sinceCommit = Stopwatch.StartNew();
    private int _added, _updated, _unchanged, _reused;

    /// <summary>A picture whose file is new or has changed.</summary>
    private readonly record struct Candidate(string Path, IndexEntry Entry);

    /// <summary>Adds and updates pictures, and removes entries whose files are gone.</summary>
    /// <param name="pictures">The pictures that were found.</param>
    /// <param name="folders">Where they were looked for.</param>
    /// <param name="options">What else is to be done.</param>
    /// <param name="isAsync">Whether it may wait without a thread; otherwise it is done when this returns.</param>
    /// <exception cref="OperationCanceledException">Interrupted; what was done until then is committed.</exception>
    public async ValueTask<FolderUpdate> Run(
        IReadOnlyCollection<string> pictures, IReadOnlyCollection<string> folders, FolderUpdateOptions options, bool isAsync)
    {
        Candidate[] candidates = [.. Candidates(pictures)];
        try
        {
            int done = 0;
            foreach (Candidate[] some in candidates.Chunk(PicturesAtATime))
            {
                await Add(some, isAsync).ConfigureAwait(false);
                progress?.Report(new(done += some.Length, candidates.Length));
                CommitNowAndThen();
            }
        }
        catch (OperationCanceledException)
        {
            writer.Commit();
            throw;
        }
        int removed = options.PruneAll ? Remove(_ => true) : RemoveBelow(folders, pictures);
        writer.Commit();
        if (writer.DeadRows > (options.Compact ? 0 : Math.Max(writer.Count, FewDeadRows)))
            writer.Compact(cancellationToken);
        return new(_added, _updated, _unchanged, _reused, removed, _failures);
    }

    private IEnumerable<Candidate> Candidates(IEnumerable<string> pictures)
    {
        HashSet<string> seen = [];
        foreach (string path in pictures)
        {
            cancellationToken.ThrowIfCancellationRequested();
            string key = keys.KeyOf(path);
            if (!seen.Add(key))
                continue;
            FileInfo file = new(path);
            if (!file.Exists)
                _failures.Add(new(path, new FileNotFoundException("it has vanished.")));
            else if (writer.TryFind(key, out IndexEntry entry) && entry.Size == file.Length && entry.Modified == file.LastWriteTimeUtc)
                _unchanged++;
            else
                yield return new(path, new(key, file.Length, file.LastWriteTimeUtc));
        }
    }

    private async ValueTask Add(Candidate[] candidates, bool isAsync)
    {
        List<Candidate> toCompute = [];
        foreach (Candidate candidate in candidates)
            if (await WithHash(candidate, isAsync).ConfigureAwait(false) is Candidate hashed && !TryReuse(hashed))
                toCompute.Add(hashed);
        if (toCompute.Count == 0)
            return;
        ImageSource[] sources = [.. toCompute.Select(candidate => ImageSource.FromFile(candidate.Path))];
        if (isAsync)
            await foreach (ImageResult result in RequireClip().EncodeEachAsync(sources, cancellationToken).ConfigureAwait(false))
                Take(toCompute[result.Index], result);
        else
            foreach (ImageResult result in RequireClip().EncodeEach(sources, cancellationToken))
                Take(toCompute[result.Index], result);
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

    private async ValueTask<Candidate?> WithHash(Candidate candidate, bool isAsync)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            UInt128 hash = isAsync
                ? await ContentHash.OfFileAsync(candidate.Path, cancellationToken).ConfigureAwait(false)
                : ContentHash.OfFile(candidate.Path);
            return candidate with { Entry = candidate.Entry with { ContentHash = hash } };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Reject(candidate, e);
            return null;
        }
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

    private void CommitNowAndThen()
    {
        if (_sinceCommit.Elapsed < BetweenCommits)
            return;
        writer.Commit();
        _sinceCommit.Restart();
    }

    /// <summary>
    /// Removes the entries whose files were in some folders and are gone. A folder in which no picture was found is passed over: more
    /// likely its disk is not there than that every picture was deleted.
    /// </summary>
    private int RemoveBelow(IEnumerable<string> folders, IReadOnlyCollection<string> found)
    {
        string[] pictures = [.. found.Select(Path.GetFullPath)];
        string[] roots = [.. folders.Where(Directory.Exists).Select(Path.GetFullPath)
            .Where(root => pictures.Any(picture => PictureKeys.IsBelow(root, picture)))];
        HashSet<string> present = [.. pictures];
        return Remove(path => !present.Contains(path) && roots.Any(root => PictureKeys.IsBelow(root, path)));
    }

    private int Remove(Func<string, bool> concerns)
    {
        int removed = 0;
        foreach (string key in writer.Keys.ToArray())
        {
            cancellationToken.ThrowIfCancellationRequested();
            string path = keys.FullPathOf(key);
            if (concerns(path) && !File.Exists(path) && writer.Remove(key))
                removed++;
        }
        return removed;
    }

    private Clip RequireClip() => clip ?? throw new InvalidOperationException("The index was opened without a model, so no picture can be "
        + "added. Open it with one.");
}

/// <summary>Tells the contents of files apart: the first 16 bytes of their SHA-256.</summary>
public static class ContentHash
{
    /// <summary>The hash of a file.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static UInt128 OfFile(string path)
    {
        using FileStream stream = Open(path, FileOptions.SequentialScan);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(stream, hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }

    /// <summary>The hash of a file, read without holding a thread.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static async ValueTask<UInt128> OfFileAsync(string path, CancellationToken cancellationToken = default)
    {
        using FileStream stream = Open(path, FileOptions.SequentialScan | FileOptions.Asynchronous);
        return BinaryPrimitives.ReadUInt128BigEndian(await SHA256.HashDataAsync(stream, cancellationToken).ConfigureAwait(false));
    }

    private static FileStream Open(string path, FileOptions options) =>
        new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, options);
}
