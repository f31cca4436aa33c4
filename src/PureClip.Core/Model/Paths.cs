using System.Numerics.Tensors;
using PureClip.Memory;

namespace PureClip.Model;

/// <summary>
/// What of a picture made its embedding: other ways through the tower than the one that is computed, gone beside it. For a pass of one
/// sequence that reads every token, the first of which is the class token; nothing is there of it where nobody asks.
/// </summary>
/// <param name="layers">Blocks of the tower.</param>
/// <param name="depth">Blocks at the end in which the second stream of CLIP Surgery runs.</param>
internal sealed class Paths(int layers, int depth)
{
    private MatrixView _mixture, _added, _values, _second;

    /// <summary>
    /// [layers, tokens, embedding width]: what each token adds to the embedding through the attention of each block.
    /// </summary>
    /// <remarks>
    /// Gandelsman, Efros and Steinhardt 2023, "Interpreting CLIP's Image Representation via Text-Based Decomposition", 3. Through the final
    /// norm with the class token's own mean and deviation, in which it is linear: summed over tokens, with what MLPs, biases and the
    /// beginning add, it is the embedding.
    /// </remarks>
    public float[] Decomposition { get; private set; } = [];

    /// <summary>[tokens, embedding width]: each token's value in the last block instead of the token.</summary>
    /// <remarks>Zhou, Loy and Dai 2021, "Extract Free Dense Labels from CLIP" (MaskCLIP), without residual and MLP.</remarks>
    public float[] ValuePath { get; private set; } = [];

    /// <summary>[tokens, embedding width]: a second stream whose attention compares values; the class token is the first stream's.</summary>
    /// <remarks>Li et al. 2023, "CLIP Surgery for Better Explainability".</remarks>
    public float[] Surgery { get; private set; } = [];

    private int First => Math.Max(0, layers - depth);

    /// <summary>Takes memory before the first block.</summary>
    /// <param name="p">The pass.</param>
    /// <param name="width">Of a token.</param>
    public void Begin(Pass p, int width)
    {
        _mixture = p.Take("paths.mixture", p.Rows + 1, width);
        _added = p.Take("paths.added", layers * (p.Rows + 1), width);
        _values = p.Take("paths.values", p.Rows, width);
        _second = p.Take("paths.second", p.Rows, width);
    }

    /// <summary>The stream before a block: [tokens, width].</summary>
    public void Enter(Pass p, int layer, MatrixView x)
    {
        if (layer == First)
            p.Compute.Copy(x, _second);
    }

    /// <summary>What is inside a block's attention.</summary>
    /// <param name="p">The pass.</param>
    /// <param name="layer">Which block.</param>
    /// <param name="weights">[tokens · heads, longest sequence]: what each gives each.</param>
    /// <param name="value">[tokens, width]</param>
    /// <param name="heads">Heads.</param>
    /// <param name="output">What the heads' mixtures go through.</param>
    public void See(Pass p, int layer, MatrixView weights, MatrixView value, int heads, Linear output)
    {
        int tokens = value.Rows;
        MatrixView added = _added.Range(layer * (tokens + 1), tokens + 1);
        if (p.Compute.IsReal)
            Weigh(weights, value, heads);
        output.Run(p, _mixture, added);
        for (int token = 0; token < tokens && p.Compute.IsReal; token++) // the row of zeros has become the bias
            TensorPrimitives.Subtract(added.RowSpan(token), added.RowSpan(tokens), added.RowSpan(token));
        if (layer == layers - 1)
            output.Run(p, value, _values);
        if (layer < First)
            return;
        MatrixView mixed = _mixture.Top(tokens);
        p.Compute.Attention(value, value, value, p.Starts, heads, causal: false, onePerSequence: false, mixed);
        output.AddTo(p, mixed, _second);
    }

    /// <summary>From the last block's streams to embeddings.</summary>
    /// <param name="p">The pass.</param>
    /// <param name="x">[tokens, width]: the stream after the last block.</param>
    /// <param name="norm">The final norm.</param>
    /// <param name="projection">[width, embedding width], without a bias; null for none.</param>
    /// <param name="embeddingWidth">Numbers of an embedding.</param>
    public void Finish(Pass p, MatrixView x, Norm norm, Linear? projection, int embeddingWidth)
    {
        int tokens = x.Rows;
        MatrixView projected = p.Take("paths.projected", tokens, embeddingWidth);
        float[] Project(MatrixView from)
        {
            if (projection is null)
                p.Compute.Copy(from, projected);
            else
                projection.Run(p, from, projected);
            float[] result = p.Compute.IsReal ? new float[tokens * embeddingWidth] : [];
            for (int token = 0; token < tokens && p.Compute.IsReal; token++)
                projected.RowSpan(token).CopyTo(result.AsSpan(token * embeddingWidth));
            return result;
        }

        float[][] parts = new float[layers][];
        for (int layer = 0; layer < layers; layer++)
        {
            MatrixView added = _added.Range(layer * (tokens + 1), tokens);
            if (p.Compute.IsReal)
                Rescale(added, x.RowSpan(0), norm);
            parts[layer] = Project(added);
        }
        Decomposition = [.. parts.SelectMany(static part => part)];
        norm.Run(p, _values, _values);
        ValuePath = Project(_values);
        p.Compute.Copy(x.Top(1), _second.Top(1));
        norm.Run(p, _second, _second);
        Surgery = Project(_second);
    }

    /// <summary>What the class token takes of each token, the heads beside one another; zeros behind.</summary>
    private void Weigh(MatrixView weights, MatrixView value, int heads)
    {
        int width = value.Columns / heads;
        for (int token = 0; token < value.Rows; token++)
            for (int head = 0; head < heads; head++)
                TensorPrimitives.Multiply(
                    value.RowSpan(token).Slice(head * width, width), weights.RowSpan(head)[token],
                    _mixture.RowSpan(token).Slice(head * width, width));
        _mixture.RowSpan(value.Rows).Clear();
    }

    /// <summary>The final norm of the class token, of parts of it: (part − its mean) / deviation of the whole · weight.</summary>
    private static void Rescale(MatrixView parts, ReadOnlySpan<float> whole, Norm norm)
    {
        double mean = 0, variance = 0;
        foreach (float number in whole)
            mean += number;
        mean /= whole.Length;
        foreach (float number in whole)
            variance += (number - mean) * (number - mean);
        float factor = (float)(1 / Math.Sqrt(variance / whole.Length + norm.Eps));
        for (int row = 0; row < parts.Rows; row++)
        {
            Span<float> part = parts.RowSpan(row);
            TensorPrimitives.Subtract(part, TensorPrimitives.Sum<float>(part) / part.Length, part);
            TensorPrimitives.Multiply(part, norm.Weight, part);
            TensorPrimitives.Multiply(part, factor, part);
        }
    }
}
