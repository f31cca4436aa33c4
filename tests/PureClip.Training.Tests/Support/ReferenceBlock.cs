namespace PureClip.Training.Tests.Support;

/// <summary>A residual attention block as the paper writes it: plain loops in double, a token after the other.</summary>
internal static class ReferenceBlock
{
    public static double[] Run(
        double[] x, int[] lengths, Dictionary<string, double[]> p, int heads, double eps, Nonlinearity f, bool causal, Reads reads)
    {
        int width = p["b.ln_1.weight"].Length;
        List<double> output = [];
        int first = 0;
        foreach (int length in lengths)
        {
            double[][] tokens = [.. Enumerable.Range(first, length).Select(row => x[(row * width)..((row + 1) * width)])];
            double[][] qkv =
                [.. tokens.Select(
                    token => Linear(Norm(token, p["b.ln_1.weight"], p["b.ln_1.bias"], eps), p["b.attn.qkv.weight"], p["b.attn.qkv.bias"]))];
            for (int i = 0; i < length; i++)
            {
                if ((reads == Reads.First && i != 0) || (reads == Reads.Last && i != length - 1))
                    continue;
                double[] mixed = new double[width];
                for (int head = 0; head < heads; head++)
                    Attend(qkv, i, causal ? i + 1 : length, width, head * (width / heads), width / heads, mixed);
                double[] middle = Sum(tokens[i], Linear(mixed, p["b.attn.out.weight"], p["b.attn.out.bias"]));
                double[] hidden = Linear(Norm(middle, p["b.ln_2.weight"], p["b.ln_2.bias"], eps), p["b.mlp.fc.weight"], p["b.mlp.fc.bias"]);
                double[] active = Array.ConvertAll(hidden, h => Activate(h, f));
                output.AddRange(Sum(middle, Linear(active, p["b.mlp.proj.weight"], p["b.mlp.proj.bias"])));
            }
            first += length;
        }
        return [.. output];
    }

    private static void Attend(double[][] qkv, int query, int keys, int width, int column, int headWidth, double[] mixed)
    {
        double[] weights = new double[keys];
        for (int key = 0; key < keys; key++)
        {
            for (int c = column; c < column + headWidth; c++)
                weights[key] += qkv[query][c] * qkv[key][width + c];
            weights[key] = Math.Exp(weights[key] / Math.Sqrt(headWidth));
        }
        double sum = weights.Sum();
        for (int key = 0; key < keys; key++)
            for (int c = column; c < column + headWidth; c++)
                mixed[c] += weights[key] / sum * qkv[key][2 * width + c];
    }

    public static double[] Norm(double[] x, double[] weight, double[] bias, double eps)
    {
        double mean = x.Average(), variance = x.Average(v => (v - mean) * (v - mean));
        return [.. x.Select((v, i) => (v - mean) / Math.Sqrt(variance + eps) * weight[i] + bias[i])];
    }

    public static double[] Linear(double[] x, double[] weight, double[] bias)
    {
        double[] y = [.. bias];
        for (int o = 0; o < y.Length; o++)
            for (int i = 0; i < x.Length; i++)
                y[o] += weight[o * x.Length + i] * x[i];
        return y;
    }

    private static double[] Sum(double[] a, double[] b) => [.. a.Zip(b, static (x, y) => x + y)];

    public static double Activate(double x, Nonlinearity f) => f switch
    {
        Nonlinearity.QuickGelu => x / (1 + Math.Exp(-1.702 * x)),
        Nonlinearity.Silu => x / (1 + Math.Exp(-x)),
        Nonlinearity.GeluTanh => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))),
        _ => x * NormalDistribution(x),
    };

    /// <summary>Φ(x) by its series ½ + φ(x)·(x + x³/3 + x⁵/(3·5) + …), which small x need few terms of.</summary>
    private static double NormalDistribution(double x)
    {
        double term = x, sum = 0;
        for (int k = 1; Math.Abs(term) > 1e-17; k++)
        {
            sum += term;
            term *= x * x / (2 * k + 1);
        }
        return 0.5 + sum * Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI);
    }
}
