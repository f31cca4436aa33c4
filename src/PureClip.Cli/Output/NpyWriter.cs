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
    private const string Float32 = "<f4";

    /// <summary>Writes an array of bytes (uint8).</summary>
    public static void Write(Stream stream, ReadOnlySpan<long> shape, ReadOnlySpan<byte> elements)
    {
        WriteHeader(stream, "|u1", shape);
        stream.Write(elements);
    }

    /// <summary>Writes an array of floats (float32).</summary>
    public static void Write(Stream stream, ReadOnlySpan<long> shape, ReadOnlySpan<float> elements)
    {
        WriteHeader(stream, Float32, shape);
        WriteElements(stream, elements);
    }

    /// <summary>Writes vectors of floats as they come, [rows, width]; nothing where there is none.</summary>
    /// <param name="target">Where to; what cannot be positioned gets the array when all of it is there.</param>
    /// <param name="rows">Vectors of one width.</param>
    /// <returns>How many rows there were.</returns>
    public static int WriteRows(Stream target, IEnumerable<float[]> rows)
    {
        using FileStream? spool = target.CanSeek ? null : Spool.Open("npy");
        Stream file = spool ?? target;
        long start = file.Position;
        int count = 0, width = 0;
        foreach (float[] row in rows)
        {
            if (count++ == 0)
                WriteHeader(file, Float32, [0, width = row.Length]);
            WriteElements(file, row);
        }
        if (count == 0)
            return 0;

        // The number of rows stands at the beginning and is known at the end; a header is as long whatever it says.
        file.Position = start;
        WriteHeader(file, Float32, [count, width]);
        file.Position = spool is null ? file.Length : 0;
        spool?.CopyTo(target);
        return count;
    }

    private static void WriteHeader(Stream stream, string dtype, ReadOnlySpan<long> shape)
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

    private static void WriteElements(Stream stream, ReadOnlySpan<float> elements)
    {
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("npy files are written on little-endian machines only.");
        stream.Write(MemoryMarshal.AsBytes(elements));
    }
}
