using System.Text.Json;

namespace PureClip.Tests.Support;

/// <summary>The model in <c>weights</c> that comes with the repository, and what the reference computes with it (<c>tests/data/shipped-model.json</c>).</summary>
internal static class ShippedModel
{
    /// <summary>What the reference computes.</summary>
    public static JsonElement Reference { get; } = Read();

    /// <summary>The model's directory.</summary>
    public static string Path => TestData.Weights(Reference.GetProperty("model").GetString()!);

    /// <summary>A picture of the gallery.</summary>
    public static string Picture(string file) => System.IO.Path.Combine(TestData.PathOf("gallery"), file);

    /// <summary>All pictures of the gallery, in order of their names.</summary>
    public static string[] Gallery { get; } = [.. Directory.GetFiles(TestData.PathOf("gallery"), "*.png").Order(StringComparer.Ordinal)];

    /// <summary>Opens the model.</summary>
    public static Clip Load(int threads = 2) => Clip.Load(Path, new() { Threads = threads });

    /// <summary>The numbers of a JSON list.</summary>
    public static float[] Numbers(JsonElement list) => [.. list.EnumerateArray().Select(e => e.GetSingle())];

    private static JsonElement Read()
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(TestData.PathOf("shipped-model.json")));
        return document.RootElement.Clone();
    }
}
