using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PureClip.Imaging.Jpeg;

/// <summary>Joins rows of red, green and blue to a row of pixels.</summary>
internal static class RgbInterleaver
{
    /// <summary>Joins three rows.</summary>
    /// <param name="red">At least a third as long as <paramref name="pixels"/>, as are the other two.</param>
    /// <param name="green">Green.</param>
    /// <param name="blue">Blue.</param>
    /// <param name="pixels">[width, 3] red, green, blue.</param>
    public static void Interleave(ReadOnlySpan<byte> red, ReadOnlySpan<byte> green, ReadOnlySpan<byte> blue, Span<byte> pixels)
    {
        for (int x = 0; x < pixels.Length / 3; x++)
        {
            pixels[3 * x] = red[x];
            pixels[3 * x + 1] = green[x];
            pixels[3 * x + 2] = blue[x];
        }
    }

    /// <summary>Writes sixteen pixels: 48 bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector128<byte> red, Vector128<byte> green, Vector128<byte> blue, ref byte target)
    {
        // Each vector of pixels takes from each colour those that belong there; index 255 leaves a zero for the others.
        const byte o = 255;
        (Vector128.Shuffle(red, Vector128.Create(0, o, o, 1, o, o, 2, o, o, 3, o, o, 4, o, o, 5))
            | Vector128.Shuffle(green, Vector128.Create(o, 0, o, o, 1, o, o, 2, o, o, 3, o, o, 4, o, o))
            | Vector128.Shuffle(blue, Vector128.Create(o, o, 0, o, o, 1, o, o, 2, o, o, 3, o, o, 4, o))).StoreUnsafe(ref target);
        (Vector128.Shuffle(red, Vector128.Create(o, o, 6, o, o, 7, o, o, 8, o, o, 9, o, o, 10, o))
            | Vector128.Shuffle(green, Vector128.Create(5, o, o, 6, o, o, 7, o, o, 8, o, o, 9, o, o, 10))
            | Vector128.Shuffle(blue, Vector128.Create(o, 5, o, o, 6, o, o, 7, o, o, 8, o, o, 9, o, o))).StoreUnsafe(ref target, 16);
        (Vector128.Shuffle(red, Vector128.Create(o, 11, o, o, 12, o, o, 13, o, o, 14, o, o, 15, o, o))
            | Vector128.Shuffle(green, Vector128.Create(o, o, 11, o, o, 12, o, o, 13, o, o, 14, o, o, 15, o))
            | Vector128.Shuffle(blue, Vector128.Create(10, o, o, 11, o, o, 12, o, o, 13, o, o, 14, o, o, 15))).StoreUnsafe(ref target, 32);
    }
}
