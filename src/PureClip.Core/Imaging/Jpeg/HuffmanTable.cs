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
    private readonly int[] lookup = new int[1 << LookupBits];

    /// <summary>[18] first 16-bit word above the codes of each length; that of length 17 is above all words, which ends the search.</summary>
    private readonly int[] limits = new int[MaxCodeLength + 2];

    /// <summary>[17] index of a symbol minus its code, by length.</summary>
    private readonly int[] offsets = new int[MaxCodeLength + 1];

    private readonly byte[] symbols = new byte[256];

    /// <summary>Builds a table from what a DHT segment lists.</summary>
    /// <param name="counts">[16] number of codes of length 1 to 16.</param>
    /// <param name="values">The symbols in order of their codes, as many as the counts add up to.</param>
    /// <exception cref="InvalidDataException">The counts do not make a prefix code.</exception>
    public HuffmanTable(ReadOnlySpan<byte> counts, ReadOnlySpan<byte> values)
    {
        values.CopyTo(symbols);
        int code = 0;
        int index = 0;
        for (int length = 1; length <= MaxCodeLength; length++)
        {
            int end = code + counts[length - 1];
            if (end >= 1 << length) // no code is all ones (C.1), so one place is always left
                Throw.Invalid($"a Huffman table lists {counts[length - 1]} codes of {length} bits, but only {(1 << length) - 1 - code} are left.");
            offsets[length] = index - code;
            while (code < end)
                AddToLookup(code++, length, symbols[index++]);
            limits[length] = end << (MaxCodeLength - length);
            code = end << 1;
        }
        limits[MaxCodeLength + 1] = int.MaxValue;
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
        int entry = Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(lookup), (nint)(bits >> (64 - LookupBits)));
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
        while (word >= limits[length])
            length++;
        int symbol = length > MaxCodeLength ? 0 : symbols[((word >> (MaxCodeLength - length)) + offsets[length]) & 255];
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
            lookup[first + tail] = size == 0 || size > free
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
