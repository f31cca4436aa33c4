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
    /// The pictures, in the order of the arguments; within a folder or a glob in ordinal order. What is not there is reported and skipped.
    /// </summary>
    public static List<string> Expand(IEnumerable<string> arguments, Shell shell)
    {
        List<string> pictures = [];
        foreach (string argument in arguments)
        {
            shell.Cancellation.ThrowIfCancellationRequested();
            int before = pictures.Count;
            if (File.Exists(argument))
                pictures.Add(argument);
            else if (Directory.Exists(argument))
                pictures.AddRange(Glob.FilesBelow(argument).Where(HasPictureExtension).Order(StringComparer.Ordinal));
            else if (Glob.IsPattern(argument))
                pictures.AddRange(Glob.Expand(argument).Where(HasPictureExtension));
            if (pictures.Count == before)
                shell.Fail(WhyNothing(argument));
        }
        return pictures;
    }

    private static string WhyNothing(string argument)
    {
        string extensions = string.Join(", ", Extensions.Select(extension => extension[1..]));
        if (Directory.Exists(argument))
            return $"{argument}: there is no picture in this folder or below it ({extensions}).";
        return Glob.IsPattern(argument) ? $"{argument}: no picture matches ({extensions})." : $"{argument}: there is no such file or folder.";
    }
}
