using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace PureClip.Imaging.WebP.Lossless;

/// <summary>
/// Reads bits, least significant first. Behind the last byte follow zeros; <see cref="IsExhausted"/> says whether any was used.
/// </summary>
internal struct LosslessReader
{
    /// <summary>Zero bytes that must follow the data in its buffer, so that eight bytes can always be loaded at once.</summary>
    public const int Padding = 8;

    // libwebp loads this many bytes without asking whether they are there.
    private const int LeastBytes = 8;

    private readonly byte[] _buffer;
    private readonly int _end;
    private int _position;
    private ulong _bits;
    private int _count;

    /// <summary>Starts at the first bit.</summary>
    /// <param name="buffer">The data and at least <see cref="Padding"/> zero bytes.</param>
    /// <param name="length">Bytes of data.</param>
    public LosslessReader(byte[] buffer, int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, buffer.Length - Padding);
        _buffer = buffer;
        _end = Math.Max(length, LeastBytes);
    }

    /// <summary>Whether more bits were used than the data holds.</summary>
    public readonly bool IsExhausted => _count < ((long)_position - _end) * 8;

    /// <summary>The next bits from the bottom up; at least 56 are there after <see cref="Fill"/>.</summary>
    public readonly ulong Bits
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _bits;
    }

    /// <summary>Makes at least 56 bits available.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Fill()
    {
        // Loads eight bytes, but counts only the whole bytes that fit; the rest of them is loaded again (to the same bits) next time.
        if (_position <= _buffer.Length - Padding)
        {
            ref byte next = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_buffer), _position);
            ulong word = Unsafe.ReadUnaligned<ulong>(ref next);
            _bits |= (BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word)) << _count;
        }
        _position += (63 - _count) >> 3;
        _count |= 56;
    }

    /// <summary>Drops bits that have been looked at.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Skip(int number)
    {
        _bits >>= number;
        _count -= number;
    }

    /// <summary>Reads an unsigned number of 0 to 24 bits.</summary>
    public int Read(int number)
    {
        Fill();
        int value = (int)_bits & ((1 << number) - 1);
        Skip(number);
        return value;
    }

    /// <summary>Reads a bit.</summary>
    public bool ReadBit() => Read(1) != 0;

    /// <summary>Goes where a copy of this reader has gone.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Follow(in LosslessReader copy)
    {
        _position = copy._position;
        _bits = copy._bits;
        _count = copy._count;
    }
}
