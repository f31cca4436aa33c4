using System.CommandLine;
using PureClip.Cli.Arguments;
using PureClip.Cli.Output;
using PureClip.Imaging;

namespace PureClip.Cli.Commands;

/// <summary><c>pureclip verify</c>: whether a model gives what was published, as far as that can be told.</summary>
internal sealed class VerifyCommand : ShellCommand
{
    private static readonly Report<Check> Checks = new(
        new("check", check => check.Name),
        new("outcome", check => Word(check.Outcome)),
        new("detail", check => check.Detail) { Title = "" });

    private readonly Option<string[]?> _pictures = Values.Texts("--picture", "FILE",
        "A picture that results are published of, by its name: 000000039769.jpg (COCO val2017) or CLIP.png (OpenAI).");

    private readonly FormatOption _format;
    private readonly ModelOptions _model;
    private readonly PictureLimits _limits;

    public VerifyCommand(Shell shell)
        : base(shell, "verify",
            "Check a model against published numbers and against itself.",
            ["Token ids are compared where the vocabulary is CLIP's, logits and probabilities where the model has the form of "
                + "openai/clip-vit-base-patch32 and you supply the picture. What could not be checked is said. "
                + "Exit code 1 where something differs.",
                "jsonl: {\"check\",\"outcome\",\"detail\"}, the outcome being passed, failed, skipped or noted"],
            new("pureclip verify --model weights/clip-vit-base-patch32 --picture 000000039769.jpg",
                "The logits that Hugging Face tests against"),
            new("pureclip verify", "The shipped model against itself"))
    {
        Add(_pictures);
        _format = new(this);
        _model = new(this);
        _limits = new(this);
    }

    protected override void Run(ParseResult line)
    {
        // The references do not turn pictures. Texts of the checks are cut where a model takes few tokens: any text will do for them.
        using Clip clip = _model.Load(
            line,
            change: options => _limits.Apply(line, options) with { ApplyOrientation = false, Truncation = Truncation.KeepEnd });
        List<Check> checks = [];
        foreach (Check check in Run(clip, line.GetValue(_pictures) ?? []))
        {
            Shell.Cancellation.ThrowIfCancellationRequested();
            checks.Add(check);
        }
        Checks.Write(Shell, _format.Of(line, Shell), checks);
        int failures = checks.Count(static check => check.Outcome == Outcome.Failed);
        if (failures > 0)
            Shell.Fail($"{failures} of {checks.Count} checks failed.");
    }

    private static IEnumerable<Check> Run(Clip clip, string[] pictures) =>
        [
            new("parity mode", Outcome.Noted, ParityMode(clip)),
            .. TokenizerGoldens.Run(clip),
            .. SelfChecks.Run(clip),
            .. PublishedNumbers.Run(clip, pictures),
        ];

    private static string ParityMode(Clip clip)
    {
        string texts = clip.Tokenizer is null ? "none" : $"{clip.Tokenizer.Cleaning}'s cleaning";
        string pictures = clip.Preprocessor?.Config is ImagePreprocessorConfig config
            ? $"{config.PixelOrder}, crop {config.CropRounding}, {config.RescaleRule}, not turned"
            : "none";
        return $"texts: {texts}; pictures: {pictures}";
    }

    private static string Word(Outcome outcome) => outcome switch
    {
        Outcome.Passed => "passed",
        Outcome.Failed => "failed",
        Outcome.Skipped => "skipped",
        _ => "noted",
    };
}
