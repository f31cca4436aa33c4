using System.CommandLine;
using System.Globalization;
using PureClip.Cli.Arguments;
using PureClip.Cli.Output;
using PureClip.Files;
using PureClip.Generation;

namespace PureClip.Cli.Commands;

/// <summary><c>pureclip draw</c>: texts, pictures and their sums to new pictures.</summary>
internal sealed class DrawCommand : ShellCommand
{
    private static readonly Report<Written> Pictures = new(
        new("path", row => row.Path) { Title = "picture", Kind = TextKind.Path },
        new("seed", row => (long)row.Seed) { Text = row => row.Seed.ToString(CultureInfo.InvariantCulture) },
        new("score", row => row.Score ?? float.NaN, "0.000"));

    private readonly Argument<string?> _text = new("TEXT") { Description = "What to draw.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string?> _like = Values.Text("--like", "PICTURE", "Draw what this picture shows, in place of a text.");
    private readonly Option<string?> _from = Values.Text("--from", "SUM",
        "Draw a sum: \"image(a.png) - image(b.png) + text(red)\"; a weight stands before a term, as in 0.5 * text(red).");
    private readonly Option<string?> _output = Values.Text("--output", "FILE",
        "The PNG to write; of several pictures, a number stands before the extension.");
    private readonly Option<string?> _style = Values.Text("--style", "NAME",
        "Draw like one of the sets that were learnt from, such as noto.");
    private readonly Option<long> _seed = Values.Integer("--seed",
        "Of the noise: the same seed gives the same picture.", 0, long.MaxValue, 1);
    private readonly Option<long> _count = Values.Integer("--count", "How many pictures.", 1, 1000, 1);
    private readonly Option<long> _steps = Values.Integer("--steps", "Steps of the walk from noise.", 1, 1000, new DrawingOptions().Steps);
    private readonly Option<float?> _guidance = Values.Number("--guidance",
        $"How much more than itself the prompt counts; 1 for no guidance. [default: {new DrawingOptions().Guidance}]", 0, 20);
    private readonly Option<long> _bestOf = Values.Integer("--best-of",
        "Draw so many for each picture and keep the one that the model finds nearest.", 1, 100, 1);
    private readonly Option<bool> _showSteps = new("--show-steps")
    {
        Description = "Also write a strip with what the network took the picture for at each step (NAME-steps.png).",
    };
    private readonly Option<long> _scale = Values.Integer("--scale", "So many times as wide and high, smooth between pixels.", 1, 32, 1);
    private readonly GeneratorOption _generator;
    private readonly FormatOption _format;
    private readonly ModelOptions _model;

    public DrawCommand(Shell shell)
        : base(shell, "draw",
            "Draw small pictures from a text, from what a picture shows, or from a sum of such.",
            ["A small network walks from noise to a picture of 64 by 64 pixels with alpha, in the space of the shipped model. Another "
                + "model needs weights that were trained for it.",
                "The score is the cosine of picture and prompt, as 'similarity' says it.",
                "jsonl: {\"path\",\"seed\",\"score\"}"],
            new("pureclip draw \"a red hat\" --output hat.png", "A picture of 64 by 64 pixels"),
            new("pureclip draw \"a red hat\" --output hat.png --best-of 8 --scale 8 --style noto",
                "The best of eight, larger, like one set"),
            new("pureclip draw --from \"image(king.png) - text(man) + text(woman)\" --output sum.png",
                "What a sum looks like"),
            new("pureclip draw \"a cat\" --output cat.png --show-steps", "How it comes out of the noise"))
    {
        _output.Required = true;
        Add(_text);
        Add(_like);
        Add(_from);
        Add(_output);
        Add(_style);
        Add(_seed);
        Add(_count);
        Add(_steps);
        Add(_guidance);
        Add(_bestOf);
        Add(_showSteps);
        Add(_scale);
        _generator = new(this);
        _format = new(this);
        _model = new(this);
    }

    protected override void Run(ParseResult line)
    {
        OutputFormat format = _format.Of(line, Shell);
        DrawingPrompt prompt = PromptOf(line);
        string output = line.GetValue(_output)!, weights = _generator.File(line);
        DrawingOptions options = new()
        {
            Style = line.GetValue(_style),
            Seed = (ulong)line.GetValue(_seed),
            Count = (int)line.GetValue(_count),
            Steps = (int)line.GetValue(_steps),
            Guidance = line.GetValue(_guidance) ?? new DrawingOptions().Guidance,
            BestOf = (int)line.GetValue(_bestOf),
            KeepSteps = line.GetValue(_showSteps),
        };
        using Clip clip = _model.Load(line);
        using PictureGenerator generator = PictureGenerator.Load(weights, clip);
        IReadOnlyList<DrawnPicture> pictures;
        using (ProgressLine progress = Shell.StartProgress(0, "steps", streams: false))
            pictures = generator.Draw(prompt, options, new DirectProgress<DrawingProgress>(step =>
            {
                progress.Total = step.Total;
                progress.Report(step.Done);
            }), Shell.Cancellation);
        int scale = (int)line.GetValue(_scale);
        List<Written> written = [];
        for (int i = 0; i < pictures.Count; i++)
        {
            string path = pictures.Count == 1 ? output : Beside(output, $"-{i + 1}");
            Write(pictures[i].Enlarge(scale), path);
            written.Add(new(path, pictures[i].Seed, pictures[i].Score));
            if (options.KeepSteps)
                Write(DrawnPicture.Sheet([.. pictures[i].Steps.Select(step => step.Enlarge(scale))]), Beside(path, "-steps"));
        }
        Pictures.Write(Shell, format, written);
    }

    private DrawingPrompt PromptOf(ParseResult line)
    {
        string?[] given = [line.GetValue(_text), line.GetValue(_like), line.GetValue(_from)];
        if (given.Count(static one => one is not null) != 1)
            throw new UsageException("draw: give one thing to draw: a text, --like PICTURE, or --from SUM.");
        if (given[2] is string sum)
            return PromptExpression.Parse(sum);
        if (given[1] is string picture)
            return File.Exists(picture)
                ? DrawingPrompt.FromPicture(picture)
                : throw new FileNotFoundException($"{picture}: there is no such picture.");
        return string.IsNullOrWhiteSpace(given[0])
            ? throw new UsageException("draw: the text is empty; is a variable not set?")
            : DrawingPrompt.FromText(given[0]!);
    }

    private static void Write(DrawnPicture picture, string path)
    {
        using AtomicFile file = new(path);
        picture.WritePng(file.Stream);
        file.Commit();
    }

    /// <summary>hat.png → hat-1.png</summary>
    private static string Beside(string path, string more) =>
        Path.Combine(Path.GetDirectoryName(path) ?? "", Path.GetFileNameWithoutExtension(path) + more + Path.GetExtension(path));

    private sealed record Written(string Path, ulong Seed, float? Score);
}
