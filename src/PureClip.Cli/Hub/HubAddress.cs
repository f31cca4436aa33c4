namespace PureClip.Cli.Hub;

/// <summary>Names and addresses of the hub.</summary>
internal static class HubAddress
{
    private const int LongestName = 96, MostRepositoryParts = 2;

    /// <summary>
    /// The repository that a user means by OWNER/NAME or by the address of its page; null where it is no repository's name. (Letters,
    /// digits, '_', '-' and '.'; no "--", no "..", no ".git" at the end.)
    /// </summary>
    public static string? Repository(string text)
    {
        if (Uri.TryCreate(text, UriKind.Absolute, out Uri? page) && page.Scheme is "http" or "https")
            text = string.Join('/', page.AbsolutePath.Split('/', StringSplitOptions.RemoveEmptyEntries).Take(MostRepositoryParts));
        string[] parts = text.Split('/');
        return parts.Length <= MostRepositoryParts && text.Length <= LongestName && Array.TrueForAll(parts, IsName) ? text : null;
    }

    /// <summary>Facts of a repository, every file with size and sum.</summary>
    public static Uri Facts(Uri endpoint, string repository, string revision) =>
        new($"{Base(endpoint)}/api/models/{repository}/revision/{Uri.EscapeDataString(revision)}?blobs=true");

    /// <summary>A file of a repository.</summary>
    public static Uri File(Uri endpoint, string repository, string revision, string path) =>
        new($"{Base(endpoint)}/{repository}/resolve/{Uri.EscapeDataString(revision)}/"
            + string.Join('/', path.Split('/').Select(Uri.EscapeDataString)));

    /// <summary>The page of a repository, for people.</summary>
    public static string Page(Uri endpoint, string repository) => $"{Base(endpoint)}/{repository}";

    /// <summary>
    /// Whether a file's name in a listing may become a path below a folder, on every system: no root, no drive, no way up, none of the
    /// characters and endings that Windows reads otherwise.
    /// </summary>
    public static bool IsSafePath(string path) =>
        path.Length > 0 && path.IndexOfAny(['\\', ':', '*', '?', '"', '<', '>', '|']) < 0 && !path.Any(char.IsControl)
            && Array.TrueForAll(path.Split('/'), part => part.Length > 0 && part is not ("." or "..") && part[^1] is not ('.' or ' '));

    private static string Base(Uri endpoint) => endpoint.AbsoluteUri.TrimEnd('/');

    private static bool IsName(string part) =>
        part.Length > 0 && part.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.') && part[0] is not ('-' or '.')
            && part[^1] is not ('-' or '.') && !part.Contains("--", StringComparison.Ordinal)
            && !part.Contains("..", StringComparison.Ordinal) && !part.EndsWith(".git", StringComparison.Ordinal);
}
