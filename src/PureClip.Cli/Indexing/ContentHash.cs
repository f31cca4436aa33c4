using System.Buffers.Binary;
using System.Security.Cryptography;

namespace PureClip.Cli.Indexing;

/// <summary>Tells the contents of files apart: the first 16 bytes of their SHA-256.</summary>
internal static class ContentHash
{
    /// <summary>The hash of a file.</summary>
    public static UInt128 Of(string path)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(stream, hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }
}
