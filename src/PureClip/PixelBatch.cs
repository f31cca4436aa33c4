using System.Buffers;
using System.Runtime.ExceptionServices;
using PureClip.Imaging;
using PureClip.Threading;

namespace PureClip;

/// <summary>The normalised pixels of a batch of pictures, decoded and prepared in parallel.</summary>
internal sealed class PixelBatch(int capacity, int pixelsPerImage) : IDisposable
{
    private readonly float[] _pixels = ArrayPool<float>.Shared.Rent(capacity * pixelsPerImage);
    private readonly ExceptionDispatchInfo?[] _failures = new ExceptionDispatchInfo?[capacity];

    /// <summary>[capacity, 3, height, width]</summary>
    public ReadOnlySpan<float> Pixels => _pixels.AsSpan(0, capacity * pixelsPerImage);

    /// <summary>Why a picture of the last batch could not be read; null where it could.</summary>
    public ExceptionDispatchInfo? FailureOf(int index) => _failures[index];

    /// <summary>Prepares pictures; throws for the first that cannot be read.</summary>
    public void Prepare(ReadOnlySpan<ImageSource> images, ImagePreprocessor preprocessor, ClipOptions options, WorkerPool pool)
    {
        TryPrepare(images, preprocessor, options, pool);
        Array.Find(_failures, failure => failure is not null)?.Throw();
    }

    /// <summary>Prepares pictures; one that cannot be read leaves zeros and a failure.</summary>
    public void TryPrepare(ReadOnlySpan<ImageSource> images, ImagePreprocessor preprocessor, ClipOptions options, WorkerPool pool)
    {
        Array.Clear(_failures);
        PrepareBody body = new() { Batch = this, Images = images, Preprocessor = preprocessor, Options = options };
        pool.Run(images.Length, ref body);
    }

    /// <inheritdoc/>
    public void Dispose() => ArrayPool<float>.Shared.Return(_pixels);

    private void Prepare(int index, ImageSource image, ImagePreprocessor preprocessor, ClipOptions options)
    {
        Span<float> destination = _pixels.AsSpan(index * pixelsPerImage, pixelsPerImage);
        try
        {
            using PictureMemory memory = PictureMemory.Borrow();
            RasterImage raster = image.Decode(options.Decoders, new() { MaxPixels = options.MaxPixels }, memory);
            PreparePixels(image.Name, raster, preprocessor, destination);
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            destination.Clear();
            _failures[index] = ExceptionDispatchInfo.Capture(e);
        }
    }

    private static void PreparePixels(string name, RasterImage raster, ImagePreprocessor preprocessor, Span<float> destination)
    {
        try
        {
            preprocessor.Preprocess(raster, destination);
        }
        catch (ArgumentException e)
        {
            // The configuration was checked when the model was loaded, so it is the picture's size that does not fit it.
            throw new InvalidDataException($"{name}: {e.Message}", e);
        }
    }

    private ref struct PrepareBody : IParallelBody
    {
        public PixelBatch Batch;
        public ReadOnlySpan<ImageSource> Images;
        public ImagePreprocessor Preprocessor;
        public ClipOptions Options;

        public readonly void Invoke(int index, int worker) => Batch.Prepare(index, Images[index], Preprocessor, Options);
    }
}
