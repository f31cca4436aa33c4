using System.Globalization;
using PureClip.Cli.Converting;
using PureClip.Cli.Output;
using PureClip.Convert;

namespace PureClip.Cli.Hub;

/// <summary>What is to be fetched, and how.</summary>
/// <param name="Name">What the user calls it.</param>
/// <param name="Repository">OWNER/NAME.</param>
/// <param name="Revision">A branch, a tag, a commit, refs/pr/N; null for what is there, else main.</param>
/// <param name="Directory">Where the model is to appear.</param>
/// <param name="IsOwnPlace">Whether that is a place of the user's choice.</param>
/// <param name="Force">Whether it is fetched though it is there.</param>
/// <param name="Keep">Whether files that were converted are kept.</param>
internal sealed record FetchRequest(
    string Name, string Repository, string? Revision, string Directory, bool IsOwnPlace, bool Force, bool Keep)
{
    /// <summary>The revision to ask for.</summary>
    public string Asked => Revision ?? "main";
}

/// <summary>A model that is here.</summary>
/// <param name="Directory">Its directory.</param>
/// <param name="Source">Where it is from; null where nobody noted it.</param>
/// <param name="Fetched">Bytes that came over the network.</param>
/// <param name="IsConverted">Whether it was converted now.</param>
internal sealed record FetchedModel(string Directory, ModelSource? Source, long Fetched = 0, bool IsConverted = false);

/// <summary>
/// From a repository to a model directory: everything is written in a folder beside the place, which appears under its name when it is
/// complete and the model has been loaded once. What was fetched before an interruption stays in that folder for the next time.
/// </summary>
internal sealed class ModelFetch(FetchRequest request, HubClient client, ModelStore store, Shell shell)
{
    private const int MegabyteDigits = 1_000_000;

    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(0.5);

    // What tells whether a model is read, before its weights are fetched.
    private static readonly string[] Configurations =
        ["config.json", "open_clip_config.json", "preprocessor_config.json", "modules.json", "sentence_bert_config.json"];

    private readonly string _staging = Beside(request.Directory, "part");

    /// <summary>Fetches the model, unless it is here.</summary>
    /// <exception cref="HubException">It cannot be had; the message says what to do.</exception>
    public async Task<FetchedModel> Run()
    {
        if (request is { Force: false, Revision: null } && FindHere() is FetchedModel here)
            return here;
        using FileStream turn = await TakeTurn();
        ModelSource? old = ModelSource.Read(request.Directory);
        if (!request.Force && FindHere() is FetchedModel other && (request.Revision is null || other.Source?.Commit == request.Revision))
            return other; // another process has fetched it meanwhile
        if (!request.Force && await FromCache() is FetchedModel cached)
            return cached;
        RequireNetwork();
        HubListing listing = await client.List(request.Repository, request.Asked);
        if (!request.Force && old?.Repository == request.Repository && old.Commit == listing.Commit)
            return new(request.Directory, old);
        ModelFiles files = await ModelFiles.Choose(listing, file => Read(listing, file));
        return await FromHub(listing, files);
    }

    /// <summary>What would be fetched.</summary>
    public async Task<(HubListing Listing, ModelFiles Files)> Plan()
    {
        RequireNetwork();
        HubListing listing = await client.List(request.Repository, request.Asked);
        return (listing, await ModelFiles.Choose(listing, file => Read(listing, file)));
    }

