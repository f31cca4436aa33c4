using System.Buffers.Binary;
using System.Formats.Tar;
using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace PureClip.Search;

/// <summary>
/// Reads a tar file from its beginning to its end, or to its damage, and stands on one file in it after the other. Names are looked at
/// before anything is read; what is no file (links, devices, pipes), and what has a name that leads out of the tar file, is passed over.
/// </summary>
/// <remarks>POSIX.1-2001 (pax), ustar, GNU and V7, as <see cref="TarReader"/> reads them; gzip around it by RFC 1952.</remarks>
internal sealed class TarCursor : IDisposable
{
    private readonly TarBytes _bytes;
    private readonly TarReader _reader;
    private readonly Action<string>? _passOver;
    private TarEntry? _entry;

    private TarCursor(string path, TarBytes bytes, Action<string>? passOver)
    {
        (Path, _bytes, _passOver) = (path, bytes, passOver);
        _reader = new(bytes, leaveOpen: true);
    }

    /// <summary>The tar file's path.</summary>
    public string Path { get; }

    /// <summary>The name of the file on which it stands.</summary>
    public string Name { get; private set; } = "";

    /// <summary>Its bytes.</summary>
    public long Size => _entry!.Length;

    /// <summary>Opens a tar file, and stands before the first file in it.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="passOver">Told what is passed over, as "link", "device", "name that leads out of the file".</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static TarCursor Open(string path, Action<string>? passOver = null)
    {
        FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 16, FileOptions.SequentialScan);
        bool isPlain = path.EndsWith(".tar", StringComparison.OrdinalIgnoreCase);
        return new(path, new(isPlain ? file : new GZipStream(file, CompressionMode.Decompress)), passOver);
    }

    /// <summary>Goes to the next file; false at the end.</summary>
    /// <exception cref="InvalidDataException">The tar file is damaged, or was cut.</exception>
    public bool MoveNext()
    {
        try
        {
            while (true)
            {
                _entry = _reader.GetNextEntry();
                if (_entry is null)
                {
                    if (!_bytes.HasEnded)
                        throw Cut();
                    _bytes.ReadRest();
                    return false;
                }
                _bytes.RequireAll(_entry);
                if (_entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile))
                    PassOver(_entry.EntryType);
                else if (TarMember.NameOf(_entry.Name) is string name)
                {
                    Name = name;
                    return true;
                }
                else
                    _passOver?.Invoke("name that leads out of the file");
            }
        }
        catch (EndOfStreamException)
        {
            throw Cut();
        }
        catch (Exception e) when (e is FormatException or ArgumentException or OverflowException)
        {
            throw new InvalidDataException($"{Path}: the tar file is damaged ({e.Message.TrimEnd('.')}).", e);
        }
        catch (InvalidDataException e) when (!e.Message.StartsWith(Path, StringComparison.Ordinal))
        {
            throw new InvalidDataException($"{Path}: the tar file is damaged ({e.Message.TrimEnd('.')}).", e);
        }
    }

    /// <summary>Goes forward to a file; false where it does not follow.</summary>
    public bool TryMoveTo(string name)
    {
        while (MoveNext())
            if (Name == name)
                return true;
        return false;
    }

    /// <summary>The file on which it stands, whose size the caller has looked at.</summary>
    /// <exception cref="InvalidDataException">The tar file was cut within it.</exception>
    public byte[] Read()
    {
        byte[] bytes = new byte[Size];
        try
        {
            _entry!.DataStream?.ReadExactly(bytes);
            return bytes;
        }
        catch (EndOfStreamException)
        {
            throw Cut();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _reader.Dispose();
        _bytes.Dispose();
    }

    private InvalidDataException Cut() =>
        new($"{Path}: the tar file ends within {(Name.Length > 0 ? $"or behind {Name}" : "its first file")}, and has no mark of its end. "
            + "Was it cut, or is it still being written?");

    private void PassOver(TarEntryType type)
    {
        string? what = type switch
        {
            TarEntryType.SymbolicLink or TarEntryType.HardLink => "link",
            TarEntryType.CharacterDevice or TarEntryType.BlockDevice => "device",
            TarEntryType.Fifo => "pipe",
            TarEntryType.Directory or TarEntryType.DirectoryList or TarEntryType.GlobalExtendedAttributes => null,
            _ => "entry of another kind",
        };
        if (what is not null)
            _passOver?.Invoke(what);
    }

    /// <summary>
    /// The bytes of a tar file on their way to its reader: sees whether the mark of the end has come, and refuses headers that would take
    /// memory for what they declare, and those whose checksum is wrong, neither of which it does.
    /// </summary>
    private sealed class TarBytes(Stream source) : Stream
    {
        // Blocks and headers: POSIX.1-2001, "ustar Interchange Format".
        private const int BlockBytes = 512;
        private const int SizeAt = 124, SizeBytes = 12, SumAt = 148, SumBytes = 8, TypeAt = 156, MagicAt = 257;

        // Names, and what else stands in front of a file: some KB are usual.
        private const long LongestHeader = 1 << 20;

        // Tar files end with a multiple of 10 KiB, usually.
        private const int MostRest = 1 << 20;

        private long _zeros; // at the end of what was read

        public bool HasEnded => _zeros >= BlockBytes;

        public override bool CanRead => true;

        public override bool CanSeek => source.CanSeek;

        public override bool CanWrite => false;

        public override long Length => source.Length;

        public override long Position
        {
            get => source.Position;
            set
            {
                if (value != source.Position)
                    _zeros = 0;
                source.Position = value;
            }
        }

        /// <summary>Where the file's length is known, a file in it that does not end is seen before it is passed.</summary>
        public void RequireAll(TarEntry entry)
        {
            if (CanSeek && entry.Length > 0 && entry.DataOffset >= 0 && entry.Length > Length - entry.DataOffset)
                throw new EndOfStreamException();
        }

        /// <summary>Of what is compressed, the checksum comes last; what else may stand behind the end says nothing.</summary>
        public void ReadRest()
        {
            byte[] rest = new byte[BlockBytes + 1];
            for (int most = MostRest; !CanSeek && most > 0 && source.Read(rest) is > 0 and int read;)
                most -= read;
        }

        public override int Read(Span<byte> buffer)
        {
            int read = source.Read(buffer);
            ReadOnlySpan<byte> bytes = buffer[..read];
            int last = bytes.LastIndexOfAnyExcept((byte)0);
            _zeros = last < 0 ? _zeros + read : read - 1 - last;
            if (read == BlockBytes && bytes[MagicAt..].StartsWith("ustar"u8))
                CheckHeader(bytes);
            return read;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override long Seek(long offset, SeekOrigin origin)
        {
            _zeros = 0;
            return source.Seek(offset, origin);
        }

        public override void Flush()
        {
        }

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                source.Dispose();
            base.Dispose(disposing);
        }

        private static void CheckHeader(ReadOnlySpan<byte> block)
        {
            long sum = SumBytes * ' '; // the sum itself counts as blanks
            for (int i = 0; i < BlockBytes; i++)
                sum += i is >= SumAt and < SumAt + SumBytes ? 0 : block[i];
            if (sum != OctalOf(block.Slice(SumAt, SumBytes)))
                throw new InvalidDataException("a header is not what was written: its checksum differs");
            if (block[TypeAt] is not ((byte)'x' or (byte)'g' or (byte)'L' or (byte)'K'))
                return;
            ReadOnlySpan<byte> size = block.Slice(SizeAt, SizeBytes);
            bool isBinary = (size[0] & 0x80) != 0; // GNU's way for sizes that eleven octal digits do not hold
            long bytes = isBinary ? BinaryPrimitives.ReadInt64BigEndian(size[4..]) : OctalOf(size);
            if (bytes is < 0 or > LongestHeader)
                throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture,
                    $"a header of {bytes} bytes stands in front of a file; at most {LongestHeader} are read"));
        }

        private static long OctalOf(ReadOnlySpan<byte> digits)
        {
            long value = 0;
            foreach (char digit in Encoding.ASCII.GetString(digits).Split('\0')[0].Trim())
                value = digit is >= '0' and <= '7' ? value * 8 + (digit - '0') : -1;
            return value;
        }
    }
}
