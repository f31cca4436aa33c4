using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace PureClip.Imaging.Jpeg;

/// <summary>
/// One Huffman table, ready to decode (ITU-T T.81, annex C and F.2.2.3). A symbol's high four bits are a run of zeros, its low
/// four the size class of the value that follows. A look-up of the next ten bits yields the symbol and, where all of its bits
/// lie within the ten, the value too; at usual qualities that is nine coefficients in ten.
/// </summary>
internal sealed class HuffmanTable
{
    /// <summary>Bits looked up at once. Ten: 4 kB a table, so that the four tables of a colour picture stay in 32 kB of L1.</summary>
    private const int LookupBits = 10;
    private const int MaxCodeLength = 16;

    /// <summary>[1024] <see cref="Entry"/> values; 0 where the code is longer than the look-up.</summary>
    private readonly int[] _lookup = new int[1 << LookupBits];

    /// <summary>
    /// [18] first 16-bit word above the codes of each length; that of length 17 is above all words, which ends the search.
    /// </summary>
    private readonly int[] _limits = new int[MaxCodeLength + 2];

    /// <summary>[17] index of a symbol minus its code, by length.</summary>
    private readonly int[] _offsets = new int[MaxCodeLength + 1];

    private readonly byte[] _symbols = new byte[256];

    /// <summary>Builds a table from what a DHT segment lists.</summary>
    /// <param name="counts">[16] number of codes of length 1 to 16.</param>
    /// <param name="values">The symbols in order of their codes, as many as the counts add up to.</param>
    /// <exception cref="InvalidDataException">The counts do not make a prefix code.</exception>
    public HuffmanTable(ReadOnlySpan<byte> counts, ReadOnlySpan<byte> values)
    {
        values.CopyTo(_symbols);
        int code = 0;
        int index = 0;
        for (int length = 1; length <= MaxCodeLength; length++)
        {
            int end = code + counts[length - 1];
            if (end >= 1 << length) // no code is all ones (C.1), so one place is always left
                Throw.Invalid(
                    $"a Huffman table lists {counts[length - 1]} codes of {length} bits, but only {(1 << length) - 1 - code} are left.");
            _offsets[length] = index - code;
            while (code < end)
                AddToLookup(code++, length, _symbols[index++]);
            _limits[length] = end << (MaxCodeLength - length);
            code = end << 1;
        }
        _limits[MaxCodeLength + 1] = int.MaxValue;
        LargestSymbol = Largest(values);
    }

    /// <summary>The largest symbol; above 15 the table is no table of DC differences.</summary>
    public int LargestSymbol { get; }

    /// <summary>
    /// Looks at the next code. The caller has ensured 32 bits and skips <see cref="Entry.Length"/> of them.
    /// A code that is not in the table counts as symbol 0 of 17 bits, as in libjpeg.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Entry Peek(ulong bits)
    {
        int entry = Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_lookup), (nint)(bits >> (64 - LookupBits)));
        return entry != 0 ? new Entry(entry) : Search((int)(bits >> 48));
    }

    /// <summary>Reads a code and returns its symbol.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int ReadSymbol(ref BitReader reader)
    {
        reader.Ensure32();
        Entry entry = Peek(reader.Bits);
        reader.Skip(entry.CodeLength);
        return entry.Symbol;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private Entry Search(int word)
    {
        int length = LookupBits + 1;
        while (word >= _limits[length])
            length++;
        int symbol = length > MaxCodeLength ? 0 : _symbols[((word >> (MaxCodeLength - length)) + _offsets[length]) & 255];
        return new Entry(symbol, length);
    }

    private void AddToLookup(int code, int length, byte symbol)
    {
        if (length > LookupBits)
            return;
        int free = LookupBits - length;
        int size = symbol & 15;
        int first = code << free;
        for (int tail = 0; tail < 1 << free; tail++)
        {
            _lookup[first + tail] = size == 0 || size > free
                ? new Entry(symbol, length).Packed
                : new Entry(symbol, length, BitReader.Extend(tail >> (free - size), size)).Packed;
        }
    }

    private static int Largest(ReadOnlySpan<byte> values)
    {
        int largest = 0;
        foreach (byte value in values)
            largest = Math.Max(largest, value);
        return largest;
    }

    /// <summary>A decoded code, from the top: value (10 bits), bits of code and value together (6), symbol (8), code length (8).</summary>
    internal readonly struct Entry
    {
        public Entry(int packed) => Packed = packed;

        public Entry(int symbol, int codeLength, int value = 0) =>
            Packed = value << 22 | (codeLength + (symbol & 15)) << 16 | symbol << 8 | codeLength;

        public int Packed { get; }

        /// <summary>The coefficient, never 0, or 0 where its bits have to be read after the code.</summary>
        public int Value => Packed >> 22;

        /// <summary>Bits of the code and of the coefficient.</summary>
        public int Length => (Packed >> 16) & 63;

        /// <summary>Zeros before the coefficient.</summary>
        public int Run => (Packed >> 12) & 15;

        /// <summary>Bits of the coefficient.</summary>
        public int Size => (Packed >> 8) & 15;

        /// <summary>Run and size.</summary>
        public int Symbol => (Packed >> 8) & 255;

        /// <summary>Bits of the code alone, 1 to 17.</summary>
        public int CodeLength => Packed & 255;
    }
}

