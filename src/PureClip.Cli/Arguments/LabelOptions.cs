using System.CommandLine;
using PureClip.Cli.Labelling;
using PureClip.Labels;

namespace PureClip.Cli.Arguments;

/// <summary>
/// Where a classifier comes from: labels and templates on the command line or in files, or a file that holds the classifier itself.
/// </summary>
internal sealed class LabelOptions
{
    private readonly Option<string[]?> _labels = Values.Texts("--labels", "a,b,c",
        "Labels, separated by commas; may be given several times.");
    private readonly Option<string?> _labelsFile = Values.Text("--labels-file", "FILE",
        "A file with one label a line, a JSON array, or a Python list.");
    private readonly TemplateOptions _templates;
    private readonly Option<string?> _classifier = Values.Text("--classifier", "FILE",
        "A classifier that train-probe, finetune or --save has stored, instead of labels and templates.");

    public LabelOptions(Command command)
    {
        command.Add(_labels);
        command.Add(_labelsFile);
        _templates = new(command);
        _classifier.Aliases.Add("--probe");
        command.Add(_classifier);
    }

    /// <summary>What the line says, before anything is loaded.</summary>
    /// <exception cref="UsageException">It says nothing, or two things.</exception>
    public Source Of(ParseResult line)
    {
        bool hasLabels = line.GetValue(_labels) is { Length: > 0 } || line.GetValue(_labelsFile) is not null;
        if (line.GetValue(_classifier) is string file)
            return hasLabels || _templates.AreGiven(line)
                ? throw new UsageException(
                    "classify: a stored classifier has labels and templates of its own; give either --classifier or --labels.")
                : new(file, [], []);
        return hasLabels
            ? new(null, LabelsOf(line), _templates.Of(line))
            : throw new UsageException("classify: no labels; give --labels a,b,c, --labels-file FILE or --classifier FILE.");
    }

    private List<string> LabelsOf(ParseResult line)
    {
        const StringSplitOptions WithoutBlanks = StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries;
        List<string> labels = [.. (line.GetValue(_labels) ?? []).SelectMany(list => list.Split(',', WithoutBlanks))];
        if (line.GetValue(_labelsFile) is string file)
            labels.AddRange(PromptFile.ReadLabels(file));
        return labels.Count > 0
            ? labels
            : throw new InvalidDataException("There is no label among those given; a label has at least one letter.");
    }

    /// <summary>A classifier to be made or read.</summary>
    /// <param name="File">Where it is stored; null where it is made of the labels.</param>
    /// <param name="Labels">Its labels.</param>
    /// <param name="Templates">Its templates.</param>
    internal sealed record Source(string? File, IReadOnlyList<string> Labels, IReadOnlyList<PromptTemplate> Templates)
    {
        /// <summary>Makes or reads it.</summary>
        public Classifier Open(Clip clip, Shell shell) =>
            File is null
                ? LabelPrompts.Encode(clip, Labels, Templates, shell)
                : Failures.Advise(() => Classifier.Load(HeadOption.FileOf(File), clip),
                    "Classifiers are made by 'pureclip train-probe', 'pureclip finetune' and 'pureclip classify --save FILE'.");
    }
}

/// <summary><c>--template</c>, <c>--templates-file</c> and <c>--templates</c>: the sentences that labels are put into.</summary>
internal sealed class TemplateOptions
{
    private readonly Option<PromptTemplate[]?> _templates = Values.Templates("--template",
        "A sentence with {} where the label goes; of several, the mean is taken. [default: the bare label]");

    private readonly Option<string?> _file = Values.Text("--templates-file", "FILE",
        "A file with one template a line, a JSON array, or a Python list such as OpenAI's and OpenCLIP's published templates for "
            + "ImageNet.");

    private readonly Option<string?> _set = new("--templates")
    {
        HelpName = "NAME",
        Description = "Published templates by name, such as openai-imagenet-80, openai-imagenet-7 or openai-oxfordpets.",
        CustomParser = result =>
        {
            string name = Values.Token(result);
            if (PublishedTemplates.Names.Contains(name, StringComparer.OrdinalIgnoreCase))
                return name;
            result.AddError($"--templates '{name}' is unknown; choose {string.Join(" or ", PublishedTemplates.Names)}.");
            return null;
        },
    };

    public TemplateOptions(Command command)
    {
        command.Add(_templates);
        command.Add(_file);
        _set.CompletionSources.Clear();
        _set.CompletionSources.Add([.. PublishedTemplates.Names]);
        command.Add(_set);
    }

    /// <summary>Whether the line has any.</summary>
    public bool AreGiven(ParseResult line) =>
        line.GetValue(_templates) is { Length: > 0 } || line.GetValue(_file) is not null || line.GetValue(_set) is not null;

    /// <summary>The templates, at least one.</summary>
    public IReadOnlyList<PromptTemplate> Of(ParseResult line)
    {
        List<PromptTemplate> templates = [.. line.GetValue(_templates) ?? []];
        if (line.GetValue(_file) is string file)
            templates.AddRange(PromptFile.ReadTemplates(file));
        if (line.GetValue(_set) is string name)
            templates.AddRange(PublishedTemplates.Of(name));
        return templates.Count > 0 ? templates : [PromptTemplate.Bare];
    }
}
