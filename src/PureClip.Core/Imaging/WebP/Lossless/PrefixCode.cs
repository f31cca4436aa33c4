using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace PureClip.Imaging.WebP.Lossless;

/// <summary>A prefix code as tables: eight bits find a short symbol or the table of the rest of a longer one.</summary>
internal readonly struct PrefixCode
{
    private const int RootBits = 8;
    private const int RootMask = (1 << RootBits) - 1;
    private const int MaxLength = 15;

    // Entries hold the bits to be used up (or, beyond RootBits, RootBits and those of the table that follows) and above them the symbol (or
    // where that table begins).
    private const int SymbolShift = 8;
    private const int LengthMask = 0xFF;

    private readonly int[] _table;
    private readonly int _rootMask;

    private PrefixCode(int[] table, int rootBits)
    {
        _table = table;
        _rootMask = (1 << rootBits) - 1;
    }

    /// <summary>Whether there is one symbol only, which takes no bits.</summary>
    public bool IsTrivial => _table.Length == 1;

    /// <summary>That symbol.</summary>
    public int OnlySymbol => _table[0] >> SymbolShift;

    /// <summary>Makes a code from the lengths of its words.</summary>
    /// <param name="lengths">Bits of each symbol's word, 0 to 15; 0: there is none.</param>
    /// <exception cref="InvalidDataException">There are no words, or too many or too few for their lengths.</exception>
    public static PrefixCode Create(ReadOnlySpan<byte> lengths)
    {
        Span<int> counts = stackalloc int[MaxLength + 1];
        counts.Clear();
        int longest = 0;
        foreach (byte length in lengths)
        {
            counts[length]++;
            longest = Math.Max(longest, length);
        }
        int symbols = lengths.Length - counts[0];
        if (symbols == 0)
            Throw.Invalid("one of its prefix codes has no words; the data is damaged.");
        if (symbols == 1)
            return new PrefixCode([lengths.IndexOfAnyExcept((byte)0) << SymbolShift], 0);
        CheckComplete(counts, longest);
        Span<ushort> words = stackalloc ushort[lengths.Length];
        AssignWords(lengths, counts, words);
        int rootBits = Math.Min(longest, RootBits);
        int[] table = AllocateTable(lengths, words, rootBits);
        Fill(table, lengths, words, rootBits);
        return new PrefixCode(table, rootBits);
    }

    /// <summary>Reads a symbol; 15 bits must have been made available.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Read(ref LosslessReader reader)
    {
        ref int table = ref MemoryMarshal.GetArrayDataReference(_table);
        int entry = Unsafe.Add(ref table, (int)reader.Bits & _rootMask);
        int length = entry & LengthMask;
        if (length > RootBits)
        {
            reader.Skip(RootBits);
            entry = Unsafe.Add(ref table, (entry >> SymbolShift) + ((int)reader.Bits & ((1 << (length - RootBits)) - 1)));
            length = entry & LengthMask;
        }
        reader.Skip(length);
        return entry >> SymbolShift;
    }

    private static void CheckComplete(ReadOnlySpan<int> counts, int longest)
    {
        int open = 1;
        for (int length = 1; length <= longest; length++)
        {
            open = 2 * open - counts[length];
            if (open < 0)
                break;
        }
        if (open != 0)
            Throw.Invalid($"one of its prefix codes has too {(open < 0 ? "many" : "few")} words; the data is damaged.");
    }

    // Words of one length are consecutive numbers in the order of their symbols (RFC 1951, 3.2.2), and are read from the highest bit on.
    private static void AssignWords(ReadOnlySpan<byte> lengths, ReadOnlySpan<int> counts, Span<ushort> words)
    {
        Span<int> next = stackalloc int[MaxLength + 1];
        next[0] = next[1] = 0;
        for (int length = 2; length <= MaxLength; length++)
            next[length] = (next[length - 1] + counts[length - 1]) << 1;
        for (int symbol = 0; symbol < lengths.Length; symbol++)
            if (lengths[symbol] > 0)
                words[symbol] = Reverse(next[lengths[symbol]]++, lengths[symbol]);
    }

    private static ushort Reverse(int word, int length)
    {
        int reversed = 0;
        for (int i = 0; i < length; i++, word >>= 1)
            reversed = reversed << 1 | word & 1;
        return (ushort)reversed;
    }

    // The root, and behind it a table for each beginning of words that are longer.
    private static int[] AllocateTable(ReadOnlySpan<byte> lengths, ReadOnlySpan<ushort> words, int rootBits)
    {
        Span<byte> further = stackalloc byte[1 << RootBits];
        further.Clear();
        for (int symbol = 0; symbol < lengths.Length; symbol++)
            if (lengths[symbol] > RootBits)
            {
                ref byte bits = ref further[words[symbol] & RootMask];
                bits = Math.Max(bits, (byte)(lengths[symbol] - RootBits));
            }
        int size = 1 << rootBits;
        foreach (byte bits in further)
            size += bits > 0 ? 1 << bits : 0;
        int[] table = new int[size];
        int start = 1 << rootBits;
        for (int root = 0; root < further.Length; root++)
            if (further[root] > 0)
            {
                table[root] = start << SymbolShift | (RootBits + further[root]);
                start += 1 << further[root];
            }
        return table;
    }

    private static void Fill(Span<int> table, ReadOnlySpan<byte> lengths, ReadOnlySpan<ushort> words, int rootBits)
    {
        for (int symbol = 0; symbol < lengths.Length; symbol++)
        {
            int length = lengths[symbol];
            if (length > RootBits)
            {
                int root = table[words[symbol] & RootMask];
                Span<int> rest = table.Slice(root >> SymbolShift, 1 << ((root & LengthMask) - RootBits));
                Repeat(rest, words[symbol] >> RootBits, length - RootBits, symbol);
            }
            else if (length > 0)
            {
                Repeat(table[..(1 << rootBits)], words[symbol], length, symbol);
            }
        }
    }

    // A word stands for all entries that begin (at the lowest bit) with it.
    private static void Repeat(Span<int> table, int word, int length, int symbol)
    {
        for (int i = word; i < table.Length; i += 1 << length)
            table[i] = symbol << SymbolShift | length;
    }
}

