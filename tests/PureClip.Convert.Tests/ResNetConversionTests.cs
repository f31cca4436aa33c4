using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using PureClip.Convert.Tests.Support;
using PureClip.Files;

namespace PureClip.Convert.Tests;

/// <summary>
/// A lone weight file of a CLIP with a ResNet: sizes are read off its tensors, and the result is a directory in OpenCLIP's layout.
/// </summary>
public sealed class ResNetConversionTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Random _random = new(3);
    private readonly Dictionary<string, (long[] Shape, float[] Numbers)> _tensors = [];

    public ResNetConversionTests()
    {
        Unit("visual.conv1", "visual.bn1", 3, 2, 3);
        Unit("visual.conv2", "visual.bn2", 2, 2, 3);
        Unit("visual.conv3", "visual.bn3", 2, 4, 3);
        int inputs = 4;
        for (int layer = 0; layer < 4; layer++)
            for (int block = 0; block < (layer == 1 ? 3 : 1); block++, inputs = 16 << layer)
            {
                string at = $"visual.layer{layer + 1}.{block}";
                int planes = 4 << layer;
                Unit($"{at}.conv1", $"{at}.bn1", inputs, planes, 1);
                Unit($"{at}.conv2", $"{at}.bn2", planes, planes, 3);
                Unit($"{at}.conv3", $"{at}.bn3", planes, 4 * planes, 1);
                if (block == 0)
                    Unit($"{at}.downsample.0", $"{at}.downsample.1", inputs, 4 * planes, 1);
            }
        Add("visual.attnpool.positional_embedding", 0, 5, 128);
        foreach (char part in "qkvc")
        {
            Add($"visual.attnpool.{part}_proj.weight", 0, part == 'c' ? 8 : 128, 128);
            Add($"visual.attnpool.{part}_proj.bias", 0, part == 'c' ? 8 : 128);
        }
    }

    private string Input => Path.Combine(_directory.Root, "resnet.safetensors");

    private string Output => Path.Combine(_directory.Root, "model");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Sizes_come_from_the_tensors_and_numbers_stay()
    {
        Save();
        string report = Converter.Convert(Input, Output);
        Assert.Contains("ResNet of width 4, blocks (1, 3, 1, 1), 2 heads, pictures of 64", report);
        JsonNode vision = JsonNode.Parse(File.ReadAllText(Path.Combine(Output, "open_clip_config.json")))!["model_cfg"]!["vision_cfg"]!;
        Assert.Equal("""{"image_size":64,"layers":[1,3,1,1],"width":4,"head_width":64,"patch_size":null}""", vision.ToJsonString());

        using Clip clip = Clip.Load(Output);
        using SafetensorsFile written = SafetensorsFile.Open(Path.Combine(Output, "open_clip_model.safetensors"));
        Assert.Equal(_tensors.Keys.Order(StringComparer.Ordinal), written.Tensors.ToArray().Select(tensor => tensor.Name)
            .Order(StringComparer.Ordinal));
        foreach ((string name, (long[] shape, float[] numbers)) in _tensors)
        {
            float[] actual = new float[numbers.Length];
            written.ReadFloats(written[name], actual);
            Assert.Equal(numbers, actual);
            Assert.Equal(shape, written[name].Shape.ToArray());
        }
        float[] embedding = new float[8];
        clip.EncodePixels(new float[3 * 64 * 64], 1, embedding);
        Assert.All(embedding, number => Assert.True(float.IsFinite(number)));
    }

    [Fact]
    public void A_missing_statistic_is_named()
    {
        _tensors.Remove("visual.layer3.0.downsample.1.running_var");
        Save();
        Assert.Contains("1 missing tensors (OpenClip names): visual.layer3.0.downsample.1.running_var", Converter.Run(Input, Output).Error);
    }

    private void Save() => SafetensorsWriter.Write(Input, _tensors.Select(pair => new TensorSource(
        pair.Key, NumberType.F32, [.. pair.Value.Shape], stream => stream.Write(MemoryMarshal.AsBytes(pair.Value.Numbers.AsSpan())))));

    private void Unit(string convolution, string norm, int inputs, int outputs, int kernel)
    {
        Add(convolution + ".weight", 0, outputs, inputs, kernel, kernel);
        Add(norm + ".weight", 1, outputs);
        Add(norm + ".bias", 0, outputs);
        Add(norm + ".running_mean", 0, outputs);
        Add(norm + ".running_var", 1, outputs);
    }

    /// <summary>Numbers in [mean − 0.2, mean + 0.2].</summary>
    private void Add(string name, float mean, params long[] shape)
    {
        float[] numbers = new float[shape.Aggregate(1L, (count, size) => count * size)];
        foreach (ref float x in numbers.AsSpan())
            x = mean + (_random.NextSingle() - 0.5f) * 0.4f;
        _tensors.Add(name, (shape, numbers));
    }
}
