namespace PureClip.Imaging.Gif;

/// <summary>
/// Undoes GIF's variation of Lempel, Ziv and Welch's compression (GIF89a specification, appendix F).
/// <para>
/// Every string of the table has been written before: it is a string that was, and the symbol behind it. So the table keeps only where in
/// the pixels each begins and how long it is.
/// </para>
/// </summary>
internal static class LzwDecoder
{
    /// <summary>The largest size of codes that a file may begin with.</summary>
    public const int MaxSymbolBits = 12;

    private const int MaxCodeBits = 12;
    private const int TableSize = 1 << MaxCodeBits;

    /// <summary>Most pixels that a byte of data can stand for: codes of 12 bits, each the longest string that a table can hold.</summary>
    public const int MaxRatio = TableSize * 8 / MaxCodeBits + 1;

    /// <summary>Decodes pixels.</summary>
    /// <param name="data">The joined blocks.</param>
    /// <param name="symbolBits">Bits of a symbol, 0 to 12; what exceeds a byte is cut off.</param>
    /// <param name="pixels">Where they go. Data beyond them is not looked at.</param>
    /// <param name="tolerant">Whether a code without a meaning ends the data.</param>
    /// <returns>How many pixels there were before the data or its end code ended.</returns>
    /// <exception cref="InvalidDataException">A code has no meaning.</exception>
    public static int Decode(ReadOnlySpan<byte> data, int symbolBits, Span<byte> pixels, bool tolerant = false)
    {
        Span<int> starts = stackalloc int[TableSize];
        Span<int> lengths = stackalloc int[TableSize];
        int clear = 1 << symbolBits;
        int codeBits = symbolBits + 1;
        int next = clear + 2; // the number of the next string; clear + 1 is the end
        int position = 0;
        int lastStart = 0, lastLength = 0; // the string before; of no length at the beginning and behind a clear code
        uint bits = 0;
        int count = 0;
        while (position < pixels.Length)
        {
            for (; count < codeBits; count += 8)
            {
                if (data.IsEmpty)
                    return position;
                bits |= (uint)data[0] << count;
                data = data[1..];
            }
            int code = (int)(bits & ((1u << codeBits) - 1));
            bits >>= codeBits;
            count -= codeBits;
            if (code == clear)
            {
                codeBits = symbolBits + 1;
                next = clear + 2;
                lastLength = 0;
                continue;
            }
            if (code == clear + 1)
                return position;
            bool isKnown = code < clear || (lastLength > 0 && code <= Math.Min(next, TableSize - 1));
            if (!isKnown && tolerant)
                return position;
            if (!isKnown)
                throw new InvalidDataException($"GIF: code {code} of its pixels has no meaning where it stands; the data is damaged.");
            if (lastLength > 0 && next < TableSize)
            {
                // What was before and the first symbol of what follows.
                starts[next] = lastStart;
                lengths[next] = lastLength + 1;
                if (next == (1 << codeBits) - 1 && codeBits < MaxCodeBits)
                    codeBits++;
                next++;
            }
            lastStart = position;
            if (code < clear)
            {
                pixels[position++] = (byte)code;
                lastLength = 1;
                continue;
            }
            lastLength = lengths[code];
            Copy(pixels, starts[code], position, Math.Min(lastLength, pixels.Length - position));
            position += Math.Min(lastLength, pixels.Length - position);
        }
        return position;
    }

    // The newest string may reach one symbol into its own copy.
    private static void Copy(Span<byte> pixels, int from, int to, int length)
    {
        int before = Math.Min(length, to - from);
        pixels.Slice(from, before).CopyTo(pixels[to..]);
        if (before < length)
            pixels[to + before] = pixels[to];
    }
}
