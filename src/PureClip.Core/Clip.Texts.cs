namespace PureClip;

// Texts to embeddings.
public sealed partial class Clip
{
    /// <summary>The embedding of a text.</summary>
    /// <param name="text">Any text; an empty one has an embedding too.</param>
    /// <returns>[<see cref="EmbeddingWidth"/>]</returns>
    /// <exception cref="ArgumentException">
    /// The text has more tokens than the model takes, and <see cref="ClipOptions.Truncation"/> is not to cut it.
    /// </exception>
    /// <exception cref="InvalidOperationException">The model has no text tower.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed, before or meanwhile.</exception>
    public float[] EncodeText(string text) => EncodeText(text, CancellationToken.None);

    /// <inheritdoc cref="EncodeText(string)"/>
    /// <param name="text">Any text; an empty one has an embedding too.</param>
    /// <param name="cancellationToken">Ends the wait for other calls.</param>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public float[] EncodeText(string text, CancellationToken cancellationToken)
    {
        float[] embedding = new float[EmbeddingWidth];
        EncodeText(text, embedding, cancellationToken);
        return embedding;
    }

    /// <summary>As <see cref="EncodeText(string)"/>, into the caller's memory.</summary>
    /// <param name="text">The text.</param>
    /// <param name="destination">[<see cref="EmbeddingWidth"/>]</param>
    /// <param name="cancellationToken">Ends the wait for other calls.</param>
    /// <exception cref="ArgumentException">The text is too long, or the destination is not as long as an embedding.</exception>
    /// <exception cref="InvalidOperationException">The model has no text tower.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed, before or meanwhile.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public void EncodeText(string text, Span<float> destination, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        TextEncoder encoder = RequireText();
        RequireLength(destination, 1);
        cancellationToken.ThrowIfCancellationRequested();
        if (_options.LongTexts is LongTextOptions pooled)
            EncodePooled([text], pooled, null, cancellationToken)[0].CopyTo(destination);
        else
            encoder.Encode(encoder.Tokenizer.Encode(text).Ids.Span, destination, cancellationToken);
    }

    /// <summary>As <see cref="EncodeText(string)"/>, without holding a thread while other calls are computed.</summary>
    /// <param name="text">Any text; an empty one has an embedding too.</param>
    /// <param name="cancellationToken">Ends the wait for other calls.</param>
    /// <returns>[<see cref="EmbeddingWidth"/>]</returns>
    /// <exception cref="ArgumentException">
    /// The text has more tokens than the model takes, and <see cref="ClipOptions.Truncation"/> is not to cut it.
    /// </exception>
    /// <exception cref="InvalidOperationException">The model has no text tower.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed, before or meanwhile.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public ValueTask<float[]> EncodeTextAsync(string text, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        TextEncoder encoder = RequireText();
        return _options.LongTexts is LongTextOptions pooled ? new(FirstAsync(pooled)) : new(encoder.EncodeAsync(text, cancellationToken));

        async Task<float[]> FirstAsync(LongTextOptions options) =>
            (await EncodePooledAsync([text], options, null, cancellationToken).ConfigureAwait(false))[0];
    }

    /// <summary>The embeddings of many texts, in their order. Texts share passes without padding.</summary>
    /// <param name="texts">The texts; may be empty.</param>
    /// <param name="progress">Told the number of texts done so far, on this thread.</param>
    /// <param name="cancellationToken">Looked at between rounds of some hundred tokens a thread.</param>
    /// <exception cref="ArgumentException">A text is null or too long; the message says which.</exception>
    /// <exception cref="InvalidOperationException">The model has no text tower.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed, before or meanwhile.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public float[][] EncodeTexts(
        IReadOnlyList<string> texts, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        TextEncoder encoder = RequireText();
        return _options.LongTexts is LongTextOptions pooled
            ? EncodePooled(texts, pooled, progress, cancellationToken)
            : encoder.Encode(texts, progress, cancellationToken);
    }

    /// <summary>As <see cref="EncodeTexts"/>, without holding a thread while other calls are computed.</summary>
    /// <param name="texts">The texts; may be empty.</param>
    /// <param name="progress">Told the number of texts done so far, on any thread.</param>
    /// <param name="cancellationToken">Looked at between rounds of some hundred tokens a thread.</param>
    /// <inheritdoc cref="EncodeTexts"/>
    public Task<float[][]> EncodeTextsAsync(
        IReadOnlyList<string> texts, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        TextEncoder encoder = RequireText();
        return _options.LongTexts is LongTextOptions pooled
            ? EncodePooledAsync(texts, pooled, progress, cancellationToken)
            : encoder.EncodeAsync(texts, progress, cancellationToken);
    }

    /// <summary>The embedding of a tokenised text.</summary>
    /// <param name="ids">
    /// Start, tokens, end; padding after the end is allowed and not computed. 1 to the context length, each below the vocabulary size.
    /// </param>
    /// <param name="destination">[<see cref="EmbeddingWidth"/>]</param>
    /// <param name="cancellationToken">Ends the wait for other calls.</param>
    /// <exception cref="ArgumentException">
    /// There are too few or too many ids, one is not in the vocabulary, or the destination is not as long as an embedding.
    /// </exception>
    /// <exception cref="InvalidOperationException">The model has no text tower.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed, before or meanwhile.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public void EncodeTokens(ReadOnlySpan<int> ids, Span<float> destination, CancellationToken cancellationToken = default)
    {
        TextEncoder encoder = RequireText();
        RequireLength(destination, 1);
        encoder.Encode(ids, destination, cancellationToken);
    }

    /// <summary>The embeddings of many tokenised texts. Allocates nothing once it is warm.</summary>
    /// <param name="texts">As in <see cref="EncodeTokens(ReadOnlySpan{int}, Span{float}, CancellationToken)"/>, each.</param>
    /// <param name="destination">[texts, <see cref="EmbeddingWidth"/>]</param>
    /// <param name="cancellationToken">Looked at between rounds of some hundred tokens a thread.</param>
    /// <exception cref="ArgumentException">
    /// A text has an id beyond the vocabulary, or too many, or the destination has another length.
    /// </exception>
    /// <exception cref="InvalidOperationException">The model has no text tower.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public void EncodeTokens(
        ReadOnlySpan<ReadOnlyMemory<int>> texts, Span<float> destination, CancellationToken cancellationToken = default)
    {
        TextEncoder encoder = RequireText();
        RequireLength(destination, texts.Length);
        encoder.Encode(texts, destination, cancellationToken);
    }

    /// <summary>
    /// The embeddings of many tokenised texts, in their order, without holding a thread while other calls are computed: for those who need
    /// the ids themselves, to count or to cut them.
    /// </summary>
    /// <param name="texts">As in <see cref="EncodeTokens(ReadOnlySpan{int}, Span{float}, CancellationToken)"/>, each; may be empty.</param>
    /// <param name="cancellationToken">Looked at between rounds of some hundred tokens a thread.</param>
    /// <exception cref="ArgumentException">A text has no id, too many, or one that is not in the vocabulary.</exception>
    /// <exception cref="InvalidOperationException">The model has no text tower.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed, before or meanwhile.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public Task<float[][]> EncodeTokensAsync(
        IReadOnlyList<ReadOnlyMemory<int>> texts, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        return RequireText().EncodeAsync(texts, cancellationToken);
    }
}
