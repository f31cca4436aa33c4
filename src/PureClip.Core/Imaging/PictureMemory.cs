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
