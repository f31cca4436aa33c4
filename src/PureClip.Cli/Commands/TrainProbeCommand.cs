using System.CommandLine;
using System.Globalization;
using PureClip.Cli.Arguments;
using PureClip.Cli.Labelling;
using PureClip.Cli.Output;
using PureClip.Files;
using PureClip.Labels;

namespace PureClip.Cli.Commands;

/// <summary><c>pureclip train-probe</c>: a classifier from folders of pictures.</summary>
internal sealed class TrainProbeCommand : ShellCommand
{
    private const int MostFolds = 100, WorstPairs = 5;

    private static readonly Report<(string Label, int Pictures)> Classes = new(
        new("label", row => row.Label) { Title = "class" },
        new("pictures", row => row.Pictures));

    private static readonly Report<Confusion> Confusions = new(
        new("label", confusion => confusion.Label),
        new("taken_for", confusion => confusion.TakenFor),
        new("count", confusion => confusion.Count));

    private static readonly Report<TrainedProbe> OtherMethod = new(
    [
        new("method", probe => Method.Of(probe).Word),
        .. Numbers<TrainedProbe>(BestOf),
    ]);

    private static readonly Report<Training> Trained = new(
    [
        new Column<Training, (string, int)>("classes", training => training.Classes, Classes),
        new("method", training => Method.Of(training.Probe).Word),
        new("folds", training => training.Probe.Folds),
        .. Numbers<Training>(training => BestOf(training.Probe)),
        new Column<Training, ValidatedSetting>(
            "settings", training => training.Probe.Settings, new(Numbers<ValidatedSetting>(setting => setting))),
        new("other", training => OtherMethod.One(training.Other)),
        new Column<Training, Confusion>("confusions", training => training.Probe.Confusions, Confusions),
        new("output", training => training.File),
    ]);

    private readonly Argument<string> _folder = new("FOLDER")
    {
        Description = "A folder with one folder of pictures for each class, named after it.",
    };

    private readonly Option<string?> _output = Values.Text("--output", "FILE",
        "Where the classifier is stored (safetensors), to be used with 'classify --classifier FILE'.");
    private readonly Option<ClassifierKind?> _method = Values.Choice("--method",
        "logistic: logistic regression, better with many pictures. prototype: the mean of each class, better with few. [default: logistic]",
        ("logistic", ClassifierKind.LinearProbe), ("prototype", ClassifierKind.Prototypes));

    private readonly Option<long> _folds = Values.Integer("--folds",
        "Parts of the cross-validation.", 2, MostFolds, new ProbeOptions().Folds);
    private readonly Option<long> _names = Values.Integer("--name-share",
        "Percent of the class's name, as the text tower knows it, in its prototype.", 0, 100, 0);
    private readonly TemplateOptions _templates;
    private readonly TruncateOption _truncate;
    private readonly FormatOption _format;
    private readonly ModelOptions _model;
    private readonly PictureRules _rules;

