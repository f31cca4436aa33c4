namespace PureClip.Tests.Model;

/// <summary>
/// CLIP's ResNet as plain loops over [channel, y, x] in double precision, written from the description of the architecture: convolutions
/// with their batch norms behind them, nothing folded, gathered or shared.
/// </summary>
internal static class ReferenceResNet
{
    private const double Eps = 1e-5;

    /// <summary>The embedding of one picture, of length 1.</summary>
    public static double[] Embed(TinyResNet model, ReadOnlySpan<float> pixels)
    {
        int side = TinyResNet.ImageSize;
        double[] x = new double[pixels.Length];
        for (int i = 0; i < x.Length; i++)
            x[i] = pixels[i];

        x = Relu(Unit(model, "visual.conv1", "visual.bn1", x, side, stride: 2));
        side /= 2;
        x = Relu(Unit(model, "visual.conv2", "visual.bn2", x, side));
        x = Relu(Unit(model, "visual.conv3", "visual.bn3", x, side));
        x = Pool(x, side);
        side /= 2;
        for (int layer = 1; layer <= 4; layer++)
            for (int block = 0; block < TinyResNet.Blocks[layer - 1]; block++)
            {
                string at = $"visual.layer{layer}.{block}";
                bool halves = layer > 1 && block == 0;
                double[] y = Relu(Unit(model, $"{at}.conv1", $"{at}.bn1", x, side));
                y = Relu(Unit(model, $"{at}.conv2", $"{at}.bn2", y, side));
                if (halves)
                    y = Pool(y, side);
                y = Unit(model, $"{at}.conv3", $"{at}.bn3", y, halves ? side / 2 : side);
                if (block == 0)
                    x = Unit(model, $"{at}.downsample.0", $"{at}.downsample.1", halves ? Pool(x, side) : x, halves ? side / 2 : side);
                side = halves ? side / 2 : side;
                x = Relu([.. x.Zip(y, (a, b) => a + b)]);
            }

        double[] embedding = AttentionPool(model, x, side);
        double length = Math.Sqrt(embedding.Sum(number => number * number));
        return Array.ConvertAll(embedding, number => number / length);
    }

    /// <summary>Convolution with zeros around the picture, then batch norm.</summary>
    private static double[] Unit(TinyResNet model, string convolution, string norm, double[] x, int side, int stride = 1)
    {
        (int[] shape, float[] weight) = model.Tensors[convolution + ".weight"];
        (int outputs, int inputs, int kernel) = (shape[0], shape[1], shape[2]);
        float[] gamma = model[norm + ".weight"], beta = model[norm + ".bias"], mean = model[norm + ".running_mean"],
            variance = model[norm + ".running_var"];
        int outSide = side / stride, padding = kernel / 2;
        double[] y = new double[outputs * outSide * outSide];
        for (int o = 0; o < outputs; o++)
            for (int oy = 0; oy < outSide; oy++)
                for (int ox = 0; ox < outSide; ox++)
                {
                    double sum = 0;
                    for (int c = 0; c < inputs; c++)
                        for (int ky = 0; ky < kernel; ky++)
                            for (int kx = 0; kx < kernel; kx++)
                            {
                                int iy = oy * stride + ky - padding, ix = ox * stride + kx - padding;
                                if (iy >= 0 && iy < side && ix >= 0 && ix < side)
                                    sum += (double)weight[((o * inputs + c) * kernel + ky) * kernel + kx] * x[(c * side + iy) * side + ix];
                            }
                    y[(o * outSide + oy) * outSide + ox] = (sum - mean[o]) / Math.Sqrt(variance[o] + Eps) * gamma[o] + beta[o];
                }
        return y;
    }

    private static double[] Relu(double[] x) => Array.ConvertAll(x, number => Math.Max(number, 0));

    /// <summary>Means of squares of 2 x 2.</summary>
    private static double[] Pool(double[] x, int side)
    {
        int half = side / 2, channels = x.Length / (side * side);
        double[] y = new double[channels * half * half];
        for (int i = 0; i < y.Length; i++)
        {
            int channel = i / (half * half), row = i / half % half, column = i % half, from = (channel * side + 2 * row) * side
                + 2 * column;
            y[i] = (x[from] + x[from + 1] + x[from + side] + x[from + side + 1]) / 4;
        }
        return y;
    }

    private static double[] AttentionPool(TinyResNet model, double[] x, int side)
    {
        int pixels = side * side, width = x.Length / pixels, headWidth = width / TinyResNet.Heads;
        double[][] tokens = new double[pixels + 1][];
        for (int t = 0; t <= pixels; t++)
        {
            tokens[t] = new double[width];
            for (int c = 0; c < width; c++)
            {
                double value = t > 0 ? x[c * pixels + t - 1] : Enumerable.Range(0, pixels).Average(i => x[c * pixels + i]);
                tokens[t][c] = value + model["visual.attnpool.positional_embedding"][t * width + c];
            }
        }
        double[] query = Apply(model, "visual.attnpool.q_proj", tokens[0]);
        double[][] keys = Array.ConvertAll(tokens, token => Apply(model, "visual.attnpool.k_proj", token));
        double[][] values = Array.ConvertAll(tokens, token => Apply(model, "visual.attnpool.v_proj", token));
        double[] mixed = new double[width];
        for (int head = 0; head < TinyResNet.Heads; head++)
        {
            int first = head * headWidth;
            double[] scores = Array.ConvertAll(keys, key =>
                Enumerable.Range(first, headWidth).Sum(i => query[i] * key[i]) / Math.Sqrt(headWidth));
            double[] weights = Array.ConvertAll(scores, score => Math.Exp(score - scores.Max()));
            for (int i = first; i < first + headWidth; i++)
                mixed[i] = weights.Select((weight, t) => weight * values[t][i]).Sum() / weights.Sum();
        }
        return Apply(model, "visual.attnpool.c_proj", mixed);
    }

    private static double[] Apply(TinyResNet model, string name, double[] x)
    {
        float[] weight = model[name + ".weight"], bias = model[name + ".bias"];
        return [.. bias.Select((b, o) => b + Enumerable.Range(0, x.Length).Sum(i => (double)weight[o * x.Length + i] * x[i]))];
    }
}
