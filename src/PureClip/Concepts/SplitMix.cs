namespace PureClip.Concepts;

/// <summary>Random numbers that are the same on every machine and for every number of threads: each draw has a stream of its own.</summary>
/// <remarks>SplitMix64: Steele, Lea, Flood 2014, "Fast Splittable Pseudorandom Number Generators".</remarks>
/// <param name="stream">Which stream.</param>
internal struct SplitMix(int stream)
{
    private ulong _state = Mix((ulong)stream * 0xD1342543DE82EF95);

    /// <summary>A whole number from 0 to below a bound, of which the bias is below 2^-32.</summary>
    public int Next(int bound) => (int)((NextBits() >> 32) * (ulong)bound >> 32);

    /// <summary>1 or -1.</summary>
    public float NextSign() => (NextBits() & 1) == 0 ? 1f : -1f;

    /// <summary>A normally distributed number of mean 0 and variance 1 (Box and Muller 1958).</summary>
    public float NextNormal()
    {
        double radius = Math.Sqrt(-2 * Math.Log(NextFraction()));
        return (float)(radius * Math.Cos(2 * Math.PI * NextFraction()));
    }

    /// <summary>Above 0, at most 1.</summary>
    private double NextFraction() => ((NextBits() >> 11) + 1) * (1.0 / (1L << 53));

    private ulong NextBits() => Mix(_state += 0x9E3779B97F4A7C15);

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
