namespace PureClip.Tokenization;

/// <summary>
/// The reversible alphabet that byte-level BPE writes bytes with: one visible character for each of the 256 bytes.
/// Printable bytes (0x21-0x7E, 0xA1-0xAC, 0xAE-0xFF) stand for themselves, the other 68 take U+0100, U+0101, ... in order.
/// </summary>
internal static class ByteToUnicode
{
    private const int FirstReplacement = 0x100;
    private static readonly char[] Characters = new char[256];
    private static readonly byte[] Ordered = new byte[256];
    private static readonly short[] Bytes = new short[FirstReplacement + 68];

    static ByteToUnicode()
    {
        int count = 0;
        int replacement = FirstReplacement;
        for (int value = 0; value < 256; value++)
            if (IsPrintable(value))
                Assign(value, (char)value, count++);
        for (int value = 0; value < 256; value++)
            if (!IsPrintable(value))
                Assign(value, (char)replacement++, count++);
    }

    /// <summary>
    /// The bytes in the order of CLIP's token ids: first the printable ones, then the rest. Byte <c>InIdOrder[i]</c> has id i inside
    /// a word and id 256 + i at the end of one.
    /// </summary>
    public static ReadOnlySpan<byte> InIdOrder => Ordered;

    /// <summary>The character that stands for a byte.</summary>
    public static char ToCharacter(byte value) => Characters[value];

    /// <summary>The byte that a character stands for; false where it stands for none.</summary>
    public static bool TryToByte(char character, out byte value)
    {
        int found = character < Bytes.Length ? Bytes[character] - 1 : -1;
        value = (byte)Math.Max(found, 0);
        return found >= 0;
    }

    private static bool IsPrintable(int value) => value is (>= 0x21 and <= 0x7E) or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);

    private static void Assign(int value, char character, int order)
    {
        Characters[value] = character;
        Ordered[order] = (byte)value;
        Bytes[character] = (short)(value + 1); // 0 is "none"
    }
}
