using PureClip.Imaging;

namespace PureClip;

// Pictures to embeddings.
public sealed partial class Clip
{
    /// <summary>The embedding of a picture.</summary>
    /// <param name="image">A path, the bytes of a file, a stream, or pixels.</param>
    /// <returns>[<see cref="EmbeddingWidth"/>]</returns>
    /// <exception cref="InvalidDataException">The picture is damaged or in a format that is not built in.</exception>
    /// <exception cref="IOException">
    /// The file cannot be read. Whatever else the picture's stream or a decoder of one's own throws comes through as it is.
    /// </exception>
    /// <exception cref="InvalidOperationException">The model has no vision tower.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed, before or meanwhile.</exception>
    public float[] EncodeImage(ImageSource image) => EncodeImage(image, CancellationToken.None);

    /// <inheritdoc cref="EncodeImage(ImageSource)"/>
    /// <param name="image">A path, the bytes of a file, a stream, or pixels.</param>
    /// <param name="cancellationToken">Looked at before the picture is read, and ends the wait for other calls.</param>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public float[] EncodeImage(ImageSource image, CancellationToken cancellationToken)
    {
        float[] embedding = new float[EmbeddingWidth];
        EncodeImage(image, embedding, cancellationToken);
        return embedding;
    }

    /// <summary>As <see cref="EncodeImage(ImageSource)"/>, into the caller's memory.</summary>
    /// <inheritdoc cref="EncodeImage(ImageSource, CancellationToken)"/>
    /// <param name="image">A path, the bytes of a file, a stream, or pixels.</param>
    /// <param name="destination">[<see cref="EmbeddingWidth"/>]</param>
    /// <param name="cancellationToken">Looked at before the picture is read, and ends the wait for other calls.</param>
    /// <exception cref="ArgumentException">The destination is not as long as an embedding.</exception>
    public void EncodeImage(ImageSource image, Span<float> destination, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        VisionEncoder encoder = RequireVision();
        RequireLength(destination, 1);
        encoder.Encode(image, destination, cancellationToken);
    }

    /// <summary>
    /// As <see cref="EncodeImage(ImageSource)"/>, without holding a thread while a stream is read and while other calls are computed: for
    /// request
    /// bodies and other streams that must not be read synchronously.
    /// </summary>
    /// <inheritdoc cref="EncodeImage(ImageSource, CancellationToken)"/>
    /// <param name="image">A path, the bytes of a file, a stream, or pixels.</param>
    /// <param name="cancellationToken">Handed to the stream, and ends the wait for other calls.</param>
    /// <returns>[<see cref="EmbeddingWidth"/>]</returns>
    public ValueTask<float[]> EncodeImageAsync(ImageSource image, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        return new(RequireVision().EncodeAsync(image, cancellationToken));
    }

