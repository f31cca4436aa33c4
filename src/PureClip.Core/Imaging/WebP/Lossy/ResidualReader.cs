using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace PureClip.Imaging.WebP.Lossy;

/// <summary>Reads the coefficients of macroblocks (RFC 6386, section 13), multiplied by their steps and in rows.</summary>
internal sealed class ResidualReader(FrameHeader header)
{
    /// <summary>Coefficients of a block.</summary>
    public const int BlockSize = 16;

    /// <summary>Blocks of a macroblock: 16 of luminance, 4 of either chrominance.</summary>
    public const int Blocks = 24;

    /// <summary>The first block of U; those of V follow.</summary>
    public const int FirstChroma = 16;

    private const int KindSize = CoefficientProbabilities.Places * CoefficientProbabilities.Contexts * CoefficientProbabilities.Nodes;
    private const int LumaWithoutDc = 0;
    private const int Second = 1;
    private const int Chroma = 2;
    private const int LumaWithDc = 3;

    /// <summary>
    /// Whether the blocks above and to the left had coefficients: four flags of luminance, two of U, two of V, one of the block of DC.
    /// </summary>
    private const int Flags = 9;

    private const int SecondFlag = 8;

    private readonly byte[] _above = new byte[Flags * header.MacroblocksAcross];
    private readonly byte[] _left = new byte[Flags];
    private readonly short[] _second = new short[BlockSize];

    /// <summary>[24, 16] the macroblock's coefficients.</summary>
    public short[] Coefficients { get; } = new short[Blocks * BlockSize];

    /// <summary>[24] what each block needs: see <see cref="BlockContent"/>.</summary>
    public BlockContent[] Contents { get; } = new BlockContent[Blocks];

    /// <summary>Goes to the beginning of a row of macroblocks.</summary>
    public void BeginRow() => Array.Clear(_left);

    /// <summary>Passes over a macroblock without coefficients.</summary>
    /// <param name="column">Its place in the row.</param>
    /// <param name="isSplit">Whether it has no block of DC, whose flags then stay.</param>
    public void Skip(int column, bool isSplit)
    {
        int flags = isSplit ? SecondFlag : Flags;
        _above.AsSpan(Flags * column, flags).Clear();
        _left.AsSpan(0, flags).Clear();
    }

    /// <summary>Reads a macroblock.</summary>
    /// <param name="decoder">The row's partition.</param>
    /// <param name="column">The macroblock's place in the row.</param>
    /// <param name="isSplit">Whether it is predicted in blocks of 4 x 4; else the luminance DC are a block of their own.</param>
    /// <param name="quantizer">Of its segment.</param>
    /// <returns>Whether there is any coefficient.</returns>
    public bool Read(ref BoolDecoder decoder, int column, bool isSplit, in Quantizer quantizer)
    {
        Array.Clear(Coefficients);
        Span<byte> above = _above.AsSpan(Flags * column, Flags);
        if (!isSplit)
            ReadSecond(ref decoder, ref above[SecondFlag], quantizer);
        int steps = quantizer.LumaDc | quantizer.LumaAc << 16;
        int any = ReadPlane(ref decoder, isSplit ? LumaWithDc : LumaWithoutDc, steps, above[..4], _left.AsSpan(0, 4), 0);
        steps = quantizer.ChromaDc | quantizer.ChromaAc << 16;
        any |= ReadPlane(ref decoder, Chroma, steps, above[4..6], _left.AsSpan(4, 2), FirstChroma);
        any |= ReadPlane(ref decoder, Chroma, steps, above[6..8], _left.AsSpan(6, 2), FirstChroma + 4);
        return any != 0;
    }

    // The DC of the 16 blocks, transformed among each other.
    private void ReadSecond(ref BoolDecoder decoder, ref byte above, in Quantizer quantizer)
    {
        Array.Clear(_second);
        int end = ReadBlock(
            ref decoder, ref Probabilities(Second), above + _left[SecondFlag], 0,
            quantizer.SecondDc | quantizer.SecondAc << 16, ref _second[0]);
        above = _left[SecondFlag] = end > 0 ? (byte)1 : (byte)0;
        if (end > 0)
            InverseTransform.SpreadDc(_second, Coefficients);
    }

    /// <summary>Reads the square of blocks of one plane.</summary>
    /// <param name="decoder">The row's partition.</param>
    /// <param name="kind">Kind of blocks.</param>
    /// <param name="steps">DC in the lower half, AC in the upper.</param>
    /// <param name="above">[side] flags of the blocks above, which become those of the last row.</param>
    /// <param name="left">[side] flags of the blocks to the left, which become those of the last column.</param>
    /// <param name="block">The first block.</param>
    /// <returns>Not 0 if any coefficient is there.</returns>
    private int ReadPlane(ref BoolDecoder decoder, int kind, int steps, Span<byte> above, Span<byte> left, int block)
    {
        ref byte probabilities = ref Probabilities(kind);
        int first = kind == LumaWithoutDc ? 1 : 0;
        int any = 0;
        for (int y = 0; y < left.Length; y++)
        {
            byte flag = left[y];
            for (int x = 0; x < above.Length; x++, block++)
            {
                ref short coefficients = ref Coefficients[block * BlockSize];
                int end = ReadBlock(ref decoder, ref probabilities, flag + above[x], first, steps, ref coefficients);
                flag = end > first ? (byte)1 : (byte)0;
                above[x] = flag;
                BlockContent content = end > 1 ? BlockContent.Coefficients : coefficients != 0 ? BlockContent.Dc : BlockContent.None;
                Contents[block] = content;
                any |= (int)content;
            }
            left[y] = flag;
        }
        return any;
    }

