using System.CommandLine;
using System.Globalization;
using PureClip.Cli.Arguments;
using PureClip.Cli.Output;
using PureClip.Labels;
using PureClip.Training;

namespace PureClip.Cli.Commands;

/// <summary><c>pureclip finetune</c>: a model that knows one's own pictures.</summary>
internal sealed class FineTuneCommand : ShellCommand
{
    private static readonly Column<(Blend Blend, bool IsChosen)>[] OfTarget =
    [
        new("share", row => row.Blend.Share, "0.0"),
        new("accuracy", row => row.Blend.Target.PictureToText, "0.0 %"),
        new("low", row => row.Blend.Target.Interval.Low) { Shown = Shown.InLines },
        new("high", row => row.Blend.Target.Interval.High) { Shown = Shown.InLines },
    ];

    private static readonly Column<(Blend Blend, bool IsChosen)>[] OfGeneral =
    [
        new("general_picture_to_text", row => row.Blend.General!.Value.PictureToText, "0.0 %") { Title = "general" },
        new("general_text_to_picture", row => row.Blend.General!.Value.TextToPicture, "0.0 %") { Title = "text to picture" },
    ];

    private static readonly Column<(Blend Blend, bool IsChosen)> Chosen =
        new("chosen", row => row.IsChosen) { Title = "", Text = row => row.IsChosen ? "written" : "" };

    private readonly Argument<string> _pictures = new("PICTURES") { Description = CaptionedPictures.Description };

    private readonly Option<string?> _output = Values.Text("--output", "DIR",
        "Where what was learnt goes: a new folder, for a model directory or a head.");
    private readonly Option<string?> _general = Values.Text("--general", "PICTURES",
        "Pictures of other things, as above: what is forgotten is measured with them, and a blend that forgets more than a percent is not "
            + "taken.");
    private readonly Option<FineTuningMethod?> _method = Values.Choice<FineTuningMethod>("--method",
        "head: a linear head on the model's vectors, which forgets nothing. lora: low-rank adapters, which forget little. full: every "
            + "number, for many pictures. [default: head below 1,000 pictures of classes, else lora]",
        ("head", FineTuningMethod.Head), ("lora", FineTuningMethod.Adapters), ("full", FineTuningMethod.Full));
    private readonly Option<long> _rank = Values.Integer("--rank", "Rank of the adapters.", 1, 256, new FineTuningOptions().Rank);
    private readonly Option<LoraTargets[]?> _targets = Values.Choices("--targets", "q,k,v,out,mlp",
        "Which matrices of every block get an adapter. [default: q,v,out,mlp]",
        ("q", LoraTargets.Query), ("k", LoraTargets.Key), ("v", LoraTargets.Value), ("out", LoraTargets.Output), ("mlp", LoraTargets.Mlp));
    private readonly Option<long> _epochs = Values.Integer("--epochs",
        "How often each picture is seen.", 1, 10_000, new FineTuningOptions().Epochs);
    private readonly Option<long> _batch = Values.Integer("--batch", "Pictures of a step.", 2, 65_536, new FineTuningOptions().BatchSize);
    private readonly Option<float?> _rate = Values.Number("--rate",
        "Peak learning rate. [default: 0.001 for lora, 0.00003 for full]", 1e-8f, 0.1f);
    private readonly Option<long> _heldOut = Values.Integer(
        "--held-out", "Percent of the pictures that are only measured with.", 1, 50, 20);
    private readonly Option<long> _seed = Values.Integer(
        "--seed", "Of all random decisions.", 0, long.MaxValue, new FineTuningOptions().Seed);
    private readonly PictureLimits _limits;
    private readonly TruncateOption _truncate;
    private readonly FormatOption _format;
    private readonly ModelOptions _model;

    public FineTuneCommand(Shell shell)
        : base(shell, "finetune",
            "Teach a model your own pictures, and see what it gains and forgets.",
            ["A part of the pictures is held out, by their content, so that copies are on one side. After training, blends of the model "
                + "before and after are measured on them, and the best one is written as a model directory that every command, and every "
                + "other program that reads such directories, takes.",
                "A head is a small file in the folder, for the model as it is: 'classify --classifier', 'search --head' and 'embed --head' "
                    + "use it. Adapters are written beside the new model too, for '--adapter'.",
                "Ctrl-C ends the learning; what was learnt until then is measured and written all the same. A checkpoint beside the folder "
                    + "keeps the state: whatever ended the learning, the same command goes on from it.",
                "jsonl: an object for each blend with \"share\", \"accuracy\", its interval of 95 % \"low\", \"high\", "
                    + "\"general_picture_to_text\", \"general_text_to_picture\", \"chosen\"."],
            new("pureclip finetune birds --output birdclip", "birds/sparrow, birds/robin, ... to a model that tells them apart"),
            new("pureclip finetune captions.csv --output mine --general others.csv", "Learn captions, and watch what is forgotten"),
            new("pureclip search robin photos --head birdclip", "Use a head"),
            new("pureclip search \"a robin\" photos --model mine", "Use a model"))
    {
        _output.Required = true;
        Add(_pictures);
        Add(_output);
        Add(_general);
        Add(_method);
        Add(_rank);
        Add(_targets);
        Add(_epochs);
        Add(_batch);
        Add(_rate);
        Add(_heldOut);
        Add(_seed);
        _limits = new(this);
        _truncate = new(this);
        _format = new(this);
        _model = new(this, weights: false);
    }

