using PureClip.Model;

namespace PureClip.Tests;

/// <summary>Pictures of another size than the model's own.</summary>
public sealed class ImageSizeTests
{
    private static readonly string Model = TestData.PathOf("families/siglip-hf"), Cat = TestData.PathOf("families/inputs/f_rgb.png");

    [Fact]
    public void The_models_own_size_changes_nothing()
    {
        using Clip clip = Clip.Load(Model), same = Clip.Load(Model, new() { ImageSize = 36 });
        Assert.Equal(clip.EncodeImage(Cat), same.EncodeImage(Cat));
        Assert.Equal(clip.Space, same.Space);
    }

    [Fact]
    public void Another_size_gives_more_tokens_and_a_rule_of_its_own_in_the_space()
    {
        using Clip clip = Clip.Load(Model), large = Clip.Load(Model, new() { ImageSize = 80 });
        Assert.Equal(100, large.Config.Vision!.Tokens);
        Assert.Equal(3 * 80 * 80, large.Preprocessor!.OutputLength);
        Assert.Equal(clip.Fingerprint, large.Fingerprint);
        Assert.EndsWith(", size=80", large.Space.PictureRules);
        Assert.False(clip.Space.Fits(large.Space, VectorKinds.Pictures));
        Assert.True(clip.Space.Fits(large.Space, VectorKinds.Texts));
        float cosine = Similarity.Cosine(clip.EncodeImage(Cat), large.EncodeImage(Cat));
        Assert.InRange(cosine, 0.3f, 0.9999f); // the same picture, seen otherwise
        Assert.Contains(ModelInspection.Of(Model, 80).Architecture, fact =>
            fact.Key == "vision_positions" && fact.Value.ToString() == "interpolated from 4 x 4 to 10 x 10 patches (Bicubic); trained at 36 pixels");
    }

    [Fact]
    public void Positions_of_the_larger_grid_are_those_of_the_rule()
    {
        VisionTransformerConfig small = new(new(4, 1, 1, 4, GeluKind.Erf, 1e-5f), 32, 16);
        VisionTransformerConfig large = small with { ImageSize = 48, TrainedImageSize = 32 };
        float[] table = Matrices.Random((1 + 4) * 4, 1), expected = new float[9 * 4];
        float[] resized = PositionTable.Resize(table, large);
        PositionTable.Resize(table.AsSpan(4), 2, 2, PositionRule.BicubicAntialiased, 3, 3, expected);
        Assert.Equal(table.AsSpan(0, 4), resized.AsSpan(0, 4));
        Assert.Equal(expected, resized[4..]);
    }

    [Theory]
    [InlineData(7, "a patch has 8")]
    [InlineData(0, "ImageSize is 0; it must be from 1 to 4096")]
    [InlineData(5000, "ImageSize is 5000")]
    public void What_cannot_be_is_refused(int size, string message) =>
        Assert.Contains(message, Assert.Throws<ArgumentException>(() => Clip.Load(Model, new() { ImageSize = size })).Message);
}
