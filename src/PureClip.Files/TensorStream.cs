namespace PureClip.Files;

/// <summary>What a tensor's source writes into: passes bytes on, refuses too many, and ends when the whole is cancelled.</summary>
/// <param name="file">Where the bytes go.</param>
/// <param name="path">The file's name for messages.</param>
/// <param name="tensor">The tensor's name for messages.</param>
/// <param name="bytes">Bytes of the tensor.</param>
/// <param name="cancellation">Looked at before every write.</param>
internal sealed class TensorStream(Stream file, string path, string tensor, long bytes, CancellationToken cancellation) : Stream
{
    private long written;

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <summary>Bytes written so far.</summary>
    public override long Length => written;

    /// <summary>Bytes written so far; cannot be set.</summary>
    public override long Position { get => written; set => throw new NotSupportedException(); }

    /// <inheritdoc/>
    /// <exception cref="InvalidDataException">More bytes than the tensor has.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        cancellation.ThrowIfCancellationRequested();
        if (buffer.Length > bytes - written)
            Fail(written + buffer.Length);
        file.Write(buffer);
        written += buffer.Length;
    }

    /// <summary>Refuses to go on with fewer bytes than the tensor has.</summary>
    /// <exception cref="InvalidDataException">Bytes are missing.</exception>
    public void CheckIsComplete()
    {
        if (written != bytes)
            Fail(written);
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <summary>Does nothing: the file is flushed once, at its end.</summary>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    private void Fail(long found) => Problem.InvalidData(path, $"the source of tensor {Problem.Quote(tensor)} wrote {found} bytes",
        $"exactly {bytes}", "Correct the shape or the source.");
}
