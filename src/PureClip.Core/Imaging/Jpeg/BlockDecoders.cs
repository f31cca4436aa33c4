using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace PureClip.Imaging.Jpeg;

/// <summary>Decodes the blocks of baseline and extended sequential files (ITU-T T.81, F.2.2).</summary>
internal static class SequentialBlock
{
    /// <summary>Decodes one block.</summary>
    /// <param name="reader">The entropy-coded bits.</param>
    /// <param name="dc">Table of DC differences.</param>
    /// <param name="ac">Table of AC coefficients.</param>
    /// <param name="prediction">The component's last DC coefficient; becomes this block's.</param>
    /// <param name="block">[64] row-major coefficients; those that are not zero are written.</param>
    public static void Decode(ref BitReader reader, HuffmanTable dc, HuffmanTable ac, ref int prediction, ref short block)
    {
        BitReader bits = reader; // a local copy lives in registers
        prediction += ReadDifference(ref bits, dc);
        block = (short)prediction;
        ref byte order = ref MemoryMarshal.GetReference(ZigZag.ToRowMajor);
        for (int k = 1; k < InverseDct.BlockSize; k++)
        {
            bits.Ensure32();
            HuffmanTable.Entry entry = ac.Peek(bits.Bits);
            int value = entry.Value;
            k += entry.Run;
            if (value != 0)
            {
                bits.Skip(entry.Length);
            }
            else
            {
                bits.Skip(entry.CodeLength);
                if (entry.Size == 0)
                {
                    if (entry.Run != 15)
                        break;
                    continue; // sixteen zeros
                }
                value = bits.ReceiveExtend(entry.Size);
            }
            Unsafe.Add(ref block, (nint)Unsafe.Add(ref order, k)) = (short)value;
        }
        reader.Follow(bits);
    }

    /// <summary>Reads the difference between a DC coefficient and the one before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int ReadDifference(ref BitReader bits, HuffmanTable dc)
    {
        bits.Ensure32();
        HuffmanTable.Entry entry = dc.Peek(bits.Bits);
        bits.Skip(entry.CodeLength);
        return bits.ReceiveExtend(entry.Size);
    }
}

/// <summary>
/// Decodes what one scan of a progressive file says about a block (ITU-T T.81, G.1.2 and G.2). Coefficients are row-major and
/// grow from scan to scan.
/// </summary>
internal static class ProgressiveBlock
{
    /// <summary>First scan of a DC coefficient.</summary>
    public static void DecodeDcFirst(ref BitReader reader, HuffmanTable dc, ref int prediction, int lowBit, ref short block)
    {
        prediction += SequentialBlock.ReadDifference(ref reader, dc);
        block = (short)(prediction << lowBit);
    }

    /// <summary>One more bit of a DC coefficient.</summary>
    public static void RefineDc(ref BitReader reader, int lowBit, ref short block)
    {
        if (reader.ReadBit())
            block |= (short)(1 << lowBit);
    }

    /// <summary>First scan of a band of AC coefficients.</summary>
    /// <param name="reader">The entropy-coded bits.</param>
    /// <param name="ac">The scan's table.</param>
    /// <param name="scan">The band and its lowest bit.</param>
    /// <param name="endOfBandRun">Blocks, from this one on, that have no more coefficients in the band.</param>
    /// <param name="block">[64] row-major coefficients.</param>
    public static void DecodeAcFirst(ref BitReader reader, HuffmanTable ac, JpegScan scan, ref int endOfBandRun, ref short block)
    {
        if (endOfBandRun > 0)
        {
            endOfBandRun--;
            return;
        }
        BitReader bits = reader; // a local copy lives in registers
        ref byte order = ref MemoryMarshal.GetReference(ZigZag.ToRowMajor);
        int last = scan.LastCoefficient;
        int lowBit = scan.LowBit;
        for (int k = scan.FirstCoefficient; k <= last; k++)
        {
            bits.Ensure32();
            HuffmanTable.Entry entry = ac.Peek(bits.Bits);
            bits.Skip(entry.CodeLength);
            if (entry.Size == 0 && entry.Run != 15)
            {
                endOfBandRun = ReadRun(ref bits, entry.Run) - 1;
                break;
            }
            k += entry.Run;
            if (entry.Size != 0)
                Coefficient(ref block, ref order, k) = (short)(bits.ReceiveExtend(entry.Size) << lowBit);
        }
        reader.Follow(bits);
    }

