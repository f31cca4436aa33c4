using PureClip.Files;
using PureClip.Generation;

namespace PureClip.Tests.Generation;

/// <summary>A small network of random numbers that draws in the shipped model's space.</summary>
internal static class TinyGenerator
{
    public static readonly string[] Styles = ["inky", "noto"];

    private static readonly GeneratorConfig Config = new(32, 2, 2, 8, 64, 256, 256, 8, Kinds: 3);

    /// <summary>Writes it.</summary>
    public static string Write(string path, string fingerprint, GeneratorConfig? config = null)
    {
        GeneratorConfig sizes = config ?? Config;
        Dictionary<string, float[]> numbers = [];
        Random random = new(1);
        foreach (GeneratorTensor tensor in sizes.Tensors)
        {
            double scale = tensor.Decays ? 2 / Math.Sqrt(tensor.Shape[1]) : 0.2;
            long count = tensor.Shape.Aggregate(1L, static (product, size) => product * size);
            numbers[tensor.Name] = [.. Enumerable.Range(0, (int)count).Select(_ => (float)((2 * random.NextDouble() - 1) * scale))];
        }
        GeneratorFile.Write(path, sizes, Styles, fingerprint, name => numbers[name], NumberType.F16);
        return path;
    }
}
