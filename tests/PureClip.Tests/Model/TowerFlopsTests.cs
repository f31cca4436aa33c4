using PureClip.Model;

namespace PureClip.Tests.Model;

public sealed class TowerFlopsTests
{
    private static readonly TransformerConfig Small = new(Width: 4, Layers: 2, Heads: 2, MlpWidth: 16, GeluKind.Quick, 1e-5f);

    [Fact]
    public void A_picture_counts_every_product_once()
    {
        // 2 patches a side of 3 pixels: 4 patches and the class token
        double embedding = 2.0 * 4 * 27 * 4;
        double block = 2.0 * 5 * 4 * 12 + 2 * 2.0 * 5 * 5 * 4 + 2.0 * 5 * 4 * 4 + 2 * 2.0 * 5 * 4 * 16;
        double last = 2.0 * 5 * 4 * 8 + 2.0 * 4 * 4 + 2 * 2.0 * 5 * 4 + 2.0 * 4 * 4 + 2 * 2.0 * 4 * 16;
        Assert.Equal(embedding + block + last + 2.0 * 4 * 3, OfPicture(new(Small, ImageSize: 6, PatchSize: 3), embeddingWidth: 3));
    }

    [Fact]
    public void A_text_looks_back_only()
    {
        double block = 2.0 * 3 * 4 * 12 + 2 * 2.0 * 6 * 4 + 2.0 * 3 * 4 * 4 + 2 * 2.0 * 3 * 4 * 16; // 1 + 2 + 3 pairs
        double last = 2.0 * 3 * 4 * 8 + 2.0 * 4 * 4 + 2 * 2.0 * 3 * 4 + 2.0 * 4 * 4 + 2 * 2.0 * 4 * 16;
        Assert.Equal(block + last + 2.0 * 4 * 3, OfText(new(Small, ContextLength: 8, VocabularySize: 100), embeddingWidth: 3, tokens: 3));
    }

    [Fact]
    public void ViT_B_32_takes_the_known_number_of_operations()
    {
        TransformerConfig base32 = new(768, 12, 12, 3072, GeluKind.Quick, 1e-5f);
        double flops = OfPicture(new(base32, 224, 32), 512);
        Assert.InRange(flops, 8.0e9, 8.8e9); // 4.4 G multiply-adds for all tokens of all blocks; the last block is mostly left out
    }

    private static double OfPicture(VisionTransformerConfig config, int embeddingWidth)
    {
        using VisionTransformer tower = new(config, embeddingWidth);
        return tower.Flops(tower.RowsPerPicture);
    }

    private static double OfText(TextConfig config, int embeddingWidth, int tokens)
    {
        using TextTransformer tower = new(config, embeddingWidth);
        return tower.Flops(tokens);
    }
}
