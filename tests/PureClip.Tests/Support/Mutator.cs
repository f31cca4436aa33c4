namespace PureClip.Tests.Support;

/// <summary>Damages files in the ways in which files get damaged, and in those that break parsers.</summary>
internal static class Mutator
{
    private const int MaxChanges = 4;
    private const int MaxPiece = 64;

    /// <summary>A copy of a file with one to four random changes; the same for the same state of <paramref name="random"/>.</summary>
    public static byte[] Mutate(byte[] original, Random random)
    {
        byte[] data = original;
        for (int changes = random.Next(1, MaxChanges + 1); changes > 0; changes--)
            data = Change(data, random);
        return data;
    }

    private static byte[] Change(byte[] data, Random random)
    {
        if (data.Length < 4)
            return Insert(data, random);
        return random.Next(6) switch
        {
            0 => Set(data, random, (byte)random.Next(256)),
            1 => Set(data, random, random.Next(2) == 0 ? (byte)0xFF : (byte)0),
            2 => FlipBit(data, random),
            3 => ReplaceLength(data, random),
            4 => random.Next(2) == 0 ? Insert(data, random) : Delete(data, random),
            _ => random.Next(4) == 0 ? data[..random.Next(data.Length)] : FlipBit(data, random),
        };
    }

    private static byte[] Set(byte[] data, Random random, byte value)
    {
        byte[] copy = [.. data];
        copy[random.Next(copy.Length)] = value;
        return copy;
    }

    private static byte[] FlipBit(byte[] data, Random random)
    {
        byte[] copy = [.. data];
        copy[random.Next(copy.Length)] ^= (byte)(1 << random.Next(8));
        return copy;
    }

    // Two or four bytes, near the beginning rather than the end: that is where formats keep lengths and sizes.
    private static byte[] ReplaceLength(byte[] data, Random random)
    {
        byte[] copy = [.. data];
        int bytes = random.Next(2) == 0 ? 2 : 4;
        int position = random.Next(Math.Min(copy.Length, 1024) - bytes + 1);
        uint value = random.Next(4) switch
        {
            0 => 0,
            1 => uint.MaxValue,
            2 => (uint)random.Next(32),
            _ => (uint)random.NextInt64(1L << 32),
        };
        for (int i = 0; i < bytes; i++)
            copy[position + i] = (byte)(value >> (8 * (bytes - 1 - i)));
        return copy;
    }

    private static byte[] Insert(byte[] data, Random random)
    {
        byte[] piece = new byte[random.Next(1, MaxPiece)];
        random.NextBytes(piece);
        int position = random.Next(data.Length + 1);
        return [.. data[..position], .. piece, .. data[position..]];
    }

    private static byte[] Delete(byte[] data, Random random)
    {
        int position = random.Next(data.Length);
        int end = Math.Min(data.Length, position + random.Next(1, MaxPiece));
        return [.. data[..position], .. data[end..]];
    }
}
