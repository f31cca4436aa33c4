using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace PureClip.Imaging.Jpeg;

/// <summary>
/// Reads bits, most significant first, from entropy-coded bytes whose stuffing has been removed. Behind the last byte follow
/// zero bits without end; <see cref="IsExhausted"/> says whether any of them was used.
/// </summary>
internal struct BitReader
{
    /// <summary>Zero bytes that must follow the data in its buffer, so that eight bytes can always be loaded at once.</summary>
    public const int Padding = 8;

    private readonly byte[] _buffer;
    private readonly int _length;
    private int _position;
    private ulong _bits;
    private int _count;

    /// <summary>Starts at the first bit of a buffer.</summary>
    /// <param name="buffer">The data and at least <see cref="Padding"/> zero bytes.</param>
    /// <param name="length">Bytes of data.</param>
    public BitReader(byte[] buffer, int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, buffer.Length - Padding);
        _buffer = buffer;
        _length = length;
    }

    /// <summary>Whether more bits were read than the data holds.</summary>
    public readonly bool IsExhausted => _count < ((long)_position - _length) * 8;

    /// <summary>The next 64 bits from the top down; at least 32 of them are valid after <see cref="Ensure32"/>.</summary>
    public readonly ulong Bits
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _bits;
    }

    /// <summary>Makes at least 32 bits available: the longest code (17 bits where it is damaged) and 15 bits of value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Ensure32()
    {
        if (_count < 32)
            Refill();
    }

    /// <summary>Drops bits that have been looked at; at most as many as were ensured.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Skip(int number)
    {
        _bits <<= number;
        _count -= number;
    }

    /// <summary>Reads an unsigned number of 0 to 16 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Read(int number)
    {
        Ensure32();
        int value = (int)(_bits >> 1 >> (63 - number));
        Skip(number);
        return value;
    }

    /// <summary>Reads one bit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool ReadBit()
    {
        if (_count == 0)
            Refill();
        bool bit = (long)_bits < 0;
        Skip(1);
        return bit;
    }

    /// <summary>
    /// Reads the value of a given size class: its bits, of which a leading zero says negative (ITU-T T.81, F.2.2.1, EXTEND).
    /// The caller has ensured the bits.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int ReceiveExtend(int size)
    {
        int value = Extend((int)(_bits >> 1 >> (63 - size)), size);
        Skip(size);
        return value;
    }

    /// <summary>
    /// The number that <paramref name="size"/> bits stand for: as they are if the first is set, else minus (2^size - 1) more.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Extend(int value, int size) => value < 1 << size >> 1 ? value - (1 << size) + 1 : value;

    /// <summary>
    /// Goes where a copy of this reader has gone. Cheaper than assigning the copy, which would touch the buffer's reference.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Follow(in BitReader copy)
    {
        _position = copy._position;
        _bits = copy._bits;
        _count = copy._count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Refill()
    {
        // Loads eight bytes, but counts only the whole bytes that fit; the rest of them is loaded again (and or-ed to the same
        // bits) next time. Behind the data everything is zero already, and only the counting goes on.
        if (_position <= _length)
        {
            ref byte next = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_buffer), _position);
            ulong word = Unsafe.ReadUnaligned<ulong>(ref next);
            _bits |= (BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(word) : word) >> _count;
        }
        _position += (63 - _count) >> 3;
        _count |= 56;
    }
}

/// <summary>
/// The entropy-coded bytes from one marker to the next, without their stuffing. Removing it here, where whole stretches can be
/// copied, leaves the bit reader free of it.
/// </summary>
/// <param name="memory">Where the copy is laid.</param>
/// <param name="tolerant">Whether the end of the file counts as the marker that ends the picture.</param>
internal sealed class EntropySegment(PictureMemory memory, bool tolerant)
{
    private byte[] _buffer = [];

    /// <summary>Where it lies.</summary>
    public PictureMemory Memory => memory;

    /// <summary>Bytes of the segment.</summary>
    public int Length { get; private set; }

    /// <summary>Where the marker behind the segment begins.</summary>
    public int End { get; private set; }

    /// <summary>The marker behind the segment.</summary>
    public byte Marker { get; private set; }

    /// <summary>Reads the bits of the segment.</summary>
    public BitReader Bits => new(_buffer, Length);

    /// <summary>Reads the decisions of an arithmetic-coded segment.</summary>
    public ArithmeticDecoder Decisions => new(_buffer, Length);

    /// <summary>Copies a segment from a file.</summary>
    /// <param name="file">All bytes of the file.</param>
    /// <param name="start">Where the segment begins.</param>
    /// <exception cref="InvalidDataException">
    /// The file ends before a marker. Pillow rejects that even where all bits were there, since libjpeg looks ahead.
    /// </exception>
    public void Load(ReadOnlySpan<byte> file, int start)
    {
        if (_buffer.Length == 0) // what is left of the file holds any later segment too
            _buffer = memory.Take(file.Length - start + BitReader.Padding);
        Length = 0;
        while (true)
        {
            int prefix = file[start..].IndexOf((byte)0xFF);
            int code = prefix < 0 ? -1 : file[(start + prefix)..].IndexOfAnyExcept((byte)0xFF);
            if (code < 0)
            {
                LoadLast(file[start..], prefix);
                End = file.Length;
                return;
            }
            file.Slice(start, prefix).CopyTo(_buffer.AsSpan(Length));
            Length += prefix;
            start += prefix + code;
            if (file[start] != 0)
                break;
            _buffer[Length++] = 0xFF; // FF 00 is a data byte
            start++;
        }
        Marker = file[start];
        End = start - 1;
        _buffer.AsSpan(Length, BitReader.Padding).Clear();
    }

    // The file ends without a marker.
    private void LoadLast(ReadOnlySpan<byte> rest, int prefix)
    {
        if (!tolerant)
            Throw.CutOff("more entropy-coded data or a marker");
        rest = prefix < 0 ? rest : rest[..prefix];
        rest.CopyTo(_buffer.AsSpan(Length));
        Length += rest.Length;
        Marker = JpegMarker.EndOfImage;
        _buffer.AsSpan(Length, BitReader.Padding).Clear();
    }

    /// <summary>Becomes an empty segment before the same marker.</summary>
    public void Clear()
    {
        Length = 0;
        _buffer.AsSpan(0, BitReader.Padding).Clear();
    }

    /// <summary>Becomes an empty segment before another marker.</summary>
    /// <param name="file">All bytes of the file.</param>
    /// <param name="code">Index of the marker's second byte, negative where the file has no further marker.</param>
    public void SkipTo(ReadOnlySpan<byte> file, int code)
    {
        if (code < 0 && !tolerant)
            Throw.CutOff("a restart marker");
        Marker = code < 0 ? JpegMarker.EndOfImage : file[code];
        End = code < 0 ? file.Length : code - 1;
        Clear();
    }
}
