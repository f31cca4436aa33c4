using System.Numerics;

namespace PureClip.Imaging.Png;

/// <summary>Turns the samples of a scanline, 1 to 16 bits each, into bytes.</summary>
internal static class PngSamples
{
    /// <summary>Unpacks as many samples as there is room for.</summary>
    /// <param name="scanline">Packed samples, the first in the highest bits (PNG specification, 7.2).</param>
    /// <param name="header">Bits a sample, and what they are scaled by.</param>
    /// <param name="samples">One byte each: the sample scaled to 0-255, or the index as it is; of 16 bits the high byte.</param>
    public static void Unpack(ReadOnlySpan<byte> scanline, PngHeader header, Span<byte> samples)
    {
        switch (header.BitDepth)
        {
            case 8:
                scanline.CopyTo(samples);
                break;
            case 16:
                KeepHighBytes(scanline, samples);
                break;
            default:
                UnpackBits(scanline, header.BitDepth, header.SampleScale, samples);
                break;
        }
    }

    // Pillow does the same for all kinds but grey, which it opens as 32-bit integers and clips to 255 when converting: nearly white
    // whatever the picture shows. Keeping the high byte is what its authors do elsewhere, and what the picture means.
    private static void KeepHighBytes(ReadOnlySpan<byte> scanline, Span<byte> samples)
    {
        for (int i = 0; i < samples.Length; i++)
            samples[i] = scanline[2 * i];
    }

    private static void UnpackBits(ReadOnlySpan<byte> scanline, int bits, int scale, Span<byte> samples)
    {
        int perByte = 8 / bits;
        int perByteLog2 = BitOperations.Log2((uint)perByte);
        int mask = (1 << bits) - 1;
        for (int i = 0; i < samples.Length; i++)
        {
            int shift = 8 - bits * (1 + (i & (perByte - 1)));
            samples[i] = (byte)(((scanline[i >> perByteLog2] >> shift) & mask) * scale);
        }
    }
}
