using System.CommandLine;
using System.Globalization;
using PureClip.Cli.Arguments;
using PureClip.Cli.Hub;
using PureClip.Cli.Output;
using PureClip.Convert;

namespace PureClip.Cli.Commands;

/// <summary><c>pureclip models</c>: the models that people know, with what is published of them.</summary>
internal sealed class ModelsCommand : ShellCommand
{
    private readonly Option<bool> _read = Values.Flag("--read", "Only those that this version reads.");
    private readonly FormatOption _format;

    public ModelsCommand(Shell shell)
        : base(shell, "models",
            "List the models that 'pureclip get' knows by name: size, languages, licence, published accuracy.",
            ["MB: bytes to fetch, ≈ where they were computed from the shapes. px: edge of a picture. ImageNet: published zero-shot "
                + "accuracy in percent, of whom the jsonl says. state: 'here' was fetched; 'converts' is read once 'get' has converted it; "
                + "'not yet' is not read by this version, and the jsonl says why. Any other repository of a family that is read is "
                + "fetched by its OWNER/NAME.",
                "jsonl: {\"name\", \"aliases\", \"family\", \"repository\", \"commit\", \"weights\", \"bytes\", \"sha256\", "
                + "\"parameters\", \"picture\", \"context\", \"width\", \"languages\", \"licence\", \"imagenet_top1\", \"top1_source\", "
                + "\"is_read\", \"refusal\", \"path\"}"],
            new("pureclip models", "What is there to choose from?"),
            new("pureclip get openai-b32", "Fetch one"))
    {
        Add(_read);
        _format = new(this);
    }

    /// <summary>Prints the table.</summary>
    public static void Write(Shell shell, OutputFormat format, bool onlyRead)
    {
        ModelStore store = new(shell.Variable);
        Report<PublishedModel> report = new(
            new("name", model => model.Name),
            new("aliases", model => model.Aliases.ToArray()) { Shown = Shown.InLines },
            new("family", model => model.Family) { Shown = Shown.InLines },
            new("repository", model => model.Repository) { Shown = Shown.InLines },
            new("commit", model => model.Commit) { Shown = Shown.InLines },
            new("weights", model => model.Weights) { Shown = Shown.InLines },
            new("bytes", model => model.Bytes) { Title = "MB", Text = Megabytes },
            new("sha256", model => model.Sha256) { Shown = Shown.InLines },
            new("parameters", model => (long?)model.Parameters) { Shown = Shown.InLines },
            new("picture", model => (long?)model.PictureSize) { Title = "px" },
            new("context", model => model.ContextLength) { Shown = Shown.InLines },
            new("width", model => model.EmbeddingWidth) { Shown = Shown.InLines },
            new("languages", model => model.Languages),
            new("licence", model => model.Licence),
            new("imagenet_top1", model => model.ImageNetTop1 is double top1 ? top1 : default(Cell)) { Title = "ImageNet", Text = Accuracy },
            new("top1_source", model => model.Top1Source) { Shown = Shown.InLines },
            new("is_read", model => model.Refusal is null) { Title = "state", Text = model => StateOf(model, store) },
            new("refusal", model => model.Refusal) { Shown = Shown.InLines },
            new("path", model => store.Find(model.Repository)) { Shown = Shown.InLines, Kind = TextKind.Path });
        report.Write(shell, format, PublishedModels.All.Where(model => !onlyRead || model.Refusal is null));
    }

    protected override void Run(ParseResult line)
    {
        OutputFormat format = _format.Of(line, Shell);
        Write(Shell, format, line.GetValue(_read));
        Shell.Next($"{Shell.Name} get openai-b32", "fetches the model that most others are measured against");
    }

    private static string StateOf(PublishedModel model, ModelStore store) =>
        store.Find(model.Repository) is not null ? "here"
        : model.Refusal is not null ? "not yet"
        : model.IsConverted ? "converts"
        : "reads";

    private static string Megabytes(PublishedModel model) =>
        model.Bytes is long bytes ? $"{(model.IsSizeExact ? "" : "≈")}{bytes / 1_000_000}" : "?";

    private static string Accuracy(PublishedModel model) => model.ImageNetTop1?.ToString("0.0", CultureInfo.InvariantCulture) ?? "";
}
