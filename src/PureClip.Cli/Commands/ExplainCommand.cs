using System.CommandLine;
using PureClip.Cli.Arguments;
using PureClip.Cli.Output;
using PureClip.Files;
using PureClip.Imaging;

namespace PureClip.Cli.Commands;

/// <summary><c>pureclip explain</c>: where in a picture a word is.</summary>
internal sealed class ExplainCommand : ShellCommand
{
    private const int MostTexts = 8, MostWindow = 16;

    private static readonly Dictionary<HeatMapMethod, string> Words = new()
    {
        [HeatMapMethod.Decomposition] = "decomposition",
        [HeatMapMethod.ValuePath] = "value-path",
        [HeatMapMethod.Surgery] = "surgery",
        [HeatMapMethod.Occlusion] = "occlusion",
    };

    private static readonly Report<Explained> Maps = new(
        new("input", row => row.Picture) { Title = "picture", Kind = TextKind.Path, IsOnce = true },
        new("text", row => row.Text),
        new("cosine", row => row.Map.Cosine, "0.0000"),
        new("method", row => Words[row.Map.Method]) { Shown = Shown.InLines },
        new("x", row => row.Hottest.X, "0 %") { Title = "hottest, from the left" },
        new("y", row => row.Hottest.Y, "0 %") { Title = "from the top" },
        new("rows", row => row.Map.Rows) { Shown = Shown.InLines },
        new("columns", row => row.Map.Columns) { Shown = Shown.InLines },
        new("values", row => row.Map.Values) { Shown = Shown.InLines });

    private readonly Argument<string> _picture = new("PICTURE") { Description = "The picture." };
    private readonly Argument<string[]> _texts = new("TEXT")
    {
        Description = "What to look for; of several, each gets a map of its own.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<HeatMapMethod?> _method = Values.Choice("--method",
        "decomposition: what each patch adds to the cosine. value-path: its value in the last block. surgery: a second stream, and what the "
            + "texts have in common taken away. occlusion: covers part after part; slow, and for every model. [default: decomposition]",
        [.. Words.Select(word => (word.Value, word.Key))]);

    private readonly Option<long> _window = Values.Integer("--window", "Patches of a side of what occlusion covers.", 1, MostWindow, 2);
    private readonly Option<string?> _output = Values.Text("--output", "FILE.png", "The picture with its heat, a text beside the other.");
    private readonly Option<string?> _npy = Values.Text("--npy", "FILE.npy", "The numbers: float32 [texts, rows, columns].");
    private readonly TruncateOption _truncate;
    private readonly FormatOption _format;
    private readonly ModelOptions _model;
    private readonly PictureRules _rules;

    public ExplainCommand(Shell shell)
        : base(shell, "explain",
            "Show where in a picture a word is.",
            ["The numbers are signed and mean something beside one another, not beside those of another picture. Patches are those of "
                + "what the model sees: where it crops, what is cut off is darker in the picture that --output writes.",
                "jsonl: {\"input\",\"text\",\"cosine\",\"method\",\"x\",\"y\",\"rows\",\"columns\",\"values\"}; x and y are the middle of the "
                    + "hottest patch in the picture, 0 to 1, values go row by row from the upper left."],
            new("pureclip explain party.jpg hat --output hat.png", "A heat map of \"hat\" over the picture"),
            new("pureclip explain party.jpg hat cake \"a red balloon\" --output three.png", "Three maps side by side"),
            new("pureclip explain party.jpg hat --method occlusion --npy hat.npy", "The slow truth, as numbers"))
    {
        Add(_picture);
        Add(_texts);
        Add(_method);
        Add(_window);
        Add(_output);
        Add(_npy);
        _truncate = new(this);
        _format = new(this);
        _model = new(this);
        _rules = new(this);
    }

    protected override void Run(ParseResult line)
    {
        string picture = line.GetValue(_picture)!;
        string[] texts = line.GetValue(_texts)!;
        HeatMapMethod method = line.GetValue(_method) ?? HeatMapMethod.Decomposition;
        if (texts.Any(string.IsNullOrWhiteSpace))
            throw new UsageException("explain: a text is empty; is a variable not set?");
        if (texts.Length > MostTexts)
            throw new UsageException($"explain: {texts.Length} texts were given; at most {MostTexts} fit beside one another.");
        if (method != HeatMapMethod.Occlusion && line.IsGiven(_window))
            throw new UsageException("explain: --window is for --method occlusion.");
        if (!File.Exists(picture))
            throw new FileNotFoundException($"{picture}: there is no such picture.");
        using AtomicFile? drawn = NewFile(line.GetValue(_output)), numbers = NewFile(line.GetValue(_npy));
        ClipOptions options = _rules.Apply(line, _model.Options(line));
        using Clip clip = _model.Load(line, _rules, _truncate.Apply(line));
        foreach (string text in texts)
            TruncateOption.RequireThatItFits(clip, text);

        RasterImage raster = ImageSource.FromFile(picture).Decode(options.Decoders, clip.DecoderLimits);
        HeatMapOptions how = new() { Method = method, Window = (int)line.GetValue(_window) };
        IReadOnlyList<HeatMap> maps;
        using (Shell.StartProgress(1, "pictures", streams: false))
            maps = clip.Explain(ImageSource.FromPixels(raster, picture), texts, how, Shell.Cancellation);
        if (drawn is not null)
        {
            HeatOverlay.Write(drawn.Stream, raster, clip.Preprocessor!, maps);
            drawn.Commit();
        }
        if (numbers is not null)
        {
            NpyWriter.Write(
                numbers.Stream, [maps.Count, maps[0].Rows, maps[0].Columns], maps.SelectMany(static map => map.Values).ToArray().AsSpan());
            numbers.Commit();
        }
        SeenPart seen = clip.Preprocessor!.SeenOf(raster);
        Maps.Write(Shell, _format.Of(line, Shell), maps.Select((map, i) => new Explained(picture, texts[i], map, HottestOf(map, seen))));
    }

    private static AtomicFile? NewFile(string? path) => path is null ? null : new(path);

    private static (double X, double Y) HottestOf(HeatMap map, SeenPart seen)
    {
        int place = Array.IndexOf(map.Values, map.Values.Max());
        return (seen.Left + (place % map.Columns + 0.5) / map.Columns * seen.Width,
            seen.Top + (place / map.Columns + 0.5) / map.Rows * seen.Height);
    }

    private sealed record Explained(string Picture, string Text, HeatMap Map, (double X, double Y) Hottest);
}