    protected override void Run(ParseResult line)
    {
        FineTuningMethod? method = line.GetValue(_method);
        if ((method is FineTuningMethod.Full or FineTuningMethod.Head) && (line.IsGiven(_rank) || line.IsGiven(_targets)))
            throw new UsageException("finetune: only adapters have a rank and targets; give --method lora with them.");
        OutputFormat format = _format.Of(line, Shell);
        string output = line.GetValue(_output)!;
        List<CaptionedPicture> pictures = CaptionedPictures.Of(line.GetValue(_pictures)!, Shell);
        List<CaptionedPicture>? general = line.GetValue(_general) is string others ? CaptionedPictures.Of(others, Shell) : null;
        ClipOptions inputs = _truncate.Apply(line)(_limits.Apply(line, _model.Options(line)));
        using Runtime runtime = new(inputs.Threads);
        FineTuningOptions options = new()
        {
            Method = method,
            Rank = (int)line.GetValue(_rank),
            Targets = line.GetValue(_targets) is { Length: > 0 } targets
                ? targets.Aggregate(static (all, one) => all | one)
                : LoraTargets.Usual,
            Rate = line.GetValue(_rate),
            Epochs = (int)line.GetValue(_epochs),
            BatchSize = (int)line.GetValue(_batch),
            HeldOut = line.GetValue(_heldOut) / 100.0,
            Seed = line.GetValue(_seed),
            MaxPixels = inputs.MaxPixels,
            MaxFileBytes = inputs.MaxFileBytes,
            Truncation = inputs.Truncation,
            StopLearning = Shell.Cancellation,
            Runtime = runtime,
        };
        FineTuningResult result;
        using (ProgressLine progress = Shell.StartProgress(0, "steps", streams: false))
        {
            DirectProgress<FineTuningProgress> report = new(step =>
            {
                progress.Total = step.Steps;
                progress.Report(step.Step);
            });
            Shell.EndsItself = true; // what was learnt is measured and written
            result = Learn(() => FineTuning.Run(_model.Directory(line), pictures, output, options, general, report));
        }
        Report<(Blend, bool)> blends = new([.. OfTarget, .. general is null ? [] : OfGeneral, Chosen]);
        blends.Write(Shell, format, result.Blends.Select(blend => (blend, blend == result.Chosen)));
        if (format == OutputFormat.Table)
            foreach (string sentence in Sentences(result, output))
                Shell.Say(sentence);
        if (result.Chosen.Share == 0)
            return;
        if (result.Method == FineTuningMethod.Head)
            Shell.Next($"{Shell.Name} classify PICTURES --classifier {Failures.Quoted(output)}{_model.Typed(line)}", "uses it");
        else
            Shell.Next($"{Shell.Name} search TEXT PICTURES --model {Failures.Quoted(output)}", "searches with it");
    }

    /// <summary>Calls the library, whose advice about long captions is an option here.</summary>
    private static FineTuningResult Learn(Func<FineTuningResult> call)
    {
        const string Library = "or let long captions be cut", Here = "or cut it with --truncate";
        try
        {
            return call();
        }
        catch (InvalidDataException e) when (e.Message.Contains(Library, StringComparison.Ordinal))
        {
            throw new InvalidDataException(e.Message.Replace(Library, Here, StringComparison.Ordinal), e);
        }
    }

    private static IEnumerable<string> Sentences(FineTuningResult result, string output)
    {
        Blend before = result.Blends[0], chosen = result.Chosen;
        if (result.StoppedEarly)
            yield return "Learning was stopped early; what was learnt until then is measured and written.";
        yield return $"Learnt from {result.Learnt} pictures of {result.Captions} captions, measured on {chosen.Target.Pictures} others: "
            + $"{Percent(before.Target)} right before, {Percent(chosen.Target)} after.";
        if (result.Validation is ValidatedSetting head)
            yield return string.Create(CultureInfo.InvariantCulture,
                $"Cross-validated over what it learnt from: {head.Accuracy:0.0 %} right, with λ = {head.Value:0.##}.");
        if (before.General is SetScore was && chosen.General is SetScore now)
            yield return $"Of {was.Pictures} general pictures {Percent(was)} were right before, {Percent(now)} after.";
        if (result.Method == FineTuningMethod.Head)
        {
            yield return chosen.Share == 0
                ? "No head was better than the captions alone, so none is written. Try adapters: --method lora."
                : string.Create(
                    CultureInfo.InvariantCulture, $"Written to {TextLines.One(output)}: {chosen.Share:0.0} of the way to what was learnt.")
                    + " 'classify --classifier', 'search --head' and 'embed --head' take the folder.";
            yield break;
        }
        if (result.StoppedEarly)
            yield return $"The state is kept in {TextLines.One(output)}.checkpoint.safetensors: remove the folder, and the same command "
                + "goes on.";
        yield return chosen.Share == 0
            ? $"No blend was better than the model as it was: {TextLines.One(output)} is a copy of it. Try more epochs or more pictures."
            : string.Create(
                CultureInfo.InvariantCulture, $"Written to {TextLines.One(output)}: {chosen.Share:0.0} of the way to what was learnt.");
    }

    private static string Percent(SetScore score) => string.Create(
        CultureInfo.InvariantCulture, $"{score.PictureToText:0.0 %} ({100 * score.Interval.Low:0} to {score.Interval.High:0 %})");
}
