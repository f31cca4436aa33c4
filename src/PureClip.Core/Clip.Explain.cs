using System.Numerics.Tensors;
using PureClip.Imaging;
using PureClip.Model;

namespace PureClip;

// Where in a picture a text is.
public sealed partial class Clip
{
    // Covered pictures that are encoded at once.
    private const int CoveredAtOnce = 32;

    /// <summary>A heat map of each text over a picture.</summary>
    /// <param name="image">A path, the bytes of a file, a stream, or pixels.</param>
    /// <param name="texts">At least one; <see cref="HeatMapMethod.Surgery"/> compares them.</param>
    /// <param name="options">How; null for what each patch adds, which takes one encoding.</param>
    /// <param name="cancellationToken">Looked at between encodings.</param>
    /// <returns>One for each text.</returns>
    /// <exception cref="ArgumentException">There is no text, one is too long, or an option is out of range.</exception>
    /// <exception cref="InvalidDataException">The picture is damaged or in a format that is not built in.</exception>
    /// <exception cref="InvalidOperationException">A tower is missing, or is of a kind that the method does not fit.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public IReadOnlyList<HeatMap> Explain(
        ImageSource image, IReadOnlyList<string> texts, HeatMapOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(texts);
        using PreparedPicture picture = RequireVision().Prepare(image, cancellationToken);
        List<float[]> vectors = [.. EncodeTexts(texts, cancellationToken: cancellationToken)];
        // Surgery takes away what texts have in common: one alone needs another to be compared with.
        bool needsOther = options?.Method == HeatMapMethod.Surgery && texts.Count == 1;
        if (needsOther)
            vectors.Add(EncodeText(""));
        HeatMap[] maps = [.. ExplainPixels(picture.Pixels, vectors, options, cancellationToken)];
        return needsOther ? maps[..1] : maps;
    }

    /// <summary>The same for a picture that is prepared and vectors of texts, or of whatever else one looks for.</summary>
    /// <param name="pixels">[3, size, size], as <see cref="ImagePreprocessor.Preprocess(RasterImage, Span{float})"/> makes them.</param>
    /// <param name="vectors">[count][embedding width], of any length but zero.</param>
    /// <param name="options">As above.</param>
    /// <param name="cancellationToken">Looked at between encodings.</param>
    /// <returns>One for each vector.</returns>
    /// <exception cref="ArgumentException">A length is wrong, or an option is out of range.</exception>
    /// <exception cref="InvalidOperationException">The vision tower is of a kind that the method does not fit.</exception>
    public IReadOnlyList<HeatMap> ExplainPixels(ReadOnlySpan<float> pixels, IReadOnlyList<float[]> vectors, HeatMapOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(vectors);
        VisionEncoder encoder = RequireVision();
        options ??= new();
        options.Validate();
        if (pixels.Length != encoder.Preprocessor.OutputLength)
            throw new ArgumentException(
                $"A picture is {encoder.Preprocessor.OutputLength} numbers, but {pixels.Length} were given.", nameof(pixels));
        if (vectors.Count == 0)
            throw new ArgumentException("There is nothing to look for; give at least one text or vector.", nameof(vectors));
        float[][] directions = [.. vectors.Select((vector, i) => Direction(vector, i))];
        return options.Method == HeatMapMethod.Occlusion
            ? Cover(encoder, pixels.ToArray(), directions, options, cancellationToken)
            : Look(pixels.ToArray(), directions, options, cancellationToken);
    }

    private HeatMap[] Look(float[] pixels, float[][] directions, HeatMapOptions options, CancellationToken cancellationToken)
    {
        VisionTower tower = _checkpoint.Towers.Vision!;
        if (Config.Vision is not VisionTransformerConfig
            {
                ReadAt: VisionReadOut.ClassToken, MostPatches: null, Projection: not VisionProjection.LinearWithBias,
                Transformer: { Norms: NormPlace.Before, HasInnerNorms: false } blocks,
            } vision)
            throw new InvalidOperationException(
                $"{Source} has a vision tower whose embedding is no sum over patches of one class token: of the methods, only occlusion fits.");
        Paths paths = new(blocks.Layers, Math.Min(options.SurgeryDepth, blocks.Layers));
        StateSequence sequence = new(tower.RowsOf(pixels), pass => tower.Add(pixels, pass), [], 0);
        StateOptions nothing = new() { Hidden = [], Project = true };
        float[] embedding = Watch(
            VisionEngine!, () => StatePass.Run(tower, Runtime, nothing, [sequence], skipped: vision.ClassTokens, paths: paths)[0],
            cancellationToken).Projected!;
        float norm = TensorPrimitives.Norm<float>(embedding);
        float[][] maps = options.Method switch
        {
            HeatMapMethod.Decomposition => [.. directions.Select(text => Added(paths.Decomposition, vision.Tokens, text, norm))],
            HeatMapMethod.ValuePath => [.. directions.Select(text => Cosines(paths.ValuePath, text))],
            _ => Compared(paths.Surgery, directions),
        };
        int grid = vision.Grid;
        return [.. maps.Select((map, i) => new HeatMap(
            options.Method, grid, grid, map[vision.ClassTokens..], TensorPrimitives.Dot<float>(embedding, directions[i]) / norm))];
    }

    /// <summary>What each token adds to the cosine, over all blocks.</summary>
    private static float[] Added(float[] decomposition, int tokens, float[] text, float norm)
    {
        float[] map = new float[tokens];
        for (int row = 0; row < decomposition.Length / text.Length; row++)
            map[row % tokens] += TensorPrimitives.Dot(decomposition.AsSpan(row * text.Length, text.Length), text) / norm;
        return map;
    }

    private static float[] Cosines(float[] tokens, float[] text) =>
        [.. Enumerable.Range(0, tokens.Length / text.Length).Select(row =>
            Similarity.Cosine(tokens.AsSpan(row * text.Length, text.Length), text))];

    /// <summary>
    /// Products of a token and a text, number by number, each weighed by how much of the token's attention to texts the text gets, less their
    /// mean over the texts.
    /// </summary>
    private static float[][] Compared(float[] tokens, float[][] texts)
    {
        int width = texts[0].Length, count = tokens.Length / width;
        float[][] maps = [.. texts.Select(_ => new float[count])];
        for (int row = 0; row < count; row++)
        {
            double[] cosines = [.. texts.Select(text => (double)Similarity.Cosine(tokens.AsSpan(row * width, width), text))];
            double[] weights = [.. cosines.Select(static cosine => Math.Exp(2 * cosine))];
            double sum = weights.Sum() / texts.Length; // so that their mean is 1
            double mean = texts.Select((_, i) => weights[i] / sum * cosines[i]).Average();
            for (int i = 0; i < texts.Length; i++)
                maps[i][row] = (float)(weights[i] / sum * cosines[i] - mean);
        }
        return maps;
    }

    private HeatMap[] Cover(
        VisionEncoder encoder, float[] pixels, float[][] directions, HeatMapOptions options, CancellationToken cancellationToken)
    {
        ImagePreprocessorConfig config = encoder.Preprocessor.Config;
        if (config.MostPatches is not null)
            throw new InvalidOperationException($"{Source} sees pictures in sizes of their own; heat maps take a model with one size.");
        // Convolutional towers have no patches: an eighth of the picture's side is about what they tell apart.
        const int PlacesOfOthers = 8;
        int patch = Config.Vision is VisionTransformerConfig vision ? vision.PatchSize : Math.Max(1, config.OutputWidth / PlacesOfOthers);
        int rows = config.OutputHeight / patch, columns = config.OutputWidth / patch;
        int window = Math.Min(options.Window, Math.Min(rows, columns));
        (int Row, int Column)[] places = [.. Enumerable.Range(0, rows - window + 1).SelectMany(row =>
            Enumerable.Range(0, columns - window + 1).Select(column => (row, column)))];
        float[] whole = EncodeUnit(encoder, pixels, 1, cancellationToken);
        double[][] sums = [.. directions.Select(_ => new double[rows * columns])];
        int[] covered = new int[rows * columns];
        foreach ((int Row, int Column)[] some in places.Chunk(CoveredAtOnce))
        {
            float[] batch = new float[some.Length * pixels.Length];
            for (int i = 0; i < some.Length; i++)
            {
                Span<float> picture = batch.AsSpan(i * pixels.Length, pixels.Length);
                pixels.CopyTo(picture);
                CoverPart(picture, config, options.Cover, some[i].Row * patch, some[i].Column * patch, window * patch);
            }
            float[] vectors = EncodeUnit(encoder, batch, some.Length, cancellationToken);
            for (int i = 0; i < some.Length; i++)
                for (int place = 0; place < window * window; place++)
                {
                    int at = (some[i].Row + place / window) * columns + some[i].Column + place % window;
                    covered[at]++;
                    for (int text = 0; text < directions.Length; text++)
                        sums[text][at] += TensorPrimitives.Dot<float>(whole, directions[text])
                            - TensorPrimitives.Dot(vectors.AsSpan(i * whole.Length, whole.Length), directions[text]);
                }
        }
        return [.. sums.Select((sum, i) => new HeatMap(HeatMapMethod.Occlusion, rows, columns,
            [.. sum.Select((value, at) => (float)(value / covered[at]))], TensorPrimitives.Dot<float>(whole, directions[i])))];
    }

    private float[] EncodeUnit(VisionEncoder encoder, float[] pixels, int count, CancellationToken cancellationToken)
    {
        float[] vectors = new float[count * EmbeddingWidth];
        encoder.Encode(pixels, count, vectors, cancellationToken);
        for (int i = 0; i < count; i++)
        {
            Span<float> vector = vectors.AsSpan(i * EmbeddingWidth, EmbeddingWidth);
            TensorPrimitives.Divide(vector, TensorPrimitives.Norm<float>(vector), vector);
        }
        return vectors;
    }

    private static void CoverPart(Span<float> picture, ImagePreprocessorConfig config, RgbColor? cover, int top, int left, int side)
    {
        int plane = config.OutputHeight * config.OutputWidth;
        ChannelValues mean = config.Mean, deviation = config.Std;
        ReadOnlySpan<float> numbers = cover is RgbColor color
            ?
            [
                (color.Red / 255f - mean.Red) / deviation.Red, (color.Green / 255f - mean.Green) / deviation.Green,
                (color.Blue / 255f - mean.Blue) / deviation.Blue,
            ]
            : [0, 0, 0];
        for (int channel = 0; channel < numbers.Length; channel++)
            for (int row = top; row < top + side; row++)
                picture.Slice(channel * plane + row * config.OutputWidth + left, side).Fill(numbers[channel]);
    }

    private float[] Direction(float[] vector, int place)
    {
        ArgumentNullException.ThrowIfNull(vector);
        float norm = TensorPrimitives.Norm<float>(vector);
        if (vector.Length != EmbeddingWidth || !(norm > 0f) || !float.IsFinite(norm))
            throw new ArgumentException($"Vector {place} has {vector.Length} numbers and the length {norm}; it takes {EmbeddingWidth} "
                + "numbers and a finite length above 0.", "vectors");
        float[] direction = new float[vector.Length];
        TensorPrimitives.Divide(vector, norm, direction);
        return direction;
    }
}