/// <summary>Reads prefix codes (RFC 9649, 3.7.2).</summary>
internal static class CodeReader
{
    private const int LengthSymbols = 19;
    private const int RepeatPrevious = 16;
    private const int RepeatZero = 17;
    private const int FirstPrevious = 8; // what is repeated where nothing came before

    /// <summary>The order in which the words of the lengths' own code are given.</summary>
    private static ReadOnlySpan<byte> LengthOrder => [17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

    /// <summary>Reads a code.</summary>
    /// <param name="reader">Where it stands.</param>
    /// <param name="symbols">Number of symbols.</param>
    /// <exception cref="InvalidDataException">The code is damaged.</exception>
    public static PrefixCode Read(ref LosslessReader reader, int symbols)
    {
        Span<byte> lengths = stackalloc byte[Math.Max(symbols, 256)];
        lengths.Clear();
        if (reader.ReadBit())
            ReadSymbols(ref reader, lengths);
        else
            ReadLengths(ref reader, lengths[..symbols]);
        if (reader.IsExhausted)
            Throw.Truncated("a prefix code");
        return PrefixCode.Create(lengths[..symbols]);
    }

    // One or two symbols by themselves. One that does not exist counts for nothing.
    private static void ReadSymbols(ref LosslessReader reader, Span<byte> lengths)
    {
        bool hasTwo = reader.ReadBit();
        lengths[reader.Read(reader.ReadBit() ? 8 : 1)] = 1;
        if (hasTwo)
            lengths[reader.Read(8)] = 1;
    }

    private static void ReadLengths(ref LosslessReader reader, Span<byte> lengths)
    {
        Span<byte> lengthsOfLengths = stackalloc byte[LengthSymbols];
        lengthsOfLengths.Clear();
        int given = reader.Read(4) + 4;
        for (int i = 0; i < given; i++)
            lengthsOfLengths[LengthOrder[i]] = (byte)reader.Read(3);
        if (reader.IsExhausted)
            Throw.Truncated("a prefix code");
        PrefixCode code = PrefixCode.Create(lengthsOfLengths);
        int left = lengths.Length; // lengths that are coded; the others are 0
        if (reader.ReadBit())
        {
            left = 2 + reader.Read(2 + 2 * reader.Read(3));
            if (left > lengths.Length)
                Throw.Invalid($"a prefix code announces {left} lengths for {lengths.Length} symbols; the data is damaged.");
        }
        byte previous = FirstPrevious;
        for (int symbol = 0; symbol < lengths.Length && left > 0; left--)
        {
            reader.Fill();
            int length = code.Read(ref reader);
            if (length < RepeatPrevious)
            {
                lengths[symbol++] = (byte)length;
                previous = length > 0 ? (byte)length : previous;
                continue;
            }
            int count = length == RepeatPrevious ? 3 + reader.Read(2) : length == RepeatZero ? 3 + reader.Read(3) : 11 + reader.Read(7);
            if (count > lengths.Length - symbol)
                Throw.Invalid($"a prefix code repeats a length beyond its {lengths.Length} symbols; the data is damaged.");
            lengths.Slice(symbol, count).Fill(length == RepeatPrevious ? previous : (byte)0);
            symbol += count;
        }
    }
}
