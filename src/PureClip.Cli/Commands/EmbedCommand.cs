using System.CommandLine;
using System.Globalization;
using System.Numerics.Tensors;
using PureClip.Cli.Arguments;
using PureClip.Cli.Output;
using PureClip.Files;
using PureClip.Labels;

namespace PureClip.Cli.Commands;

/// <summary><c>pureclip embed</c>: pictures and texts to vectors.</summary>
internal sealed class EmbedCommand : ShellCommand
{
    private const int NumbersInATable = 4;

    private static readonly Report<Embedded> Vectors = new(
        new("input", row => row.Input) { Kind = TextKind.Path, Text = row => row.Kind == "text" ? TextLines.Beginning(row.Input) : null },
        new("kind", row => row.Kind),
        new("embedding", row => row.Embedding) { Text = row => BeginningOf(row.Embedding) },
        new("norm", row => TensorPrimitives.Norm<float>(row.Embedding), "0.0000") { Shown = Shown.InTables });

    private readonly Argument<string[]> _pictures = new("PICTURE")
    {
        Description = PictureArguments.Description,
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string[]?> _texts = Values.Texts("--text", "TEXT", "A text to embed; may be given several times.");
    private readonly Option<string?> _output = Values.Text("--output", "FILE",
        "Write to a file, which appears when it is complete. Without --format, a name ending in .npy means npy, in .parquet parquet, any "
            + "other jsonl.");

    private readonly HeadOption _head;
    private readonly TruncateOption _truncate;
    private readonly LongTextOption _longTexts;
    private readonly FormatOption _format;
    private readonly ModelOptions _model;
    private readonly PictureRules _rules;

    public EmbedCommand(Shell shell)
        : base(shell, "embed",
            "Turn pictures and texts into vectors.",
            ["Vectors have length 1, so that a dot product is a cosine. Pictures come first, then texts, in the order given.",
                "jsonl: {\"input\",\"kind\":\"image\"|\"text\",\"embedding\":[...]}"],
            new("pureclip embed photos --format npy --output photos.npy", "Every picture of a folder as one NumPy array"),
            new("pureclip embed cat.png --text \"a cat\" --text \"a dog\" --format jsonl",
                "A picture and two texts as JSON, to compare by their dot products"))
    {
        Add(_pictures);
        Add(_texts);
        _head = new(this);
        _truncate = new(this);
        _longTexts = new(this, takesBest: false);
        _format = new(this, npy: true);
        Add(_output);
        _model = new(this);
        _rules = new(this);
    }

    protected override void Run(ParseResult line)
    {
        string[] arguments = line.GetValue(_pictures) ?? [], texts = line.GetValue(_texts) ?? [];
        if (arguments.Length == 0 && texts.Length == 0)
            throw new UsageException("embed: nothing to embed; give pictures, or texts with --text.");
        string? path = line.GetValue(_output);
        OutputFormat format = _format.Of(line, Shell, path);
        List<string> pictures = PictureArguments.Expand(arguments, Shell);
        if (pictures.Count == 0 && texts.Length == 0)
            return;

        using AtomicFile? file = path is null ? null : new(path);
        using Clip clip = _model.Load(line, _rules, _longTexts.Apply(line, _truncate.Apply(line)));
        RequireThatTextsFit(clip, texts);
        _longTexts.Tell(line, Shell, clip, texts);
        Classifier? head = _head.Load(line, clip);
        bool streams = format == OutputFormat.JsonLines && file is null;
        if (Vectors.Write(Shell, format, EmbedAll(clip, head, pictures, texts, streams), file: file?.Stream) > 0)
            file?.Commit();
    }

    private IEnumerable<Embedded> EmbedAll(Clip clip, Classifier? head, List<string> pictures, string[] texts, bool streams)
    {
        foreach ((string path, float[] embedding) in PictureEmbeddings.Of(clip, pictures, Shell, streams))
            yield return new(path, "image", embedding);
        if (texts.Length > 0)
            foreach ((string text, float[] embedding) in texts.Zip(clip.EncodeTexts(texts, cancellationToken: Shell.Cancellation)))
                yield return new(text, "text", head?.Direction(text) ?? embedding);
    }

    /// <summary>Before hours are spent on pictures.</summary>
    private static void RequireThatTextsFit(Clip clip, string[] texts)
    {
        if (texts.Length == 0)
            return;
        if (clip.Tokenizer is null)
            throw new InvalidDataException(
                $"{clip.Source} holds a vision tower only, so it cannot embed texts. Name a model with a text tower, or leave --text "
                    + "away.");
        foreach (string text in texts)
            TruncateOption.RequireThatItFits(clip, text);
    }

    private static string BeginningOf(float[] embedding)
    {
        string first = string.Join("  ", embedding.Take(NumbersInATable)
            .Select(number => number.ToString("0.0000", CultureInfo.InvariantCulture).PadLeft(7)));
        return embedding.Length > NumbersInATable ? $"{first}  … {embedding.Length} numbers" : first;
    }

    private sealed record Embedded(string Input, string Kind, float[] Embedding);
}
