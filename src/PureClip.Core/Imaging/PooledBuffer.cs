using System.Buffers;

namespace PureClip.Imaging;

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
