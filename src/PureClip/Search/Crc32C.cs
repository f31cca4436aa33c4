using System.Buffers.Binary;
using System.Numerics;

namespace PureClip.Search;

/// <summary>CRC-32C (Castagnoli), which processors compute: of "123456789" it is 0xE3069283.</summary>
/// <remarks>RFC 3720, section 12.1.</remarks>
internal static class Crc32C
{
    /// <summary>The checksum of some bytes, or of more bytes behind those that gave <paramref name="soFar"/>.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes, uint soFar = 0)
    {
        uint crc = ~soFar;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (byte b in bytes)
            crc = BitOperations.Crc32C(crc, b);
        return ~crc;
    }
}
