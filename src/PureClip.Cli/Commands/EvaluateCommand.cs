using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using PureClip.Cli.Arguments;
using PureClip.Cli.Evaluating;
using PureClip.Cli.Labelling;
using PureClip.Cli.Output;
using PureClip.Evaluation;
using PureClip.Labels;

namespace PureClip.Cli.Commands;

/// <summary><c>pureclip evaluate</c>: how good a model is on pictures of which it is known what they show.</summary>
internal sealed class EvaluateCommand : ShellCommand
{
    private const int WorstPairs = 5, MostShots = 1000;

    private static readonly Column<Metric>[] Columns =
    [
        new("metric", metric => metric.Name),
        new("value", metric => metric.Estimate.Value) { Text = metric => metric.Shown(metric.Estimate.Value) },
        new("interval", _ => "")
        {
            Title = "95 % interval",
            Text = metric => metric.HasInterval ? $"{metric.Shown(metric.Estimate.Low)} to {metric.Shown(metric.Estimate.High)}" : "",
        },
    ];

    private static readonly Column<Metric> Published = new("published", _ => "")
    {
        Text = metric => metric.Published is (double value, string source) ? $"{metric.Shown(value)} ({source})" : "",
    };

    private readonly Argument<string> _input = new("FOLDER|FILE.csv") { Description = CaptionedPictures.Description };

    private readonly Option<Task?> _task = Values.Choice("--task",
        "zero-shot: which class, told from the classes' names. retrieval: captions find their pictures and pictures their captions. "
            + "probe: logistic regression trained on --train. few-shot: a few pictures of each class and the names. "
            + "[default: zero-shot for a folder, retrieval for a file]",
        ("zero-shot", Task.ZeroShot), ("retrieval", Task.Retrieval), ("probe", Task.Probe), ("few-shot", Task.FewShot));

    private readonly Option<string?> _train = Values.Text("--train", "FOLDER|FILE.csv",
        "Pictures to train the probe on, of the same classes.");
    private readonly Option<int[]> _shots = Values.Integers("--shots",
        "Pictures of each class that few-shot is shown. [default: 1,2,4]", 1, MostShots);

    private readonly Option<long> _names = Values.Integer("--name-share",
        "Percent of the class's name in what few-shot compares with.", 0, 100, 50);

    private readonly Option<string?> _dataSet = Values.Text("--dataset", "NAME",
        "What the pictures are, by CLIP_benchmark's name, to see the published figure beside: "
            + $"{string.Join(", ", PublishedFigures.DataSets)}; another name is written down.");

    private readonly TemplateOptions _templates;
    private readonly TruncateOption _truncate;
    private readonly FormatOption _format;
    private readonly ModelOptions _model;
    private readonly PictureRules _rules;

    public EvaluateCommand(Shell shell)
        : base(shell, "evaluate",
            "Measure a model on pictures of which it is known what they show.",
            ["Figures are those of CLIP_benchmark, by its names: acc1, acc5, mean_per_class_recall; image_retrieval_recall@k over "
                + "captions, text_retrieval_recall@k over pictures, any caption of which counts. Accuracies have Wilson's intervals, "
                + "recalls a bootstrap over pictures.",
                "ece: mean distance of probability and share of right answers (15 bins); temperature: what logits should be divided by, "
                    + "fitted on every second picture, and ece_at_temperature on the others.",
                "The probe is a logistic regression on unit vectors (L-BFGS, strength by cross-validation), which is neither "
                    + "CLIP_benchmark's (AdamW) nor OpenAI's (vectors of any length): compare it with itself.",
                "jsonl: {\"dataset\",\"model\",\"task\",\"pictures\",\"metrics\":{...},\"intervals\":{...},\"published\":{...},"
                    + "\"confusions\":[...]}"],
            new("pureclip evaluate animals --template \"a photo of a {}\"", "animals/cat, animals/dog, ...: are they told apart?"),
            new("pureclip evaluate imagenet/val --templates openai-imagenet-80 --dataset imagenet1k --model openai-b32",
                "Beside the published figure"),
            new("pureclip evaluate captions.csv", "Do captions find their pictures?"),
            new("pureclip evaluate test --task probe --train train", "A linear probe"))
    {
        Add(_input);
        Add(_task);
        Add(_train);
        Add(_shots);
        Add(_names);
        Add(_dataSet);
        _templates = new(this);
        _truncate = new(this);
        _format = new(this);
        _model = new(this);
        _rules = new(this);
    }

    private enum Task
    {
        ZeroShot,
        Retrieval,
        Probe,
        FewShot,
    }

