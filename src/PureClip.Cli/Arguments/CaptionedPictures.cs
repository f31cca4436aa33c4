using PureClip.Cli.Labelling;
using PureClip.Training;

namespace PureClip.Cli.Arguments;

/// <summary>Pictures with captions: a folder with one folder for each caption, or a file with a picture and its caption a line.</summary>
internal static class CaptionedPictures
{
    /// <summary>What a help text says about it.</summary>
    public const string Description =
        "A folder with one folder of pictures for each caption, named after it; or a file with a picture and its caption a line, separated "
            + "by a tab or the first comma. Paths are relative to the file.";

    // A line takes some hundred bytes: this is enough for a hundred thousand.
    private const long MostBytes = 16 << 20;

    /// <summary>Finds them, to train on.</summary>
    /// <exception cref="InvalidDataException">It is something else, or has no picture.</exception>
    public static List<CaptionedPicture> Of(string path, Shell shell) =>
        [.. PathsOf(path, shell).Select(row => new CaptionedPicture(row.Picture, row.Caption))];

    /// <summary>Finds them by their paths.</summary>
    /// <exception cref="InvalidDataException">It is something else, or has no picture.</exception>
    public static List<(string Picture, string Caption)> PathsOf(string path, Shell shell)
    {
        List<(string, string)> pictures = Directory.Exists(path)
            ? [.. ClassFolders.Find(path, shell).SelectMany(row => row.Pictures.Select(picture => (picture, row.Label)))]
            : FromLines(path);
        return pictures.Count > 0 ? pictures : throw new InvalidDataException($"{path} has no picture.");
    }

    private static List<(string, string)> FromLines(string path)
    {
        if (new FileInfo(path) is { Exists: true, Length: > MostBytes } file)
            throw new InvalidDataException(
                $"{path} has {file.Length} bytes; a file of captions has at most {MostBytes}. Is it the right file?");
        if (!File.Exists(path))
            throw new FileNotFoundException($"{path}: there is no such file or folder.");
        List<(string, string)> pictures = [];
        string[] lines = File.ReadAllLines(path);
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i].Trim();
            if (line.Length == 0 || line[0] == '#')
                continue;
            string[] cells = line.Split(line.Contains('\t') ? '\t' : ',', 2, StringSplitOptions.TrimEntries);
            if (cells.Length != 2 || cells.Any(cell => cell.Length == 0 || cell.Contains('\0')))
                throw new InvalidDataException(
                    $"{path}, line {i + 1} is no picture and its caption, separated by a tab or a comma.");
            bool isHeading = pictures.Count == 0 && cells[1].Equals("caption", StringComparison.OrdinalIgnoreCase);
            if (!isHeading)
                pictures.Add((Path.Combine(Path.GetDirectoryName(path)!, cells[0]), cells[1].Trim('"')));
        }
        return pictures;
    }
}
