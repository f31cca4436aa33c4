namespace PureClip.Tests.Checkpoints;

/// <summary>Copies of a model share a fingerprint, other models have another.</summary>
public sealed class ModelFingerprintTests
{
    [Fact]
    public void Every_layout_of_a_model_has_the_same_fingerprint()
    {
        using TinyModel huggingFace = TinyModel.HuggingFace(), openClip = TinyModel.OpenClip(),
            customText = TinyModel.OpenClip(customText: true);
        string expected = Fingerprint(huggingFace);
        Assert.Matches("^[0-9a-f]{32}$", expected);
        Assert.Equal(expected, Fingerprint(openClip));
        Assert.Equal(expected, Fingerprint(customText));
    }

    /// <summary>Indexes and packed files keep it: another one for the same model would orphan all that exist.</summary>
    [Fact]
    public void A_fingerprint_stays_what_it_was()
    {
        using TinyModel model = TinyModel.HuggingFace();
        Assert.Equal("a227f528ccc111a49fe655b11f7fc994", Fingerprint(model));
    }

    [Fact]
    public void The_architecture_counts()
    {
        using TinyModel quick = TinyModel.HuggingFace("quick_gelu"), erf = TinyModel.HuggingFace("gelu");
        Assert.NotEqual(Fingerprint(quick), Fingerprint(erf));
    }

    [Theory]
    [InlineData("vision_model.encoder.layers.1.self_attn.k_proj.bias", 1)]
    [InlineData("text_model.final_layer_norm.weight", 1)]
    [InlineData("text_model.encoder.layers.0.mlp.fc1.weight", int.MaxValue)]
    [InlineData("visual_projection.weight", int.MaxValue)]
    public void Training_changes_it(string tensor, int elements)
    {
        using TinyModel before = TinyModel.HuggingFace(), after = TinyModel.HuggingFace();
        float[] numbers = after.Tensors[tensor].Numbers;
        for (int i = 0; i < Math.Min(elements, numbers.Length); i++)
            numbers[i] += 1e-3f;
        Assert.NotEqual(Fingerprint(before), Fingerprint(after));
    }

    private static string Fingerprint(TinyModel model)
    {
        using Clip clip = model.Load();
        return clip.Fingerprint;
    }
}
