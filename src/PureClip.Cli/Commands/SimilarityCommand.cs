using System.CommandLine;
using System.Globalization;
using PureClip.Cli.Arguments;
using PureClip.Cli.Output;
using Spectre.Console;

namespace PureClip.Cli.Commands;

/// <summary><c>pureclip similarity</c>: the cosine of two pictures, two texts, or one of each.</summary>
internal sealed class SimilarityCommand : ShellCommand
{
    private readonly Argument<string> _a = new("A") { Description = "A picture's path, if there is such a file; else a text." };
    private readonly Argument<string> _b = new("B") { Description = "As A." };
    private readonly FormatOption _format;
    private readonly ModelOptions _model;
    private readonly PictureRules _rules;

    public SimilarityCommand(Shell shell)
        : base(shell, "similarity",
            "Tell how alike two pictures, two texts, or a picture and a text are.",
            ["The cosine of their vectors, -1 to 1. "
                + "Compare only cosines of the same kinds: two pictures are mostly more alike than a picture and its caption.",
                "jsonl: {\"a\",\"a_kind\",\"b\",\"b_kind\",\"cosine\"}, the kinds being image or text"],
            new("pureclip similarity cat.png \"a photo of a cat\"", "A picture and a text"),
            new("pureclip similarity cat.png dog.png", "Two pictures"))
    {
        Add(_a);
        Add(_b);
        _format = new(this);
        _model = new(this);
        _rules = new(this);
    }

    protected override void Run(ParseResult line)
    {
        PictureOrText a = PictureOrText.Of(line.GetValue(_a)!), b = PictureOrText.Of(line.GetValue(_b)!);
        using Clip clip = Clip.Load(_model.Directory(line), _rules.Apply(line, _model.Options(line)));
        float cosine = Similarity.Cosine(Encode(a, clip), Encode(b, clip));
        if (_format.Of(line, Shell) == OutputFormat.Table)
            WriteTable(a, b, cosine);
        else
            WriteLine(a, b, cosine);
    }

    private float[] Encode(PictureOrText input, Clip clip)
    {
        float[] embedding = input.Encode(clip);
        Shell.Cancellation.ThrowIfCancellationRequested();
        return embedding;
    }

    private void WriteTable(PictureOrText a, PictureOrText b, float cosine)
    {
        Table table = Tables.New("a", "taken as", "b", "taken as", "#cosine");
        table.Add(a.Value, a.Kind, b.Value, b.Kind, cosine.ToString("0.0000", CultureInfo.InvariantCulture));
        Tables.Write(Shell.Out, Shell.OutputIsTerminal, table);
    }

    private void WriteLine(PictureOrText a, PictureOrText b, float cosine) => JsonLines.Write(Shell.Out, json =>
    {
        json.WriteText("a", a.Value);
        json.WriteString("a_kind", a.Kind);
        json.WriteText("b", b.Value);
        json.WriteString("b_kind", b.Kind);
        json.WriteFloat("cosine", cosine);
    });
}