    public TrainProbeCommand(Shell shell)
        : base(shell, "train-probe",
            "Train a classifier on your own classes, given a folder of pictures for each.",
            ["The model stays as it is; what is learnt is a linear function of its vectors. The accuracy is cross-validated: every picture "
                + "is judged by a classifier that was trained without it. Each setting is tried and the best one trained on all pictures. "
                + "The other method is cross-validated too, to compare.",
                "Each class needs two pictures. Near-copies of a picture (series, frames of a film) make the accuracy look better than it "
                    + "is.",
                "jsonl: one object with \"classes\", \"method\", \"folds\", \"setting\", \"accuracy\", \"standard_error\", \"log_loss\", "
                    + "\"settings\", \"other\", \"confusions\", \"output\"."],
            new("pureclip train-probe animals --output animals.safetensors", "animals/cat, animals/dog, ... to a classifier"),
            new("pureclip classify photos --classifier animals.safetensors", "Use it"),
            new("pureclip train-probe logos --output logos.safetensors --method prototype --name-share 30",
                "A few pictures a class, helped by the classes' names"))
    {
        _output.Required = true;
        Add(_folder);
        Add(_output);
        Add(_method);
        Add(_folds);
        Add(_names);
        _templates = new(this);
        _truncate = new(this);
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
        using Clip clip = _model.Load(line, _rules, _truncate.Apply(line));
        LabelledEmbeddings pictures = ClassFolders.Embed(clip, classes, Shell);
        ProbeOptions options = new()
        {
            Folds = (int)line.GetValue(_folds),
            Threads = _model.Options(line).Threads,
            NameShare = line.GetValue(_names) / 100f,
            Names = blends ? LabelPrompts.Encode(clip, pictures.Labels, templates, Shell) : null,
        };
        ClassifierKind other = method == ClassifierKind.LinearProbe ? ClassifierKind.Prototypes : ClassifierKind.LinearProbe;
        Training training = new(pictures, Train(method, pictures, options), Train(other, pictures, options), output);
        training.Probe.Classifier.Save(file.Stream);
        file.Commit();
        if (_format.Of(line, Shell) == OutputFormat.JsonLines)
            Trained.Write(Shell, OutputFormat.JsonLines, [training]);
        else
            WriteTables(training);
        Shell.Next($"{Shell.Name} classify PICTURES --classifier {Failures.Quoted(output)}{_model.Typed(line)}", "uses it");
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

    private void WriteTables(Training training)
    {
        ValidatedSetting chosen = BestOf(training.Probe);
        Report<ValidatedSetting> settings = new(
        [
            new(Method.Of(training.Probe).Setting, setting => setting.Value.ToString("0.###e-0", CultureInfo.InvariantCulture)),
            .. Numbers<ValidatedSetting>(setting => setting),
            new("", setting => setting == chosen ? "chosen" : ""),
        ]);
        Classes.Write(Shell, OutputFormat.Table, training.Classes);
        settings.Write(Shell, OutputFormat.Table, training.Probe.Settings);
        foreach (string sentence in Sentences(training))
            Shell.Say(sentence);
    }

    private static IEnumerable<string> Sentences(Training training)
    {
        (LabelledEmbeddings pictures, TrainedProbe probe, TrainedProbe other, string file) = training;
        ValidatedSetting best = BestOf(probe), bestOfOther = BestOf(other);
        yield return
            $"{Method.Of(probe).Name}: {Percent(best.Accuracy)} ± {Percent(best.StandardError)} right, cross-validated in {probe.Folds} "
                + "parts; "
            + $"{Method.Of(other).Name}: {Percent(bestOfOther.Accuracy)} ± {Percent(bestOfOther.StandardError)}.";
        yield return Advice(probe, other);
        if (pictures.Sizes.Max() > 2 * pictures.Sizes.Min())
            yield return
                $"The largest class has {pictures.Sizes.Max()} pictures, the smallest {pictures.Sizes.Min()}: accuracy speaks mostly of "
                    + "large classes"
                + (probe.Classifier.Kind == ClassifierKind.LinearProbe ? ", and they are expected to be frequent later on too." : ".");
        foreach (Confusion confusion in probe.Confusions.Take(WorstPairs))
            yield return
                $"  {confusion.Count} of {confusion.Of} \"{TextLines.One(confusion.Label)}\" were taken for "
                    + $"\"{TextLines.One(confusion.TakenFor)}\"";
        yield return $"Stored in {TextLines.One(file)}.";
    }

    /// <summary>Differences within one standard error of the difference are no differences.</summary>
    private static string Advice(TrainedProbe probe, TrainedProbe other)
    {
        double difference = BestOf(probe).Accuracy - BestOf(other).Accuracy;
        double error = double.Hypot(BestOf(probe).StandardError, BestOf(other).StandardError);
        if (Math.Abs(difference) > error)
            return $"--method {Method.Of(difference > 0 ? probe : other).Word} is the better one here.";
        return "That is a tie: with fewer than ten pictures a class --method prototype is the safer choice, since it fits fewer numbers; "
            + "with more, logistic.";
    }

    /// <summary>A setting and how it did, as columns of whatever has one. Tables name the setting as the method does.</summary>
    private static Column<T>[] Numbers<T>(Func<T, ValidatedSetting> settingOf) =>
    [
        new("setting", row => settingOf(row).Value) { Shown = Shown.InLines },
        new("accuracy", row => settingOf(row).Accuracy, "0.0 %"),
        new("standard_error", row => settingOf(row).StandardError, "0.0 %") { Title = "± standard error" },
        new("log_loss", row => settingOf(row).LogLoss, "0.000") { Title = "log-loss" },
    ];

    private static ValidatedSetting BestOf(TrainedProbe probe) => probe.Classifier.Validation!.Value;

    private static string Percent(double share) => share.ToString("0.0 %", CultureInfo.InvariantCulture);

    /// <summary>What came of it.</summary>
    /// <param name="Pictures">What was learnt from.</param>
    /// <param name="Probe">The result.</param>
    /// <param name="Other">What the other method would have given.</param>
    /// <param name="File">Where the result was stored.</param>
    private sealed record Training(LabelledEmbeddings Pictures, TrainedProbe Probe, TrainedProbe Other, string File)
    {
        public IEnumerable<(string Label, int Pictures)> Classes => Pictures.Labels.Zip(Pictures.Sizes);
    }

    /// <summary>How a method is called.</summary>
    private sealed record Method(string Word, string Name, string Setting)
    {
        private static readonly Method Logistic = new("logistic", "logistic regression", "lambda");
        private static readonly Method Prototype = new("prototype", "prototypes", "scale");

        public static Method Of(TrainedProbe probe) => probe.Classifier.Kind == ClassifierKind.LinearProbe ? Logistic : Prototype;
    }
}