    /// <summary>
    /// The embeddings of many pictures, in their order. They are decoded on this thread and on threads of the pool, so streams and decoders
    /// of
    /// one's own may be called from any of them.
    /// </summary>
    /// <param name="images">The pictures; may be empty.</param>
    /// <param name="progress">Told the number of pictures done so far, on this thread.</param>
    /// <param name="cancellationToken">Looked at between rounds of a few pictures a thread.</param>
    /// <exception cref="ArgumentException">A picture is null.</exception>
    /// <exception cref="InvalidDataException">
    /// A picture is damaged; the message names it. <see cref="EncodeEach"/> goes on with the others.
    /// </exception>
    /// <exception cref="IOException">
    /// A file cannot be read. Whatever else a picture's stream or a decoder of one's own throws comes through as it is.
    /// </exception>
    /// <exception cref="InvalidOperationException">The model has no vision tower.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed, before or meanwhile.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public float[][] EncodeImages(
        IReadOnlyList<ImageSource> images, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        float[][] embeddings = new float[images.Count][];
        foreach (ImageResult result in EncodeEach(images, cancellationToken))
        {
            embeddings[result.Index] = result.Embedding;
            progress?.Report(result.Index + 1);
        }
        return embeddings;
    }

    /// <summary>
    /// As <see cref="EncodeImages"/>, without holding a thread while streams are read and while other calls are computed.
    /// </summary>
    /// <param name="images">The pictures; may be empty.</param>
    /// <param name="progress">Told the number of pictures done so far, on any thread.</param>
    /// <param name="cancellationToken">Handed to streams, and looked at between rounds of a few pictures a thread.</param>
    /// <inheritdoc cref="EncodeImages"/>
    public Task<float[][]> EncodeImagesAsync(
        IReadOnlyList<ImageSource> images, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        IAsyncEnumerable<ImageResult> results = EncodeEachAsync(images, cancellationToken);
        return CollectAsync();

        async Task<float[][]> CollectAsync()
        {
            float[][] embeddings = new float[images.Count][];
            await foreach (ImageResult result in results.ConfigureAwait(false))
            {
                embeddings[result.Index] = result.Embedding;
                progress?.Report(result.Index + 1);
            }
            return embeddings;
        }
    }

    /// <summary>
    /// As <see cref="EncodeImages"/>, one result after the other as they are done, and an error instead of an embedding for a picture that
    /// cannot
    /// be read: whatever its source or a decoder throws belongs to it alone. Pictures of the next round are decoded meanwhile.
    /// </summary>
    /// <param name="images">The pictures; may be empty.</param>
    /// <param name="cancellationToken">Looked at between rounds of a few pictures a thread.</param>
    /// <exception cref="InvalidOperationException">The model has no vision tower.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed; also thrown by the enumeration.</exception>
    public IEnumerable<ImageResult> EncodeEach(IReadOnlyList<ImageSource> images, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        return RequireVision().EncodeEach(images, cancellationToken);
    }

    /// <summary>
    /// As <see cref="EncodeEach"/>, without holding a thread while streams are read and while other calls are computed. Pictures are taken
    /// from
    /// the enumeration a little ahead of the results, so it may be endless. Nobody reads a picture any more when the enumeration has ended.
    /// </summary>
    /// <param name="images">The pictures.</param>
    /// <param name="cancellationToken">
    /// Handed to the enumeration and to streams, and looked at between rounds of a few pictures a thread.
    /// </param>
    /// <inheritdoc cref="EncodeEach"/>
    public IAsyncEnumerable<ImageResult> EncodeEachAsync(
        IAsyncEnumerable<ImageSource> images, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        return RequireVision().EncodeEachAsync(images, cancellationToken);
    }

    /// <inheritdoc cref="EncodeEachAsync(IAsyncEnumerable{ImageSource}, CancellationToken)"/>
    public IAsyncEnumerable<ImageResult> EncodeEachAsync(IEnumerable<ImageSource> images, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        return RequireVision().EncodeEachAsync(images.ToAsyncEnumerable(), cancellationToken);
    }

    /// <summary>The embeddings of preprocessed pictures. Allocates nothing once it is warm.</summary>
    /// <param name="pixels">
    /// [count, 3, size, size], as <see cref="ImagePreprocessor.Preprocess(RasterImage, Span{float})"/> makes them.
    /// </param>
    /// <param name="count">Pictures.</param>
    /// <param name="destination">[count, <see cref="EmbeddingWidth"/>]</param>
    /// <param name="cancellationToken">Looked at between rounds of a few pictures a thread.</param>
    /// <exception cref="ArgumentException">Pixels or destination are not as long as so many pictures need.</exception>
    /// <exception cref="InvalidOperationException">The model has no vision tower.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed, before or meanwhile.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public void EncodePixels(ReadOnlySpan<float> pixels, int count, Span<float> destination, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        VisionEncoder encoder = RequireVision();
        RequireLength(destination, count);
        long length = (long)count * encoder.Preprocessor.OutputLength;
        if (pixels.Length != length)
            throw new ArgumentException($"{count} pictures are {length} numbers, but {pixels.Length} were given.", nameof(pixels));
        encoder.Encode(pixels, count, destination, cancellationToken);
    }
}
