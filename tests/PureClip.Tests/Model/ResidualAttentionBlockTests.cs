using PureClip.Memory;
using PureClip.Model;
using PureClip.Simd;

namespace PureClip.Tests.Model;

public class ResidualAttentionBlockTests
{
    private static readonly Tolerance SinglePrecision = Tolerance.OfOneOrLarger(1e-5, "single against double precision; PyTorch's own single precision is off by up to 4.8e-6");

    public static IEnumerable<object[]> Cases => Tiers.With([["vision", 0], ["vision", 1], ["text", 0], ["text", 1]]);

    [Theory, MemberData(nameof(Cases))]
    public void Every_intermediate_of_a_block_equals_the_reference(string tier, string tower, int block) =>
        Tiers.Run(tier, (Action<string, int>)Check<F32x1>, tower, block);

    private static void Check<V>(string tower, int index)
        where V : unmanaged, ISimd<V>
    {
        using TinyTowers<V> towers = new(GeluKind.Quick);
        using Golden golden = Golden.Open("quick_gelu");
        bool isText = tower == "text";
        TransformerConfig config = isText ? towers.Config.Text!.Transformer : towers.Config.Vision!.Transformer;
        BlockWeights weights = (isText ? towers.Text.Blocks : towers.Vision.Blocks)[index];
        using Pass a = isText ? towers.TextWorkspace() : towers.VisionWorkspace();
        a.Begin();
        foreach (int tokens in isText ? golden.Integers("input.lengths") : [towers.Config.Vision!.Tokens, towers.Config.Vision.Tokens])
            a.Add(tokens);
        float[] input = golden[index > 0 ? $"{tower}.blocks.{index - 1}.output" : isText ? "text.embeddings" : "vision.ln_pre"];
        string name = $"{tower}.blocks.{index}";

        // Step by step, as far as the steps overwrite one another's buffers ...
        Matrices.Fill(a.X, input);
        a.Compute.LayerNorm(a.X, weights.Ln1, a.Y);
        TensorAssert.Equal(golden[name + ".ln_1"], Matrices.ToArray(a.Y), SinglePrecision, "ln_1");
        a.Compute.Linear(a.Y, weights.Qkv, 0..3, a.Qkv);
        TensorAssert.Equal(golden[name + ".qkv"], Interleave(a.Query, a.Key, a.Value), SinglePrecision, "qkv");
        a.Compute.Attention(a.Query, a.Key, a.Value, a.Starts.AsSpan(0, a.Sequences + 1), config.Heads, isText, onePerSequence: false, a.Y);
        TensorAssert.Equal(golden[name + ".attention"], Matrices.ToArray(a.Y), SinglePrecision, "attention");

        // ... and the block itself, with what it leaves behind.
        Matrices.Fill(a.X, input);
        new ResidualAttentionBlock(config, weights).Forward(a, isText);
        TensorAssert.Equal(golden[name + ".ln_2"], Matrices.ToArray(a.Y), SinglePrecision, "ln_2");
        TensorAssert.Equal(golden[name + ".mlp_hidden"], Matrices.ToArray(a.Hidden), SinglePrecision, "mlp_hidden");
        TensorAssert.Equal(golden[name + ".output"], Matrices.ToArray(a.X), SinglePrecision, "output");

        CheckPooled(a, config, weights, input, isText);
    }

    /// <summary>The last block computes only the rows that are read: they have the bits that the whole block gives them.</summary>
    private static void CheckPooled(Pass a, TransformerConfig config, BlockWeights weights, float[] input, bool readLast)
    {
        float[][] expected = [.. Enumerable.Range(0, a.Sequences).Select(i => a.X.RowSpan(readLast ? a.Starts[i + 1] - 1 : a.Starts[i]).ToArray())];
        Matrices.Fill(a.X, input);
        new ResidualAttentionBlock(config, weights).ForwardPooled(a, readLast);
        for (int i = 0; i < expected.Length; i++)
            TensorAssert.SameBits(expected[i], a.PooledX.RowSpan(i), $"sequence {i}");
    }

    private static float[] Interleave(params MatrixView[] parts) =>
        [.. Enumerable.Range(0, parts[0].Rows).SelectMany(row => parts.SelectMany(part => part.RowSpan(row).ToArray()))];
}
