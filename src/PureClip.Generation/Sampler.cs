namespace PureClip.Generation;

/// <summary>The walk from noise to a picture: Euler's steps along the flow, guided away from what nothing in particular looks like.</summary>
/// <remarks>
/// Rectified flow with x-prediction: v = (p − z)/max(1 − t, 0.05), z += (t′ − t)·v (Li and He 2025); p = p₀ + g·(p₁ − p₀) up to t = 0.4
/// (Ho and Salimans 2022, with an interval as in Kynkäänniemi et al. 2024): drawings are large areas, so what they show is settled while they
/// are nearly all noise, and what comes later is only made garish. Steps are closer there: t = u/(u + 3·(1 − u)) (Esser et al. 2024).
/// </remarks>
internal sealed class Sampler(GeneratorNetwork network)
{
    private const double Shift = 3, LeastRest = 0.05, GuidedTo = 0.4;

    /// <summary>Pictures that are drawn at the same time: guided twice as many sequences, which stay in the caches.</summary>
    public const int AtATime = 4;

    /// <summary>The time of a step's beginning.</summary>
    public static double TimeOf(int step, int steps)
    {
        double u = (double)step / steps;
        return u / (u + Shift * (1 - u));
    }

    /// <summary>Draws a picture for each seed.</summary>
    /// <param name="thing">What.</param>
    /// <param name="seeds">Each picture's.</param>
    /// <param name="steps">Steps.</param>
    /// <param name="guidance">How much more than itself the thing counts; 1 for no guidance.</param>
    /// <param name="show">Told of a picture's place, the step and the network's present guess; null for nobody.</param>
    /// <param name="progress">Told after every step of every group.</param>
    /// <param name="cancellation">Looked at before every step.</param>
    /// <returns>[pictures][numbers]: premultiplied, −1 to 1, not clamped.</returns>
    public float[][] Run(
        DrawnThing thing, ulong[] seeds, int steps, double guidance, Action<int, int, ReadOnlyMemory<float>>? show, Action? progress,
        CancellationToken cancellation)
    {
        int numbers = network.Config.Numbers;
        List<float[]> all = [];
        foreach (ulong[] group in seeds.Chunk(AtATime))
        {
            int count = group.Length, before = all.Count;
            // Behind the pictures the same ones again, for what nothing in particular looks like.
            float[] z = new float[2 * count * numbers], p = new float[z.Length], times = new float[2 * count];
            for (int i = 0; i < count; i++)
                Noise.Fill(group[i], z.AsSpan(i * numbers, numbers));
            DrawnThing[] things = [.. Enumerable.Repeat(thing, count), .. Enumerable.Repeat(thing with { IsDropped = true }, count)];
            for (int step = 0; step < steps; step++)
            {
                cancellation.ThrowIfCancellationRequested();
                double t = TimeOf(step, steps), next = TimeOf(step + 1, steps);
                bool isGuided = guidance != 1 && t <= GuidedTo;
                int evaluated = isGuided ? 2 * count : count;
                Array.Fill(times, (float)t);
                z.AsSpan(0, count * numbers).CopyTo(z.AsSpan(count * numbers));
                network.Forward(
                    z.AsSpan(0, evaluated * numbers), times.AsSpan(0, evaluated), things[..evaluated], p.AsSpan(0, evaluated * numbers));
                double towards = step == steps - 1 ? 1 : (next - t) / Math.Max(1 - t, LeastRest);
                for (int i = 0; i < count * numbers; i++)
                {
                    double guess = isGuided ? p[count * numbers + i] + guidance * (p[i] - p[count * numbers + i]) : p[i];
                    p[i] = (float)guess;
                    z[i] = (float)(z[i] + towards * (guess - z[i]));
                }
                for (int i = 0; i < count && show is not null; i++)
                    show(before + i, step, p.AsMemory(i * numbers, numbers));
                progress?.Invoke();
            }
            for (int i = 0; i < count; i++)
                all.Add(z.AsSpan(i * numbers, numbers).ToArray());
        }
        return [.. all];
    }
}

/// <summary>Normally distributed numbers as a pure function of a seed.</summary>
/// <remarks>SplitMix64: Steele, Lea, Flood 2014; Box and Muller 1958, in double.</remarks>
internal static class Noise
{
    /// <summary>Fills a picture.</summary>
    public static void Fill(ulong seed, Span<float> numbers)
    {
        for (int i = 0; i < numbers.Length; i += 2)
        {
            double radius = Math.Sqrt(-2 * Math.Log(1 - Uniform(seed, (ulong)i))), angle = 2 * Math.PI * Uniform(seed, (ulong)i + 1);
            numbers[i] = (float)(radius * Math.Cos(angle));
            if (i + 1 < numbers.Length)
                numbers[i + 1] = (float)(radius * Math.Sin(angle));
        }
    }

    /// <summary>The seed of one of several pictures.</summary>
    public static ulong SeedOf(ulong seed, int picture) =>
        picture == 0 ? seed : Mix(seed + 0x632BE59BD9B4E019 * (ulong)picture) & long.MaxValue;

    private static double Uniform(ulong seed, ulong place) =>
        (Mix(Mix(seed) + 0x9E3779B97F4A7C15 * (place + 1)) >> 11) * (1.0 / (1L << 53));

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
