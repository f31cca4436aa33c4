namespace PureClip.Search;

/// <summary>
/// A picture within a tar file, as collections for training are kept (webdataset). Its path is that of the tar file, an exclamation mark
/// and the name in it: <c>shards/000.tar!0001.jpg</c>. Where a file of just that name lies on the disk, the path means that file.
/// </summary>
/// <param name="Tar">The path of the tar file, whose name ends in <c>.tar</c>, <c>.tar.gz</c> or <c>.tgz</c>.</param>
/// <param name="Name">The name in it: folders separated by '/', none of them "." or "..".</param>
public readonly record struct TarMember(string Tar, string Name)
{
    internal const char Mark = '!';

    private static readonly string[] Endings = [".tar", ".tar.gz", ".tgz"];

    /// <summary>Whether a name ends as that of a tar file, in whatever case.</summary>
    public static bool IsTar(ReadOnlySpan<char> path)
    {
        foreach (string ending in Endings)
            if (path.EndsWith(ending, StringComparison.OrdinalIgnoreCase))
                return true;
        return false;
    }

    /// <summary>Takes the path of a picture in a tar file apart; false for any other path. Nothing is looked up.</summary>
    public static bool TryParse(string path, out TarMember member)
    {
        ArgumentNullException.ThrowIfNull(path);
        member = default;
        for (int mark = path.IndexOf(Mark); mark >= 0; mark = path.IndexOf(Mark, mark + 1))
            if (IsTar(path.AsSpan(0, mark)) && NameOf(path[(mark + 1)..]) is string name)
            {
                member = new(path[..mark], name);
                return true;
            }
        return false;
    }

    /// <summary>Its path.</summary>
    public override string ToString() => $"{Tar}{Mark}{Name}";

    /// <summary>A name as it stands in a tar file, without what leads nowhere; null where it leads out of it or is no file's.</summary>
    internal static string? NameOf(string written)
    {
        if (OperatingSystem.IsWindows())
            written = written.Replace('\\', '/');
        if (written.StartsWith('/') || written.EndsWith('/') || written.Contains('\0'))
            return null;
        string[] parts = [.. written.Split('/').Where(static part => part is not ("" or "."))];
        return parts.Length == 0 || parts.Contains("..") || (OperatingSystem.IsWindows() && parts[0].Contains(':'))
            ? null
            : string.Join('/', parts);
    }
}
