using System.CommandLine;
using PureClip.Cli.Arguments;
using PureClip.Cli.Output;
using PureClip.Files;
using PureClip.Imaging;

namespace PureClip.Cli.Commands;

/// <summary><c>pureclip preprocess</c>: what the model gets to see of a picture, for comparisons with other programs.</summary>
internal sealed class PreprocessCommand : ShellCommand
{
    private enum Stage
    {
        Decoded,
        Resized,
        Normalized,
    }

    private static readonly Report<Result> Arrays = new(
        new("input", result => result.Picture) { Title = "picture", Kind = TextKind.Path },
        new("output", result => result.File) { Title = "file", Kind = TextKind.Path },
        new("dtype", result => result.DType),
        new("shape", result => result.Shape) { Text = result => string.Join(" × ", result.Shape) });

    private readonly Argument<string[]> _pictures = new("PICTURE")
    {
        Description = PictureArguments.Description,
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string> _output = new("--output")
    {
        HelpName = "DIR",
        Required = true,
        Description = "Folder for the files, made if it is not there: <picture's file name>.npy for each.",
    };

    private readonly Option<Stage?> _stage = Values.Choice("--stage",
        "decoded: the whole picture, uint8 [H,W,3]. resized: as the model sees it, uint8 [R,R,3]. normalized: the model's input, float32 "
            + "[3,R,R]. [default: normalized]",
        ("decoded", Stage.Decoded), ("resized", Stage.Resized), ("normalized", Stage.Normalized));

    private readonly FormatOption _format;
    private readonly ModelOptions _model;
    private readonly PictureRules _rules;

    public PreprocessCommand(Shell shell)
        : base(shell, "preprocess",
            "Write pictures as NumPy arrays, as the model gets to see them.",
            ["Standard output says what was written. jsonl: {\"input\",\"output\",\"dtype\",\"shape\"}"],
            new("pureclip preprocess photos --output arrays", "The model's input for every picture of a folder"),
            new("pureclip preprocess a.jpg --output arrays --stage decoded --no-exif",
                "The pixels of arrays/a.jpg.npy are what Pillow decodes"))
    {
        Add(_pictures);
        Add(_output);
        Add(_stage);
        _format = new(this);
        _model = new(this, weights: false);
        _rules = new(this);
    }

    protected override void Run(ParseResult line)
    {
        List<string> pictures = PictureArguments.Expand(line.GetValue(_pictures)!, Shell);
        if (pictures.Count == 0)
            return;
        RequireDistinctNames(pictures);
        ClipOptions options = _rules.Apply(line, _model.Options(line));
        using Clip clip = _model.Load(line, _rules);
        if (clip.Preprocessor is null)
            throw new InvalidDataException(
                $"{clip.Source} holds a text tower only, so it has no rules for pictures. Name a model with a vision tower.");
        string folder = line.GetValue(_output)!;
        Directory.CreateDirectory(folder);

        OutputFormat format = _format.Of(line, Shell);
        Stage stage = line.GetValue(_stage) ?? Stage.Normalized;
        using ProgressLine progress = Shell.StartProgress(pictures.Count, "pictures", streams: format != OutputFormat.Table);
        Arrays.Write(Shell, format, WriteAll(pictures, folder, stage, clip, options).Where((result, place) =>
        {
            progress.Report(place + 1);
            if (result.Failure is not null)
                Shell.Miss(result.Picture, result.Failure);
            else
                Shell.Count(1);
            return result.Failure is null;
        }));
    }

    private static void RequireDistinctNames(List<string> pictures)
    {
        StringComparer names = OperatingSystem.IsWindows() || OperatingSystem.IsMacOS()
            ? StringComparer.OrdinalIgnoreCase
            : StringComparer.Ordinal;
        Dictionary<string, string> taken = new(names);
        foreach (string picture in pictures)
            if (!taken.TryAdd(Path.GetFileName(picture), picture))
                throw new InvalidDataException(
                    $"{taken[Path.GetFileName(picture)]} and {picture} have the same file name, so one array would replace the other. "
                    + "Nothing was written; give them to separate calls.");
    }

    private IEnumerable<Result> WriteAll(
        List<string> pictures, string folder, Stage stage, Clip clip, ClipOptions options) =>
        pictures.AsParallel().AsOrdered()
            .WithDegreeOfParallelism(Math.Min(options.Threads, 512)) // PLINQ's limit
            .WithCancellation(Shell.Cancellation)
            .WithMergeOptions(ParallelMergeOptions.NotBuffered)
            .Select(picture => TryWrite(picture, folder, stage, clip, options));

    private static Result TryWrite(string picture, string folder, Stage stage, Clip clip, ClipOptions options)
    {
        NpyArray array;
        try
        {
            RasterImage raster = ImageSource.FromFile(picture).Decode(clip.Decoders, clip.DecoderLimits);
            array = At(stage, raster, clip.Preprocessor!);
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            return new(picture, "", "", [], e);
        }
        string path = Path.Combine(folder, Path.GetFileName(picture) + ".npy");
        using AtomicFile file = new(path);
        array.Write(file.Stream);
        file.Commit();
        return new(picture, path, array.DType, array.Shape, null);
    }

    private static NpyArray At(Stage stage, RasterImage raster, ImagePreprocessor preprocessor)
    {
        if (stage == Stage.Normalized)
        {
            float[] pixels = new float[preprocessor.OutputLength];
            preprocessor.Preprocess(raster, pixels);
            long[] planes = [3, preprocessor.Config.OutputHeight, preprocessor.Config.OutputWidth];
            return new("float32", planes, stream => NpyWriter.Write(stream, planes, pixels));
        }
        RgbImage image = stage == Stage.Decoded ? preprocessor.Decoded(raster) : preprocessor.Resized(raster);
        long[] shape = [image.Height, image.Width, 3];
        return new("uint8", shape, stream => NpyWriter.Write(stream, shape, image.Pixels));
    }

    private readonly record struct NpyArray(string DType, long[] Shape, Action<Stream> Write);

    private readonly record struct Result(string Picture, string File, string DType, long[] Shape, Exception? Failure);
}
