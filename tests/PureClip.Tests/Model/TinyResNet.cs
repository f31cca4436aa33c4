using PureClip.Files;

namespace PureClip.Tests.Model;

/// <summary>A random CLIP with a ResNet and without a text tower, as a directory in OpenCLIP's layout.</summary>
internal sealed class TinyResNet : IDisposable
{
    public const int EmbeddingWidth = 12, Width = 6, ImageSize = 64, Heads = 3;

    public static readonly int[] Blocks = [1, 2, 1, 2];

    private readonly Random _random = new(11);

    public TinyResNet()
    {
        Unit("visual.conv1", "visual.bn1", 3, Width / 2, 3);
        Unit("visual.conv2", "visual.bn2", Width / 2, Width / 2, 3);
        Unit("visual.conv3", "visual.bn3", Width / 2, Width, 3);
        int inputs = Width;
        for (int layer = 0; layer < 4; layer++)
            for (int block = 0; block < Blocks[layer]; block++)
            {
                string at = $"visual.layer{layer + 1}.{block}";
                int planes = Width << layer;
                Unit($"{at}.conv1", $"{at}.bn1", inputs, planes, 1);
                Unit($"{at}.conv2", $"{at}.bn2", planes, planes, 3);
                Unit($"{at}.conv3", $"{at}.bn3", planes, 4 * planes, 1);
                if (block == 0)
                    Unit($"{at}.downsample.0", $"{at}.downsample.1", inputs, 4 * planes, 1);
                inputs = 4 * planes;
            }
        Add("visual.attnpool.positional_embedding", 0, 0.2f, ImageSize / 32 * (ImageSize / 32) + 1, inputs);
        foreach (char part in "qkvc")
        {
            int outputs = part == 'c' ? EmbeddingWidth : inputs;
            Add($"visual.attnpool.{part}_proj.weight", 0, MathF.Sqrt(3f / inputs), outputs, inputs);
            Add($"visual.attnpool.{part}_proj.bias", 0, 0.1f, outputs);
        }
        Save();
    }

    public string Path { get; } = Directory.CreateTempSubdirectory("pureclip-resnet-").FullName;

    public Dictionary<string, (int[] Shape, float[] Numbers)> Tensors { get; } = [];

    public int PixelsPerPicture => 3 * ImageSize * ImageSize;

    public float[] this[string name] => Tensors[name].Numbers;

    public void Save()
    {
        File.WriteAllText(System.IO.Path.Combine(Path, "open_clip_config.json"), $$"""
            {
              "model_cfg": {
                "embed_dim": {{EmbeddingWidth}},
                "vision_cfg": { "image_size": {{ImageSize}}, "layers": [{{string.Join(", ", Blocks)}}], "width": {{Width}}, "head_width": 64, "patch_size": null }
              }
            }
            """);
        SafetensorsWriter.Write(System.IO.Path.Combine(Path, "open_clip_model.safetensors"), Tensors.Select(pair => new TensorSource(
            pair.Key, NumberType.F32, [.. pair.Value.Shape.Select(size => (long)size)], stream =>
                stream.Write(System.Runtime.InteropServices.MemoryMarshal.AsBytes(pair.Value.Numbers.AsSpan())))));
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);

    /// <summary>A convolution and the batch norm behind it.</summary>
    private void Unit(string convolution, string norm, int inputs, int outputs, int kernel)
    {
        Add(convolution + ".weight", 0, MathF.Sqrt(6f / (inputs * kernel * kernel)), outputs, inputs, kernel, kernel);
        Add(norm + ".weight", 0.8f, 0.3f, outputs);
        Add(norm + ".bias", 0.1f, 0.3f, outputs);
        Add(norm + ".running_mean", 0, 0.3f, outputs);
        Add(norm + ".running_var", 1, 0.5f, outputs);
        Add(norm + ".num_batches_tracked", 0, 0);
    }

    /// <summary>Uniform numbers in [mean − spread, mean + spread].</summary>
    private void Add(string name, float mean, float spread, params int[] shape)
    {
        float[] numbers = new float[shape.Aggregate(1, (count, size) => count * size)];
        foreach (ref float x in numbers.AsSpan())
            x = mean + (_random.NextSingle() * 2 - 1) * spread;
        Tensors.Add(name, (shape, numbers));
    }
}
