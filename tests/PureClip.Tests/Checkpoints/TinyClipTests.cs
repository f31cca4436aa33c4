namespace PureClip.Tests.Checkpoints;

/// <summary>
/// TinyCLIP's own files: OpenAI's names, with a wrapper around each half and the scale, and perhaps another inside or outside of that
/// (Cream, TinyCLIP/src/open_clip/model.py).
/// </summary>
public sealed class TinyClipTests
{
    private const string Vision = "_image_encoder.", Text = "_text_encoder.", Scale = "_logit_scale.", Module = "module.";

    [Theory]
    [InlineData("", "")]
    [InlineData("", Module)]
    [InlineData(Module, "")]
    [InlineData(Module, Module)]
    public void Wrapped_halves_give_the_bits_of_the_plain_file(string before, string inside)
    {
        using TinyModel plain = TinyModel.OpenClip(), wrapped = Wrap(before, inside);
        using Clip a = plain.Load(), b = wrapped.Load();
        Assert.Equal(a.EncodeText("a red bird"), b.EncodeText("a red bird"));
        Assert.Equal(a.LogitScale, b.LogitScale);
        float[] pixels = Matrices.Random(a.Preprocessor!.OutputLength, 7, 1f), one = new float[a.EmbeddingWidth], other = new float[a.EmbeddingWidth];
        a.EncodePixels(pixels, 1, one);
        b.EncodePixels(pixels, 1, other);
        Assert.Equal(one, other);
    }

    /// <summary>The wrong twin: what is no wrapper is not taken off, and the tensor behind it is missed by its name.</summary>
    [Theory]
    [InlineData(Vision + Module + "visual.proj", "_image_decoder.module.visual.proj", "visual.proj")]
    [InlineData(Text + Module + "text_projection", "_text_encoder.modules.text_projection", "text_projection")]
    [InlineData(Text + Module + "transformer.resblocks.1.ln_2.bias", "_text_encoders.transformer.resblocks.1.ln_2.bias", "transformer.resblocks.1.ln_2.bias")]
    public void Another_word_in_the_wrappers_place_is_none(string name, string twin, string missing)
    {
        using TinyModel model = Wrap("", Module);
        Assert.True(model.Tensors.Remove(name, out TinyModel.Tensor? tensor));
        model.Tensors.Add(twin, tensor);
        Assert.Contains(missing, Assert.Throws<InvalidDataException>(() => model.Load()).Message);
    }

    /// <summary>Their heads and widths were pruned otherwise in each block.</summary>
    [Theory]
    [InlineData("image_encoder_without_ddp.visual.conv1.weight")]
    [InlineData("module.text_encoder_without_ddp.transformer.resblocks.0.ln_1.weight")]
    public void Those_of_an_automatic_compression_are_refused_by_name(string name)
    {
        using TinyModel model = TinyModel.OpenClip().Add(name, 8);
        string message = Assert.Throws<InvalidDataException>(() => model.Load()).Message;
        Assert.Contains("TinyCLIP", message);
        Assert.Contains(name, message);
        Assert.Contains("\"auto\"", message);
    }

    private static TinyModel Wrap(string before, string inside)
    {
        TinyModel model = TinyModel.OpenClip();
        foreach ((string name, TinyModel.Tensor tensor) in model.Tensors.ToArray())
        {
            string half = name.StartsWith("visual.", StringComparison.Ordinal) ? Vision : name == "logit_scale" ? Scale : Text;
            model.Tensors.Remove(name);
            model.Tensors.Add(before + half + inside + name, tensor);
        }
        return model;
    }
}
