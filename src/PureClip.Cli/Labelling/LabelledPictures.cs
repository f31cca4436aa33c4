using PureClip.Cli.Arguments;
using PureClip.Cli.Output;
using PureClip.Labels;
using PureClip.Tokenization;

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
        IEnumerable<string> visible = Directory.EnumerateDirectories(folder).Where(path => !Path.GetFileName(path).StartsWith('.'));
        string[] classes = [.. visible.Order(StringComparer.Ordinal)];
        return classes.Length >= 2
            ? [.. classes.Select(path => (Path.GetFileName(path), PictureArguments.Expand([path], shell)))]
            : throw new InvalidDataException(
                $"{folder} holds {classes.Length} folders; it takes at least two, one for each class, named after it and with its "
                    + "pictures in it.");
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
        return new(clip.Space, [.. classes.Select(row => row.Label)], embeddings, labels);
    }
}

/// <summary>Encodes the prompts of a zero-shot classifier, with progress: a thousand labels in eighty templates take minutes.</summary>
internal static class LabelPrompts
{
    private const int NamedInANote = 5;

    /// <summary>
    /// Makes the classifier. Labels that the model reads alike count once: each copy would take a share of the probability.
    /// </summary>
    public static Classifier Encode(Clip clip, IReadOnlyList<string> labels, IReadOnlyList<PromptTemplate> templates, Shell shell)
    {
        labels = Different(clip, labels, shell);
        foreach (string label in labels)
            foreach (PromptTemplate template in templates)
                TruncateOption.RequireThatItFits(clip, template.Fill(label), SubjectOf(label, template));
        using ProgressLine progress = shell.StartProgress(labels.Count * templates.Count, "prompts", streams: false);
        return ZeroShotClassifier.Create(clip, labels, templates, new DirectProgress<int>(progress.Report), shell.Cancellation);
    }

    private static string[] Different(Clip clip, IReadOnlyList<string> labels, Shell shell)
    {
        if (clip.Tokenizer is not ITokenizer tokenizer)
            return [.. labels];
        IGrouping<string, string>[] different =
            [.. labels.GroupBy(label => string.Join(' ', tokenizer.EncodeWithoutSpecials(label)), StringComparer.Ordinal)];
        string[] twice = [.. different.Where(same => same.Count() > 1).Select(same => string.Join(" = ", same.Distinct()))];
        string more = twice.Length > NamedInANote ? $" and {twice.Length - NamedInANote} more" : "";
        if (twice.Length > 0)
            shell.Note("labels that stand there more than once, or that the model reads alike, count once: "
                + $"{string.Join(", ", twice.Take(NamedInANote))}{more}.");
        return [.. different.Select(same => same.First())];
    }

    private static string SubjectOf(string label, PromptTemplate template) => template.Text == PromptTemplate.Bare.Text
        ? $"The label \"{TextLines.Beginning(label)}\""
        : $"The label \"{TextLines.Beginning(label)}\" in \"{TextLines.Beginning(template.Text)}\"";
}

/// <summary>Embeddings of background pictures: the one place that knows where they come from.</summary>
internal static class BackgroundEmbeddings
{
    /// <summary>All of them; what cannot be read is reported and left out.</summary>
    /// <param name="clip">The model.</param>
    /// <param name="arguments">Files, folders and globs.</param>
    /// <param name="shell">Where failures are reported.</param>
    public static IReadOnlyList<float[]> Of(Clip clip, IEnumerable<string> arguments, Shell shell) =>
        [.. PictureEmbeddings.Of(clip, PictureArguments.Expand(arguments, shell), shell, streams: false)
            .Select(picture => picture.Embedding)];
}
