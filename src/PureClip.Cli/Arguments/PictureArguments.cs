namespace PureClip.Cli.Arguments;

/// <summary>Files, folders and globs on a command line to the pictures that they stand for.</summary>
internal static class PictureArguments
{
    private static readonly string[] Extensions = [".png", ".jpg", ".jpeg", ".bmp"];

    /// <summary>What a help text says about the arguments.</summary>
    public const string Description =
        "Pictures: files, folders (with all folders below them: png, jpg, jpeg, bmp) or globs ('photos/**/*.png', quoted). "
        + "Hidden files and linked folders are passed over.";

    /// <summary>Whether a name ends as a picture's does.</summary>
    public static bool HasPictureExtension(string path) => Extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// The pictures, in the order of the arguments; within a folder or a glob in ordinal order. A file that several arguments stand for is taken once,
    /// as the first of them spells it. What is not there is reported and skipped.
    /// </summary>
    public static List<string> Expand(IEnumerable<string> arguments, Shell shell)
    {
        List<string> pictures = [];
        HashSet<string> taken = new(StringComparer.Ordinal);
        foreach (string argument in arguments)
        {
            shell.Cancellation.ThrowIfCancellationRequested();
            string[] found = Find(argument);
            if (found.Length == 0)
                shell.Fail(WhyNothing(argument));
            pictures.AddRange(found.Where(picture => taken.Add(Path.GetFullPath(picture))));
        }
        return pictures;
    }

    private static string[] Find(string argument)
    {
        if (File.Exists(argument))
            return [argument];
        if (Directory.Exists(argument))
            return [.. Glob.FilesBelow(argument).Where(HasPictureExtension).Order(StringComparer.Ordinal)];
        return Glob.IsPattern(argument) ? [.. Glob.Expand(argument).Where(HasPictureExtension)] : [];
    }

    private static string WhyNothing(string argument)
    {
        string extensions = string.Join(", ", Extensions.Select(extension => extension[1..]));
        if (Directory.Exists(argument))
            return $"{argument}: there is no picture in this folder or below it ({extensions}).";
        return Glob.IsPattern(argument) ? $"{argument}: no picture matches ({extensions})." : $"{argument}: there is no such file or folder.";
    }
}
