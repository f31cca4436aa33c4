using PureClip.Model;
using PureClip.Simd;

namespace PureClip.Tests.Model;

public class TransformerTests
{
    private static readonly Tolerance SinglePrecision = Tolerance.OfOneOrLarger(1e-5, "single against double precision; PyTorch's own single precision is off by up to 4.8e-6");

    public static IEnumerable<object[]> Cases => Tiers.With([["quick_gelu", GeluKind.Quick], ["gelu", GeluKind.Erf], ["gelu_pytorch_tanh", GeluKind.Tanh]]);

    [Theory, MemberData(nameof(Cases))]
    public void Pictures_go_through_the_vision_tower_as_through_the_reference(string tier, string activation, GeluKind gelu) =>
        Tiers.Run(tier, (Action<string, GeluKind>)CheckVision<F32x1>, activation, gelu);

    [Theory, MemberData(nameof(Cases))]
    public void Texts_go_through_the_text_tower_as_through_the_reference(string tier, string activation, GeluKind gelu) =>
        Tiers.Run(tier, (Action<string, GeluKind>)CheckText<F32x1>, activation, gelu);

    private static void CheckVision<V>(string activation, GeluKind gelu)
        where V : unmanaged, ISimd<V>
    {
        using Golden inputs = Golden.Open("quick_gelu"), golden = Golden.Open(activation);
        foreach (int threads in (int[])[1, 2])
        {
            using TinyTowers<V> towers = new(gelu, threads);
            using Pass a = towers.VisionWorkspace();
            VisionTransformer tower = new(towers.Config.Vision!, towers.Config.EmbeddingWidth);
            tower.Use(towers.Vision);
            a.Begin();
            foreach (float[] pixels in inputs["input.pixels"].Chunk(tower.PixelsPerPicture))
                tower.Add(pixels, a);
            tower.Forward(a);
            TensorAssert.Equal(golden["vision.ln_post"], Matrices.ToArray(a.PooledY), SinglePrecision, "ln_post");
            TensorAssert.Equal(golden["vision.projection"], Matrices.ToArray(a.Embeddings), SinglePrecision, "projection");
        }
    }

    private static void CheckText<V>(string activation, GeluKind gelu)
        where V : unmanaged, ISimd<V>
    {
        using Golden inputs = Golden.Open("quick_gelu"), golden = Golden.Open(activation);
        int[] ids = inputs.Integers("input.ids");
        foreach (int threads in (int[])[1, 2])
        {
            using TinyTowers<V> towers = new(gelu, threads);
            using Pass a = towers.TextWorkspace();
            TextTransformer tower = new(towers.Config.Text!, towers.Config.EmbeddingWidth);
            tower.Use(towers.Text);
            a.Begin();
            int first = 0;
            foreach (int length in inputs.Integers("input.lengths"))
            {
                tower.Add(ids.AsSpan(first, length), a);
                first += length;
            }
            tower.Forward(a);
            TensorAssert.Equal(golden["text.ln_final"], Matrices.ToArray(a.PooledY), SinglePrecision, "ln_final");
            TensorAssert.Equal(golden["text.projection"], Matrices.ToArray(a.Embeddings), SinglePrecision, "projection");
        }
    }
}
