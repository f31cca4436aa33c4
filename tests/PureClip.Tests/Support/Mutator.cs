namespace PureClip.Tests.Support;

/// <summary>Damages files at random, for tests that a reader of untrusted bytes fails in the one way it promises.</summary>
internal static class Mutator
{
    // Values at which sizes and counters overflow or turn around.
    private static readonly byte[] Interesting = [0, 1, 0x7F, 0x80, 0xFE, 0xFF];

    /// <summary>A damaged copy: one to eight bytes, bits or stretches are changed, removed, repeated or cut off.</summary>
    /// <param name="original">The valid file, at least one byte; stays as it is.</param>
    /// <param name="random">The source of choices; the same state gives the same copy.</param>
    public static byte[] Mutate(byte[] original, Random random)
    {
        byte[] mutant = [.. original];
        int changes = random.Next(1, 9);
        for (int i = 0; i < changes && mutant.Length > 0; i++)
            mutant = Change(mutant, random);
        return mutant;
    }

    private static byte[] Change(byte[] bytes, Random random)
    {
        int at = random.Next(bytes.Length);
        int length = random.Next(Math.Min(bytes.Length - at, 32) + 1);
        switch (random.Next(16))
        {
            case < 6:
                bytes[at] ^= (byte)(1 << random.Next(8));
                return bytes;
            case < 9:
                bytes[at] = (byte)random.Next(256);
                return bytes;
            case < 12:
                bytes[at] = Interesting[random.Next(Interesting.Length)];
                return bytes;
            case 12:
                return [.. bytes[..at], .. bytes[(at + length)..]];
            case 13:
                return [.. bytes[..(at + length)], .. bytes[at..]];
            case 14:
                bytes.AsSpan(at, length).CopyTo(bytes.AsSpan(random.Next(bytes.Length - length + 1)));
                return bytes;
            default:
                return bytes[..at];
        }
    }
}
