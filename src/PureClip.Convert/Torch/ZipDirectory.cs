using System.Buffers.Binary;
using System.Text;
using PureClip.Files;

namespace PureClip.Convert.Torch;

/// <summary>
/// The members of a zip archive, found through the central directory alone: torch.save writes zero sizes into its local headers
/// (APPNOTE.TXT 4.3, 4.4; general purpose bit 3). Names, methods, ranges and overlaps are checked; nothing is decompressed.
/// </summary>
internal sealed class ZipDirectory
{
    /// <summary>A CLIP of any size has a few thousand members.</summary>
    private const int MaxEntries = 100_000;

    private const int MaxNameBytes = 1024;
    private const int CentralHeaderLength = 46;
    private const int LocalHeaderLength = 30;
    private const uint CentralSignature = 0x02014b50;
    private const uint LocalSignature = 0x04034b50;
    private const ushort Stored = 0;
    private const ushort Deflated = 8;

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private readonly Lease _file;
    private readonly Dictionary<string, ZipEntry> _entries = new(StringComparer.Ordinal);

    private ZipDirectory(Lease file) => _file = file;

    /// <summary>All members.</summary>
    public IReadOnlyCollection<ZipEntry> Entries => _entries.Values;

    /// <summary>Reads and checks the directory of an archive.</summary>
    /// <exception cref="InvalidDataException">The archive breaks a rule; the message names the member.</exception>
    public static ZipDirectory Read(Lease file)
    {
        ZipEndRecord end = ZipEndRecord.Find(file);
        if (end.EntryCount > MaxEntries)
            Problem.InvalidData($"{file.Path}: the zip directory lists {end.EntryCount} members; at most {MaxEntries} are allowed.");
        ZipDirectory directory = new(file);
        long offset = end.DirectoryOffset;
        for (int i = 0; i < (int)end.EntryCount; i++)
            offset = directory.ReadEntry(offset, end);
        if (offset != end.DirectoryOffset + end.DirectoryLength)
            Problem.InvalidData(
                $"{file.Path}: the zip directory ends at {offset}, not at {end.DirectoryOffset + end.DirectoryLength} as its end " +
                "record says.");
        directory.RequireNoOverlap();
        return directory;
    }

    /// <summary>The member of a name, or false.</summary>
    public bool TryGet(string name, out ZipEntry entry) => _entries.TryGetValue(name, out entry);

    /// <summary>The member of a name, which must be there and must be stored without compression.</summary>
    public ZipEntry RequireStored(string name)
    {
        if (!_entries.TryGetValue(name, out ZipEntry entry))
            Problem.InvalidData($"{_file.Path}: the archive has no member '{name}'.");
        if (!entry.IsStored)
            Problem.InvalidData(
                $"{_file.Path}: '{name}' is compressed. torch.save stores members as they are; unpack the archive and zip it again " +
                "without compression.");
        return entry;
    }

    private long ReadEntry(long offset, ZipEndRecord end)
    {
        long limit = end.DirectoryOffset + end.DirectoryLength;
        if (limit - offset < CentralHeaderLength)
            Problem.InvalidData($"{_file.Path}: the zip directory is cut short at offset {offset}.");
        ReadOnlySpan<byte> header = _file.Span(offset, CentralHeaderLength);
        if (BinaryPrimitives.ReadUInt32LittleEndian(header) != CentralSignature)
            Problem.InvalidData($"{_file.Path}: no zip directory entry at offset {offset}.");
        int nameLength = BinaryPrimitives.ReadUInt16LittleEndian(header[28..]);
        int extraLength = BinaryPrimitives.ReadUInt16LittleEndian(header[30..]);
        int commentLength = BinaryPrimitives.ReadUInt16LittleEndian(header[32..]);
        long next = offset + CentralHeaderLength + nameLength + extraLength + commentLength;
        if (next > limit)
            Problem.InvalidData($"{_file.Path}: the zip directory entry at offset {offset} runs beyond the directory.");
        ReadOnlySpan<byte> nameBytes = _file.Span(offset + CentralHeaderLength, nameLength);
        string name = DecodeName(nameBytes);
        ZipSizes sizes = ZipSizes.Read(header, _file.Span(offset + CentralHeaderLength + nameLength, extraLength), name);
        if (!name.EndsWith('/') && !_entries.TryAdd(name, Locate(name, nameBytes, header, sizes, end.DirectoryOffset)))
            Problem.InvalidData($"{_file.Path}: two members are named '{name}'.");
        return next;
    }

