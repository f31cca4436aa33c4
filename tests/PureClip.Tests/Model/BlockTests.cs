using PureClip.Memory;
using PureClip.Model;

namespace PureClip.Tests.Model;

public class BlockTests
{
    private static readonly Tolerance SinglePrecision = Tolerance.OfOneOrLarger(1e-5,
        "single against double precision; PyTorch's own single precision is off by up to 4.8e-6");

    public static IEnumerable<object[]> Cases => Tiers.With([["vision"], ["text"]]);

    /// <summary>A pass that keeps its buffers and reads every token shows what is in them, by their names.</summary>
    [Theory, MemberData(nameof(Cases))]
    public void Every_intermediate_of_a_block_equals_the_reference(string tier, string tower)
    {
        using TinyTowers towers = new(Tiers.Of(tier), GeluKind.Quick);
        using Golden golden = Golden.Open("quick_gelu");
        PassOptions keeping = new(ReadOut.Every, Keeps: true);
        using Pass pass = tower == "text" ? towers.Texts(keeping) : towers.Pictures(keeping);
        (tower == "text" ? (Tower)towers.Text : towers.Vision).Forward(pass);
        int width = tower == "text" ? towers.Config.Text!.Transformer.Width : 32;
        for (int block = 0; block < 2; block++)
        {
            string name = $"{tower}.blocks.{block}";
            void Check(string step, MatrixView actual) =>
                TensorAssert.Equal(golden[$"{name}.{step}"], Matrices.ToArray(actual), SinglePrecision, $"{name}.{step}");
            Check("ln_1", pass.Kept("ln_1")[block]);
            TensorAssert.Equal(golden[name + ".qkv"], Parts(pass.Kept("qkv")[block], width), SinglePrecision, name + ".qkv");
            Check("attention", pass.Kept("attention")[block]);
            Check("ln_2", pass.Kept("ln_2")[block]);
            Check("mlp_hidden", pass.Kept("mlp.hidden")[block]);
        }
        // The stream itself is overwritten by every block but the last.
        TensorAssert.Equal(golden[$"{tower}.blocks.1.output"], Matrices.ToArray(pass.Stream.Top(pass.Rows)), SinglePrecision, "output");
    }

    /// <summary>Query, key and value of each row, without the columns that round them up to panels.</summary>
    private static float[] Parts(MatrixView qkv, int width) =>
        [.. Enumerable.Range(0, qkv.Rows)
            .SelectMany(row => Enumerable.Range(0, 3)
            .SelectMany(part => qkv.ColumnRange(part * qkv.Columns / 3, width).RowSpan(row).ToArray()))];
}
