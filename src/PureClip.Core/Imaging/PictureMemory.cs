using System.Buffers;

namespace PureClip.Imaging;

/// <summary>
/// The large arrays of one picture on its way to a network: file, bits, pixels. Borrowed ones go back to the shared pool together once the
/// picture has been preprocessed, so that a series of photographs neither clears nor collects megabytes for each. Not thread-safe.
/// </summary>
internal sealed class PictureMemory : IDisposable
{
    private readonly List<byte[]>? _borrowed;

    private PictureMemory(List<byte[]>? borrowed) => _borrowed = borrowed;

    /// <summary>Arrays of exactly the length asked for, which belong to whoever asks: for pictures that are handed to a caller.</summary>
    public static PictureMemory Owned { get; } = new(null);

    /// <summary>Arrays from the shared pool until the result is disposed.</summary>
    public static PictureMemory Borrow() => new([]);

    /// <summary>Whether arrays are borrowed, and so may be longer than asked for.</summary>
    public bool IsBorrowed => _borrowed is not null;

    /// <summary>An array with arbitrary contents.</summary>
    /// <param name="length">The least number of bytes.</param>
    public byte[] Take(int length)
    {
        if (_borrowed is null)
            return GC.AllocateUninitializedArray<byte>(length);
        byte[] array = ArrayPool<byte>.Shared.Rent(length);
        _borrowed.Add(array);
        return array;
    }

    /// <summary>Gives back what was borrowed. What lies in it must not be used any more.</summary>
    public void Dispose()
    {
        foreach (byte[] array in _borrowed ?? [])
            ArrayPool<byte>.Shared.Return(array);
        _borrowed?.Clear();
    }
}

/// <summary>Scratch memory of one call, borrowed from the shared pool. Its contents are arbitrary at first.</summary>
internal readonly ref struct PooledBuffer<T> : IDisposable
    where T : unmanaged
{
    private readonly T[]? _array;

    private PooledBuffer(T[] array, int length)
    {
        _array = array;
        Span = array.AsSpan(0, length);
    }

    /// <summary>Exactly the elements asked for; empty where none were.</summary>
    public Span<T> Span { get; }

    /// <summary>Borrows memory; 0 elements borrow nothing, which lets a step that is not needed be written without a branch.</summary>
    public static PooledBuffer<T> Rent(int length) => length == 0 ? default : new(ArrayPool<T>.Shared.Rent(length), length);

    public void Dispose()
    {
        if (_array is not null)
            ArrayPool<T>.Shared.Return(_array);
    }
}
