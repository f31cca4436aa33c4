using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.Intrinsics;

namespace PureClip.Imaging.Png;

/// <summary>
/// Undoes the filter of a scanline (PNG specification, 9.2). In the formulas x is the filtered byte, a the byte of the pixel to the
/// left, b the byte above, c the byte above to the left; what lies outside the picture is 0, and sums are modulo 256.
/// </summary>
internal static class PngFilter
{
    /// <summary>Restores a scanline in place.</summary>
    /// <param name="filter">The byte before the scanline, 0 to 4.</param>
    /// <param name="row">The filtered bytes, overwritten.</param>
    /// <param name="previous">The restored scanline above, of the same length; zeros above the first one of a pass.</param>
    /// <param name="distance">Bytes back to the pixel to the left, at least 1.</param>
    /// <exception cref="InvalidDataException">There is no such filter.</exception>
    public static void Undo(byte filter, Span<byte> row, ReadOnlySpan<byte> previous, int distance)
    {
        switch (filter)
        {
            case 0:
                break;
            case 1:
                UndoSub(row, distance);
                break;
            case 2:
                TensorPrimitives.Add(row, previous, row); // x + b
                break;
            case 3:
                UndoAverage(row, previous, distance);
                break;
            case 4:
                UndoPaeth(row, previous, distance);
                break;
            default:
                throw new InvalidDataException($"A PNG scanline has filter {filter}; 0 to 4 exist. The file is damaged.");
        }
    }

    // Each filter with a left neighbour runs pixel by pixel in a vector for the two layouts that pictures have in practice,
    // RGB and RGBA of 8 bits; the byte loop does the other layouts and the last pixel, beside which 4 bytes cannot be loaded.

    // x + a
    private static void UndoSub(Span<byte> row, int distance)
    {
        int done = distance switch
        {
            3 => UndoSub<ThreeBytes>(row),
            4 => UndoSub<FourBytes>(row),
            _ => 0,
        };
        for (int i = Math.Max(done, distance); i < row.Length; i++)
            row[i] += row[i - distance];
    }

    private static int UndoSub<TPixel>(Span<byte> row) where TPixel : IPixel
    {
        Vector128<byte> a = default;
        int i = 0;
        for (; i <= row.Length - 4; i += TPixel.Bytes)
        {
            a += Load(row, i);
            TPixel.Store(row, i, a);
        }
        return i;
    }

    // x + floor((a + b) / 2)
    private static void UndoAverage(Span<byte> row, ReadOnlySpan<byte> previous, int distance)
    {
        int done = distance switch
        {
            3 => UndoAverage<ThreeBytes>(row, previous),
            4 => UndoAverage<FourBytes>(row, previous),
            _ => 0,
        };
        for (int i = done; i < row.Length; i++)
        {
            int a = i < distance ? 0 : row[i - distance];
            row[i] += (byte)((a + previous[i]) >> 1);
        }
    }

    private static int UndoAverage<TPixel>(Span<byte> row, ReadOnlySpan<byte> previous) where TPixel : IPixel
    {
        Vector128<byte> a = default;
        int i = 0;
        for (; i <= row.Length - 4; i += TPixel.Bytes)
        {
            Vector128<byte> b = Load(previous, i);
            Vector128<byte> average = (a & b) + ((a ^ b) >>> 1); // the sum of both would need a ninth bit
            a = Load(row, i) + average;
            TPixel.Store(row, i, a);
        }
        return i;
    }

    // x + whichever of a, b, c is nearest to a + b - c; the first of them in this order where two are equally near
    private static void UndoPaeth(Span<byte> row, ReadOnlySpan<byte> previous, int distance)
    {
        int done = distance switch
        {
            3 => UndoPaeth<ThreeBytes>(row, previous),
            4 => UndoPaeth<FourBytes>(row, previous),
            _ => 0,
        };
        for (int i = done; i < row.Length; i++)
        {
            int a = i < distance ? 0 : row[i - distance];
            int c = i < distance ? 0 : previous[i - distance];
            row[i] += (byte)Paeth(a, previous[i], c);
        }
    }

    private static int Paeth(int a, int b, int c)
    {
        int toA = Math.Abs(b - c);
        int toB = Math.Abs(a - c);
        int toC = Math.Abs(a + b - c - c);
        if (toA <= toB && toA <= toC)
            return a;
        return toB <= toC ? b : c;
    }

    private static int UndoPaeth<TPixel>(Span<byte> row, ReadOnlySpan<byte> previous) where TPixel : IPixel
    {
        Vector128<short> a = default;
        Vector128<short> c = default;
        int i = 0;
        for (; i <= row.Length - 4; i += TPixel.Bytes)
        {
            Vector128<short> b = LoadWide(previous, i);
            Vector128<short> x = LoadWide(row, i);
            a = (x + Paeth(a, b, c)) & Vector128.Create((short)0xFF);
            c = b;
            TPixel.Store(row, i, Vector128.Narrow(a.AsUInt16(), a.AsUInt16()));
        }
        return i;
    }

    private static Vector128<short> Paeth(Vector128<short> a, Vector128<short> b, Vector128<short> c)
    {
        Vector128<short> bc = b - c;
        Vector128<short> ac = a - c;
        Vector128<short> toA = Vector128.Abs(bc);
        Vector128<short> toB = Vector128.Abs(ac);
        Vector128<short> toC = Vector128.Abs(bc + ac);
        Vector128<short> nearest = Vector128.Min(toA, Vector128.Min(toB, toC));
        Vector128<short> bOrC = Vector128.ConditionalSelect(Vector128.Equals(nearest, toB), b, c);
        return Vector128.ConditionalSelect(Vector128.Equals(nearest, toA), a, bOrC);
    }

    private static Vector128<byte> Load(ReadOnlySpan<byte> bytes, int index) =>
        Vector128.CreateScalar(BinaryPrimitives.ReadUInt32LittleEndian(bytes[index..])).AsByte();

    private static Vector128<short> LoadWide(ReadOnlySpan<byte> bytes, int index) =>
        Vector128.WidenLower(Load(bytes, index)).AsInt16();

    /// <summary>How many of the four loaded bytes are the pixel's, and go back.</summary>
    private interface IPixel
    {
        static abstract int Bytes { get; }

        static abstract void Store(Span<byte> row, int index, Vector128<byte> pixel);
    }

    private readonly struct ThreeBytes : IPixel
    {
        public static int Bytes => 3;

        public static void Store(Span<byte> row, int index, Vector128<byte> pixel)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(row[index..], pixel.AsUInt16().ToScalar());
            row[index + 2] = pixel.GetElement(2);
        }
    }

    private readonly struct FourBytes : IPixel
    {
        public static int Bytes => 4;

        public static void Store(Span<byte> row, int index, Vector128<byte> pixel) =>
            BinaryPrimitives.WriteUInt32LittleEndian(row[index..], pixel.AsUInt32().ToScalar());
    }
}
