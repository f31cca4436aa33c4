namespace PureClip.Cli.Hub;

/// <summary>
/// The cache of the hub's own tools, which is read and never written:
/// <c>models--OWNER--NAME/refs/REVISION</c> names a commit, <c>snapshots/COMMIT</c> holds its files, mostly links to <c>blobs/SUM</c>.
/// </summary>
internal static class HubCache
{
    /// <summary>What the cache holds of a repository at a revision; null where it holds nothing.</summary>
    /// <param name="directory">The cache.</param>
    /// <param name="repository">OWNER/NAME.</param>
    /// <param name="revision">A branch, a tag, a commit.</param>
    public static CachedModel? Find(string directory, string repository, string revision)
    {
        string root = Path.Combine(directory, "models--" + repository.Replace("/", "--", StringComparison.Ordinal));
        try
        {
            string commit = HubListing.IsHex(revision, 40) ? revision : File.ReadAllText(Path.Combine(root, "refs", revision)).Trim();
            string snapshot = Path.Combine(root, "snapshots", commit);
            if (!HubListing.IsHex(commit, 40) || !Directory.Exists(snapshot))
                return null;
            HubFile[] files = [.. Directory.EnumerateFiles(snapshot, "*", SearchOption.AllDirectories)
                .Where(File.Exists) // a link may lead nowhere
                .Select(path => FileOf(snapshot, path))];
            return new(snapshot, new(repository, commit, Licence: null, files));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null; // not there, or not readable: it is fetched
        }
    }

    private static HubFile FileOf(string snapshot, string path)
    {
        FileInfo file = new(path), content = (FileInfo?)file.ResolveLinkTarget(returnFinalTarget: true) ?? file;
        string name = content.Name, relative = Path.GetRelativePath(snapshot, path).Replace('\\', '/');
        return new(relative, content.Length, HubListing.IsHex(name, 64) ? name : null, HubListing.IsHex(name, 40) ? name : null);
    }
}

/// <summary>A model in the cache.</summary>
/// <param name="Directory">Its folder, which is a model directory.</param>
/// <param name="Listing">What is in it; sums are the names of the files that links lead to.</param>
internal sealed record CachedModel(string Directory, HubListing Listing);
