using System.CommandLine;
using System.Globalization;
using PureClip.Cli.Arguments;
using PureClip.Cli.Labelling;
using PureClip.Cli.Output;
using PureClip.Files;
using PureClip.Labels;

namespace PureClip.Cli.Commands;

/// <summary><c>pureclip classify</c>: which of some labels fits a picture best, which if any, or which of them hold.</summary>
internal sealed class ClassifyCommand : ShellCommand
{
    private const int LabelsInATable = 5;

    private readonly Argument<string[]> _pictures = new("PICTURE")
    {
        Description = PictureArguments.Description + " May be left out with --save.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly LabelOptions _labels;
    private readonly Option<string[]?> _background = Values.Texts("--background-pictures", "FOLDER",
        "Pictures like yours that show none of the labels: files, folders or globs. How labels score on them tells what is chance.");

    private readonly ErrorRateOption _none;
    private readonly ErrorRateOption _multi;
    private readonly Option<string?> _save = Values.Text("--save", "FILE",
        "Store the classifier, with what it learnt from the background, to be used with --classifier.");

    private readonly TruncateOption _truncate;
    private readonly LongTextOption _longTexts;
    private readonly FormatOption _format;
    private readonly ModelOptions _model;
    private readonly PictureRules _rules;

    public ClassifyCommand(Shell shell)
        : base(shell, "classify",
            "Tell which of some labels fits a picture best, or whether any does.",
            ["Each label gets a probability, on the assumption that exactly one of them is right. --none drops that assumption: a label is "
                + "the answer only if it stands out from background pictures, and of pictures like those at most the share ALPHA gets a "
                + "label by chance. --multi judges every label for itself; each may hold or not, with an error rate of ALPHA each (models "
                + "trained with a sigmoid loss can do this without a background).",
                "z: standard deviations above the background's mean. p: how often a background picture scores as high; with --none it is "
                    + "adjusted for the number of labels (Holm).",
                "The table shows the best labels, jsonl all of them, best first: "
                    + "{\"input\",\"labels\":[{\"label\",\"probability\"}...],\"templates\":[...]}; calibrated labels have "
                    + "\"z\",\"p\",\"p_adjusted\" too, and there is a \"verdict\": a label or null with --none, a list of labels with "
                    + "--multi."],
            new("pureclip classify photos --labels cat,dog,\"fire engine\" --template \"a photo of a {}\"",
                "Three labels in a sentence like those that CLIP was trained on"),
            new("pureclip classify a.png --labels-file labels.txt --templates-file templates.txt --format jsonl",
                "Many labels and templates from files"),
            new("pureclip classify photos --labels cat,dog --background-pictures holidays --none 0.01", "Cat, dog, or none of these"),
            new("pureclip classify --labels cat,dog --background-pictures holidays --save pets.safetensors",
                "Make a calibrated classifier once"),
            new("pureclip classify photos --classifier pets.safetensors --multi", "Use it: each of its labels may hold"))
    {
        Add(_pictures);
        _labels = new(this);
        Add(_background);
        _none = new(this, "--none", "Allow \"none of these\" as an answer, at this error rate.");
        _multi = new(this, "--multi", "Judge every label for itself, at this error rate: several may hold, or none.");
        Add(_save);
        _truncate = new(this);
        _longTexts = new(this, takesBest: false);
        _format = new(this);
        _model = new(this);
        _rules = new(this);
    }

    protected override void Run(ParseResult line)
    {
        LabelOptions.Source source = _labels.Of(line);
        (Question question, double errorRate) = QuestionOf(line);
        string[] background = line.GetValue(_background) ?? [], arguments = line.GetValue(_pictures) ?? [];
        string? save = line.GetValue(_save);
        if (arguments.Length == 0 && save is null)
            throw new UsageException("classify: no pictures; give files or folders, or --save FILE to store the classifier alone.");
        if (question == Question.WhichIfAny && background.Length == 0 && source.File is null)
            throw LabelJudge.NeedsBackground(question);
        List<string> pictures = PictureArguments.Expand(arguments, Shell);
        if (pictures.Count == 0 && save is null)
            return;

        using AtomicFile? file = save is null ? null : new(save); // known at once if nothing can be written there
        using Clip clip = _model.Load(line, _rules, _longTexts.Apply(line, _truncate.Apply(line)));
        _longTexts.Tell(
            line, Shell, clip, source.Labels.SelectMany(label => source.Templates.Select(template => template.Fill(label))));
        Classifier classifier = source.Open(clip, Shell);
        if (background.Length > 0)
            classifier = classifier.Calibrate(BackgroundEmbeddings.Of(clip, background, Shell));
        LabelJudge judge = new(classifier, question, errorRate);
        if (file is not null)
        {
            classifier.Save(file.Stream);
            file.Commit();
        }
        OutputFormat format = _format.Of(line, Shell);
        Write(clip, pictures, judge, format);
        if (save is not null)
            Shell.Next(
                $"{Shell.Name} classify PICTURES --classifier {Failures.Quoted(save)}{_model.Typed(line)}", "uses what was stored");
        else if (format == OutputFormat.Table && source.File is null)
            Shell.Next(
                $"{Shell.Name} train-probe FOLDER --output my.safetensors", "learns your own labels from a folder of pictures for each");
    }

    private void Write(Clip clip, List<string> pictures, LabelJudge judge, OutputFormat format)
    {
        IEnumerable<Judged> judged = PictureEmbeddings.Of(clip, pictures, Shell, streams: format != OutputFormat.Table)
            .Select(picture => new Judged(picture.Path, judge.Judge(picture.Embedding)));
        string[] quoted = [.. judge.Templates.Select(template => $"\"{template}\"")];
        string[] said =
        [
            .. quoted.Length > 0 ? ["prompts: " + string.Join(", ", quoted)] : Array.Empty<string>(),
            .. judge.IsSigmoid ? ["probabilities are each label's own (sigmoid) and do not sum to 1"] : Array.Empty<string>(),
        ];
        ReportOf(judge).Write(Shell, format, judged, said.Length > 0 ? string.Join("; ", said) : null);
    }

    /// <summary>Every label in JSON, the best of them in a table, which has columns for what was asked.</summary>
    private static Report<Judged> ReportOf(LabelJudge judge)
    {
        bool isEach = judge.Question == Question.WhetherEach, isAny = judge.Question == Question.WhichIfAny;
        Shown calibrated = isEach || isAny ? Shown.Everywhere : Shown.InLines;
        Report<JudgedLabel> labels = new([
            .. isEach ? [new("holds", label => label.Holds) { Shown = Shown.InTables }] : Array.Empty<Column<JudgedLabel>>(),
            new("label", label => label.Label),
            new("probability", label => label.Probability is float probability ? probability : Cell.Absent, "0.0 %")
            {
                Shown = judge.HasProbabilities ? Shown.Everywhere : Shown.InLines,
            },
            new("z", label => label.Score is LabelScore score ? (float)score.ZScore : Cell.Absent, "0.0") { Shown = calibrated },
            new("p", label => label.Score is LabelScore score ? score.PValue : Cell.Absent)
            {
                Shown = calibrated,
                Text = label => label.Score is LabelScore score ? TextOf(isAny ? score.AdjustedPValue : score.PValue) : null,
            },
            new("p_adjusted", label => label.Score is LabelScore score ? score.AdjustedPValue : Cell.Absent) { Shown = Shown.InLines },
        ]);
        string[] templates = [.. judge.Templates];
        return new(
            new("input", picture => picture.Path) { Title = "picture", Kind = TextKind.Path },
            new("verdict", picture => isAny ? picture.Holding.FirstOrDefault() : isEach ? picture.Holding : Cell.Absent)
            {
                Title = "answer",
                Text = picture => picture.Holding.FirstOrDefault() ?? "none of these",
                Shown = isAny ? Shown.Everywhere : Shown.InLines,
            },
            new Column<Judged, JudgedLabel>("labels", picture => picture.Labels, labels) { Shown = Shown.InLines },
            new Column<Judged, JudgedLabel>("labels", picture => picture.Best, labels) { Shown = Shown.InTables },
            new("templates", _ => templates) { Shown = Shown.InLines });
    }

    private static string TextOf(double p) => p.ToString(p < 0.001 ? "0e-0" : "0.000", CultureInfo.InvariantCulture);

    private (Question Question, double ErrorRate) QuestionOf(ParseResult line) => (_none.Of(line), _multi.Of(line)) switch
    {
        (null, null) => (Question.Which, ErrorRateOption.Usual),
        (double rate, null) => (Question.WhichIfAny, rate),
        (null, double rate) => (Question.WhetherEach, rate),
        _ => throw new UsageException("classify: --none asks for one label or none, --multi judges each; give one of them."),
    };

    private sealed record Judged(string Path, IReadOnlyList<JudgedLabel> Labels)
    {
        /// <summary>Whatever holds, and a few more to see what nearly did.</summary>
        public IEnumerable<JudgedLabel> Best => Labels.Take(Math.Max(LabelsInATable, Labels.Count(label => label.Holds)));

        /// <summary>The labels that hold, best first.</summary>
        public string[] Holding => [.. Labels.Where(label => label.Holds).Select(label => label.Label)];
    }
}
