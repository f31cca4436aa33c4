using PureClip.Files;

namespace PureClip.Generation;

/// <summary>How pictures are drawn.</summary>
public sealed record DrawingOptions
{
    /// <summary>Steps of the walk from noise, 1 to 1,000.</summary>
    public int Steps { get; init; } = 20;

    /// <summary>How much more than itself the prompt counts, 0 to 20; 1 for no guidance, which takes half the time.</summary>
    public double Guidance { get; init; } = 4;

    /// <summary>Of the noise: the same seed gives the same picture, bit by bit, on any number of threads.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>How many pictures, 1 to 1,000.</summary>
    public int Count { get; init; } = 1;

    /// <summary>How they are drawn: one of <see cref="PictureGenerator.Styles"/>; null for any way.</summary>
    public string? Style { get; init; }

    /// <summary>So many are drawn for each picture, of which the one is kept that CLIP finds nearest to the prompt, 1 to 100.</summary>
    public int BestOf { get; init; } = 1;

    /// <summary>Whether what the network took a picture for is kept at every step.</summary>
    public bool KeepSteps { get; init; }

    internal void Validate(IReadOnlyList<string> styles)
    {
        Problem.Require(Steps is >= 1 and <= 1000, nameof(Steps), Steps, "from 1 to 1000");
        Problem.Require(Guidance is >= 0 and <= 20, nameof(Guidance), Guidance, "from 0 to 20");
        Problem.Require(Count is >= 1 and <= 1000, nameof(Count), Count, "from 1 to 1000");
        Problem.Require(BestOf is >= 1 and <= 100, nameof(BestOf), BestOf, "from 1 to 100");
        Problem.Require(Style is null || styles.Contains(Style, StringComparer.OrdinalIgnoreCase), nameof(Style), Style,
            styles.Count == 0 ? "left out: this network knows no styles" : string.Join(", ", styles));
    }
}

/// <summary>How far a drawing is.</summary>
/// <param name="Done">Steps done.</param>
/// <param name="Total">Of how many, those of all pictures together.</param>
public readonly record struct DrawingProgress(int Done, int Total);

/// <summary>
/// Draws what a text says, what a picture shows, or a sum of such: a small transformer in CLIP's space that walks from noise to a picture of
/// 64 by 64 pixels with alpha. Thread-safe: one call draws at a time, on all threads of the model's runtime.
/// </summary>
/// <remarks>Rectified flow that predicts the picture: Li and He 2025 (arXiv 2511.13720), Peebles and Xie 2023 (arXiv 2212.09748).</remarks>
public sealed class PictureGenerator : IDisposable
{
    private readonly Clip _clip;
    private readonly GeneratorNetwork _network;
    private readonly Conditions _conditions;
    private readonly Lock _lock = new();
    private readonly string[] _styles;
    private bool _isDisposed;

    private PictureGenerator(Clip clip, GeneratorNetwork network, string[] styles)
    {
        (_clip, _network, _styles) = (clip, network, styles);
        _conditions = new(clip);
    }

    /// <summary>Ways of drawing: names of the sets that were learnt from.</summary>
    public IReadOnlyList<string> Styles => _styles;

    /// <summary>Pixels of a picture's side.</summary>
    public int Side => _network.Config.ImageSize;

    /// <summary>Opens a network's weights.</summary>
    /// <param name="path">A safetensors file that a training has written.</param>
    /// <param name="clip">The CLIP in whose space it was trained; it stays the caller's.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is something else, damaged, or of another CLIP's space.</exception>
    public static PictureGenerator Load(string path, Clip clip)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(clip);
        (GeneratorNetwork network, string[] styles) = GeneratorFile.Read(path, clip);
        try
        {
            return new(clip, network, styles);
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>Draws.</summary>
    /// <param name="prompt">What.</param>
    /// <param name="options">How; null for the usual.</param>
    /// <param name="progress">Told after every step.</param>
    /// <param name="cancellationToken">Looked at before every step.</param>
    /// <returns>As many pictures as were asked for.</returns>
    /// <exception cref="ArgumentException">An option is out of its range, or the prompt is not for this model.</exception>
    /// <exception cref="InvalidDataException">A picture of the prompt cannot be read.</exception>
    public IReadOnlyList<DrawnPicture> Draw(
        DrawingPrompt prompt, DrawingOptions? options = null, IProgress<DrawingProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        options ??= new();
        options.Validate(_styles);
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return DrawAll(prompt, options, progress, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
            _conditions.Dispose();
            _network.Dispose();
        }
    }

    private DrawnPicture[] DrawAll(
        DrawingPrompt prompt, DrawingOptions options, IProgress<DrawingProgress>? progress, CancellationToken cancellationToken)
    {
        (float[] vector, string? text) = prompt.Encode(_clip);
        List<int> added = [];
        if (prompt.IsOfPictures && _network.Config.Kinds > 0)
            added.Add(GeneratorConfig.OfPicture);
        if (options.Style is string style)
            added.Add(1 + Array.FindIndex(_styles, known => known.Equals(style, StringComparison.OrdinalIgnoreCase)));
        int[] kinds = [.. added];
        DrawnThing thing = text is null ? Conditions.OfVector(vector, kinds) : _conditions.OfText(text, kinds);
        ulong[] seeds = [.. Enumerable.Range(0, options.Count * options.BestOf).Select(i => Noise.SeedOf(options.Seed, i))];
        List<DrawnPicture>[] steps = [.. seeds.Select(static _ => new List<DrawnPicture>())];
        int done = 0, total = options.Steps * ((seeds.Length + Sampler.AtATime - 1) / Sampler.AtATime);
        float[][] drawn = new Sampler(_network).Run(
            thing, seeds, options.Steps, options.Guidance,
            options.KeepSteps ? (i, _, guess) => steps[i].Add(DrawnPicture.Of(guess.Span, Side, seeds[i])) : null,
            () => progress?.Report(new(++done, total)), cancellationToken);
        DrawnPicture[] pictures = [.. drawn.Select((numbers, i) => DrawnPicture.Of(numbers, Side, seeds[i]))];
        float?[] scores = [.. pictures.Select(picture => _clip.Preprocessor is null
            ? (float?)null
            : Similarity.Cosine(_clip.EncodeImage(picture.OnWhite(), cancellationToken), vector))];
        return [.. Enumerable.Range(0, options.Count).Select(i =>
        {
            int best = Enumerable.Range(i * options.BestOf, options.BestOf).MaxBy(k => scores[k] ?? 0);
            return pictures[best].With(scores[best], steps[best]);
        })];
    }
}