    /// <summary>Reads a block.</summary>
    /// <param name="decoder">The row's partition.</param>
    /// <param name="probabilities">[places, contexts, nodes] those of the kind of block.</param>
    /// <param name="context">How many of the two neighbours have coefficients.</param>
    /// <param name="place">The first coefficient's place in zig-zag order: 1 if DC is elsewhere, else 0.</param>
    /// <param name="steps">DC in the lower half, AC in the upper.</param>
    /// <param name="coefficients">[16] zeros at first.</param>
    /// <returns>The place behind the last coefficient that is not 0.</returns>
    private static int ReadBlock(
        ref BoolDecoder decoder, ref byte probabilities, int context, int place, int steps, ref short coefficients)
    {
        BoolDecoder tokens = decoder;
        ref byte nodes = ref Nodes(ref probabilities, place, context);
        int step = place == 0 ? (ushort)steps : steps >> 16;
        while (place < BlockSize && tokens.ReadBit(nodes))
        {
            while (!tokens.ReadBit(Unsafe.Add(ref nodes, 1)))
            {
                step = steps >> 16;
                if (++place == BlockSize)
                {
                    decoder.Follow(tokens);
                    return BlockSize;
                }
                nodes = ref Nodes(ref probabilities, place, 0);
            }
            int value = 1;
            if (tokens.ReadBit(Unsafe.Add(ref nodes, 2)))
            {
                decoder.Follow(tokens);
                value = ReadLargeValue(ref decoder, ref nodes);
                tokens.Follow(decoder);
            }
            ref byte target = ref Unsafe.Add(ref MemoryMarshal.GetReference(ZigZag), place);
            Unsafe.Add(ref coefficients, (int)target) = (short)(tokens.ReadSign(value) * step);
            step = steps >> 16;
            place++;
            nodes = ref Nodes(ref probabilities, place, value == 1 ? 1 : 2);
        }
        decoder.Follow(tokens);
        return place;
    }

    /// <summary>Reads an absolute value of two or more.</summary>
    private static int ReadLargeValue(ref BoolDecoder decoder, ref byte nodes)
    {
        if (!decoder.ReadBit(Unsafe.Add(ref nodes, 3)))
        {
            if (!decoder.ReadBit(Unsafe.Add(ref nodes, 4)))
                return 2;
            return decoder.ReadBit(Unsafe.Add(ref nodes, 5)) ? 4 : 3;
        }
        if (!decoder.ReadBit(Unsafe.Add(ref nodes, 6)))
        {
            return decoder.ReadBit(Unsafe.Add(ref nodes, 7))
                ? 7 + ReadExtraBits(ref decoder, [165, 145])
                : 5 + ReadExtraBits(ref decoder, [159]);
        }
        if (!decoder.ReadBit(Unsafe.Add(ref nodes, 8)))
        {
            return decoder.ReadBit(Unsafe.Add(ref nodes, 9))
                ? 19 + ReadExtraBits(ref decoder, [176, 155, 140, 135])
                : 11 + ReadExtraBits(ref decoder, [173, 148, 140]);
        }
        return decoder.ReadBit(Unsafe.Add(ref nodes, 10))
            ? 67 + ReadExtraBits(ref decoder, [254, 254, 243, 230, 196, 177, 153, 140, 133, 130, 129])
            : 35 + ReadExtraBits(ref decoder, [180, 157, 141, 134, 130]);
    }

    private static int ReadExtraBits(ref BoolDecoder decoder, ReadOnlySpan<byte> probabilities)
    {
        int value = 0;
        foreach (byte probability in probabilities)
            value = value << 1 | (decoder.ReadBit(probability) ? 1 : 0);
        return value;
    }

    private ref byte Probabilities(int kind) => ref header.Probabilities[kind * KindSize];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref byte Nodes(ref byte probabilities, int place, int context) =>
        ref Unsafe.Add(ref probabilities, (place * CoefficientProbabilities.Contexts + context) * CoefficientProbabilities.Nodes);

    private static ReadOnlySpan<byte> ZigZag => [0, 1, 4, 8, 5, 2, 3, 6, 9, 12, 13, 10, 7, 11, 14, 15];
}

/// <summary>What a block adds to its prediction.</summary>
internal enum BlockContent : byte
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The same to all samples.</summary>
    Dc,

    /// <summary>The transform of its coefficients.</summary>
    Coefficients,
}
