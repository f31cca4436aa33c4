using PureClip.Kernels;
using PureClip.Model;

namespace PureClip.Training.Tests.Support;

/// <summary>
/// Towers of every family as their papers write them: plain loops in double, a picture or a text at a time. It shares nothing with what is
/// tested but the configuration, the names of the tensors, and the tables of sines and of resized positions.
/// </summary>
/// <param name="c">The architecture.</param>
/// <param name="p">Its tensors.</param>
internal sealed class PlainTowers(ClipConfig c, Dictionary<string, double[]> p)
{
    private VisionTransformerConfig Vision => (VisionTransformerConfig)c.Vision!;

    /// <summary>A picture's embedding, not normalised.</summary>
    public double[] Picture(float[] pixels)
    {
        VisionTransformerConfig v = Vision;
        int width = v.Transformer.Width, side = v.PatchSize, rows = v.Grid, columns = v.Grid, first = 0, height = v.ImageSize;
        double[] positions = p["vision.positional_embedding"];
        if (v.MostPatches is not null)
            (rows, columns, first, height) = ((int)pixels[0], (int)pixels[1], 2, (int)pixels[0] * side);
        int across = v.MostPatches is null ? v.ImageSize : columns * side;
        if (v.MostPatches is not null || v.Grid != v.TrainedGrid)
        {
            float[] table = [.. positions.Skip(v.ClassTokens * width).Select(static x => (float)x)];
            float[] resized = new float[rows * columns * width];
            PositionTable.Resize(table, v.TrainedGrid, v.TrainedGrid, v.PositionRule, rows, columns, resized);
            positions = [.. positions.Take(v.ClassTokens * width), .. resized.Select(static x => (double)x)];
        }
        List<double[]> x = [];
        if (v.HasClassToken)
            x.Add(Sum(p["vision.class_embedding"], positions[..width]));
        for (int patch = 0; patch < rows * columns; patch++)
        {
            double[] cut = new double[3 * side * side];
            for (int channel = 0; channel < 3; channel++)
                for (int i = 0; i < side; i++)
                    for (int j = 0; j < side; j++)
                    {
                        int to = v.MostPatches is null ? (channel * side + i) * side + j : (i * side + j) * 3 + channel;
                        cut[to] = pixels[first + (channel * height + patch / columns * side + i) * across + patch % columns * side + j];
                    }
            int place = (v.ClassTokens + patch) * width;
            x.Add(Sum(Linear(cut, "vision.patch_embedding"), positions[place..(place + width)]));
        }
        double[][] tokens = [.. x];
        if (v.HasPreNorm)
            tokens = Norm(tokens, "vision.ln_pre", v.Transformer);
        tokens = Blocks(tokens, "vision", v.Transformer, Sight.All, v.Grid);
        double[] read = v.ReadAt switch
        {
            VisionReadOut.ClassToken => Norm(tokens[0], "vision.ln_post", v.Transformer),
            VisionReadOut.MeanOfPatches => Norm(Mean(tokens[v.ClassTokens..]), "vision.ln_post", v.Transformer),
            VisionReadOut.AttentionHead => Head(Norm(tokens, "vision.ln_post", v.Transformer)),
            _ => Norm(Pool(tokens), "vision.ln_post", v.Transformer),
        };
        return v.Projection == VisionProjection.None ? read : Linear(read, "vision.projection");
    }

