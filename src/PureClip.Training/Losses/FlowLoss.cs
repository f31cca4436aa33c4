namespace PureClip.Training;

/// <summary>
/// Rectified flow that predicts the picture: z = t·x + (1 − t)·ε, the network sees z and t and says p, and its velocity (p − z)/c is
/// compared with the true one (x − z)/c, c = max(1 − t, 0.05). The clamp stands in both, so that the target of p is x itself and only the
/// weight is cut.
/// </summary>
/// <remarks>Li and He 2025 (arXiv 2511.13720).</remarks>
internal static class FlowLoss
{
    private const double LeastRest = 0.05;

    /// <summary>What the network sees.</summary>
    /// <param name="x">[pictures · numbers]: clean pictures in −1 … 1.</param>
    /// <param name="noise">As many normal numbers.</param>
    /// <param name="times">[pictures]: 0 is noise, 1 the picture.</param>
    /// <param name="z">Receives the mixture.</param>
    public static void Mix(ReadOnlySpan<float> x, ReadOnlySpan<float> noise, ReadOnlySpan<float> times, Span<float> z)
    {
        int numbers = x.Length / times.Length;
        for (int i = 0; i < x.Length; i++)
        {
            float t = times[i / numbers];
            z[i] = t * x[i] + (1f - t) * noise[i];
        }
    }

    /// <summary>Mean of ((p − x)/c)², and dp = 2·(p − x)/(c²·count).</summary>
    /// <param name="p">[pictures · numbers]: what the network says.</param>
    /// <param name="x">[pictures · numbers]: clean pictures.</param>
    /// <param name="times">[pictures]</param>
    /// <param name="total">Numbers of the whole batch, of which these may be a part.</param>
    /// <param name="dp">Receives the gradient.</param>
    public static double Run(ReadOnlySpan<float> p, ReadOnlySpan<float> x, ReadOnlySpan<float> times, long total, Span<float> dp)
    {
        int numbers = x.Length / times.Length;
        double sum = 0;
        for (int i = 0; i < p.Length; i++)
        {
            double rest = Math.Max(1.0 - times[i / numbers], LeastRest), error = ((double)p[i] - x[i]) / rest;
            sum += error * error;
            dp[i] = (float)(2 * error / rest / total);
        }
        return sum / total;
    }
}
