using System.IO.Compression;

namespace PureClip.Imaging.Png;

/// <summary>Inflates and unfilters one scanline after another; holds two of them, whatever the size of the picture.</summary>
internal sealed class PngScanlineReader : IDisposable
{
    private readonly ZLibStream _inflater;
    private readonly int _filterDistance;
    private byte[] _row; // filter byte, then the scanline
    private byte[] _previous;

    /// <summary>Begins to read.</summary>
    /// <param name="compressed">The zlib stream.</param>
    /// <param name="header">The layout of the pixels.</param>
    public PngScanlineReader(Stream compressed, PngHeader header)
    {
        _inflater = new ZLibStream(compressed, CompressionMode.Decompress);
        _filterDistance = header.FilterDistance;
        _row = new byte[1 + header.ScanlineBytes(header.Width)];
        _previous = new byte[_row.Length];
    }

    /// <summary>The next scanline is the first of a pass: nothing is above it.</summary>
    public void BeginPass() => Array.Clear(_previous);

    /// <summary>The next scanline, restored; valid until the next call.</summary>
    /// <param name="bytes">Its length.</param>
    /// <exception cref="InvalidDataException">The data is damaged or ends.</exception>
    public ReadOnlySpan<byte> Read(int bytes)
    {
        Span<byte> row = _row.AsSpan(0, 1 + bytes);
        if (Inflate(row) < row.Length)
            throw new InvalidDataException("The PNG is truncated: its compressed data ends before its last row.");
        PngFilter.Undo(row[0], row[1..], _previous.AsSpan(1, bytes), _filterDistance);
        (_row, _previous) = (_previous, _row);
        return row[1..];
    }

    /// <summary>
    /// Asks for one byte behind the last row, so that the inflater compares zlib's checksum where the stream ends here, as it should.
    /// Further data is ignored, as by Pillow, and so is a missing checksum.
    /// </summary>
    /// <exception cref="InvalidDataException">The checksum is wrong.</exception>
    public void Finish() => Inflate(stackalloc byte[1]);

    /// <inheritdoc/>
    public void Dispose() => _inflater.Dispose();

    private int Inflate(Span<byte> destination)
    {
        try
        {
            return _inflater.ReadAtLeast(destination, destination.Length, throwOnEndOfStream: false);
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            throw new InvalidDataException("The PNG is damaged: its compressed data is not a valid zlib stream.", e);
        }
    }
}
