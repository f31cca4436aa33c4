using System.Numerics.Tensors;
using PureClip.Checkpoints;
using PureClip.Convert.Resolution;
using PureClip.Files;
using PureClip.Imaging;
using PureClip.Model;
using PureClip.Tokenization;

namespace PureClip.Convert.Reporting;

/// <summary>
/// What a source does with texts and pictures, and so what its conversion has to do: the model itself where the library can open it, else
/// its tokenizer, its picture rules and its architecture. A slip in writing them down gives a model that loads and is another.
/// </summary>
internal sealed class SourceModel
{
    private readonly string _source;
    private readonly ClipConfig _config;
    private readonly WeightType? _weights;
    private readonly ComparedInputs _inputs;
    private readonly int[][] _ids;
    private readonly float[]?[] _pixels;
    private readonly float? _logitScale, _logitBias;
    private readonly float[]?[] _textVectors, _pictureVectors;

    private SourceModel(
        string source, ModelDescription model, TokenizerFiles? files, ITokenizer? own, ConversionOptions options, Clip? clip,
        CancellationToken cancellation)
    {
        (_source, _config, _weights) = (source, model.Config, options.Weights);
        own = options.Vocabulary is not null ? null : clip?.Tokenizer ?? own;
        _inputs = ComparedInputs.For(model.Config, files, hasOwnTokenizer: files is null && own is not null);
        ITokenizer? tokenizer = own ?? TokenizerOf(model, files);
        _ids = [.. _inputs.Texts.Select(text => tokenizer!.Encode(text, Truncation.KeepEnd).Ids.ToArray())];
        ImagePreprocessor? rules = model.Config.Vision is null ? null : clip?.Preprocessor ?? new(model.Preprocessing);
        _pixels = [.. _inputs.Pictures.Select(picture => PixelsOf(rules!, picture))];
        // Who asks for another activation or other heads wants other vectors.
        bool isSame = clip is not null
            && (IsSame(clip.Config, model.Config)
                || (options.Architecture is null && options.Gelu is null && options.VisionHeads is null && options.TextHeads is null));
        _logitScale = isSame ? clip!.LogitScale : null;
        _logitBias = isSame ? clip!.LogitBias : null;
        _textVectors = isSame ? TextVectors(clip!, cancellation) : [];
        _pictureVectors = isSame ? PictureVectors(clip!, cancellation) : [];
    }

    /// <summary>Looks at a source.</summary>
    /// <param name="place">The directory or file, and where its vocabulary is.</param>
    /// <param name="source">Its opened weights.</param>
    /// <param name="model">As it was understood.</param>
    /// <param name="files">The tokenizer that the result was given; null without a text tower, or where it is not CLIP's own.</param>
    /// <param name="directory">The configuration beside the weights, where it says which tokenizer there is; null where it does not.</param>
    /// <param name="options">What was asked for.</param>
    /// <param name="cancellation">Looked at before every text and picture.</param>
    public static SourceModel Of(
        ModelPlace place, SourceCheckpoint source, ModelDescription model, TokenizerFiles? files, ModelDirectory? directory,
        ConversionOptions options, CancellationToken cancellation)
    {
        using Clip? clip = Open(place); // closed before the result is opened: never are both in memory
        // Weights that the library cannot open, such as pytorch_model.bin, have their tokenizer beside them all the same.
        ITokenizer? own = directory?.Config.Text is TextConfig text ? Clip.LoadTokenizer(directory, text, new()) : null;
        return new(source.Files[0].Path, model, files, own, options, clip, cancellation);
    }

    /// <summary>Compares the result.</summary>
    /// <exception cref="InvalidDataException">It does otherwise than its source; the message names the text or picture.</exception>
    public SourceComparison Compare(Clip result, CancellationToken cancellation)
    {
        if (!IsSame(result.Config, _config))
            throw Different($"its sizes would be {Describe(result.Config)}, not {Describe(_config)}");
        for (int i = 0; i < _ids.Length; i++)
        {
            int[] ids = result.Tokenizer!.Encode(_inputs.Texts[i], Truncation.KeepEnd).Ids.ToArray();
            if (!ids.AsSpan().SequenceEqual(_ids[i]))
                throw Different(
                    $"the ids of {Problem.Quote(_inputs.Texts[i])} would be {string.Join(" ", ids)}, not {string.Join(" ", _ids[i])}");
        }
        for (int i = 0; i < _pixels.Length; i++)
            if (!Equal(_pixels[i], PixelsOf(result.Preprocessor!, _inputs.Pictures[i])))
                throw Different($"{Describe(_inputs.Pictures[i])} would become other pixels");
        if ((_logitScale ?? result.LogitScale) != result.LogitScale || (_logitBias ?? result.LogitBias) != result.LogitBias)
            throw Different(
                $"cosines would be multiplied by {result.LogitScale} and {result.LogitBias} added, not {_logitScale} and {_logitBias}");
        float[]?[] texts = TextVectors(result, cancellation), pictures = PictureVectors(result, cancellation);
        for (int i = 0; i < texts.Length; i++)
            Require(_textVectors.ElementAtOrDefault(i), texts[i], Problem.Quote(_inputs.Texts[i]));
        for (int i = 0; i < pictures.Length; i++)
            Require(_pictureVectors.ElementAtOrDefault(i), pictures[i], Describe(_inputs.Pictures[i]));
        return new(_ids.Length, _pixels.Count(static pixels => pixels is not null),
            _textVectors.Length + _pictureVectors.Count(static vector => vector is not null));
    }