    protected override void Run(ParseResult line)
    {
        string input = line.GetValue(_input)!;
        Task task = line.GetValue(_task) ?? (Directory.Exists(input) ? Task.ZeroShot : Task.Retrieval);
        string? train = line.GetValue(_train);
        if (task == Task.Probe && train is null)
            throw new UsageException("evaluate: a probe is trained on other pictures than it is judged on; give --train FOLDER.");
        if (task != Task.Probe && train is not null)
            throw new UsageException("evaluate: --train is for --task probe.");
        if (task != Task.FewShot && line.FirstGiven(_shots, _names) is string option)
            throw new UsageException($"evaluate: {option} is for --task few-shot.");
        if (task is Task.Retrieval or Task.Probe && _templates.AreGiven(line))
            throw new UsageException("evaluate: templates are for the classes' names, which --task zero-shot and few-shot compare with.");
        KnownPictures pictures = KnownPictures.Of(input, Shell);
        KnownPictures? learnt = train is null ? null : KnownPictures.Of(train, Shell);
        if (task == Task.Retrieval && Directory.Exists(input))
            throw new UsageException("evaluate: pictures of a folder share its name, so that no caption has a picture of its own; "
                + "--task retrieval takes a file of captions.");

        using Clip clip = _model.Load(line, _rules, _truncate.Apply(line));
        (pictures, IReadOnlyList<float[]> embeddings) = pictures.Embed(clip, Shell);
        Evaluated evaluated = task switch
        {
            Task.Retrieval => ByRetrieval(clip, pictures, embeddings, _model.Options(line).Threads),
            Task.Probe => ByProbe(clip, pictures, embeddings, learnt!, _model.Options(line).Threads),
            Task.FewShot => ByFewShot(clip, pictures, embeddings, line),
            _ => ByNames(clip, pictures, embeddings, line),
        };
        string model = _model.Name(line), dataSet = line.GetValue(_dataSet) ?? Path.GetFileNameWithoutExtension(Path.GetFullPath(input));
        Write(evaluated with
        {
            Metrics = [.. evaluated.Metrics.Select(metric => metric with
        {
            Published = task is Task.ZeroShot or Task.Retrieval ? PublishedFigures.Find(dataSet, metric.Name, model) : null,
        })]
        }, model, dataSet, _format.Of(line, Shell));
    }

    private Evaluated ByNames(Clip clip, KnownPictures pictures, IReadOnlyList<float[]> embeddings, ParseResult line)
    {
        string[] classes = pictures.Classes;
        int[] classOf = pictures.ClassOfPicture(classes);
        Classifier classifier = Names(clip, classes, line);
        return Of("zeroshot_classification", Classification.Measure(classifier, embeddings, classOf));
    }

    private Classifier Names(Clip clip, string[] classes, ParseResult line)
    {
        Classifier classifier = LabelPrompts.Encode(clip, classes, _templates.Of(line), Shell);
        return classifier.Labels.Count == classes.Length
            ? classifier
            : throw new InvalidDataException("Classes that the model reads alike cannot be told apart by their names. Rename one of them.");
    }

    private static Evaluated Of(string task, ClassificationReport report)
    {
        CalibrationReport calibration = report.Calibration;
        List<Metric> metrics = [new("acc1", report.Top1)];
        if (report.Top5 is Estimate five)
            metrics.Add(new("acc5", five));
        metrics.Add(new("mean_per_class_recall", report.MeanPerClassRecall));
        metrics.Add(Metric.Number("ece", calibration.Error));
        if (calibration is { Temperature: double temperature, ErrorAtTemperature: double error })
            metrics.AddRange([Metric.Number("temperature", temperature, "0.00"), Metric.Number("ece_at_temperature", error)]);
        return new(task, report.Pictures, metrics, report.Confusions);
    }

    private Evaluated ByRetrieval(Clip clip, KnownPictures pictures, IReadOnlyList<float[]> embeddings, int threads)
    {
        foreach (string text in pictures.Texts)
            TruncateOption.RequireThatItFits(clip, text);
        using ProgressLine progress = Shell.StartProgress(pictures.Texts.Count, "captions", streams: false);
        float[][] texts = clip.EncodeTexts(pictures.Texts, new DirectProgress<int>(progress.Report), Shell.Cancellation);
        RetrievalReport report = Retrieval.Measure(embeddings, texts, pictures.PictureOfText, threads, Shell.Cancellation);
        return new("zeroshot_retrieval", embeddings.Count,
        [
            .. Metrics("image_retrieval", report.TextToPicture),
            .. Metrics("text_retrieval", report.PictureToText),
        ], []);
    }

    private static IEnumerable<Metric> Metrics(string way, Recall recall) =>
    [
        new($"{way}_recall@1", recall.At1), new($"{way}_recall@5", recall.At5), new($"{way}_recall@10", recall.At10),
        Metric.Number($"{way}_mean_rank", recall.MeanRank, "0.0"), Metric.Number($"{way}_median_rank", recall.MedianRank, "0"),
    ];

