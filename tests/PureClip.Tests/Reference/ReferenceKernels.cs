namespace PureClip.Tests.Reference;

/// <summary>The kernels as plain double-precision loops: no vectors, no tricks. What the fast ones are compared with.</summary>
internal static class ReferenceKernels
{
    /// <summary>[m, n] = a [m, k] · wᵀ, w [n, k].</summary>
    public static double[] MultiplyTransposed(ReadOnlySpan<float> a, ReadOnlySpan<float> w, int m, int k, int n)
    {
        double[] c = new double[m * n];
        for (int i = 0; i < m; i++)
            for (int j = 0; j < n; j++)
                for (int p = 0; p < k; p++)
                    c[i * n + j] += (double)a[i * k + p] * w[j * k + p];
        return c;
    }

    /// <summary>Each row of x [rows, width] shifted to mean 0, scaled to variance 1, then weighted and shifted.</summary>
    public static double[] LayerNorm(ReadOnlySpan<float> x, ReadOnlySpan<float> weight, ReadOnlySpan<float> bias, double eps)
    {
        int width = weight.Length;
        double[] y = new double[x.Length];
        for (int start = 0; start < x.Length; start += width)
        {
            double mean = 0, variance = 0;
            for (int i = 0; i < width; i++)
                mean += x[start + i] / (double)width;
            for (int i = 0; i < width; i++)
                variance += (x[start + i] - mean) * (x[start + i] - mean) / width;
            for (int i = 0; i < width; i++)
                y[start + i] = (x[start + i] - mean) / Math.Sqrt(variance + eps) * weight[i] + bias[i];
        }
        return y;
    }

    /// <summary>softmax(q · kᵀ / √d) · v for every head; all matrices [tokens, heads · d].</summary>
    public static double[] Attention(ReadOnlySpan<float> q, ReadOnlySpan<float> k, ReadOnlySpan<float> v, int tokens, int heads, int d,
        bool causal)
    {
        int width = heads * d;
        double[] output = new double[tokens * width];
        for (int head = 0; head < heads; head++)
            for (int i = 0; i < tokens; i++)
            {
                int seen = causal ? i + 1 : tokens;
                double[] weights = new double[seen];
                for (int j = 0; j < seen; j++)
                {
                    for (int c = 0; c < d; c++)
                        weights[j] += (double)q[i * width + head * d + c] * k[j * width + head * d + c];
                    weights[j] /= Math.Sqrt(d);
                }
                double[] probabilities = Softmax(weights);
                for (int j = 0; j < seen; j++)
                    for (int c = 0; c < d; c++)
                        output[i * width + head * d + c] += probabilities[j] * v[j * width + head * d + c];
            }
        return output;
    }

    /// <summary>e^x / Σ e^x</summary>
    public static double[] Softmax(ReadOnlySpan<double> x)
    {
        double[] y = new double[x.Length];
        double max = double.NegativeInfinity, sum = 0;
        foreach (double value in x)
            max = Math.Max(max, value);
        for (int i = 0; i < y.Length; i++)
            sum += y[i] = Math.Exp(x[i] - max);
        for (int i = 0; i < y.Length; i++)
            y[i] /= sum;
        return y;
    }

    /// <summary>x · σ(1.702·x)</summary>
    public static double QuickGelu(double x) => x / (1 + Math.Exp(-1.702 * x));

    /// <summary>x · Φ(x)</summary>
    public static double Gelu(double x) => x * (x < 0 ? NormalTail(-x) : 1 - NormalTail(x));

    /// <summary>½·x·(1 + tanh(√(2/π)·(x + 0.044715·x³)))</summary>
    public static double GeluTanh(double x) => x / 2 * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));

    /// <summary>Q(a) = ½·erfc(a/√2), a ≥ 0: a Taylor series for small a, the continued fraction of Laplace for large.</summary>
    public static double NormalTail(double a)
    {
        double density = Math.Exp(-a * a / 2) / Math.Sqrt(2 * Math.PI);
        if (a < 3)
        {
            double term = a, sum = a;
            for (int n = 1; n < 200; n++)
                sum += term *= a * a / (2 * n + 1);
            return 0.5 - density * sum;
        }
        double fraction = 0;
        for (int n = 200; n > 0; n--)
            fraction = n / (a + fraction);
        return density / (a + fraction);
    }
}
