using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace PureClip.Imaging.WebP.Lossy;

/// <summary>
/// VP8's arithmetic decoder (RFC 6386, section 7): reads decisions, each with the probability of being false in 1/256.
/// </summary>
/// <remarks>
/// Bytes are loaded seven at a time while there are that many, then one by one as they are needed, and zeros behind the last. So
/// <see cref="IsExhausted"/> is true exactly where libwebp's reader has met the end, which decides whether a cut file is refused.
/// </remarks>
internal struct BoolDecoder
{
    private const int WideBytes = 7;

    private readonly byte[] _data;
    private readonly int _end;
    private int _position;
    private ulong _value; // what is left of the bits that were loaded
    private int _bits; // how many of these lie below the eight that are compared; negative where there are not even eight
    private int _range; // less one: 127 to 254

    /// <summary>Starts at the beginning of a partition.</summary>
    /// <param name="data">What holds the partition.</param>
    /// <param name="start">Its first byte.</param>
    /// <param name="length">Its bytes; none at all counts as exhausted.</param>
    public BoolDecoder(byte[] data, int start, int length)
    {
        _data = data;
        _position = start;
        _end = start + length;
        _bits = -8;
        _range = 254;
        Load();
    }

    /// <summary>Whether a decision needed bits from behind the end of the partition.</summary>
    public readonly bool IsExhausted => _position > _end;

    /// <summary>Reads a decision.</summary>
    /// <param name="probability">Of false, in 1/256.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool ReadBit(int probability)
    {
        if (_bits < 0)
            Load();
        int split = (_range * probability) >> 8;
        if ((uint)(_value >> _bits) > (uint)split)
        {
            _value -= (ulong)(split + 1) << _bits;
            Narrow(_range - split);
            return true;
        }
        Narrow(split + 1);
        return false;
    }

    /// <summary>Gives a number the sign that follows: a decision with even chances.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int ReadSign(int number)
    {
        if (_bits < 0)
            Load();
        int split = _range >> 1;
        int negative = (split - (int)(_value >> _bits)) >> 31; // -1 or 0
        _value -= (ulong)((split + 1) & negative) << _bits;
        _bits--;
        _range = (_range + negative) | 1;
        return (number ^ negative) - negative;
    }

    /// <summary>Reads a decision with even chances.</summary>
    public bool ReadFlag() => ReadBit(128);

    /// <summary>Reads an unsigned number, its highest bit first.</summary>
    /// <param name="bits">How many bits it has.</param>
    public int ReadNumber(int bits)
    {
        int number = 0;
        for (int i = 0; i < bits; i++)
            number = number << 1 | (ReadFlag() ? 1 : 0);
        return number;
    }

    /// <summary>Reads a number and its sign.</summary>
    public int ReadSignedNumber(int bits)
    {
        int number = ReadNumber(bits);
        return ReadFlag() ? -number : number;
    }

    /// <summary>Reads a flag and, where it is set, a number with a sign; else the number is 0.</summary>
    public int ReadOptionalNumber(int bits) => ReadFlag() ? ReadSignedNumber(bits) : 0;

    /// <summary>Goes where a copy of this decoder has gone. Assigning the copy would touch the array's reference and cost more.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Follow(in BoolDecoder copy)
    {
        _position = copy._position;
        _value = copy._value;
        _bits = copy._bits;
        _range = copy._range;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Narrow(int range)
    {
        int shift = BitOperations.LeadingZeroCount((uint)range) - 24;
        _range = (range << shift) - 1;
        _bits -= shift;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Load()
    {
        if (_position <= _end - sizeof(ulong))
        {
            ulong next = BinaryPrimitives.ReadUInt64BigEndian(_data.AsSpan(_position));
            _value = _value << (8 * WideBytes) | next >> 8;
            _bits += 8 * WideBytes;
            _position += WideBytes;
        }
        else
        {
            _value = _value << 8 | (_position < _end ? _data[_position] : 0u);
            _bits += 8;
            _position++;
        }
    }
}
