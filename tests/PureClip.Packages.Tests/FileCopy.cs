using System.Text.RegularExpressions;

namespace PureClip.Packages.Tests;

/// <summary>Copies of folders without what is left out, as <c>.containerignore</c> has it: the last line that fits a path decides.</summary>
internal static class FileCopy
{
    /// <summary>Copies a folder's files that are not there yet.</summary>
    /// <param name="source">The folder.</param>
    /// <param name="target">Where to.</param>
    /// <param name="ignored">What is left out, a pattern each; <c>!</c> before those that are not.</param>
    public static void Tree(string source, string target, IReadOnlyList<string> ignored)
    {
        (Regex Pattern, bool Excludes)[] rules = [.. ignored.Select(line => (Pattern(line.TrimStart('!')), line[0] != '!'))];
        Copy(source, target, "", path => rules.LastOrDefault(rule => rule.Pattern.IsMatch(path)).Excludes);
    }

    private static void Copy(string source, string target, string below, Func<string, bool> isIgnored)
    {
        Directory.CreateDirectory(target);
        foreach (FileSystemInfo entry in new DirectoryInfo(source).EnumerateFileSystemInfos())
        {
            string path = below + entry.Name, copy = Path.Combine(target, entry.Name);
            if (isIgnored(path))
                continue;
            if (entry is DirectoryInfo)
                Copy(entry.FullName, copy, path + "/", isIgnored);
            else if (!File.Exists(copy))
                File.Copy(entry.FullName, copy);
        }
    }

    private static Regex Pattern(string line)
    {
        string folders = Regex.Escape(line).Replace(@"\*\*/", "(.*/)?", StringComparison.Ordinal);
        return new("^" + folders.Replace(@"\*", "[^/]*", StringComparison.Ordinal) + "$");
    }
}
