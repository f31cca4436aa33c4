using PureClip.Model;
using PureClip.Simd;

namespace PureClip.Tests.Model;

public class TowerTests
{
    private static readonly Tolerance SinglePrecision = Tolerance.OfOneOrLarger(1e-5,
        "single against double precision; PyTorch's own single precision is off by up to 4.8e-6");

    public static IEnumerable<object[]> Cases =>
        Tiers.With([["quick_gelu", GeluKind.Quick], ["gelu", GeluKind.Erf], ["gelu_pytorch_tanh", GeluKind.Tanh]]);

    public static IEnumerable<object[]> Towers => Tiers.With([["vision"], ["text"]]);

    [Theory, MemberData(nameof(Cases))]
    public void Pictures_go_through_the_vision_tower_as_through_the_reference(string tier, string activation, GeluKind gelu) =>
        CheckTower("vision", "ln_post", tier, activation, gelu);

    [Theory, MemberData(nameof(Cases))]
    public void Texts_go_through_the_text_tower_as_through_the_reference(string tier, string activation, GeluKind gelu) =>
        CheckTower("text", "ln_final", tier, activation, gelu);

    /// <summary>Hidden states at every layer, while the embedding keeps its bits.</summary>
    [Theory, MemberData(nameof(Towers))]
    public void Taps_see_the_states_of_the_reference_and_change_no_bit(string tier, string name)
    {
        using TinyTowers towers = new(Tiers.Of(tier), GeluKind.Quick);
        using Golden golden = Golden.Open("quick_gelu");
        float[] alone = Encode(towers, name, default);
        Dictionary<(Tap, int), float[]> seen = [];
        Taps all = new((_, _) => true, (tap, layer, state) => seen.Add((tap, layer), Matrices.ToArray(state)));
        TensorAssert.SameBits(alone, Encode(towers, name, new(Taps: all)), "with taps");
        TensorAssert.SameBits(alone, Encode(towers, name, new(Keeps: true)), "with buffers kept");

        TensorAssert.Equal(golden[name == "text" ? "text.embeddings" : "vision.ln_pre"], seen[(Tap.Embedded, 0)], SinglePrecision,
            "embedded");
        for (int layer = 0; layer < 2; layer++)
            TensorAssert.Equal(golden[$"{name}.blocks.{layer}.output"], seen[(Tap.Block, layer)], SinglePrecision, $"block {layer}");
        Assert.Equal(5, seen.Count);
    }

    /// <summary>What each token gives each token: positive, 1 in all, and nothing to what comes after it in a text.</summary>
    [Theory, MemberData(nameof(Towers))]
    public void Attention_weights_are_shares_of_what_a_token_may_see(string tier, string name)
    {
        using TinyTowers towers = new(Tiers.Of(tier), GeluKind.Quick);
        List<float[][]> seen = [];
        int heads = name == "text" ? 3 : 2;
        Taps attention = new((tap, _) => tap == Tap.Attention, (_, _, state) =>
            seen.Add([.. Enumerable.Range(0, state.Rows).Select(row => state.RowSpan(row).ToArray())]));
        using Pass pass = name == "text" ? towers.Texts(new(Taps: attention)) : towers.Pictures(new(Taps: attention));
        TowerOf(towers, name).Forward(pass);
        Assert.Equal(2, seen.Count);
        foreach (float[][] weights in seen)
            for (int sequence = 0; sequence < pass.Sequences; sequence++)
                for (int row = pass.Starts[sequence]; row < pass.Starts[sequence + 1]; row++)
                    for (int head = 0; head < heads; head++)
                    {
                        int tokens = pass.Starts[sequence + 1] - pass.Starts[sequence], position = row - pass.Starts[sequence];
                        int visible = name == "text" ? position + 1 : tokens;
                        float[] given = weights[row * heads + head];
                        Assert.All(given[..visible], weight => Assert.True(weight > 0));
                        Assert.All(given[visible..], weight => Assert.Equal(0, weight));
                        Assert.Equal(1, given.Sum(), 1e-5);
                    }
    }

