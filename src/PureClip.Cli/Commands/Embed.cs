using System.CommandLine;
using System.Text;
using PureClip.Cli.Arguments;
using PureClip.Cli.Output;
using PureClip.Safetensors;
using PureClip.Tokenization;

namespace PureClip.Cli.Commands;

/// <summary><c>pureclip embed</c>: pictures and texts to vectors.</summary>
internal sealed class Embed : ShellCommand
{
    private readonly Argument<string[]> _pictures = new("PICTURE") { Description = PictureArguments.Description, Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<string[]?> _texts = Values.Texts("--text", "TEXT", "A text to embed; may be given several times.");
    private readonly Option<bool> _truncate = Values.Flag("--truncate",
        "Cut texts that have more tokens than the model takes; otherwise that is an error.");
    private readonly Option<string?> _output = Values.Text("--output", "FILE",
        "Write to a file, which appears when it is complete. Without --format, a name ending in .npy means npy, any other jsonl.");

    private readonly FormatOption _format;
    private readonly ModelOptions _model;
    private readonly PictureRules _rules;

    public Embed(Shell shell)
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
        Add(_truncate);
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
        OutputFormat format = FormatOf(line, path);
        List<string> pictures = PictureArguments.Expand(arguments, Shell);
        if (pictures.Count == 0 && texts.Length == 0)
            return;

        Truncation truncation = line.GetValue(_truncate) ? Truncation.KeepEnd : Truncation.Error;
        ClipOptions options = _rules.Apply(line, _model.Options(line)) with { Truncation = truncation };
        using AtomicFile? file = path is null ? null : new(path);
        using Clip clip = Clip.Load(_model.Directory(line), options);
        RequireThatTextsFit(clip, texts);
        if (format == OutputFormat.Npy)
            WriteNpy(clip, pictures, texts, file);
        else
            WriteText(clip, pictures, texts, file, format);
    }

    private OutputFormat FormatOf(ParseResult line, string? path)
    {
        bool isNpy = path?.EndsWith(".npy", StringComparison.OrdinalIgnoreCase) ?? false;
        OutputFormat format = _format.Explicit(line) ?? (path is null ? _format.Of(line, Shell) : isNpy ? OutputFormat.Npy : OutputFormat.JsonLines);
        if (format == OutputFormat.Npy && path is null && (Shell.OutputIsTerminal || Shell.Out is not StreamWriter))
            throw new UsageException("embed: npy is not for a terminal; give --output FILE, or redirect standard output.");
        return format;
    }

    private void WriteText(Clip clip, List<string> pictures, string[] texts, AtomicFile? file, OutputFormat format)
    {
        if (file is null)
        {
            Write(clip, pictures, texts, NewWriter(format, Shell.Out, Shell.OutputIsTerminal));
            return;
        }
        int written;
        using (StreamWriter output = new(file.Stream, new UTF8Encoding(false), leaveOpen: true))
            written = Write(clip, pictures, texts, NewWriter(format, output, isTerminal: false));
        if (written > 0)
            file.Commit();
    }

    private static IEmbeddingWriter NewWriter(OutputFormat format, TextWriter output, bool isTerminal) =>
        format == OutputFormat.Table ? new EmbeddingTable(output, isTerminal) : new EmbeddingJsonLines(output);

    private void WriteNpy(Clip clip, List<string> pictures, string[] texts, AtomicFile? file)
    {
        Shell.Out.Flush();
        Stream target = file?.Stream ?? ((StreamWriter)Shell.Out).BaseStream;
        using FileStream? spool = file is { Stream.CanSeek: true } ? null : OpenSpool();
        if (Write(clip, pictures, texts, new EmbeddingNpy(spool ?? target, clip.EmbeddingWidth)) == 0)
            return;
        if (spool is not null)
        {
            spool.Position = 0;
            spool.CopyTo(target);
        }
        file?.Commit();
    }

    private static FileStream OpenSpool() =>
        new(Path.Combine(Path.GetTempPath(), $"pureclip-{Guid.NewGuid():N}.npy"), new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Options = FileOptions.DeleteOnClose,
        });

    private int Write(Clip clip, List<string> pictures, string[] texts, IEmbeddingWriter writer)
    {
        int written = 0;
        foreach ((string path, float[] embedding) in PictureEmbeddings.Of(clip, pictures, Shell, writer.Streams))
        {
            writer.Add(path, "image", embedding);
            written++;
        }
        if (texts.Length > 0)
            foreach ((string text, float[] embedding) in texts.Zip(clip.EncodeTexts(texts, cancellationToken: Shell.Cancellation)))
                writer.Add(text, "text", embedding);
        written += texts.Length;
        if (written > 0)
            writer.Finish();
        return written;
    }

    /// <summary>Before hours are spent on pictures.</summary>
    private static void RequireThatTextsFit(Clip clip, string[] texts)
    {
        if (texts.Length == 0)
            return;
        ITokenizer tokenizer = clip.Tokenizer ?? throw new InvalidDataException(
            $"{clip.Source} holds a vision tower only, so it cannot embed texts. Name a model with a text tower, or leave --text away.");
        if (tokenizer.DefaultTruncation != Truncation.Error)
            return;
        foreach (string text in texts)
        {
            int tokens = tokenizer.EncodeWithoutSpecials(text).Length, most = tokenizer.MaxTextTokens;
            if (tokens > most)
                throw new InvalidDataException(
                    $"The text \"{OneLine.Beginning(text)}\" has {tokens} tokens and the model takes {most}. Shorten it, or cut it with --truncate.");
        }
    }
}
