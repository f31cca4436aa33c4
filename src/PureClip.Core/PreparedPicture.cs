using System.Buffers;
using PureClip.Imaging;

namespace PureClip;

/// <summary>A picture on its way from its source to a tower's input. Whatever goes wrong on it is kept as its error.</summary>
/// <param name="index">Its position among the pictures of the call.</param>
/// <param name="source">Where it comes from.</param>
/// <param name="preprocessor">How it is prepared.</param>
/// <param name="options">How it is decoded.</param>
internal sealed class PreparedPicture(int index, ImageSource source, ImagePreprocessor preprocessor, ClipOptions options) : IDisposable
{
    // Set while a picture is decoded asynchronously, and so in all that a decoder of a user's calls.
    private static readonly AsyncLocal<bool> IsDecoding = new();

    private float[]? _pixels;

    /// <summary>Its position among the pictures of the call.</summary>
    public int Index => index;

    /// <summary>Where it comes from.</summary>
    public ImageSource Source => source;

    /// <summary>Why it has no pixels; null where it has.</summary>
    public Exception? Error { get; private set; }

    /// <summary>Ends when it is prepared, of one that is prepared asynchronously. Never fails.</summary>
    public Task Preparation { get; private set; } = Task.CompletedTask;

    /// <summary>[3, height, width], normalised.</summary>
    public ReadOnlySpan<float> Pixels => _pixels.AsSpan(0, preprocessor.OutputLength);

    /// <summary>Reads, decodes and preprocesses it on this thread.</summary>
    public void Prepare()
    {
        try
        {
            using PictureMemory memory = PictureMemory.Borrow();
            Prepare(source, memory);
        }
        catch (Exception e)
        {
            Error = e;
        }
    }

    /// <summary>Begins to read it without blocking, and then decodes it on a thread of the pool.</summary>
    /// <param name="slots">
    /// How many may be decoded at the same time. One that a decoder asks for needs no slot: the decoder's own may be the last.
    /// </param>
    /// <param name="cancellationToken">For its stream.</param>
    /// <returns><see cref="Preparation"/></returns>
    public Task BeginAsync(SemaphoreSlim slots, CancellationToken cancellationToken) =>
        Preparation = PrepareAsync(slots, cancellationToken);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _pixels, null) is float[] pixels)
            ArrayPool<float>.Shared.Return(pixels);
    }

    private async Task PrepareAsync(SemaphoreSlim slots, CancellationToken cancellationToken)
    {
        bool needsSlot = !IsDecoding.Value, hasSlot = false;
        try
        {
            using PictureMemory memory = PictureMemory.Borrow();
            ImageDecoderOptions limits = options.DecoderOptions(preprocessor.Config);
            ImageSource read = await source.ReadAsync(limits, memory, cancellationToken).ConfigureAwait(false);
            if (needsSlot)
                await slots.WaitAsync(cancellationToken).ConfigureAwait(false);
            hasSlot = needsSlot;
            // decoding is work, and the caller's thread has its own
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            IsDecoding.Value = true; // until this method ends
            Prepare(read, memory);
        }
        catch (Exception e)
        {
            Error = e;
        }
        finally
        {
            if (hasSlot)
                slots.Release();
        }
    }

    private void Prepare(ImageSource read, PictureMemory memory)
    {
        RasterImage raster = read.Decode(options.Decoders, options.DecoderOptions(preprocessor.Config), memory);
        _pixels = ArrayPool<float>.Shared.Rent(preprocessor.OutputLength);
        try
        {
            preprocessor.Preprocess(raster, _pixels.AsSpan(0, preprocessor.OutputLength));
        }
        catch (ArgumentException e)
        {
            // The configuration was checked when the model was loaded, so it is the picture's size that does not fit it.
            throw new InvalidDataException($"{source.Name}: {e.Message}", e);
        }
    }
}

/// <summary>
/// Prepares the pictures of a call that blocks, while others of them are computed. The caller prepares too whenever it waits, so that the
/// call
/// goes on even where the pool has no thread to spare.
/// </summary>
/// <param name="helpers">Most threads of the pool that prepare at the same time.</param>
internal sealed class PictureQueue(int helpers) : IThreadPoolWorkItem, IDisposable
{
    private readonly object _lock = new();
    private readonly Queue<PreparedPicture> _untouched = new();
    private readonly HashSet<PreparedPicture> _unready = [];
    private int _called, _preparing;

    /// <summary>Adds a picture.</summary>
    public void Add(PreparedPicture picture)
    {
        lock (_lock)
        {
            _untouched.Enqueue(picture);
            _unready.Add(picture);
            if (_called == helpers)
                return;
            _called++;
        }
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>Returns when the picture is prepared.</summary>
    public void WaitFor(PreparedPicture picture)
    {
        while (true)
        {
            PreparedPicture? mine;
            lock (_lock)
            {
                if (!_unready.Contains(picture))
                    return;
                if (!_untouched.TryDequeue(out mine))
                {
                    Monitor.Wait(_lock);
                    continue;
                }
                _preparing++;
            }
            Prepare(mine);
        }
    }

    /// <summary>Gives up what nobody has touched, and returns when nobody prepares any more.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _untouched.Clear();
            while (_preparing > 0)
                Monitor.Wait(_lock);
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        while (true)
        {
            PreparedPicture? next;
            lock (_lock)
            {
                if (!_untouched.TryDequeue(out next))
                {
                    _called--;
                    return;
                }
                _preparing++;
            }
            Prepare(next);
        }
    }

    private void Prepare(PreparedPicture picture)
    {
        picture.Prepare();
        lock (_lock)
        {
            _unready.Remove(picture);
            _preparing--;
            Monitor.PulseAll(_lock);
        }
    }
}