    private Evaluated ByProbe(
        Clip clip, KnownPictures pictures, IReadOnlyList<float[]> embeddings, KnownPictures learnt, int threads)
    {
        string[] classes = [.. learnt.Classes];
        int[] classOf = pictures.ClassOfPicture(classes);
        (KnownPictures read, IReadOnlyList<float[]> vectors) = learnt.Embed(clip, Shell);
        LabelledEmbeddings known = new(clip.Space, classes, vectors, read.ClassOfPicture(classes));
        ProbeOptions options = new() { Threads = threads };
        using ProgressLine progress = Shell.StartProgress(options.Folds + 1, "parts of the cross-validation", streams: false);
        TrainedProbe probe = LinearProbe.Train(
            known, options, new DirectProgress<TrainingProgress>(training => progress.Report(training.Done)), Shell.Cancellation);
        return Of("linear_probe", Classification.Measure(probe.Classifier, embeddings, classOf));
    }

    private Evaluated ByFewShot(Clip clip, KnownPictures pictures, IReadOnlyList<float[]> embeddings, ParseResult line)
    {
        string[] classes = pictures.Classes;
        LabelledEmbeddings known = new(clip.Space, classes, embeddings, pictures.ClassOfPicture(classes));
        float share = line.GetValue(_names) / 100f;
        Classifier? names = share > 0 ? Names(clip, classes, line) : null;
        int[] shots = line.GetValueOr(_shots, [1, 2, 4]);
        List<Metric> metrics = [];
        foreach (int count in shots)
        {
            FewShotReport report = FewShot.Measure(known, count, names, share, cancellationToken: Shell.Cancellation);
            metrics.Add(new($"acc1@{count}", report.Top1));
        }
        return new("few_shot", embeddings.Count, metrics, []);
    }

    private void Write(Evaluated evaluated, string model, string dataSet, OutputFormat format)
    {
        if (format == OutputFormat.JsonLines)
        {
            JsonLines.Write(Shell.Out, json => WriteFields(json, evaluated, model, dataSet));
            return;
        }
        string pictures = evaluated.Pictures.ToString("N0", CultureInfo.InvariantCulture);
        bool isKnown = evaluated.Metrics.Any(metric => metric.Published is not null);
        new Report<Metric>(isKnown ? [.. Columns, Published] : Columns).Write(Shell, format, evaluated.Metrics,
            $"{TextLines.One(dataSet)}, {evaluated.Task}, {TextLines.One(model)}, {pictures} pictures");
        foreach (Confusion confusion in evaluated.Confusions.Take(WorstPairs))
            Shell.Say($"  {confusion.Count} of {confusion.Of} \"{TextLines.One(confusion.Label)}\" were taken for "
                + $"\"{TextLines.One(confusion.TakenFor)}\"");
    }

    private static void WriteFields(Utf8JsonWriter json, Evaluated evaluated, string model, string dataSet)
    {
        json.WriteString("dataset", dataSet);
        json.WriteString("model", model);
        json.WriteString("task", evaluated.Task);
        json.WriteNumber("pictures", evaluated.Pictures);
        json.WriteStartObject("metrics");
        foreach (Metric metric in evaluated.Metrics)
            json.WriteNumber(metric.Name, metric.Estimate.Value);
        json.WriteEndObject();
        json.WriteStartObject("intervals");
        foreach (Metric metric in evaluated.Metrics.Where(metric => metric.HasInterval))
        {
            json.WriteStartArray(metric.Name);
            json.WriteNumberValue(metric.Estimate.Low);
            json.WriteNumberValue(metric.Estimate.High);
            json.WriteEndArray();
        }
        json.WriteEndObject();
        json.WriteStartObject("published");
        foreach (Metric metric in evaluated.Metrics)
            if (metric.Published is (double value, string source))
            {
                json.WriteStartObject(metric.Name);
                json.WriteNumber("value", value);
                json.WriteString("source", source);
                json.WriteEndObject();
            }
        json.WriteEndObject();
        json.WriteStartArray("confusions");
        foreach (Confusion confusion in evaluated.Confusions)
        {
            json.WriteStartObject();
            json.WriteString("label", confusion.Label);
            json.WriteString("taken_for", confusion.TakenFor);
            json.WriteNumber("count", confusion.Count);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    /// <summary>What came of it.</summary>
    private sealed record Evaluated(
        string Task, int Pictures, IReadOnlyList<Metric> Metrics, IReadOnlyList<Confusion> Confusions);

    /// <summary>One figure.</summary>
    /// <param name="Name">CLIP_benchmark's where it has one.</param>
    /// <param name="Estimate">The figure; without an interval both ends are the figure.</param>
    /// <param name="Format">How a table shows it.</param>
    private sealed record Metric(string Name, Estimate Estimate, string Format = "0.0 %")
    {
        /// <summary>What others measured.</summary>
        public (double Value, string Source)? Published { get; init; }

        public bool HasInterval => Estimate.Low < Estimate.High;

        public static Metric Number(string name, double value, string format = "0.000") => new(name, new(value, value, value), format);

        public string Shown(double value) => value.ToString(Format, CultureInfo.InvariantCulture);
    }
}
