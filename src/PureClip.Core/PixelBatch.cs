using System.Buffers;
using System.Runtime.ExceptionServices;
using PureClip.Imaging;
using PureClip.Threading;

namespace PureClip;

/// <summary>The normalised pixels of some pictures.</summary>
internal sealed class PixelBatch : IDisposable
{
    private readonly float[] _pixels;
    private readonly ExceptionDispatchInfo?[] _failures;
    private readonly int _pixelsPerImage;

    /// <summary>Decodes and preprocesses pictures; one that cannot be read leaves zeros and a failure.</summary>
    /// <param name="images">The pictures.</param>
    /// <param name="preprocessor">How they are prepared.</param>
    /// <param name="options">How they are decoded.</param>
    /// <param name="pool">Who does it.</param>
    public PixelBatch(ReadOnlySpan<ImageSource> images, ImagePreprocessor preprocessor, ClipOptions options, WorkerPool pool)
    {
        _pixelsPerImage = preprocessor.OutputLength;
        _failures = new ExceptionDispatchInfo?[images.Length];
        _pixels = ArrayPool<float>.Shared.Rent(checked(images.Length * _pixelsPerImage));
        try
        {
            PrepareBody body = new() { Batch = this, Images = images, Preprocessor = preprocessor, Options = options };
            pool.Run(images.Length, ref body);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>[images, 3, height, width]</summary>
    public ReadOnlySpan<float> Pixels => _pixels.AsSpan(0, _failures.Length * _pixelsPerImage);

    /// <summary>Why a picture could not be read; null where it could.</summary>
    public ExceptionDispatchInfo? FailureOf(int index) => _failures[index];

    /// <inheritdoc/>
    public void Dispose() => ArrayPool<float>.Shared.Return(_pixels);

    private void Prepare(int index, ImageSource image, ImagePreprocessor preprocessor, ClipOptions options)
    {
        Span<float> destination = _pixels.AsSpan(index * _pixelsPerImage, _pixelsPerImage);
        try
        {
            using PictureMemory memory = PictureMemory.Borrow();
            RasterImage raster = image.Decode(options.Decoders, options.DecoderLimits, memory);
            PreparePixels(image.Name, raster, preprocessor, destination);
        }
        catch (Exception e)
        {
            // Whatever a source or a decoder throws belongs to its picture; the others go on.
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
