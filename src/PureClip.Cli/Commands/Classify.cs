using System.CommandLine;
using System.Globalization;
using PureClip.Cli.Arguments;
using PureClip.Cli.Output;
using Spectre.Console;

namespace PureClip.Cli.Commands;

/// <summary><c>pureclip classify</c>: which of some labels fits a picture best.</summary>
internal sealed class Classify : ShellCommand
{
    private const int LabelsInATable = 5;

    private readonly Argument<string[]> _pictures = new("PICTURE") { Description = PictureArguments.Description, Arity = ArgumentArity.OneOrMore };
    private readonly Option<string[]?> _labels = Values.Texts("--labels", "a,b,c", "Labels, separated by commas; may be given several times.");
    private readonly Option<string?> _labelsFile = Values.Text("--labels-file", "FILE", "A file with one label a line.");

    private readonly Option<string[]?> _templates = Values.Texts("--template", "TEXT",
        "A sentence with {} where the label goes; of several, the mean is taken. [default: the bare label]");

    private readonly FormatOption _format;
    private readonly ModelOptions _model;
    private readonly PictureRules _rules;

    public Classify(Shell shell)
        : base(shell, "classify",
            "Tell which of some labels fits a picture best.",
            ["Each label gets a probability, on the assumption that exactly one of them is right.",
                $"The table shows the best {LabelsInATable}, jsonl all of them, most probable first: "
                    + $"{{\"input\",\"labels\":[{{\"label\",\"probability\"}}...],\"templates\":[...]}}"],
            new("pureclip classify photos --labels cat,dog,\"fire engine\" --template \"a photo of a {}\"",
                "Three labels in a sentence like those that CLIP was trained on"),
            new("pureclip classify a.png --labels-file labels.txt --format jsonl", "Many labels from a file"))
    {
        Add(_pictures);
        Add(_labels);
        Add(_labelsFile);
        Add(_templates);
        _format = new(this);
        _model = new(this);
        _rules = new(this);
        _templates.Validators.Add(result =>
        {
            foreach (string template in result.GetValueOrDefault<string[]?>() ?? [])
                if (template.Split("{}").Length != 2)
                    result.AddError($"--template '{template}' must have exactly one {{}}, where the label goes.");
        });
    }

    protected override void Run(ParseResult line)
    {
        if (line.GetValue(_labels) is not { Length: > 0 } && line.GetValue(_labelsFile) is null)
            throw new UsageException("classify: no labels; give --labels a,b,c or --labels-file FILE.");
        List<string> labels = LabelsOf(line);
        PromptTemplate[] templates =
            [.. (line.GetValue(_templates) ?? []).Select(text => new PromptTemplate(text)).DefaultIfEmpty(PromptTemplate.Bare)];
        List<string> pictures = PictureArguments.Expand(line.GetValue(_pictures)!, Shell);
        if (pictures.Count == 0)
            return;

        bool asTable = _format.Of(line, Shell) == OutputFormat.Table;
        Table table = Tables.New("picture", "label", "#probability");
        using Clip clip = Clip.Load(_model.Directory(line), _rules.Apply(line, _model.Options(line)));
        ZeroShotClassifier classifier = new(clip, labels, templates, Shell.Cancellation);
        foreach ((string path, float[] embedding) in PictureEmbeddings.Of(clip, pictures, Shell, streams: !asTable))
        {
            (string Label, float Probability)[] ranked = [.. labels.Zip(classifier.Classify(embedding)).OrderByDescending(pair => pair.Second)];
            if (asTable)
                AddRows(table, path, ranked);
            else
                WriteLine(path, ranked, templates);
        }
        if (table.Rows.Count > 0)
        {
            table.Title = new TableTitle(Markup.Escape("prompts: " + string.Join(", ", templates.Select(template => $"\"{template}\""))));
            Tables.Write(Shell.Out, Shell.OutputIsTerminal, table);
        }
    }

    private List<string> LabelsOf(ParseResult line)
    {
        const StringSplitOptions WithoutBlanks = StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries;
        List<string> labels = [.. (line.GetValue(_labels) ?? []).SelectMany(list => list.Split(',', WithoutBlanks))];
        if (line.GetValue(_labelsFile) is string file)
            labels.AddRange(File.ReadLines(file).Select(label => label.Trim()).Where(label => label.Length > 0));
        return labels.Count > 0 ? labels : throw new InvalidDataException("There is no label among those given; a label has at least one letter.");
    }

    private static void AddRows(Table table, string path, (string Label, float Probability)[] ranked)
    {
        for (int i = 0; i < Math.Min(ranked.Length, LabelsInATable); i++)
            table.Add(i == 0 ? path : "", ranked[i].Label, ranked[i].Probability.ToString("0.0 %", CultureInfo.InvariantCulture));
    }

    private void WriteLine(string path, (string Label, float Probability)[] ranked, PromptTemplate[] templates) => JsonLines.Write(Shell.Out, json =>
    {
        json.WriteText("input", path);
        json.WriteStartArray("labels");
        foreach ((string label, float probability) in ranked)
        {
            json.WriteStartObject();
            json.WriteText("label", label);
            json.WriteFloat("probability", probability);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteTexts("templates", templates.Select(template => template.Text));
    });
}
