using System.Runtime.InteropServices;
using System.Text;

namespace PureClip.Tests.Cli;

/// <summary>A .npy file, read by the letter of numpy/lib/format.py.</summary>
/// <param name="Header">The Python dictionary, without padding.</param>
/// <param name="Bytes">The elements.</param>
internal sealed record NpyFile(string Header, byte[] Bytes)
{
    /// <summary>The elements as floats.</summary>
    public float[] Floats => MemoryMarshal.Cast<byte, float>(Bytes).ToArray();

    /// <summary>Reads a file.</summary>
    public static NpyFile Read(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        Assert.Equal([0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0], file[..8]);
        int start = 10 + BitConverter.ToUInt16(file, 8);
        Assert.Equal(0, start % 64);
        string header = Encoding.ASCII.GetString(file[10..start]);
        Assert.EndsWith("\n", header);
        return new(header.TrimEnd(), file[start..]);
    }
}