    private static string Beside(string directory, string ending)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        return Path.Combine(Path.GetDirectoryName(full)!, $".{Path.GetFileName(full)}.{ending}");
    }

    /// <summary>The model that lies at the place already: from there, or put there by hand.</summary>
    private FetchedModel? FindHere()
    {
        if (!Directory.Exists(request.Directory) || !Directory.EnumerateFileSystemEntries(request.Directory).Any())
            return null;
        ModelSource? source = ModelSource.Read(request.Directory);
        if (source is null ? !request.IsOwnPlace : source.Repository == request.Repository)
            return new(request.Directory, source);
        throw new HubException($"{request.Directory} exists and holds {(source is null ? "something else" : source.Repository)}. Choose "
            + "another --output, or replace it with --force.");
    }

    /// <summary>Waits while another process fetches the same.</summary>
    private async Task<FileStream> TakeTurn()
    {
        string locks = Path.Combine(Path.GetDirectoryName(store.Models)!, "locks");
        string name = string.Concat(Path.GetFullPath(request.Directory).Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-')).Trim('-');
        Directory.CreateDirectory(locks);
        for (bool isFirst = true; ; isFirst = false)
            try
            {
                return new FileStream(Path.Combine(locks, name[^Math.Min(name.Length, 200)..] + ".lock"), FileMode.OpenOrCreate,
                    FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException e) when (e is not (DirectoryNotFoundException or FileNotFoundException))
            {
                if (isFirst)
                    shell.Note($"another process is fetching {request.Name}; waiting for it.");
                await Task.Delay(BetweenLooks, shell.Cancellation);
            }
    }

    private void RequireNetwork()
    {
        if (client.Settings.OfflineVariable is string variable)
            throw new HubException($"{request.Name} is not here, and {variable} forbids every request. Unset it, or put the model's files "
                + $"into {request.Directory} by hand: 'pureclip get {request.Name} --dry-run', elsewhere, tells their addresses.");
    }

    /// <summary>Uses what the hub's own tools have fetched: where it lies, or converted, or copied to the user's own place.</summary>
    private async Task<FetchedModel?> FromCache()
    {
        if (HubCache.Find(client.Settings.CacheDirectory, request.Repository, request.Asked) is not CachedModel cached)
            return null;
        ModelFiles files;
        try
        {
            files = await ModelFiles.Choose(cached.Listing,
                file => File.ReadAllBytesAsync(PathIn(cached.Directory, file), shell.Cancellation));
        }
        catch (HubException)
        {
            return null; // the snapshot is incomplete
        }
        FileDownload check = new(client, cached.Listing, shell);
        foreach (HubFile file in files.Files.Where(file => file.Sum is not null))
            if (!await check.IsRight(file, PathIn(cached.Directory, file)))
            {
                shell.Note($"{PathIn(cached.Directory, file)}: its content is damaged, so it is fetched anew.");
                return null;
            }
        ModelSource source = SourceOf(cached.Listing);
        shell.Note($"{request.Repository} is in the cache at {cached.Directory}; nothing is fetched.");
        if (!request.IsOwnPlace && !files.IsConverted)
            return new(cached.Directory, source);
        RequireRoom(files.Bytes);
        ResetStaging();
        if (files.IsConverted)
            return Finish(cached.Directory, source, files, fetched: 0);
        foreach (HubFile file in files.Files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(PathIn(_staging, file))!);
            File.Copy(PathIn(cached.Directory, file), PathIn(_staging, file));
        }
        return Finish(_staging, source, files, fetched: 0);
    }

    private async Task<FetchedModel> FromHub(HubListing listing, ModelFiles files)
    {
        Announce(listing, files);
        Directory.CreateDirectory(_staging);
        RemoveOthers(files);
        long before = Directory.EnumerateFiles(_staging, "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length);
        RequireRoom((files.IsConverted ? 2 : 1) * files.Bytes - before);
        FileDownload download = new(client, listing, shell);
        using (ProgressLine line = shell.StartProgress(Megabytes(files.Bytes), "MB", streams: false))
        {
            line.Before = Megabytes(before);
            long done = 0;
            bool isProbed = false;
            foreach (HubFile file in files.Files.OrderBy(file => !IsConfiguration(file)))
            {
                if (!isProbed && !IsConfiguration(file))
                    RefuseUnread(files);
                isProbed |= !IsConfiguration(file);
                await Keeping(() => download.Fetch(file, PathIn(_staging, file),
                    new DirectProgress<long>(bytes => line.Report(Megabytes(done + bytes)))));
                done += file.Bytes ?? 0;
            }
        }
        if (PublishedModels.Find(request.Repository) is { Sha256: string expected }
            && !files.Files.Any(file => file.Sha256 is null || file.Sha256 == expected))
            shell.Note($"{request.Repository} has changed since this program was made: its weights have another sum than were known then.");
        return Finish(_staging, SourceOf(listing), files, files.Bytes - Math.Min(before, files.Bytes));
    }

    /// <summary>Says what is kept where fetching ends early.</summary>
    private async Task Keeping(Func<Task> fetch)
    {
        try
        {
            await fetch();
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            long kept = Directory.EnumerateFiles(_staging, "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length);
            if (kept > MegabyteDigits)
                shell.Note($"{Megabytes(kept)} MB are in {_staging}; the same command goes on from there.");
            else
                Directory.Delete(_staging, recursive: true);
            throw;
        }
    }

    private void Announce(HubListing listing, ModelFiles files)
    {
        Uri endpoint = client.Settings.Endpoint;
        string size = files.Files.All(file => file.Bytes is not null) ? $"{files.Bytes / 1e6:0.0} MB" : "of a size that is not told";
        shell.Note($"{request.Name}: {files.Files.Count} {(files.Files.Count == 1 ? "file" : "files")}, {size}, from "
            + $"{endpoint.Authority}/{request.Repository} at {listing.Commit[..7]}. Licence: {listing.Licence ?? "none stated"}. "
            + $"To {request.Directory}."
            + (files.IsConverted ? " The weights have to be converted, for which as much room again is needed for a while." : ""));
    }

    /// <summary>Asks the library whether it reads a model with these configurations, before the weights are fetched.</summary>
    private void RefuseUnread(ModelFiles files)
    {
        Dictionary<string, ReadOnlyMemory<byte>> known = files.Files.Where(IsConfiguration)
            .ToDictionary(file => file.Path, file => (ReadOnlyMemory<byte>)File.ReadAllBytes(PathIn(_staging, file)));
        if (!known.Keys.Any(name => name.EndsWith("config.json", StringComparison.Ordinal)))
            return; // the weights alone will have to tell
        if (PublishedModels.Refusal(known) is not string refusal)
            return;
        if (!Directory.EnumerateFiles(_staging, "*.part", SearchOption.AllDirectories).Any())
            Directory.Delete(_staging, recursive: true);
        throw new HubException($"{request.Name} is not read by this version: {refusal} Its weights were not fetched. 'pureclip models' "
            + "lists what is read.");
    }

    private FetchedModel Finish(string source, ModelSource note, ModelFiles files, long fetched)
    {
        string made = source;
        if (files.IsConverted)
        {
            made = Beside(request.Directory, "new");
            if (Directory.Exists(made))
                Directory.Delete(made, recursive: true); // of a run that was ended
            Directory.CreateDirectory(Path.GetDirectoryName(made)!);
            Conversion.Convert(files.Alone is HubFile alone ? PathIn(source, alone) : source, made, new(), shell);
        }
        note = note with { Fetched = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) };
        note.Write(made, client.Settings.Endpoint, files.Files);
        if (files.IsConverted && Directory.Exists(_staging) && request.Keep)
            Directory.Move(_staging, Path.Combine(made, "original"));
        string? problem = files.IsConverted ? null : WhyNotLoaded(made);
        Replace(made, request.Directory);
        if (Directory.Exists(_staging))
            Directory.Delete(_staging, recursive: true);
        return problem is null
            ? new(request.Directory, note, fetched, files.IsConverted)
            : throw new HubException($"{request.Name} is whole in {request.Directory}, but this version cannot load it: {problem}");
    }

    private static string? WhyNotLoaded(string directory)
    {
        try
        {
            Clip.Load(directory).Dispose();
            return null;
        }
        catch (InvalidDataException e)
        {
            return e.Message;
        }
    }

    private static void Replace(string made, string directory)
    {
        if (!Directory.Exists(directory))
        {
            Directory.Move(made, directory);
            return;
        }
        string old = Beside(directory, "old");
        if (Directory.Exists(old))
            Directory.Delete(old, recursive: true);
        Directory.Move(directory, old);
        Directory.Move(made, directory);
        Directory.Delete(old, recursive: true);
    }

    private void ResetStaging()
    {
        if (Directory.Exists(_staging))
            Directory.Delete(_staging, recursive: true);
        Directory.CreateDirectory(_staging);
    }

    /// <summary>Removes what an earlier run has left of another commit.</summary>
    private void RemoveOthers(ModelFiles files)
    {
        HashSet<string> wanted = [.. files.Files.SelectMany(file => new[]
        {
            PathIn(_staging, file), FileDownload.PartOf(file, PathIn(_staging, file)),
        })];
        foreach (string path in Directory.GetFiles(_staging, "*", SearchOption.AllDirectories))
            if (!wanted.Contains(path))
                File.Delete(path);
    }

    private void RequireRoom(long bytes)
    {
        string parent = Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(request.Directory)))!;
        Directory.CreateDirectory(parent);
        long free = shell.FreeBytes(parent);
        if (bytes > free)
            throw new HubException($"{request.Name} needs {bytes / 1e6:0} MB in {parent}, and {free / 1e6:0} MB are free. Make room, or "
                + $"choose another place with --output or {ModelStore.HomeVariable}.");
    }

    private ModelSource SourceOf(HubListing listing) => new(request.Repository, listing.Commit, request.Asked,
        listing.Licence ?? PublishedModels.Find(request.Repository)?.Licence);

    private async Task<byte[]> Read(HubListing listing, HubFile file)
    {
        const int Most = 1 << 20;
        return await client.Retry(async () =>
        {
            using HubAnswer answer = await client.OpenFile(listing.Repository, listing.Commit, file.Path, from: 0);
            byte[] content = new byte[Most];
            int length = 0;
            for (int read; length < Most && (read = await answer.Read(content.AsMemory(length), shell.Cancellation)) > 0;)
                length += read;
            return content[..length];
        });
    }

    private static bool IsConfiguration(HubFile file) =>
        Configurations.Contains(Path.GetFileName(file.Path)) && file.Bytes is null or < 1 << 20;

    private static string PathIn(string directory, HubFile file) => Path.Combine(directory, Path.Combine(file.Path.Split('/')));

    private static int Megabytes(long bytes) => (int)(bytes / MegabyteDigits);
}
