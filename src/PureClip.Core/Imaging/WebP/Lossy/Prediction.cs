using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace PureClip.Imaging.WebP.Lossy;

/// <summary>Predicts the samples of whole macroblocks from their neighbours above and to the left (RFC 6386, section 12.2).</summary>
internal static class Prediction
{
    /// <summary>Predicts a square of 16 x 16 or 8 x 8 samples.</summary>
    /// <param name="mode">One of the first four.</param>
    /// <param name="samples">The first sample; the line above and the samples to the left lie around it.</param>
    /// <param name="stride">Bytes from one line to the next.</param>
    /// <param name="size">16 or 8.</param>
    /// <param name="hasAbove">Whether there is a macroblock above.</param>
    /// <param name="hasLeft">Whether there is one to the left.</param>
    public static void Predict(PredictionMode mode, ref byte samples, int stride, int size, bool hasAbove, bool hasLeft)
    {
        switch (mode)
        {
            case PredictionMode.Dc:
                Fill(ref samples, stride, size, Average(ref samples, stride, size, hasAbove, hasLeft));
                break;
            case PredictionMode.Gradient:
                PredictGradient(ref samples, stride, size);
                break;
            case PredictionMode.Vertical:
                Span<byte> above = Line(ref samples, -stride, size);
                for (int y = 0; y < size; y++)
                    above.CopyTo(Line(ref samples, y * stride, size));
                break;
            default:
                for (int y = 0; y < size; y++)
                    Line(ref samples, y * stride, size).Fill(Unsafe.Add(ref samples, y * stride - 1));
                break;
        }
    }

    private static void Fill(ref byte samples, int stride, int size, byte value)
    {
        for (int y = 0; y < size; y++)
            Line(ref samples, y * stride, size).Fill(value);
    }

    /// <summary>The average of the neighbours that exist.</summary>
    private static byte Average(ref byte samples, int stride, int size, bool hasAbove, bool hasLeft)
    {
        if (!hasAbove && !hasLeft)
            return 128;
        int sum = 0;
        if (hasAbove)
            foreach (byte sample in Line(ref samples, -stride, size))
                sum += sample;
        if (hasLeft)
            for (int y = 0; y < size; y++)
                sum += Unsafe.Add(ref samples, y * stride - 1);
        int count = hasAbove && hasLeft ? 2 * size : size;
        return (byte)((sum + count / 2) / count);
    }

    // above + left - corner
    private static void PredictGradient(ref byte samples, int stride, int size)
    {
        Vector128<short> corner = Vector128.Create((short)Unsafe.Add(ref samples, -stride - 1));
        Vector128<byte> above = Vector128.LoadUnsafe(ref Unsafe.Add(ref samples, -stride));
        Vector128<short> low = Vector128.WidenLower(above).AsInt16() - corner;
        Vector128<short> high = Vector128.WidenUpper(above).AsInt16() - corner;
        for (int y = 0; y < size; y++)
        {
            ref byte line = ref Unsafe.Add(ref samples, y * stride);
            Vector128<short> left = Vector128.Create((short)Unsafe.Add(ref line, -1));
            Vector128<byte> sum = Lanes.NarrowToBytes(low + left, high + left);
            if (size == Vector128<byte>.Count)
                sum.StoreUnsafe(ref line);
            else
                Unsafe.WriteUnaligned(ref line, sum.AsUInt64().ToScalar());
        }
    }

    private static Span<byte> Line(ref byte samples, int offset, int size) =>
        MemoryMarshal.CreateSpan(ref Unsafe.Add(ref samples, offset), size);
}

/// <summary>Predicts blocks of 4 x 4 luminance samples (RFC 6386, section 12.3).</summary>
/// <remarks>
/// The neighbours are taken as one line around the block: from the bottom of the column on the left up to the corner, then to the right,
/// four samples beyond the block, with either end repeated. In most modes a row of the block is a piece of that line, smoothed over two
/// or three samples and begun one further on than the row before.
/// </remarks>
internal static class BlockPrediction
{
    private const int Side = 4;

    // Places in the line: the lowest sample on the left, 3 2 1 0 of that column, the corner, 0 to 7 above, the last of these again.
    // Smoothed samples have the place of the first that they are made of.
    private const int Corner = 5;
    private const int Above = 6;

    private const uint Repeat = 0x0101_0101;

    /// <summary>Predicts a block.</summary>
    /// <param name="mode">How.</param>
    /// <param name="samples">Its first sample; the line above and the samples to the left lie around it.</param>
    /// <param name="stride">Bytes from one line to the next.</param>
    /// <param name="beyond">The first of the four samples that follow those above the block.</param>
    public static void Predict(PredictionMode mode, ref byte samples, int stride, ref byte beyond)
    {
        if (mode == PredictionMode.Gradient)
        {
            PredictGradient(ref samples, stride);
            return;
        }
        uint above = Read(ref Unsafe.Add(ref samples, -stride));
        uint left = (uint)Unsafe.Add(ref samples, -1) << 24 | (uint)Unsafe.Add(ref samples, stride - 1) << 16
            | (uint)Unsafe.Add(ref samples, 2 * stride - 1) << 8 | Unsafe.Add(ref samples, 3 * stride - 1);
        if (mode == PredictionMode.Dc)
        {
            uint row = (Sum(above) + Sum(left) + Side >> 3) * Repeat;
            Write(ref samples, stride, row, row, row, row);
            return;
        }
        uint behind = Read(ref beyond);
        Line line = new(
            left & 0xFF | (ulong)left << 8 | (ulong)Unsafe.Add(ref samples, -stride - 1) << (8 * Corner) | (ulong)above << (8 * Above),
            above >> 16 | (ulong)behind << 16 | (ulong)(behind >> 24) << 48);
        PredictDirection(mode, ref samples, stride, line);
    }

