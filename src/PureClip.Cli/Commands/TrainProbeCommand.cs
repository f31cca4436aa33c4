using System.CommandLine;
using PureClip.Cli.Arguments;
using PureClip.Cli.Labelling;
using PureClip.Cli.Output;
using PureClip.Labels;
using PureClip.Safetensors;

namespace PureClip.Cli.Commands;

/// <summary><c>pureclip train-probe</c>: a classifier from folders of pictures.</summary>
internal sealed class TrainProbeCommand : ShellCommand
{
    private const int MostFolds = 100;

    private readonly Argument<string> _folder = new("FOLDER") { Description = "A folder with one folder of pictures for each class, named after it." };
    private readonly Option<string?> _output = Values.Text("--output", "FILE", "Where the classifier is stored (safetensors), to be used with 'classify --classifier FILE'.");
    private readonly Option<ClassifierKind?> _method = Values.Choice("--method",
        "logistic: logistic regression, better with many pictures. prototype: the mean of each class, better with few. [default: logistic]",
        ("logistic", ClassifierKind.LinearProbe), ("prototype", ClassifierKind.Prototypes));

    private readonly Option<long> _folds = Values.Integer("--folds", "Parts of the cross-validation.", 2, MostFolds, new ProbeOptions().Folds);
    private readonly Option<long> _names = Values.Integer("--name-share", "Percent of the class's name, as the text tower knows it, in its prototype.", 0, 100, 0);
    private readonly TemplateOptions _templates;
    private readonly FormatOption _format;
    private readonly ModelOptions _model;
    private readonly PictureRules _rules;

    public TrainProbeCommand(Shell shell)
        : base(shell, "train-probe",
            "Train a classifier on your own classes, given a folder of pictures for each.",
            ["The model stays as it is; what is learnt is a linear function of its vectors. The accuracy is cross-validated: every picture is judged by a classifier "
                + "that was trained without it. Each setting is tried and the best one trained on all pictures. The other method is cross-validated too, to compare.",
                "Each class needs two pictures. Near-copies of a picture (series, frames of a film) make the accuracy look better than it is.",
                "jsonl: one object with \"classes\", \"method\", \"folds\", \"setting\", \"accuracy\", \"standard_error\", \"log_loss\", \"settings\", \"other\", \"confusions\", \"output\"."],
            new("pureclip train-probe animals --output animals.safetensors", "animals/cat, animals/dog, ... to a classifier"),
            new("pureclip classify photos --classifier animals.safetensors", "Use it"),
            new("pureclip train-probe logos --output logos.safetensors --method prototype --name-share 30", "A few pictures a class, helped by the classes' names"))
    {
        _output.Required = true;
        Add(_folder);
        Add(_output);
        Add(_method);
        Add(_folds);
        Add(_names);
        _templates = new(this);
        _format = new(this);
        _model = new(this);
        _rules = new(this);
    }

    protected override void Run(ParseResult line)
    {
        string output = line.GetValue(_output)!;
        ClassifierKind method = line.GetValue(_method) ?? ClassifierKind.LinearProbe;
        bool blends = line.GetValue(_names) > 0;
        if (method != ClassifierKind.Prototypes && (blends || _templates.AreGiven(line)))
            throw new UsageException("train-probe: names are blended into prototypes only; give --method prototype with --name-share.");
        if (!blends && _templates.AreGiven(line))
            throw new UsageException("train-probe: templates are for the classes' names; give --name-share N with them.");
        IReadOnlyList<PromptTemplate> templates = _templates.Of(line);
        List<(string Label, List<string> Pictures)> classes = ClassFolders.Find(line.GetValue(_folder)!, Shell);

        using AtomicFile file = new(output); // known at once if nothing can be written there
        using Clip clip = Clip.Load(_model.Directory(line), _rules.Apply(line, _model.Options(line)));
        LabelledEmbeddings pictures = ClassFolders.Embed(clip, classes, Shell);
        ProbeOptions options = new()
        {
            Folds = (int)line.GetValue(_folds),
            Threads = _model.Options(line).Threads,
            NameShare = line.GetValue(_names) / 100f,
            Names = blends ? LabelPrompts.Encode(clip, pictures.Labels, templates, Shell) : null,
        };
        ProbeReport report = new(pictures, Train(method, pictures, options), Train(Other(method), pictures, options), output);
        report.Probe.Classifier.Save(file.Stream);
        file.Commit();
        report.Write(Shell, _format.Of(line, Shell));
    }

    private TrainedProbe Train(ClassifierKind method, LabelledEmbeddings pictures, ProbeOptions options)
    {
        const string Unit = "parts of the cross-validation";
        using ProgressLine progress = Shell.StartProgress(Math.Min(options.Folds, pictures.Sizes.Max()) + 1, Unit, streams: false);
        DirectProgress<TrainingProgress> report = new(training => progress.Report(training.Done));
        return method == ClassifierKind.LinearProbe
            ? LinearProbe.Train(pictures, options, report, Shell.Cancellation)
            : PrototypeClassifier.Train(pictures, options, report, Shell.Cancellation);
    }

    private static ClassifierKind Other(ClassifierKind method) =>
        method == ClassifierKind.LinearProbe ? ClassifierKind.Prototypes : ClassifierKind.LinearProbe;
}
