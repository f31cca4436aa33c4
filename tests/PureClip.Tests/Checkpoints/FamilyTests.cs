namespace PureClip.Tests.Checkpoints;

/// <summary>
/// Every transformer family in the layouts in which it is published: tiny models with random weights, and the embeddings that the reference
/// code gives in double precision.
/// </summary>
public sealed class FamilyTests
{
    [FixtureTheory("families")]
    [InlineData("siglip-hf")]
    [InlineData("siglip-openclip")]
    [InlineData("siglip2-hf")]
    [InlineData("siglip2-openclip")]
    [InlineData("eva02-openclip")]
    [InlineData("eva02e-openclip")]
    [InlineData("pe-openclip")]
    [InlineData("coca-openclip")]
    [InlineData("clipa-openclip")]
    public void Embeddings_are_the_reference_codes(string family)
    {
        using FamilyFixture fixture = new(Fixtures.PathOf($"families/{family}"), Fixtures.PathOf("checkpoints/tiny/inputs"));
        float images = fixture.Images(), texts = fixture.Texts();
        Assert.True(images <= fixture.Tolerance && texts <= fixture.Tolerance, $"pictures {images}, texts {texts}");
    }
}