    /// <summary>A text's embedding, not normalised.</summary>
    /// <param name="ids">Its tokens, without padding but where the tower sees it.</param>
    /// <param name="padId">What follows it where all positions are seen.</param>
    public double[] Text(int[] ids, int padId)
    {
        TextConfig t = c.Text!;
        int width = t.Transformer.Width;
        double[] Row(string name, int row) => p[name][(row * width)..((row + 1) * width)];
        if (t.ReadAt == TextReadOut.LastPosition)
            ids = [.. ids, .. Enumerable.Repeat(padId, t.ContextLength - ids.Length)];
        List<double[]> x = [.. ids.Select((id, i) => Sum(
            Row("text.token_embedding", id), Row("text.positional_embedding", i + (t.Bert?.FirstPosition ?? 0))))];
        if (t.Bert is { TokenTypes: > 0 })
            x = [.. x.Select(row => Sum(row, Row("text.type_embedding", 0)))];
        Sight sight = t.Bert is not null || !t.IsCausal ? Sight.All : Sight.Back;
        if (t.ReadAt == TextReadOut.ClassToken)
        {
            // What the mask of the published models lets be seen: one position behind the text as well. The class token sees all of it.
            x.Add(Sum(Row("text.token_embedding", 0), Row("text.positional_embedding", ids.Length)));
            x.Add(Sum(p["text.class_embedding"], Row("text.positional_embedding", t.ContextLength)));
            sight = Sight.BackBlindEnd;
        }
        double[][] tokens = [.. x];
        if (t.Bert is not null)
            tokens = Norm(tokens, "text.ln_embedding", t.Transformer);
        tokens = Blocks(tokens, "text", t.Transformer, sight, 0);
        double[] read = t.ReadAt == TextReadOut.MeanOfTokens ? Mean(tokens) : t.Bert is not null ? tokens[0] : tokens[^1];
        if (t.Bert is null or { HasFinalNorm: true })
            read = Norm(read, "text.ln_final", t.Transformer);
        if (t.Projection is TextProjection.TwoLayers or TextProjection.Transformed)
            read = Linear(read, "text.projection_inner");
        if (t.Projection == TextProjection.TwoLayers)
            read = Array.ConvertAll(read, static h => ReferenceBlock.Activate(h, Nonlinearity.Gelu));
        return t.Projection == TextProjection.None ? read : Linear(read, "text.projection");
    }

    private double[][] Blocks(double[][] x, string tower, TransformerConfig t, Sight sight, int grid)
    {
        RotaryAngles? angles = t.Rotary is RotaryConfig r
            ? new(grid, t.Heads, t.HeadWidth, r.ColumnsFirst, r.FirstPlace, r.TrainedGrid)
            : null;
        for (int layer = 0; layer < t.Layers; layer++)
        {
            string at = $"{tower}.blocks.{layer}";
            double[][] Both(double[][] a, double[][] b) => [.. a.Zip(b, Sum)];
            double[][] Attend(double[][] y) => Attention(y, $"{at}.attn", t, sight, angles);
            double[][] Think(double[][] y) => [.. y.Select(row => Mlp(row, $"{at}.mlp", t))];
            double[][] First(double[][] y) => Norm(y, $"{at}.ln_1", t);
            double[][] Second(double[][] y) => Norm(y, $"{at}.ln_2", t);
            switch (t.Norms)
            {
                case NormPlace.Before:
                    x = Both(x, Attend(First(x)));
                    x = Both(x, Think(Second(x)));
                    break;
                case NormPlace.Branch:
                    x = Both(x, First(Attend(x)));
                    x = Both(x, Second(Think(x)));
                    break;
                default:
                    x = First(Both(x, Attend(x)));
                    x = Second(Both(x, Think(x)));
                    break;
            }
        }
        return x;
    }

    private double[][] Attention(double[][] y, string name, TransformerConfig t, Sight sight, RotaryAngles? angles)
    {
        int width = t.Width, each = t.HeadWidth, count = y.Length;
        double[][] qkv = [.. y.Select(row => Linear(row, $"{name}.qkv"))];
        if (angles is not null)
            for (int i = 0, places = angles.Cosines.Length / each; i < places; i++)
                for (int k = 0; k < 2 * width; k += 2)
                {
                    double[] row = qkv[count - places + i];
                    (double cos, double sin) = (angles.Cosines[i * each + k % each], angles.Sines[i * each + k % each + 1]);
                    (row[k], row[k + 1]) = (row[k] * cos - row[k + 1] * sin, row[k + 1] * cos + row[k] * sin);
                }
        return [.. Enumerable.Range(0, count).Select(i =>
        {
            int seen = sight == Sight.All ? count : sight == Sight.BackBlindEnd && i == count - 1 ? i : i + 1;
            double[] mixed = Mix(
                qkv[i][..width], [.. qkv.Take(seen).Select(row => (row[width..(2 * width)], row[(2 * width)..]))], t.Heads);
            return Linear(t.HasInnerNorms ? Norm(mixed, $"{name}.norm", t) : mixed, $"{name}.out");
        })];
    }