    private ZipEntry Locate(string name, ReadOnlySpan<byte> nameBytes, ReadOnlySpan<byte> central, ZipSizes sizes, long directoryOffset)
    {
        ushort flags = BinaryPrimitives.ReadUInt16LittleEndian(central[8..]);
        ushort method = BinaryPrimitives.ReadUInt16LittleEndian(central[10..]);
        if ((flags & 0x2041) != 0)
            Problem.InvalidData($"{_file.Path}: '{name}' is encrypted, which is not supported.");
        if (method is not (Stored or Deflated))
            Problem.InvalidData($"{_file.Path}: '{name}' uses zip method {method}; 0 (stored) and 8 (deflate) are known.");
        if (method == Stored && sizes.Compressed != sizes.Content)
            Problem.InvalidData($"{_file.Path}: '{name}' is stored, but its {sizes.Compressed} bytes should be {sizes.Content}.");
        ReadOnlySpan<byte> local = _file.Span(sizes.HeaderOffset, LocalHeaderLength);
        if (BinaryPrimitives.ReadUInt32LittleEndian(local) != LocalSignature
            || BinaryPrimitives.ReadUInt16LittleEndian(local[8..]) != method)
            Problem.InvalidData($"{_file.Path}: the local header of '{name}' at offset {sizes.HeaderOffset} does not match the directory.");
        int localNameLength = BinaryPrimitives.ReadUInt16LittleEndian(local[26..]);
        int localExtraLength = BinaryPrimitives.ReadUInt16LittleEndian(local[28..]);
        if (!_file.Span(sizes.HeaderOffset + LocalHeaderLength, localNameLength).SequenceEqual(nameBytes))
            Problem.InvalidData($"{_file.Path}: '{name}' has another name in its local header.");
        long dataOffset = sizes.HeaderOffset + LocalHeaderLength + localNameLength + localExtraLength;
        if (dataOffset > directoryOffset || sizes.Compressed > directoryOffset - dataOffset)
            Problem.InvalidData($"{_file.Path}: '{name}' of {sizes.Compressed} bytes at offset {dataOffset} runs into the zip directory.");
        return new ZipEntry(name, method == Stored, sizes.HeaderOffset, dataOffset, sizes.Compressed);
    }

    private string DecodeName(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length is 0 or > MaxNameBytes)
            Problem.InvalidData($"{_file.Path}: a member's name has {bytes.Length} bytes; 1 to {MaxNameBytes} are allowed.");
        string name;
        try
        {
            name = StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return Problem.InvalidData<string>($"{_file.Path}: a member's name is not UTF-8.");
        }
        if (name[0] == '/' || name.AsSpan().IndexOfAny("\\:\0") >= 0 || name.Split('/').Contains(".."))
            Problem.InvalidData($"{_file.Path}: the member name '{name}' is absolute, or has '..', a backslash, a colon or a zero in it.");
        return name;
    }

    private void RequireNoOverlap()
    {
        ZipEntry? previous = null;
        foreach (ZipEntry entry in _entries.Values.OrderBy(static e => e.HeaderOffset))
        {
            if (previous is ZipEntry before && entry.HeaderOffset < before.DataOffset + before.Length)
                Problem.InvalidData($"{_file.Path}: the members '{before.Name}' and '{entry.Name}' overlap.");
            previous = entry;
        }
    }
}

/// <summary>One member of a zip archive whose place in the file has been checked.</summary>
/// <param name="Name">Path with forward slashes, relative, without "..".</param>
/// <param name="IsStored">True where the bytes are not compressed.</param>
/// <param name="HeaderOffset">Byte offset of the local header.</param>
/// <param name="DataOffset">Byte offset of the first data byte.</param>
/// <param name="Length">Bytes in the file; where stored, also bytes of the content.</param>
internal readonly record struct ZipEntry(string Name, bool IsStored, long HeaderOffset, long DataOffset, long Length);
