using System.Security.Cryptography;
using System.Text;

namespace PureClip.Cli.Hub;

/// <summary>
/// Fetches one file: what is there of it already is kept, whoever cut it off and at whichever byte; its sum is checked over the whole;
/// it gets its name only when it is right.
/// </summary>
/// <param name="client">Whom it is fetched from.</param>
/// <param name="listing">Its repository.</param>
/// <param name="shell">Who is told, and may interrupt.</param>
internal sealed class FileDownload(HubClient client, HubListing listing, Shell shell)
{
    private const string PartEnding = ".part";
    private const int LettersOfSum = 12, BufferBytes = 1 << 18;

    /// <summary>Fetches a file that is not there yet.</summary>
    /// <param name="file">Which one.</param>
    /// <param name="path">Where it is to appear.</param>
    /// <param name="progress">Told how many bytes of it are there.</param>
    /// <exception cref="HubException">It cannot be fetched, or what came is not what the repository says.</exception>
    public async Task Fetch(HubFile file, string path, IProgress<long> progress)
    {
        if (File.Exists(path) && file.Sum is not null && await IsRight(file, path))
        {
            progress.Report(file.Bytes ?? 0);
            return;
        }
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        string part = PartOf(file, path);
        bool isResumed = await Write(file, part, progress);
        if (file.Sum is not null && !await IsRight(file, part))
        {
            // What was there before may be what is wrong, so that the whole is worth a second try.
            File.Delete(part);
            if (isResumed)
            {
                shell.Note($"{file.Path}: the part that was here does not fit; it is fetched anew.");
                await Write(file, part, progress);
            }
            if (!File.Exists(part) || !await IsRight(file, part))
            {
                File.Delete(part);
                throw new HubException($"{file.Path}: what was sent has another sum than {file.Sum}, which the repository names. It was "
                    + "damaged on the way, or somebody has changed it; it was not kept. Type the same command again.");
            }
        }
        File.Move(part, path, overwrite: true);
    }

    /// <summary>Where a file is while it is not whole; its name has its sum, so that a part of another content is none of it.</summary>
    public static string PartOf(HubFile file, string path) => path + (file.Sum is string sum ? $".{sum[..LettersOfSum]}" : "") + PartEnding;

    /// <summary>Whether a file's content is what the repository says.</summary>
    public async Task<bool> IsRight(HubFile file, string path)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
        if (file.Bytes is long bytes && bytes != stream.Length)
            return false;
        using IncrementalHash hash = IncrementalHash.CreateHash(
            file.Sha256 is null ? HashAlgorithmName.SHA1 : HashAlgorithmName.SHA256); // git's name of content is SHA-1
        if (file.Sha256 is null)
            hash.AppendData(Encoding.ASCII.GetBytes($"blob {stream.Length}\0"));
        byte[] buffer = new byte[BufferBytes];
        for (int read; (read = await stream.ReadAsync(buffer, shell.Cancellation)) > 0;)
            hash.AppendData(buffer, 0, read);
        return System.Convert.ToHexStringLower(hash.GetHashAndReset()) == file.Sum;
    }

    /// <summary>Writes what is missing.</summary>
    /// <returns>Whether something was there before.</returns>
    private async Task<bool> Write(HubFile file, string part, IProgress<long> progress)
    {
        // Where nothing tells whether an older part belongs to this content, it is begun anew.
        using FileStream stream = new(part, file.Sum is null ? FileMode.Create : FileMode.OpenOrCreate, FileAccess.ReadWrite,
            FileShare.Read, bufferSize: 0);
        if (file.Bytes is long most && stream.Length > most)
            stream.SetLength(0);
        bool isResumed = stream.Seek(0, SeekOrigin.End) > 0;
        progress.Report(stream.Length);
        long before = -1;
        await client.Retry(async () =>
        {
            before = stream.Length;
            await Receive(file, stream, progress);
            return true;
        }, hasProgressed: () => stream.Length > before);
        stream.Flush(flushToDisk: true);
        return isResumed;
    }

    private async Task Receive(HubFile file, FileStream stream, IProgress<long> progress)
    {
        if (stream.Length == file.Bytes)
            return;
        using HubAnswer answer = await client.OpenFile(listing.Repository, listing.Commit, file.Path, stream.Length);
        if (answer.IsBehindTheEnd && file.Bytes is null)
            return;
        if (answer.From != stream.Length || answer.IsBehindTheEnd)
            stream.SetLength(0); // the range was not understood: this is the beginning
        if (answer.IsBehindTheEnd)
            throw new HubInterruption($"{answer.Address.Authority} does not have the rest of {file.Path}");
        stream.Seek(0, SeekOrigin.End);
        byte[] buffer = new byte[BufferBytes];
        for (int read; (read = await answer.Read(buffer, shell.Cancellation)) > 0;)
        {
            if (file.Bytes is long most && stream.Length + read > most)
            {
                stream.SetLength(0);
                throw new HubException($"{file.Path}: {answer.Address.Authority} sends more than the {most} bytes that the repository "
                    + "names. It was not kept.");
            }
            await stream.WriteAsync(buffer.AsMemory(0, read), shell.Cancellation);
            progress.Report(stream.Length);
        }
        if (file.Bytes is long all && stream.Length < all)
            throw new HubInterruption($"the connection to {answer.Address.Authority} ended {all - stream.Length} bytes early");
    }
}
