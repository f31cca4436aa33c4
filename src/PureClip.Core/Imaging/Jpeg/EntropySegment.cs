namespace PureClip.Imaging.Jpeg;

/// <summary>
/// The entropy-coded bytes from one marker to the next, without their stuffing. Removing it here, where whole stretches can be
/// copied, leaves the bit reader free of it.
/// </summary>
/// <param name="memory">Where the copy is laid.</param>
internal sealed class EntropySegment(PictureMemory memory)
{
    private byte[] buffer = [];

    /// <summary>Bytes of the segment.</summary>
    public int Length { get; private set; }

    /// <summary>Where the marker behind the segment begins.</summary>
    public int End { get; private set; }

    /// <summary>The marker behind the segment.</summary>
    public byte Marker { get; private set; }

    /// <summary>Reads the bits of the segment.</summary>
    public BitReader Bits => new(buffer, Length);

    /// <summary>Copies a segment from a file.</summary>
    /// <param name="file">All bytes of the file.</param>
    /// <param name="start">Where the segment begins.</param>
    /// <exception cref="InvalidDataException">
    /// The file ends before a marker. Pillow rejects that even where all bits were there, since libjpeg looks ahead.
    /// </exception>
    public void Load(ReadOnlySpan<byte> file, int start)
    {
        if (buffer.Length == 0) // what is left of the file holds any later segment too
            buffer = memory.Take(file.Length - start + BitReader.Padding);
        Length = 0;
        while (true)
        {
            int prefix = file[start..].IndexOf((byte)0xFF);
            int code = prefix < 0 ? -1 : file[(start + prefix)..].IndexOfAnyExcept((byte)0xFF);
            if (code < 0)
                Throw.Truncated("more entropy-coded data or a marker");
            file.Slice(start, prefix).CopyTo(buffer.AsSpan(Length));
            Length += prefix;
            start += prefix + code;
            if (file[start] != 0)
                break;
            buffer[Length++] = 0xFF; // FF 00 is a data byte
            start++;
        }
        Marker = file[start];
        End = start - 1;
        buffer.AsSpan(Length, BitReader.Padding).Clear();
    }

    /// <summary>Becomes an empty segment before the same marker.</summary>
    public void Clear()
    {
        Length = 0;
        buffer.AsSpan(0, BitReader.Padding).Clear();
    }

    /// <summary>Becomes an empty segment before another marker.</summary>
    /// <param name="file">All bytes of the file.</param>
    /// <param name="code">Index of the marker's second byte, negative where the file has no further marker.</param>
    public void SkipTo(ReadOnlySpan<byte> file, int code)
    {
        if (code < 0)
            Throw.Truncated("a restart marker");
        Marker = file[code];
        End = code - 1;
        Clear();
    }
}
