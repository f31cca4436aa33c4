using PureClip.Model;

namespace PureClip.Tests.Model;

public class ClipConfigTests
{
    private static readonly TransformerConfig Blocks = new(Width: 64, Layers: 2, Heads: 2, MlpWidth: 256, GeluKind.Quick, 1e-5f);
    private static readonly VisionTransformerConfig Vision = new VisionTransformerConfig(Blocks, 224, 32);
    private static readonly ClipConfig Good = new(32, Vision, new(Blocks, 77, 49_408));

    [Fact]
    public void Derived_sizes_follow_from_the_given_ones()
    {
        Good.Validate();
        Assert.Equal(32, Vision.Transformer.HeadWidth);
        Assert.Equal(7, Vision.Grid);
        Assert.Equal(50, Vision.Tokens);
    }

    [Fact]
    public void A_size_out_of_range_is_named_with_its_range()
    {
        void Refused(ClipConfig config, string part) => Assert.Contains(part, Assert.Throws<ArgumentException>(config.Validate).Message);
        Refused(Good with { EmbeddingWidth = 0 }, "embedding width is 0");
        Refused(Good with { Vision = null, Text = null }, "neither");
        Refused(Good with { Vision = new VisionTransformerConfig(Blocks with { Heads = 3 }, 224, 32) }, "not a multiple of its 3 heads");
        Refused(Good with { Vision = new VisionTransformerConfig(Blocks with { Layers = 0 }, 224, 32) }, "vision layers is 0");
        Refused(Good with { Vision = new VisionTransformerConfig(Blocks, 224, 225) }, "patch size is 225; it must be from 1 to 224");
        Refused(Good with { Vision = new VisionTransformerConfig(Blocks, 100_000, 32) }, "image size");
        Refused(Good with { Text = new(Blocks, 1, 49_408) }, "context length");
        Refused(Good with { Vision = Vision with { ImageSize = 4096, PatchSize = 1 } },
            "number of vision tokens (4096 x 4096 patches and a class token) is 16777217; it must be from 1 to 65536");
        Refused(Good with { Text = new(Blocks with { Width = 16_384, Heads = 1 }, 65_536, 49_408) },
            "The text tower has 65536 tokens (its context length) of 16384 numbers, 1073741824 together; at most 67108864 are supported.");
        Refused(Good with { Text = new(Blocks with { LayerNormEps = float.NaN }, 77, 49_408) }, "eps");
    }

    [Theory]
    [InlineData(null, new[] { 5, 9, 3 }, 2)] // the largest id
    [InlineData(null, new[] { 5, 9, 9, 3 }, 2)] // its first occurrence
    [InlineData(3, new[] { 5, 9, 3, 3 }, 3)]
    [InlineData(7, new[] { 5, 9, 3 }, 1)] // not there: position 0, as in the reference
    public void A_text_is_read_at_its_largest_id_or_at_the_first_end_token(int? endOfText, int[] ids, int length) =>
        Assert.Equal(length, (Good.Text! with { EndOfTextId = endOfText }).LengthToPool(ids));
}
