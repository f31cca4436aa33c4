using PureClip.Cli.Arguments;
using PureClip.Labels;

namespace PureClip.Cli.Labelling;

/// <summary>A folder with one folder of pictures for each class, named after it.</summary>
internal static class ClassFolders
{
    /// <summary>The classes in ordinal order, with their pictures. Hidden folders are passed over.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="InvalidDataException">There are not two folders in it.</exception>
    public static List<(string Label, List<string> Pictures)> Find(string folder, Shell shell)
    {
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"{folder}: there is no such folder.");
        string[] classes = [.. Directory.EnumerateDirectories(folder).Where(path => !Path.GetFileName(path).StartsWith('.')).Order(StringComparer.Ordinal)];
        return classes.Length >= 2
            ? [.. classes.Select(path => (Path.GetFileName(path), PictureArguments.Expand([path], shell)))]
            : throw new InvalidDataException($"{folder} holds {classes.Length} folders; it takes at least two, one for each class, named after it and with its pictures in it.");
    }

    /// <summary>Their embeddings; what cannot be read is reported and left out.</summary>
    public static LabelledEmbeddings Embed(Clip clip, List<(string Label, List<string> Pictures)> classes, Shell shell)
    {
        string[] paths = [.. classes.SelectMany(row => row.Pictures)];
        Dictionary<string, int> classOf = classes.SelectMany((row, index) => row.Pictures.Select(path => (path, index))).ToDictionary();
        List<float[]> embeddings = [];
        List<int> labels = [];
        foreach ((string path, float[] embedding) in PictureEmbeddings.Of(clip, paths, shell, streams: false))
        {
            embeddings.Add(embedding);
            labels.Add(classOf[path]);
        }
        return new(clip.Fingerprint, [.. classes.Select(row => row.Label)], embeddings, labels);
    }
}
