using System.CommandLine;
using PureClip.Cli.Arguments;
using PureClip.Cli.Output;

namespace PureClip.Cli.Commands;

/// <summary><c>pureclip similarity</c>: the cosine of two pictures, two texts, or one of each.</summary>
internal sealed class SimilarityCommand : ShellCommand
{
    private static readonly Report<Pair> Compared = new(
        new("a", pair => pair.A.Value),
        new("a_kind", pair => pair.A.Kind) { Title = "taken as" },
        new("b", pair => pair.B.Value),
        new("b_kind", pair => pair.B.Kind) { Title = "taken as" },
        new("cosine", pair => pair.Cosine, "0.0000"));

    private readonly Argument<string> _a = new("A") { Description = "A picture's path, if there is such a file; else a text." };
    private readonly Argument<string> _b = new("B") { Description = "As A." };
    private readonly TruncateOption _truncate;
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
        _truncate = new(this);
        _format = new(this);
        _model = new(this);
        _rules = new(this);
    }

    protected override void Run(ParseResult line)
    {
        PictureOrText a = PictureOrText.Of(line.GetValue(_a)!), b = PictureOrText.Of(line.GetValue(_b)!);
        using Clip clip = _model.Load(line, _rules, _truncate.Apply(line));
        float cosine = Similarity.Cosine(Encode(a, clip), Encode(b, clip));
        Compared.Write(Shell, _format.Of(line, Shell), [new(a, b, cosine)]);
    }

    private float[] Encode(PictureOrText input, Clip clip)
    {
        float[] embedding = input.Encode(clip);
        Shell.Cancellation.ThrowIfCancellationRequested();
        return embedding;
    }

    private sealed record Pair(PictureOrText A, PictureOrText B, float Cosine);
}
