using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PureClip.Imaging.WebP.Lossless;

/// <summary>
/// Undoes the prediction of pixels from their neighbours (RFC 9649, section 4.1): to the left (L), above (T), above to the left (TL) and to
/// the right (TR). All channels are treated alike.
/// </summary>
internal static class Prediction
{
    private const uint OpaqueBlack = 0xFF00_0000;

    /// <summary>Restores an image in place.</summary>
    /// <param name="pixels">[height, width] differences at first.</param>
    /// <param name="width">Pixels a row.</param>
    /// <param name="bits">Logarithm of the side of the squares that have a mode each.</param>
    /// <param name="modes">The squares; green holds the mode.</param>
    public static void Undo(Span<uint> pixels, int width, int bits, ReadOnlySpan<uint> modes)
    {
        pixels[0] = Add(pixels[0], OpaqueBlack);
        for (int x = 1; x < width; x++)
            pixels[x] = Add(pixels[x], pixels[x - 1]);
        int across = LosslessDecoder.Squares(width, bits);
        for (int start = width, y = 1; start < pixels.Length; start += width, y++)
        {
            ReadOnlySpan<uint> row = modes.Slice((y >> bits) * across, across);
            pixels[start] = Add(pixels[start], pixels[start - width]);
            for (int square = 0; square < across; square++)
            {
                int first = Math.Max(square << bits, 1);
                int end = Math.Min((square + 1) << bits, width);
                if (first < end)
                    UndoRun((int)(row[square] >> 8 & 15), ref pixels[start + first], width, end - first);
            }
        }
    }

    /// <summary>Adds pixels channel by channel, modulo 256.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Add(uint a, uint b) =>
        ((a & 0xFF00_FF00) + (b & 0xFF00_FF00) & 0xFF00_FF00) | ((a & 0x00FF_00FF) + (b & 0x00FF_00FF) & 0x00FF_00FF);

    private static void UndoRun(int mode, ref uint pixels, int width, int count)
    {
        switch (mode)
        {
            case 1: UndoRun<Left>(ref pixels, width, count); break;
            case 2: UndoRun<Top>(ref pixels, width, count); break;
            case 3: UndoRun<TopRight>(ref pixels, width, count); break;
            case 4: UndoRun<TopLeft>(ref pixels, width, count); break;
            case 5: UndoRun<LeftTopRightTop>(ref pixels, width, count); break;
            case 6: UndoRun<LeftTopLeft>(ref pixels, width, count); break;
            case 7: UndoRun<LeftTop>(ref pixels, width, count); break;
            case 8: UndoRun<TopLeftTop>(ref pixels, width, count); break;
            case 9: UndoRun<TopTopRight>(ref pixels, width, count); break;
            case 10: UndoRun<AllFour>(ref pixels, width, count); break;
            case 11: UndoRun<Select>(ref pixels, width, count); break;
            case 12: UndoRun<Gradient>(ref pixels, width, count); break;
            case 13: UndoRun<HalfGradient>(ref pixels, width, count); break;
            default: UndoRun<Black>(ref pixels, width, count); break; // 14 and 15 have no meaning of their own
        }
    }

    private static void UndoRun<TMode>(ref uint pixels, int width, int count)
        where TMode : IMode
    {
        uint left = Unsafe.Add(ref pixels, -1);
        for (int x = 0; x < count; x++)
        {
            ref uint pixel = ref Unsafe.Add(ref pixels, x);
            left = Add(pixel, TMode.Predict(left, ref Unsafe.Add(ref pixel, -width)));
            pixel = left;
        }
    }

    /// <summary>The average of two pixels, each channel rounded down.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Average(uint a, uint b) => ((a ^ b) >> 1 & 0x7F7F_7F7F) + (a & b);

    /// <summary>A way to predict a pixel from the one on its left and those around the one above it.</summary>
    private interface IMode
    {
        static abstract uint Predict(uint left, ref uint top);
    }

    private readonly struct Black : IMode
    {
        public static uint Predict(uint left, ref uint top) => OpaqueBlack;
    }

    private readonly struct Left : IMode
    {
        public static uint Predict(uint left, ref uint top) => left;
    }

    private readonly struct Top : IMode
    {
        public static uint Predict(uint left, ref uint top) => top;
    }

    private readonly struct TopRight : IMode
    {
        public static uint Predict(uint left, ref uint top) => Unsafe.Add(ref top, 1);
    }

    private readonly struct TopLeft : IMode
    {
        public static uint Predict(uint left, ref uint top) => Unsafe.Add(ref top, -1);
    }

    private readonly struct LeftTopRightTop : IMode
    {
        public static uint Predict(uint left, ref uint top) => Average(Average(left, Unsafe.Add(ref top, 1)), top);
    }

    private readonly struct LeftTopLeft : IMode
    {
        public static uint Predict(uint left, ref uint top) => Average(left, Unsafe.Add(ref top, -1));
    }

    private readonly struct LeftTop : IMode
    {
        public static uint Predict(uint left, ref uint top) => Average(left, top);
    }

    private readonly struct TopLeftTop : IMode
    {
        public static uint Predict(uint left, ref uint top) => Average(Unsafe.Add(ref top, -1), top);
    }

    private readonly struct TopTopRight : IMode
    {
        public static uint Predict(uint left, ref uint top) => Average(top, Unsafe.Add(ref top, 1));
    }

    private readonly struct AllFour : IMode
    {
        public static uint Predict(uint left, ref uint top) =>
            Average(Average(left, Unsafe.Add(ref top, -1)), Average(top, Unsafe.Add(ref top, 1)));
    }

    /// <summary>L or T, whichever is nearer to L + T - TL, by the sum over the channels.</summary>
    private readonly struct Select : IMode
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static uint Predict(uint left, ref uint top)
        {
            uint corner = Unsafe.Add(ref top, -1);
            return Distance(top, corner) < Distance(left, corner) ? left : top;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static int Distance(uint a, uint b)
        {
            Vector128<byte> x = Vector128.CreateScalar(a).AsByte(), y = Vector128.CreateScalar(b).AsByte();
            if (Sse2.IsSupported)
                return Sse2.SumAbsoluteDifferences(x, y).AsInt32().ToScalar();
            return Vector128.Sum(Vector128.WidenLower(Lanes.Distance(x, y)));
        }
    }

    /// <summary>L + T - TL, limited to 0 to 255.</summary>
    private readonly struct Gradient : IMode
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static uint Predict(uint left, ref uint top) => Narrow(Widen(left) + Widen(top) - Widen(Unsafe.Add(ref top, -1)));
    }

    /// <summary>A + (A - TL) / 2 with A the average of L and T, limited to 0 to 255; the division is towards zero.</summary>
    private readonly struct HalfGradient : IMode
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static uint Predict(uint left, ref uint top)
        {
            Vector128<short> average = Widen(Average(left, top));
            Vector128<short> difference = average - Widen(Unsafe.Add(ref top, -1));
            return Narrow(average + ((difference + (difference.AsUInt16() >>> 15).AsInt16()) >> 1));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<short> Widen(uint pixel) => Vector128.WidenLower(Vector128.CreateScalar(pixel).AsByte()).AsInt16();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Narrow(Vector128<short> channels) => Lanes.NarrowToBytes(channels, channels).AsUInt32().ToScalar();
}