    [Theory, MemberData(nameof(Towers))]
    public void Other_read_outs_are_made_of_the_same_tokens(string tier, string name)
    {
        using TinyTowers towers = new(Tiers.Of(tier), GeluKind.Quick);
        int[] starts;
        using (Pass pass = name == "text" ? towers.Texts() : towers.Pictures())
            starts = pass.Starts.ToArray();
        int width = TowerOf(towers, name).EmbeddingWidth;
        float[] every = Encode(towers, name, new(ReadOut.Every)), first = Encode(towers, name, new(ReadOut.First)),
            last = Encode(towers, name, new(ReadOut.Last));
        float[] mean = Encode(towers, name, new(ReadOut.Mean));
        for (int i = 0; i < starts.Length - 1; i++)
        {
            Span<float> Token(int row) => every.AsSpan(row * width, width);
            TensorAssert.SameBits(Token(starts[i]), first.AsSpan(i * width, width), "first");
            TensorAssert.SameBits(Token(starts[i + 1] - 1), last.AsSpan(i * width, width), "last");
            for (int j = 0; j < width; j++)
            {
                double expected = Enumerable.Range(starts[i], starts[i + 1] - starts[i]).Average(row => (double)every[row * width + j]);
                Assert.Equal(expected, mean[i * width + j], 1e-5); // a projection of the mean is the mean of the projections
            }
        }
    }

    /// <summary>What a pass takes is planned by counting it; the buffers of a block are shared by all blocks.</summary>
    [Fact]
    public void Memory_does_not_grow_with_depth_unless_it_is_kept()
    {
        static long Bytes(int layers, bool keeps)
        {
            using Towers towers = PureClip.Model.Towers.Of(
                new(512, new VisionTransformerConfig(new(768, layers, 12, 3072, GeluKind.Quick, 1e-5f), 224, 32), null));
            return sizeof(float) * Pass.Count(towers.Vision!, SimdTier.Active, 2, 100, new(Keeps: keeps)).Need.Floats;
        }

        Assert.Equal(Bytes(2, keeps: false), Bytes(12, keeps: false));
        Assert.True(Bytes(12, keeps: true) > 4 * Bytes(2, keeps: true));
        // Stream, one norm, the MLP's hidden numbers and partial sums: 1 + 1 + 4 + 1 widths a row.
        Assert.InRange(Bytes(12, keeps: false), 100 * 7 * 768 * sizeof(float), (long)(1.1 * 100 * 7 * 768 * sizeof(float)));
    }

    [Fact]
    public void A_pass_takes_no_more_than_it_was_made_for()
    {
        using TinyTowers towers = new(SimdTier.Active, GeluKind.Quick);
        using Pass pass = towers.Text.CreatePass(SimdTier.Active, towers.Pool, sequences: 2, rows: 20);
        pass.Begin();
        pass.Add(10);
        Assert.Throws<InvalidOperationException>(() => pass.Add(11));
        pass.Add(5);
        Assert.Throws<InvalidOperationException>(() => pass.Add(1));
    }

    private static Tower TowerOf(TinyTowers towers, string name) => name == "text" ? towers.Text : towers.Vision;

    private static float[] Encode(TinyTowers towers, string name, PassOptions options)
    {
        using Pass pass = name == "text" ? towers.Texts(options) : towers.Pictures(options);
        TowerOf(towers, name).Forward(pass);
        return Matrices.ToArray(pass.Embeddings);
    }

    private static void CheckTower(string name, string norm, string tier, string activation, GeluKind gelu)
    {
        using Golden golden = Golden.Open(activation);
        foreach (int threads in (int[])[1, 2])
        {
            using TinyTowers towers = new(Tiers.Of(tier), gelu, threads);
            using Pass pass = name == "text" ? towers.Texts(new(Keeps: true)) : towers.Pictures(new(Keeps: true));
            TowerOf(towers, name).Forward(pass);
            TensorAssert.Equal(golden[$"{name}.{norm}"], Matrices.ToArray(pass.Kept(norm)[0]), SinglePrecision, norm);
            TensorAssert.Equal(golden[$"{name}.projection"], Matrices.ToArray(pass.Embeddings), SinglePrecision, "projection");
        }
    }
}
