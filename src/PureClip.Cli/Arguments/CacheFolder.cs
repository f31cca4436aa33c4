using System.CommandLine;

namespace PureClip.Cli.Arguments;

/// <summary><c>--cache</c>: where what took long to compute is kept between runs.</summary>
internal sealed class CacheFolder
{
    /// <summary>The environment variable that names the folder where <c>--cache</c> does not.</summary>
    public const string EnvironmentVariable = "PURECLIP_CACHE";

    private readonly Option<string?> _folder = Values.Text("--cache", "DIR",
        $"Where embeddings of long word lists are kept; can be deleted at any time. [default: {EnvironmentVariable}, else a folder of the user's]");

    public CacheFolder(Command command) => command.Add(_folder);

    /// <summary>The folder; null where the user has none.</summary>
    public string? Of(ParseResult line)
    {
        if (line.GetValue(_folder) is { Length: > 0 } named)
            return named;
        if (Environment.GetEnvironmentVariable(EnvironmentVariable) is { Length: > 0 } fromEnvironment)
            return fromEnvironment;
        return UsersCaches() is string caches ? Path.Combine(caches, "pureclip") : null;
    }

    private static string? UsersCaches()
    {
        if (OperatingSystem.IsWindows())
            return Folder(Environment.SpecialFolder.LocalApplicationData);
        if (Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is string caches && Path.IsPathRooted(caches))
            return caches;
        return Folder(Environment.SpecialFolder.UserProfile) is string home
            ? Path.Combine(home, OperatingSystem.IsMacOS() ? "Library/Caches" : ".cache")
            : null;
    }

    private static string? Folder(Environment.SpecialFolder folder) => Environment.GetFolderPath(folder) is { Length: > 0 } path ? path : null;
}
