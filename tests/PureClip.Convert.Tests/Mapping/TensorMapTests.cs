using PureClip.Convert.Tests.Support;

namespace PureClip.Convert.Tests.Mapping;

public sealed class TensorMapTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void One_error_lists_missing_and_unknown_tensors()
    {
        string error = Refusal(tensors =>
        {
            tensors.Remove("vision_model.encoder.layers.2.mlp.fc1.weight");
            tensors.Remove("text_model.final_layer_norm.bias");
            tensors["vision_model.extra"] = ([1], [0, 0]);
        });
        Assert.Contains("2 missing tensors (HuggingFace names):", error);
        Assert.Contains("vision_model.encoder.layers.2.mlp.fc1.weight", error);
        Assert.Contains("1 tensors that this model does not have: \"vision_model.extra\" [1]", error);
    }

    [Fact]
    public void A_tensor_of_another_shape_is_named_with_both_shapes() => Assert.Contains(
        "vision_model.post_layernorm.bias: expected [192] by the configuration, found [191]",
        Refusal(static tensors => tensors["vision_model.post_layernorm.bias"] = ([191], new byte[382])));

    [Theory]
    [InlineData("visual.trunk.patch_embed.proj.weight", "timm")]
    [InlineData("vision_model.head.probe", "SigLIP")]
    [InlineData("text_decoder.text_projection", "CoCa")]
    [InlineData("bert.embeddings.word_embeddings.weight", "Chinese-CLIP")]
    public void Relatives_are_recognised_by_name(string tensor, string says) =>
        Assert.Contains(says, Refusal(tensors => tensors[tensor] = ([1], [0, 0])));

    [Fact]
    public void What_carries_nothing_is_ignored_by_name()
    {
        string input = Write(static tensors => tensors["text_model.embeddings.position_ids"] = ([1], [0, 0]));
        string report = Converter.Convert(input, Path.Combine(_directory.Root, "model"), "--vocab", MiniModel.Path);
        Assert.Contains("1 ignored", report);
        Assert.Contains("ignored     text_model.embeddings.position_ids: carries nothing", report);
    }

    private string Refusal(Action<Dictionary<string, (long[] Shape, byte[] Bytes)>> change)
    {
        (int exitCode, _, string error) = Converter.Run(Write(change), Path.Combine(_directory.Root, "model"), "--vocab", MiniModel.Path);
        Assert.Equal(1, exitCode);
        return error;
    }

    private string Write(Action<Dictionary<string, (long[] Shape, byte[] Bytes)>> change)
    {
        Dictionary<string, (long[] Shape, byte[] Bytes)> tensors = MiniModel.Tensors();
        change(tensors);
        SafetensorsBuilder file = new();
        foreach ((string name, (long[] shape, byte[] bytes)) in tensors)
            file.Add(name, "F16", shape, bytes);
        return _directory.Write("clip.safetensors", file.Build());
    }
}
