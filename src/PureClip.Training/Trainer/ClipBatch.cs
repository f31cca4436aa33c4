namespace PureClip.Training;

/// <summary>Pictures and texts of one step, and what is true of what.</summary>
internal sealed class ClipBatch
{
    /// <summary>[n · 3 · size · size]: pictures, normalised.</summary>
    public required float[] Pixels { get; init; }

    /// <summary>Patches that are left of each picture, ascending and as many of all; null for all.</summary>
    public int[][]? Kept { get; init; }

    /// <summary>Token ids of each text.</summary>
    public required int[][] Texts { get; init; }

    /// <summary>[n · n]: whether text j is true of picture i.</summary>
    public required bool[] Positives { get; init; }

    /// <summary>What pictures and texts should be near to; null without prototypes.</summary>
    public FactTargets? PictureFacts { get; init; }

    /// <inheritdoc cref="PictureFacts"/>
    public FactTargets? TextFacts { get; init; }

    /// <summary>Pictures that differ in something, and in what.</summary>
    public IReadOnlyList<(int U, int V)> Pairs { get; init; } = [];

    /// <inheritdoc cref="Pairs"/>
    public FactTargets? PairFacts { get; init; }

    /// <summary>Pairs.</summary>
    public int Count => Texts.Length;
}

/// <summary>Where batches come from.</summary>
internal interface IBatchSource
{
    /// <summary>Tells these data from others: a run is not continued with others.</summary>
    string Fingerprint { get; }

    /// <summary>The batch of a step: a pure function, called on any thread and maybe more than once.</summary>
    /// <param name="seed">The run's.</param>
    /// <param name="step">Counted from 0.</param>
    /// <param name="count">Pairs.</param>
    /// <param name="kept">Patches that are left of each picture; null for all.</param>
    ClipBatch Draw(ulong seed, long step, int count, int? kept);
}

/// <summary>Which patches of a picture are left: those with something to see more often than empty ground.</summary>
internal static class PatchChoice
{
    // A patch counts as busy from this range of values on, and is then ahead by this much of a uniform number.
    private const float BusyRange = 0.12f, BusyLead = 0.35f;

    /// <summary>The <paramref name="kept"/> largest of u + 0.35·busy, ascending.</summary>
    /// <param name="pixels">[channels, size, size]: values of one scale.</param>
    /// <param name="size">Pixels of a side.</param>
    /// <param name="patch">Pixels of a patch's side.</param>
    /// <param name="kept">How many are left.</param>
    /// <param name="draws">The picture's.</param>
    public static int[] Of(ReadOnlySpan<float> pixels, int size, int patch, int kept, Draws draws)
    {
        int grid = size / patch, channels = pixels.Length / (size * size);
        double[] keys = new double[grid * grid];
        for (int i = 0; i < keys.Length; i++)
        {
            float least = float.MaxValue, most = float.MinValue;
            for (int channel = 0; channel < channels; channel++)
                for (int y = 0; y < patch; y++)
                    foreach (float value in pixels.Slice((channel * size + i / grid * patch + y) * size + i % grid * patch, patch))
                        (least, most) = (MathF.Min(least, value), MathF.Max(most, value));
            keys[i] = -(draws.Uniform() + (most - least > BusyRange ? BusyLead : 0));
        }
        int[] order = [.. Enumerable.Range(0, keys.Length)];
        Array.Sort(keys, order);
        int[] chosen = order[..kept];
        Array.Sort(chosen);
        return chosen;
    }
}