    private static double[] Mix(double[] query, (double[] Key, double[] Value)[] seen, int heads)
    {
        int width = query.Length, each = width / heads;
        double[] mixed = new double[width];
        for (int head = 0; head < heads; head++)
        {
            double[] weights = [.. seen.Select(token => Math.Exp(
                Enumerable.Range(head * each, each).Sum(k => query[k] * token.Key[k]) / Math.Sqrt(each)))];
            for (int k = head * each; k < (head + 1) * each; k++)
                mixed[k] = seen.Select((token, i) => weights[i] * token.Value[k]).Sum() / weights.Sum();
        }
        return mixed;
    }

    private double[] Mlp(double[] x, string name, TransformerConfig t)
    {
        double[] h = Linear(x, $"{name}.fc");
        double[] y = t.IsGated
            ? [.. h.Take(t.MlpWidth).Select((g, i) => g / (1 + Math.Exp(-g)) * h[t.MlpWidth + i])]
            : Array.ConvertAll(h, v => ReferenceBlock.Activate(v, BlockShape.NonlinearityOf(t.Gelu)));
        return Linear(t.HasInnerNorms ? Norm(y, $"{name}.norm", t) : y, $"{name}.proj");
    }

    /// <summary>Zhai et al. 2022: a learnt token asks; then a residual MLP.</summary>
    private double[] Head(double[][] x)
    {
        TransformerConfig t = Vision.Transformer;
        int width = t.Width;
        double[] query = Linear(p["vision.head.probe"], "vision.head.attn.qkv")[..width];
        double[][] all = [.. x.Select(row => Linear(row, "vision.head.attn.qkv"))];
        double[] y = Linear(
            Mix(query, [.. all.Select(row => (row[width..(2 * width)], row[(2 * width)..]))], Vision.PoolHeads), "vision.head.attn.out");
        double[] h = Linear(Norm(y, "vision.head.ln", t), "vision.head.mlp.fc");
        return Sum(y, Linear(
            Array.ConvertAll(h, v => ReferenceBlock.Activate(v, BlockShape.NonlinearityOf(t.Gelu))), "vision.head.mlp.proj"));
    }

    /// <summary>Yu et al. 2022: the first learnt query's answer.</summary>
    private double[] Pool(double[][] x)
    {
        TransformerConfig t = Vision.Transformer;
        int width = c.EmbeddingWidth;
        const string Pool = "vision.query_pool";
        double[] Part(int part) => p[$"{Pool}.qkv_bias"][(part * width)..((part + 1) * width)];
        double[] query = Sum(Linear(Norm(p[$"{Pool}.queries"][..width], $"{Pool}.ln_query", t), $"{Pool}.query"), Part(0));
        double[][] tokens = Norm(x, $"{Pool}.ln_key", t);
        return Linear(
            Mix(query, [.. tokens.Select(row => (Sum(Linear(row, $"{Pool}.key"), Part(1)), Sum(Linear(row, $"{Pool}.value"), Part(2))))],
                Vision.PoolHeads), $"{Pool}.out");
    }

    private double[][] Norm(double[][] x, string name, TransformerConfig t) => [.. x.Select(row => Norm(row, name, t))];

    private double[] Norm(double[] x, string name, TransformerConfig t) =>
        ReferenceBlock.Norm(x, p[$"{name}.weight"], p[$"{name}.bias"], t.LayerNormEps);

    /// <summary>A matrix with a bias, or without one.</summary>
    private double[] Linear(double[] x, string name)
    {
        double[] weight = p.TryGetValue($"{name}.weight", out double[]? found) ? found : p[name];
        return ReferenceBlock.Linear(
            x, weight, p.TryGetValue($"{name}.bias", out double[]? bias) ? bias : new double[weight.Length / x.Length]);
    }

    private static double[] Mean(double[][] rows) => [.. rows[0].Select((_, i) => rows.Average(row => row[i]))];

    private static double[] Sum(double[] a, double[] b) => [.. a.Zip(b, static (x, y) => x + y)];
}