    /// <summary>The source as the library opens it, from the very weights that are converted; null where it cannot.</summary>
    private static Clip? Open(ModelPlace place)
    {
        bool isDirectory = Directory.Exists(place.Path);
        string directory = isDirectory ? place.Path : Path.GetDirectoryName(Path.GetFullPath(place.Path))!;
        try
        {
            string weights = isDirectory ? SourceDirectory.Find(place.Path).WeightFiles[0] : place.Path;
            return Path.GetFullPath(ModelDirectory.Open(directory).WeightsPath) == Path.GetFullPath(weights) ? Clip.Load(directory) : null;
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null; // the converter takes more than the library does
        }
    }

    private static BpeTokenizer? TokenizerOf(ModelDescription model, TokenizerFiles? files) => files is null
        ? null
        : new(files, new()
        {
            Cleaning = model.TextCleaning == "openai" ? TextCleaning.OpenAI : TextCleaning.HuggingFace,
            ContextLength = model.Config.Text!.ContextLength,
        });

    /// <summary>Null where the rules do not take such a picture, which then the result's must not either.</summary>
    private static float[]? PixelsOf(ImagePreprocessor rules, RasterImage picture)
    {
        float[] pixels = new float[rules.OutputLength];
        try
        {
            rules.Preprocess(picture, pixels);
            return pixels;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private float[]?[] TextVectors(Clip clip, CancellationToken cancellation) =>
    [
        .. _ids.Take(ComparedInputs.TextsWithVectors).Select(ids =>
        {
            cancellation.ThrowIfCancellationRequested();
            float[] vector = new float[clip.EmbeddingWidth];
            clip.EncodeTokens(ids, vector, cancellation);
            return vector;
        }),
    ];

    private float[]?[] PictureVectors(Clip clip, CancellationToken cancellation) =>
    [
        .. _pixels.Take(ComparedInputs.PicturesWithVectors).Select(pixels =>
        {
            cancellation.ThrowIfCancellationRequested();
            if (pixels is null)
                return null;
            float[] vector = new float[clip.EmbeddingWidth];
            clip.EncodePixels(pixels, 1, vector, cancellation);
            return vector;
        }),
    ];

    /// <summary>Bit by bit where no type was changed; else as near as rounding leaves them.</summary>
    private void Require(float[]? expected, float[]? found, string what)
    {
        if (found is not null && !TensorPrimitives.IsFiniteAll<float>(found))
            throw Different($"the vector of {what} would have numbers that are none");
        if (expected is null || found is null || (_weights is null && Equal(expected, found)))
            return;
        float cosine = TensorPrimitives.CosineSimilarity<float>(expected, found);
        if (_weights is WeightType type && cosine >= LeastCosine(type))
            return;
        throw Different($"the vector of {what} would be another, at a cosine of {cosine:0.000000}");
    }

    private static float LeastCosine(WeightType type) => type switch
    {
        WeightType.F32 => 0.9999f,
        WeightType.F16 => 0.999f,
        WeightType.BF16 => 0.99f,
        _ => 0.9f,
    };

    private static bool Equal(float[]? one, float[]? other) =>
        one is null || other is null ? one == other : one.AsSpan().SequenceEqual(other);

    /// <summary>Whether two architectures compute the same; what a training begins with, for instance, is no part of that.</summary>
    private static bool IsSame(ClipConfig one, ClipConfig other) => NumbersOf(one).SequenceEqual(NumbersOf(other));

    private static IEnumerable<float> NumbersOf(ClipConfig config) =>
    [
        config.EmbeddingWidth, config.Vision is null ? 0 : 1, .. config.Vision?.Signature ?? [], .. config.Text?.Signature ?? [],
        config.Text?.EndOfTextId ?? -1,
    ];

    private static string Describe(ClipConfig config) =>
        string.Join(", ", (config.Vision?.Facts ?? []).Concat(config.Text?.Facts ?? []).Select(static fact => $"{fact.Key} {fact.Value}"));

    private static string Describe(RasterImage picture) => $"a picture of {picture.Width} x {picture.Height} pixels ({picture.Mode})";

    private InvalidDataException Different(string what) => new(
        $"The result would not be the model in {_source}: {what}. Nothing was written. This is a fault of the conversion; please report " +
        "it with the configuration files of the source.");
}
