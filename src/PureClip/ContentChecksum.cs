using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using PureClip.Search;

namespace PureClip;

/// <summary>
/// The CRC-32C of what a stored file says, in an order that its format fixes: not of its bytes, so that one that was only laid out anew is
/// still the same.
/// </summary>
internal struct ContentChecksum
{
    /// <summary>What it is called in files. Those of older programs have none.</summary>
    public const string Name = "checksum";

    private uint _crc;

    /// <summary>Adds a text, its length first: two texts are another content than one of both.</summary>
    public void Add(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Add(bytes.Length);
        _crc = Crc32C.Of(bytes, _crc);
    }

    /// <summary>Adds a count.</summary>
    public void Add(int count)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, count);
        _crc = Crc32C.Of(bytes, _crc);
    }

    /// <summary>Adds numbers, their count first.</summary>
    public void Add(ReadOnlySpan<float> numbers)
    {
        Add(numbers.Length);
        _crc = Crc32C.Of(MemoryMarshal.AsBytes(numbers), _crc);
    }

    /// <summary>The checksum as eight hexadecimal digits.</summary>
    public override readonly string ToString() => _crc.ToString("x8", CultureInfo.InvariantCulture);
}
