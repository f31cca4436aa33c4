using System.Buffers.Binary;
using System.Diagnostics;
using System.Security.Cryptography;
using PureClip.Cli.Output;
using PureClip.Search;

namespace PureClip.Cli.Indexing;

/// <summary>
/// Brings an index up to date with pictures. A file whose size and time are those of its entry is passed over; another is hashed, and computed only if no
/// entry has its content: files that were touched, moved, renamed or copied cost no more than being read.
/// </summary>
/// <param name="clip">The index's model.</param>
/// <param name="writer">The index.</param>
/// <param name="paths">How it names pictures.</param>
/// <param name="shell">Where progress is shown.</param>
internal sealed class PictureIndexer(Clip clip, EmbeddingIndexWriter writer, IndexedPaths paths, Shell shell)
{
    // With the pause between commits, all that a kill can lose: two seconds of ViT-B/32 on two cores.
    private const int PicturesAtATime = 32;

    // A commit takes two flushes to disk: 2 ms on a solid-state disk, some 30 ms on one that turns.
    private static readonly TimeSpan BetweenCommits = TimeSpan.FromSeconds(0.5);

    private readonly IndexingResult _result = new();
    private readonly Stopwatch _sinceCommit = new();

    /// <summary>A picture whose file is new or has changed.</summary>
    private readonly record struct Candidate(string Path, IndexEntry Entry);

    /// <summary>Adds and updates pictures.</summary>
    /// <exception cref="OperationCanceledException">The user has interrupted; what was done until then is committed.</exception>
    public IndexingResult Run(IReadOnlyList<string> pictures)
    {
        Candidate[] candidates = [.. Candidates(pictures)];
        using ProgressLine progress = shell.StartProgress(candidates.Length, "pictures", streams: false);
        _sinceCommit.Start();
        try
        {
            int done = 0;
            foreach (Candidate[] some in candidates.Chunk(PicturesAtATime))
            {
                Index(some);
                progress.Report(done += some.Length);
                CommitNowAndThen();
            }
        }
        catch (OperationCanceledException)
        {
            writer.Commit();
            shell.Note($"{writer.Count} pictures are in the index; the same command goes on from there.");
            throw;
        }
        writer.Commit();
        return _result;
    }

    private IEnumerable<Candidate> Candidates(IReadOnlyList<string> pictures)
    {
        HashSet<string> seen = [];
        foreach (string path in pictures)
        {
            shell.Cancellation.ThrowIfCancellationRequested();
            string key = paths.ToKey(path);
            if (!seen.Add(key))
                continue;
            FileInfo file = new(path);
            if (!file.Exists)
                _result.Broken.Add((path, new FileNotFoundException("it has vanished.")));
            else if (writer.TryFind(key, out IndexEntry entry) && entry.Size == file.Length && entry.Modified == file.LastWriteTimeUtc)
                _result.Unchanged++;
            else
                yield return new(path, new(key, file.Length, file.LastWriteTimeUtc));
        }
    }

    private void Index(Candidate[] candidates)
    {
        Candidate[] toCompute = [.. candidates.Select(WithHash).OfType<Candidate>().Where(candidate => !TryReuse(candidate))];
        ImageSource[] sources = [.. toCompute.Select(candidate => ImageSource.FromFile(candidate.Path))];
        foreach (ImageResult result in clip.TryEncodeImages(sources, shell.Cancellation))
        {
            Candidate candidate = toCompute[result.Index];
            if (result.Embedding is null)
            {
                Reject(candidate, result.Failure!.SourceException);
                continue;
            }
            Count(candidate);
            writer.Add(candidate.Entry, result.Embedding);
        }
    }

    private Candidate? WithHash(Candidate candidate)
    {
        shell.Cancellation.ThrowIfCancellationRequested();
        try
        {
            return candidate with { Entry = candidate.Entry with { ContentHash = ContentHash.Of(candidate.Path) } };
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
        _result.Reused++;
        writer.AddCopy(candidate.Entry, same.Key);
        return true;
    }

    private void Count(Candidate candidate)
    {
        if (writer.TryFind(candidate.Entry.Key, out _))
            _result.Updated++;
        else
            _result.Added++;
    }

    private void Reject(Candidate candidate, Exception reason)
    {
        _result.Broken.Add((candidate.Path, reason));
        if (reason is InvalidDataException)
            writer.Remove(candidate.Entry.Key); // the vector is that of a picture that is no more; a disk that fails for a while says nothing
    }

    private void CommitNowAndThen()
    {
        if (_sinceCommit.Elapsed < BetweenCommits)
            return;
        writer.Commit();
        _sinceCommit.Restart();
    }
}

/// <summary>What became of the pictures that an index was to be made of.</summary>
internal sealed class IndexingResult
{
    /// <summary>Pictures that are in the index now and were not before.</summary>
    public int Added { get; set; }

    /// <summary>Pictures that were there, but whose file has changed.</summary>
    public int Updated { get; set; }

    /// <summary>Pictures whose file is as it was.</summary>
    public int Unchanged { get; set; }

    /// <summary>Of those that were added or updated, the ones whose content was there already, so that nothing had to be computed.</summary>
    public int Reused { get; set; }

    /// <summary>Entries that are gone with their files.</summary>
    public int Removed { get; set; }

    /// <summary>Pictures that could not be read, and why.</summary>
    public List<(string Path, Exception Reason)> Broken { get; } = [];
}

/// <summary>Removes entries whose files are gone.</summary>
/// <param name="writer">The index.</param>
/// <param name="paths">How it names pictures.</param>
/// <param name="shell">Tells when the user interrupts.</param>
internal sealed class VanishedPictures(EmbeddingIndexWriter writer, IndexedPaths paths, Shell shell)
{
    /// <summary>Removes every entry whose file is gone, wherever it was.</summary>
    /// <returns>How many.</returns>
    public int RemoveAll() => Remove(_ => true);

    /// <summary>
    /// Removes the entries whose files were in some folders and are gone. A folder in which no picture was found is passed over: more likely its disk is not
    /// there than that every picture was deleted.
    /// </summary>
    /// <param name="arguments">What the user has named; what is no folder is passed over.</param>
    /// <param name="found">The pictures that were found.</param>
    /// <returns>How many.</returns>
    public int RemoveBelow(IEnumerable<string> arguments, IReadOnlyList<string> found)
    {
        string[] pictures = [.. found.Select(Path.GetFullPath)];
        string[] folders = [.. arguments.Where(Directory.Exists).Select(Path.GetFullPath)
            .Where(folder => pictures.Any(picture => IndexedPaths.IsBelow(folder, picture)))];
        HashSet<string> present = [.. pictures];
        return Remove(path => !present.Contains(path) && folders.Any(folder => IndexedPaths.IsBelow(folder, path)));
    }

    private int Remove(Func<string, bool> concerns)
    {
        int removed = 0;
        foreach (string key in writer.Keys.ToArray())
        {
            shell.Cancellation.ThrowIfCancellationRequested();
            string path = paths.ToFullPath(key);
            if (concerns(path) && !File.Exists(path) && writer.Remove(key))
                removed++;
        }
        return removed;
    }
}

/// <summary>Tells the contents of files apart: the first 16 bytes of their SHA-256.</summary>
internal static class ContentHash
{
    /// <summary>The hash of a file.</summary>
    public static UInt128 Of(string path)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(stream, hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }
}