    /// <summary>One more bit of a band of AC coefficients.</summary>
    /// <inheritdoc cref="DecodeAcFirst"/>
    public static void RefineAc(ref BitReader reader, HuffmanTable ac, JpegScan scan, ref int endOfBandRun, ref short block)
    {
        BitReader bits = reader;
        ref byte order = ref MemoryMarshal.GetReference(ZigZag.ToRowMajor);
        int last = scan.LastCoefficient;
        int bit = 1 << scan.LowBit;
        int k = scan.FirstCoefficient;
        ulong known = NonZero(ref block) & (ulong.MaxValue >> (63 - last)) & (ulong.MaxValue << k); // by place in zig-zag order
        for (; k <= last && endOfBandRun == 0; k++)
        {
            int symbol = ac.ReadSymbol(ref bits);
            int run = symbol >> 4;
            int value = 0;
            if ((symbol & 15) != 0)
            {
                value = bits.ReadBit() ? bit : -bit;
            }
            else if (run != 15)
            {
                endOfBandRun = ReadRun(ref bits, run);
                break;
            }
            int place = PlaceOf(known, k, last, run);
            RefineBelow(ref bits, ref block, ref order, ref known, place, bit);
            k = place;
            if (value != 0)
                Coefficient(ref block, ref order, k) = (short)value;
        }
        if (endOfBandRun > 0)
        {
            RefineBelow(ref bits, ref block, ref order, ref known, last + 1, bit);
            endOfBandRun--;
        }
        reader.Follow(bits);
    }

    /// <summary>The zero, from <paramref name="k"/> on, behind <paramref name="run"/> others; or the place behind the last one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int PlaceOf(ulong known, int k, int last, int run)
    {
        ulong zeros = ~known & (ulong.MaxValue >> (63 - last)) & (ulong.MaxValue << k);
        for (; run > 0; run--)
            zeros &= zeros - 1;
        return zeros == 0 ? last + 1 : BitOperations.TrailingZeroCount(zeros);
    }

    /// <summary>Reads a bit for each coefficient below a place that was known before and has not had its bit yet.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void RefineBelow(ref BitReader bits, ref short block, ref byte order, ref ulong known, int place, int bit)
    {
        while (known != 0)
        {
            int k = BitOperations.TrailingZeroCount(known);
            if (k >= place)
                return;
            known &= known - 1;
            ref short coefficient = ref Coefficient(ref block, ref order, k);
            if (bits.ReadBit() && (coefficient & bit) == 0)
                coefficient += (short)(coefficient > 0 ? bit : -bit);
        }
    }

    /// <summary>Which coefficients are not zero: bit k for the k-th in zig-zag order.</summary>
    private static ulong NonZero(ref short block)
    {
        ulong places = 0;
        ref ulong table = ref MemoryMarshal.GetArrayDataReference(ZigZag.PlacesOfRows);
        for (nuint row = 0; row < InverseDct.Side; row++)
        {
            Vector128<short> coefficients = Vector128.LoadUnsafe(ref block, row * InverseDct.Side);
            uint isZero = Vector128.Equals(coefficients, Vector128<short>.Zero).ExtractMostSignificantBits();
            places |= Unsafe.Add(ref table, (row << 8) + (~isZero & 0xFF));
        }
        return places;
    }

    // 2^size plus as many extra bits (G.1.2.2, EOBn).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int ReadRun(ref BitReader bits, int size) => (1 << size) + bits.Read(size);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref short Coefficient(ref short block, ref byte order, int k) =>
        ref Unsafe.Add(ref block, (nint)Unsafe.Add(ref order, k));
}

/// <summary>The order in which a block's coefficients are stored (ITU-T T.81, figure A.6).</summary>
internal static class ZigZag
{
    /// <summary>
    /// Row-major index of the k-th stored coefficient. Sixteen more entries than coefficients: a damaged run can step up to
    /// 15 places beyond the last one, and lands there harmlessly, as in libjpeg.
    /// </summary>
    public static ReadOnlySpan<byte> ToRowMajor =>
    [
        0, 1, 8, 16, 9, 2, 3, 10,
        17, 24, 32, 25, 18, 11, 4, 5,
        12, 19, 26, 33, 40, 48, 41, 34,
        27, 20, 13, 6, 7, 14, 21, 28,
        35, 42, 49, 56, 57, 50, 43, 36,
        29, 22, 15, 23, 30, 37, 44, 51,
        58, 59, 52, 45, 38, 31, 39, 46,
        53, 60, 61, 54, 47, 55, 62, 63,
        63, 63, 63, 63, 63, 63, 63, 63,
        63, 63, 63, 63, 63, 63, 63, 63,
    ];

    /// <summary>
    /// [8, 256] the places in zig-zag order, as bits, of a row's coefficients that are bits too, the leftmost the lowest.
    /// </summary>
    public static ulong[] PlacesOfRows { get; } = MakePlaces();

    private static ulong[] MakePlaces()
    {
        ulong[] places = new ulong[InverseDct.Side << 8];
        for (int k = 0; k < InverseDct.BlockSize; k++)
        {
            int row = ToRowMajor[k] / InverseDct.Side, column = ToRowMajor[k] % InverseDct.Side;
            for (int bits = 0; bits < 256; bits++)
                if ((bits >> column & 1) != 0)
                    places[row << 8 | bits] |= 1UL << k;
        }
        return places;
    }
}