/// <summary>
/// What a DHT segment says about a table. Whether that makes a table is looked at when a scan uses it, as libjpeg does: nobody misses what
/// nobody uses.
/// </summary>
internal sealed class HuffmanDefinition
{
    private readonly byte[] _counts;
    private readonly byte[] _values;

    /// <summary>Keeps a definition.</summary>
    /// <inheritdoc cref="HuffmanTable(ReadOnlySpan{byte}, ReadOnlySpan{byte})"/>
    public HuffmanDefinition(ReadOnlySpan<byte> counts, ReadOnlySpan<byte> values)
    {
        _counts = counts.ToArray();
        _values = values.ToArray();
    }

    /// <summary>The table.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public HuffmanTable Table => field ??= new HuffmanTable(_counts, _values);
}

/// <summary>
/// The tables of ITU-T T.81, annex K.3. Frames of Motion JPEG leave them out, and every decoder supplies them.
/// </summary>
internal static class StandardHuffmanTables
{
    /// <summary>Table K.3.</summary>
    public static HuffmanDefinition LuminanceDc { get; } = new(
        [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0],
        [
            0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0A, 0x0B,
        ]);

    /// <summary>Table K.4.</summary>
    public static HuffmanDefinition ChrominanceDc { get; } = new(
        [0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0],
        [
            0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0A, 0x0B,
        ]);

    /// <summary>Table K.5.</summary>
    public static HuffmanDefinition LuminanceAc { get; } = new(
        [0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125],
        [
            0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31, 0x41, 0x06, 0x13, 0x51, 0x61, 0x07,
            0x22, 0x71, 0x14, 0x32, 0x81, 0x91, 0xA1, 0x08, 0x23, 0x42, 0xB1, 0xC1, 0x15, 0x52, 0xD1, 0xF0,
            0x24, 0x33, 0x62, 0x72, 0x82, 0x09, 0x0A, 0x16, 0x17, 0x18, 0x19, 0x1A, 0x25, 0x26, 0x27, 0x28,
            0x29, 0x2A, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3A, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49,
            0x4A, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5A, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69,
            0x6A, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7A, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89,
            0x8A, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9A, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7,
            0xA8, 0xA9, 0xAA, 0xB2, 0xB3, 0xB4, 0xB5, 0xB6, 0xB7, 0xB8, 0xB9, 0xBA, 0xC2, 0xC3, 0xC4, 0xC5,
            0xC6, 0xC7, 0xC8, 0xC9, 0xCA, 0xD2, 0xD3, 0xD4, 0xD5, 0xD6, 0xD7, 0xD8, 0xD9, 0xDA, 0xE1, 0xE2,
            0xE3, 0xE4, 0xE5, 0xE6, 0xE7, 0xE8, 0xE9, 0xEA, 0xF1, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6, 0xF7, 0xF8,
            0xF9, 0xFA,
        ]);

    /// <summary>Table K.6.</summary>
    public static HuffmanDefinition ChrominanceAc { get; } = new(
        [0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 119],
        [
            0x00, 0x01, 0x02, 0x03, 0x11, 0x04, 0x05, 0x21, 0x31, 0x06, 0x12, 0x41, 0x51, 0x07, 0x61, 0x71,
            0x13, 0x22, 0x32, 0x81, 0x08, 0x14, 0x42, 0x91, 0xA1, 0xB1, 0xC1, 0x09, 0x23, 0x33, 0x52, 0xF0,
            0x15, 0x62, 0x72, 0xD1, 0x0A, 0x16, 0x24, 0x34, 0xE1, 0x25, 0xF1, 0x17, 0x18, 0x19, 0x1A, 0x26,
            0x27, 0x28, 0x29, 0x2A, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3A, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48,
            0x49, 0x4A, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5A, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68,
            0x69, 0x6A, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7A, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87,
            0x88, 0x89, 0x8A, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9A, 0xA2, 0xA3, 0xA4, 0xA5,
            0xA6, 0xA7, 0xA8, 0xA9, 0xAA, 0xB2, 0xB3, 0xB4, 0xB5, 0xB6, 0xB7, 0xB8, 0xB9, 0xBA, 0xC2, 0xC3,
            0xC4, 0xC5, 0xC6, 0xC7, 0xC8, 0xC9, 0xCA, 0xD2, 0xD3, 0xD4, 0xD5, 0xD6, 0xD7, 0xD8, 0xD9, 0xDA,
            0xE2, 0xE3, 0xE4, 0xE5, 0xE6, 0xE7, 0xE8, 0xE9, 0xEA, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6, 0xF7, 0xF8,
            0xF9, 0xFA,
        ]);
}
