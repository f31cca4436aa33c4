namespace PureClip.Training;

/// <summary>
/// Random numbers as a pure function of who asks for what: the same on every machine, on any thread, in any order. Each question has a
/// stream of its own.
/// </summary>
/// <remarks>SplitMix64: Steele, Lea, Flood 2014.</remarks>
internal struct Draws(ulong seed, ulong step, ulong slot, ulong purpose)
{
    private ulong _state = Mix(Mix(Mix(Mix(seed) ^ step) ^ (slot * 0xD1342543DE82EF95)) ^ (purpose * 0x9E3779B97F4A7C15));

    /// <summary>64 random bits.</summary>
    public ulong Bits() => Mix(_state += 0x9E3779B97F4A7C15);

    /// <summary>From 0 to below 1.</summary>
    public double Uniform() => (Bits() >> 11) * (1.0 / (1L << 53));

    /// <summary>A whole number from 0 to below a bound.</summary>
    public int Below(int bound) => (int)((Bits() >> 32) * (ulong)bound >> 32);

    /// <summary>A normally distributed number of mean 0 and variance 1 (Box and Muller 1958).</summary>
    public double Normal()
    {
        double radius = Math.Sqrt(-2 * Math.Log(1 - Uniform()));
        return radius * Math.Cos(2 * Math.PI * Uniform());
    }

    /// <summary>The order in which an epoch sees a data set (Fisher and Yates).</summary>
    public static int[] Permutation(ulong seed, long epoch, int count)
    {
        int[] order = [.. Enumerable.Range(0, count)];
        Draws draws = new(seed, (ulong)epoch, 0, 1);
        for (int i = count - 1; i > 0; i--)
        {
            int j = draws.Below(i + 1);
            (order[i], order[j]) = (order[j], order[i]);
        }
        return order;
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
