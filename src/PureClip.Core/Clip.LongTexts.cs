namespace PureClip;

// Texts that have more tokens than the model takes.
public sealed partial class Clip
{
    /// <summary>
    /// The embedding of a text of any length: in windows that have some words in common, whose vectors are pooled. What was done is in the
    /// answer; a text that fits has one window and its usual embedding.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="options">Overlap and pooling; null for <see cref="ClipOptions.LongTexts"/>, else the mean.</param>
    /// <param name="cancellationToken">Looked at between rounds of some hundred tokens a thread.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="InvalidOperationException">The model has no text tower.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed, before or meanwhile.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public LongText EncodeLongText(string text, LongTextOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        options ??= _options.LongTexts ?? new();
        options.Validate(hasOneVector: false);
        TextEncoder encoder = RequireText();
        List<TextWindow> windows = TextWindows.Split(encoder.Tokenizer, text, options.Overlap);
        float[][] vectors = encoder.Encode([.. windows.Select(static window => window.Text)], null, cancellationToken);
        return new(windows, _options.Normalize ? vectors : [.. vectors.Select(Unit)], options.Pooling);
    }

    /// <summary>The windows in which a text of any length is encoded; one where it fits.</summary>
    /// <param name="text">The text.</param>
    /// <param name="overlap">Tokens that a window has in common with the one before it, about; 0 to 1000.</param>
    /// <exception cref="ArgumentException">The overlap is out of range.</exception>
    /// <exception cref="InvalidOperationException">The model has no text tower.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public IReadOnlyList<TextWindow> CutText(string text, int overlap = 15)
    {
        ArgumentNullException.ThrowIfNull(text);
        new LongTextOptions { Overlap = overlap }.Validate(hasOneVector: false);
        return TextWindows.Split(RequireTextTower().Tokenizer, text, overlap);
    }

    /// <summary>Texts, of which long ones are pooled as the options say.</summary>
    private float[][] EncodePooled(
        IReadOnlyList<string> texts, LongTextOptions options, IProgress<int>? progress, CancellationToken cancellationToken)
    {
        PooledTexts pooled = new(RequireText().Tokenizer, texts, options);
        return pooled.Pool(RequireText().Encode(pooled.Windows, pooled.Progress(progress), cancellationToken));
    }

    private async Task<float[][]> EncodePooledAsync(
        IReadOnlyList<string> texts, LongTextOptions options, IProgress<int>? progress, CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding); // cutting is work
        PooledTexts pooled = new(RequireText().Tokenizer, texts, options);
        return pooled.Pool(
            await RequireText().EncodeAsync(pooled.Windows, pooled.Progress(progress), cancellationToken).ConfigureAwait(false));
    }

    private static float[] Unit(float[] vector)
    {
        float length = System.Numerics.Tensors.TensorPrimitives.Norm<float>(vector);
        return Array.ConvertAll(vector, x => x / length);
    }

    /// <summary>The windows of many texts behind one another.</summary>
    private sealed class PooledTexts
    {
        private readonly LongTextOptions _options;
        private readonly List<TextWindow>[] _windows;
        private readonly int[] _ends;

        public PooledTexts(Tokenization.ITokenizer tokenizer, IReadOnlyList<string> texts, LongTextOptions options)
        {
            _options = options;
            _windows = [.. texts.Select((text, i) => TextWindows.Split(
                tokenizer, text ?? throw new ArgumentException($"texts[{i}] is null.", nameof(texts)), options.Overlap))];
            Windows = [.. _windows.SelectMany(static windows => windows).Select(static window => window.Text)];
            int end = 0;
            _ends = [.. _windows.Select(windows => end += windows.Count)];
        }

        public string[] Windows { get; }

        public float[][] Pool(float[][] vectors) => [.. _windows.Select((windows, i) => LongText.Pool(
            vectors[(_ends[i] - windows.Count).._ends[i]], [.. windows.Select(static window => window.Tokens)], _options.Pooling)!)];

        /// <summary>Counts texts where windows are done.</summary>
        public IProgress<int>? Progress(IProgress<int>? progress) => progress is null ? null : new Counter(progress, _ends);

        private sealed class Counter(IProgress<int> progress, int[] ends) : IProgress<int>
        {
            public void Report(int value) => progress.Report(Array.FindLastIndex(ends, end => end <= value) + 1);
        }
    }
}