    private static void PredictDirection(PredictionMode mode, ref byte samples, int stride, Line line)
    {
        (Line twos, Line threes) = line.Smooth();
        switch (mode)
        {
            case PredictionMode.Vertical:
                uint row = threes.From(5);
                Write(ref samples, stride, row, row, row, row);
                break;
            case PredictionMode.Horizontal:
                uint column = threes.From(0);
                Write(ref samples, stride,
                    (column >> 24) * Repeat, (column >> 16 & 0xFF) * Repeat, (column >> 8 & 0xFF) * Repeat, (column & 0xFF) * Repeat);
                break;
            case PredictionMode.DownRight:
                Write(ref samples, stride, threes.From(4), threes.From(3), threes.From(2), threes.From(1));
                break;
            case PredictionMode.DownLeft:
                Write(ref samples, stride, threes.From(6), threes.From(7), threes.From(8), threes.From(9));
                break;
            case PredictionMode.VerticalRight:
                Write(ref samples, stride, twos.From(5), threes.From(4),
                    twos.From(5) << 8 | threes.From(3) & 0xFF, threes.From(4) << 8 | threes.From(2) & 0xFF);
                break;
            case PredictionMode.VerticalLeft:
                Write(ref samples, stride, twos.From(6), threes.From(6),
                    twos.From(7) & 0xFFFFFF | threes.From(10) << 24, threes.From(7) & 0xFFFFFF | threes.From(11) << 24);
                break;
            case PredictionMode.HorizontalDown:
                ulong down = Interleave(twos.From(1), threes.From(1));
                Write(ref samples, stride,
                    (uint)(down >> 48) | threes.From(5) << 16, (uint)(down >> 32), (uint)(down >> 16), (uint)down);
                break;
            default: // HorizontalUp
                ulong up = BinaryPrimitives.ReverseEndianness(Interleave(threes.From(0), twos.From(1)));
                uint lowest = (line.From(0) & 0xFF) * Repeat;
                Write(ref samples, stride, (uint)(up >> 16), (uint)(up >> 32), (uint)(up >> 48) | lowest << 16, lowest);
                break;
        }
    }

    // above + left - corner
    private static void PredictGradient(ref byte samples, int stride)
    {
        Vector128<byte> above = Vector128.CreateScalar(Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref samples, -stride))).AsByte();
        Vector128<short> slope = Vector128.WidenLower(above).AsInt16() - Vector128.Create((short)Unsafe.Add(ref samples, -stride - 1));
        for (int y = 0; y < Side; y++)
        {
            ref byte line = ref Unsafe.Add(ref samples, y * stride);
            Vector128<short> sum = slope + Vector128.Create((short)Unsafe.Add(ref line, -1));
            Unsafe.WriteUnaligned(ref line, Lanes.NarrowToBytes(sum, sum).AsUInt32().ToScalar());
        }
    }

    /// <summary>The sum of four bytes.</summary>
    private static uint Sum(uint bytes)
    {
        uint pairs = (bytes & 0x00FF_00FF) + (bytes >> 8 & 0x00FF_00FF);
        return (pairs + (pairs >> 16)) & 0xFFFF;
    }

    /// <summary>a0 b0 a1 b1 ...</summary>
    private static ulong Interleave(uint a, uint b) => Spread(a) | Spread(b) << 8;

    private static ulong Spread(ulong bytes)
    {
        bytes = (bytes | bytes << 16) & 0x0000_FFFF_0000_FFFF;
        return (bytes | bytes << 8) & 0x00FF_00FF_00FF_00FF;
    }

    private static uint Read(ref byte samples) =>
        BinaryPrimitives.ReadUInt32LittleEndian(MemoryMarshal.CreateReadOnlySpan(ref samples, Side));

    private static void Write(ref byte samples, int stride, uint row0, uint row1, uint row2, uint row3)
    {
        Write(ref samples, row0);
        Write(ref Unsafe.Add(ref samples, stride), row1);
        Write(ref Unsafe.Add(ref samples, 2 * stride), row2);
        Write(ref Unsafe.Add(ref samples, 3 * stride), row3);
    }

    private static void Write(ref byte samples, uint row) =>
        BinaryPrimitives.WriteUInt32LittleEndian(MemoryMarshal.CreateSpan(ref samples, Side), row);

    /// <summary>Sixteen samples, the first in the lowest bits of <paramref name="Low"/>.</summary>
    private readonly record struct Line(ulong Low, ulong High)
    {
        /// <summary>Four samples from a place on.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public uint From(int place) => place switch
        {
            <= 4 => (uint)(Low >> (8 * place)),
            < 8 => (uint)(Low >> (8 * place) | High << (64 - 8 * place)),
            _ => (uint)(High >> (8 * place - 64)),
        };

        /// <summary>The averages of two samples, and of three with the weights 1, 2, 1; both rounded.</summary>
        public (Line Twos, Line Threes) Smooth()
        {
            Vector128<byte> first = Vector128.Create(Low, High).AsByte();
            Vector128<byte> second = Vector128.Create(Low >> 8 | High << 56, High >> 8).AsByte();
            Vector128<byte> third = Vector128.Create(Low >> 16 | High << 48, High >> 16).AsByte();
            return (Of(Lanes.Average(first, second)), Of(Lanes.Average(Lanes.AverageDown(first, third), second)));
        }

        private static Line Of(Vector128<byte> samples) => new(samples.AsUInt64()[0], samples.AsUInt64()[1]);
    }
}
