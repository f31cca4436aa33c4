using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace PureClip.Cli.Output;

/// <summary>NumPy's array files, version 1.0, little-endian and row-major.</summary>
/// <remarks>numpy/lib/format.py: magic, version, length of the header, a Python dictionary padded so that the numbers start at a multiple
/// of 64.</remarks>
internal static class NpyWriter
{
    private const int HeaderBytes = 128;
    private const int PrefixBytes = 10;

    /// <summary>Writes an array of bytes (uint8).</summary>
    public static void Write(Stream stream, ReadOnlySpan<long> shape, ReadOnlySpan<byte> elements)
    {
        WriteHeader(stream, "|u1", shape);
        stream.Write(elements);
    }

    /// <summary>Writes an array of floats (float32).</summary>
    public static void Write(Stream stream, ReadOnlySpan<long> shape, ReadOnlySpan<float> elements)
    {
        WriteHeader(stream, "<f4", shape);
        WriteElements(stream, elements);
    }

    /// <summary>Writes a header; its length does not depend on the shape's, so that it can be written again when the number of rows is
    /// known.</summary>
    public static void WriteHeader(Stream stream, string dtype, ReadOnlySpan<long> shape)
    {
        string dimensions = string.Join(", ", shape.ToArray().Select(dimension => dimension.ToString(CultureInfo.InvariantCulture)));
        string tuple = shape.Length == 1 ? dimensions + "," : dimensions; // Python's tuple of one
        string text = $"{{'descr': '{dtype}', 'fortran_order': False, 'shape': ({tuple}), }}";
        byte[] header = new byte[HeaderBytes];
        header.AsSpan().Fill((byte)' ');
        ReadOnlySpan<byte> prefix = [0x93, .. "NUMPY"u8, 1, 0, HeaderBytes - PrefixBytes, 0];
        prefix.CopyTo(header);
        Encoding.ASCII.GetBytes(text, header.AsSpan(PrefixBytes));
        header[^1] = (byte)'\n';
        stream.Write(header);
    }

    /// <summary>Writes floats behind a header.</summary>
    public static void WriteElements(Stream stream, ReadOnlySpan<float> elements)
    {
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("npy files are written on little-endian machines only.");
        stream.Write(MemoryMarshal.AsBytes(elements));
    }
}
