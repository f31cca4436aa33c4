using PureClip.Convert.Tests.Support;

namespace PureClip.Convert.Tests;

public sealed class SourceDirectoryTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("HuggingFace", "model.safetensors", "config.json", "model.safetensors", "pytorch_model.bin", "open_clip_config.json", "open_clip_model.safetensors")]
    [InlineData("HuggingFace", "model.safetensors.index.json", "config.json", "model.safetensors.index.json", "pytorch_model.bin")]
    [InlineData("HuggingFace", "pytorch_model.bin", "config.json", "pytorch_model.bin", "onnx/model.onnx")]
    [InlineData("HuggingFace", "model.fp16.safetensors", "config.json", "model.fp16.safetensors")]
    [InlineData("OpenClip", "open_clip_pytorch_model.bin", "open_clip_config.json", "open_clip_pytorch_model.bin", "pytorch_model.bin")]
    [InlineData("OpenClip", "open_clip_pytorch_model.bin", "config.json", "open_clip_pytorch_model.bin")]
    [InlineData("Onnx", "onnx/model.onnx", "config.json", "onnx/model.onnx", "onnx/model_fp16.onnx", "onnx/text_model.onnx")]
    [InlineData("Onnx", "text_model.onnx vision_model.onnx", "config.json", "text_model.onnx", "vision_model.onnx", "model_quantized.onnx")]
    [InlineData("Onnx", "vision_model.onnx", "vision_model.onnx")]
    public void Weights_are_chosen_by_the_programs_own_order(string layout, string expected, params string[] files)
    {
        foreach (string file in files)
            _directory.Write(file, file == "config.json" ? """{"model_type":"clip"}"""u8.ToArray() : [0]);
        SourceDirectory found = SourceDirectory.Find(_directory.Root);
        string[] names = [.. found.WeightFiles.Select(f => Path.GetRelativePath(_directory.Root, f).Replace('\\', '/'))];
        Assert.Equal((layout, expected), (found.Layout.ToString(), string.Join(' ', names)));
    }

    [Fact]
    public void A_directory_without_weights_is_refused_with_what_is_looked_for() =>
        Assert.Contains("model.safetensors", Assert.Throws<InvalidDataException>(() => SourceDirectory.Find(_directory.Root)).Message);
}
