namespace PureClip.Imaging;

/// <summary>
/// The bytes of a picture file, from a file or a stream into a picture's memory: never more of them than the limit, and none twice in
/// memory.
/// </summary>
internal static class PictureFile
{
    /// <summary>
    /// Most bytes of a file whose length is known: a picture of 200 megapixels as uncompressed RGBA is 800 MB; no file needs more.
    /// </summary>
    public const long DefaultMaxBytes = 1L << 30;

    /// <summary>Most bytes of a stream that does not say how long it is: whoever sends it may never stop.</summary>
    public const long DefaultMaxBytesOfUnknownLength = 64L << 20;

    private const int FirstBytes = 1 << 16;

    /// <summary>
    /// Opens a file whose kind and size fit: opening a pipe waits for somebody who writes to it, and a device may have no end.
    /// </summary>
    /// <param name="path">Its path.</param>
    /// <param name="maxBytes">The limit; null for the default.</param>
    /// <param name="options">How it will be read.</param>
    /// <exception cref="InvalidDataException">It is no regular file, or larger than the limit.</exception>
    public static FileStream Open(string path, long? maxBytes, FileOptions options)
    {
        if (Directory.Exists(path))
            throw new InvalidDataException("this is a directory, not a picture.");
        FileInfo file = new(path);
        if (file.LinkTarget is not null && file.ResolveLinkTarget(returnFinalTarget: true) is FileInfo target)
            file = target;
        if (file is { Exists: true, Length: 0 }) // as pipes, sockets and devices have it; nothing else tells them without opening
            throw new InvalidDataException(IsDevice(file.FullName)
                ? "this is a device, not a picture."
                : "there is nothing to read: the file is empty, or is a pipe or a socket.");
        if (file.Exists)
            RequireSize(file.Length, maxBytes ?? DefaultMaxBytes);
        // Without a buffer of the stream's own: its bytes go straight to where they stay.
        return new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, options);
    }

    /// <summary>Whether a path is where devices are; shared memory, which is there too, holds files.</summary>
    private static bool IsDevice(string path) =>
        path.StartsWith("/dev/", StringComparison.Ordinal) && !path.StartsWith("/dev/shm/", StringComparison.Ordinal);

    /// <summary>The most bytes that are read of a stream.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="maxBytes">The limit that was asked for; null for the default.</param>
    public static long LimitOf(Stream stream, long? maxBytes) =>
        maxBytes ?? (stream.CanSeek ? DefaultMaxBytes : DefaultMaxBytesOfUnknownLength);

    /// <summary>Reads a stream from where it stands to its end.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="maxBytes">The limit.</param>
    /// <param name="memory">Where the bytes lie.</param>
    /// <exception cref="InvalidDataException">There are more bytes than the limit.</exception>
    public static ReadOnlyMemory<byte> Read(Stream stream, long maxBytes, PictureMemory memory)
    {
        if (stream.CanSeek)
        {
            Memory<byte> whole = TakeRest(stream, maxBytes, memory);
            RequireAll(stream.ReadAtLeast(whole.Span, whole.Length, throwOnEndOfStream: false), whole.Length);
            return whole;
        }

        GrowingFile file = new(maxBytes, memory);
        for (int read = stream.Read(file.Room.Span); read > 0; read = stream.Read(file.Room.Span))
            file.Add(read);
        return file.Bytes;
    }

    /// <summary>
    /// As <see cref="Read"/>, without ever calling a method of the stream's that blocks: a server's request body refuses those.
    /// </summary>
    public static async ValueTask<ReadOnlyMemory<byte>> ReadAsync(
        Stream stream, long maxBytes, PictureMemory memory, CancellationToken cancellationToken)
    {
        if (stream.CanSeek)
        {
            Memory<byte> whole = TakeRest(stream, maxBytes, memory);
            int all = await stream.ReadAtLeastAsync(whole, whole.Length, throwOnEndOfStream: false, cancellationToken)
                .ConfigureAwait(false);
            RequireAll(all, whole.Length);
            return whole;
        }

        GrowingFile file = new(maxBytes, memory);
        for (int read = await stream.ReadAsync(file.Room, cancellationToken).ConfigureAwait(false);
            read > 0;
            read = await stream.ReadAsync(file.Room, cancellationToken).ConfigureAwait(false))
            file.Add(read);
        return file.Bytes;
    }

    private static Memory<byte> TakeRest(Stream stream, long maxBytes, PictureMemory memory)
    {
        (long length, long position) = (stream.Length, stream.Position);
        if (position >= length && length > 0)
            throw new InvalidDataException(
                $"the stream stands at its end, at byte {position}. Set its Position to where the picture begins.");
        long rest = length - position;
        RequireSize(rest, maxBytes);
        return memory.Take((int)rest).AsMemory(0, (int)rest);
    }

    private static void RequireAll(int read, int declared)
    {
        if (read < declared)
            throw new InvalidDataException(
                $"it ends after {read} of the {declared} bytes that it had a moment ago. Is it still being written?");
    }

    /// <summary>Refuses what is larger than the limit, or than an array.</summary>
    public static void RequireSize(long bytes, long maxBytes)
    {
        long most = Math.Min(maxBytes, Array.MaxLength);
        if (bytes <= most)
            return;
        string found = $"the file has more than {most} bytes, the most that is read. Reduce the picture";
        throw bytes > Array.MaxLength
            ? Refusal.Of($"{found}.", PictureRemedy.SmallerPicture)
            : Refusal.Of($"{found}, or raise the limit of bytes.", PictureRemedy.MoreBytes);
    }

    /// <summary>Bytes whose number shows only when they end.</summary>
    private sealed class GrowingFile(long maxBytes, PictureMemory memory)
    {
        private byte[] _bytes = memory.Take(FirstBytes);
        private int _length;

        public ReadOnlyMemory<byte> Bytes => _bytes.AsMemory(0, _length);

        /// <summary>Where the next bytes go: never empty, so that a read of none of them is the end.</summary>
        public Memory<byte> Room
        {
            get
            {
                if (_length == _bytes.Length)
                    Grow();
                return _bytes.AsMemory(_length);
            }
        }

        public void Add(int bytes)
        {
            _length += bytes;
            RequireSize(_length, maxBytes);
        }

        // One byte above the limit is room enough to see that it is passed.
        private void Grow()
        {
            long most = Math.Min(Math.Max(maxBytes, FirstBytes), Array.MaxLength - 1) + 1;
            byte[] longer = memory.Take((int)Math.Min(2L * _bytes.Length, most));
            Bytes.Span.CopyTo(longer);
            _bytes = longer;
        }
    }
}
