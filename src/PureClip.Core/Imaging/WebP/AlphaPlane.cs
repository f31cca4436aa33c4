using System.Numerics.Tensors;
using PureClip.Imaging.WebP.Lossless;
using PureClip.Imaging.WebP.Lossy;

namespace PureClip.Imaging.WebP;

/// <summary>Decodes the alpha of a lossy frame (RFC 9649, section 2.7.1.2).</summary>
internal static class AlphaPlane
{
    private const int HeaderBytes = 1;

    // How samples are predicted; what is stored are differences.
    private const int FromLeft = 1;
    private const int FromAbove = 2;

    /// <summary>Decodes an ALPH chunk.</summary>
    /// <param name="chunk">Its body.</param>
    /// <param name="width">Pixels a row of the frame.</param>
    /// <param name="height">Rows of the frame.</param>
    /// <param name="memory">Where the result comes from.</param>
    /// <returns>[height, width] alpha, and <see cref="ChromaUpsampler.Overhang"/> bytes more.</returns>
    /// <exception cref="InvalidDataException">The data is damaged.</exception>
    public static byte[] Decode(ReadOnlySpan<byte> chunk, int width, int height, PictureMemory memory)
    {
        if (chunk.Length <= HeaderBytes)
            Throw.Truncated("alpha");
        int header = chunk[0];
        (int compression, int filter, int preprocessing) = (header & 3, header >> 2 & 3, header >> 4 & 3);
        if (compression > 1 || preprocessing > 1 || header >> 6 != 0)
            Throw.Invalid($"its alpha is stored in a way that does not exist (0x{header:X2}); the data is damaged.");
        ReadOnlySpan<byte> data = chunk[HeaderBytes..];
        int samples = width * height;
        if (compression == 0 && data.Length < samples)
            Throw.Invalid($"its alpha has {data.Length} bytes for {samples} pixels; it is truncated.");
        byte[] alpha = memory.Take(samples + ChromaUpsampler.Overhang);
        if (compression == 0)
            data[..samples].CopyTo(alpha);
        else
            Decompress(data, width, alpha.AsSpan(0, samples), memory);
        if (filter != 0)
            for (int y = 0; y < height; y++)
                Restore(filter, alpha.AsSpan(y * width, width), y == 0 ? [] : alpha.AsSpan((y - 1) * width, width));
        return alpha;
    }

    // The green of a lossless image without header.
    private static void Decompress(ReadOnlySpan<byte> data, int width, Span<byte> alpha, PictureMemory memory)
    {
        using PooledBuffer<uint> argb = PooledBuffer<uint>.Rent(alpha.Length);
        LosslessDecoder.Decode(data, headerBytes: 0, width, argb.Span, memory);
        for (int i = 0; i < alpha.Length; i++)
            alpha[i] = (byte)(argb.Span[i] >> 8);
    }

    /// <summary>Restores a row in place; sums are modulo 256.</summary>
    /// <param name="filter">How its samples were predicted.</param>
    /// <param name="row">Differences at first.</param>
    /// <param name="above">The row above; empty for the first, which is always predicted from the left.</param>
    private static void Restore(int filter, Span<byte> row, ReadOnlySpan<byte> above)
    {
        byte left = above.IsEmpty ? (byte)0 : above[0];
        if (filter == FromLeft || above.IsEmpty)
        {
            foreach (ref byte sample in row)
                sample = left += sample;
        }
        else if (filter == FromAbove)
        {
            TensorPrimitives.Add(row, above, row);
        }
        else
        {
            byte corner = left;
            for (int x = 0; x < row.Length; x++)
            {
                row[x] = left = (byte)(row[x] + Math.Clamp(left + above[x] - corner, 0, byte.MaxValue));
                corner = above[x];
            }
        }
    }
}
