using System.CommandLine;
using PureClip.Labels;

namespace PureClip.Cli.Arguments;

/// <summary><c>--template</c> and <c>--templates-file</c>: the sentences that labels are put into.</summary>
internal sealed class TemplateOptions
{
    private readonly Option<PromptTemplate[]?> _templates = Values.Templates("--template",
        "A sentence with {} where the label goes; of several, the mean is taken. [default: the bare label]");

    private readonly Option<string?> _file = Values.Text("--templates-file", "FILE",
        "A file with one template a line, a JSON array, or a Python list such as OpenAI's and OpenCLIP's published templates for ImageNet.");

    public TemplateOptions(Command command)
    {
        command.Add(_templates);
        command.Add(_file);
    }

    /// <summary>Whether the line has any.</summary>
    public bool AreGiven(ParseResult line) => line.GetValue(_templates) is { Length: > 0 } || line.GetValue(_file) is not null;

    /// <summary>The templates, at least one.</summary>
    public IReadOnlyList<PromptTemplate> Of(ParseResult line)
    {
        List<PromptTemplate> templates = [.. line.GetValue(_templates) ?? []];
        if (line.GetValue(_file) is string file)
            templates.AddRange(PromptFile.ReadTemplates(file));
        return templates.Count > 0 ? templates : [PromptTemplate.Bare];
    }
}
