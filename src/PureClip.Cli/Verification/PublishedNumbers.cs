using System.Globalization;
using System.Numerics.Tensors;
using PureClip.Model;

namespace PureClip.Cli.Verification;

/// <summary>Results that OpenAI and Hugging Face published for openai/clip-vit-base-patch32, on pictures that the user supplies.</summary>
internal static class PublishedNumbers
{
    private const float Tolerance = 1e-3f; // Hugging Face's own, and that of 16-bit weights

    private static readonly Published[] Known =
    [
        // transformers tests/models/clip/test_modeling_clip.py
        new("000000039769", "COCO val2017 000000039769", ["a photo of a cat", "a photo of a dog"], [24.5701f, 19.3049f], AreProbabilities: false),

        // openai/CLIP README.md; the picture is CLIP.png of that repository
        new("CLIP", "CLIP.png", ["a diagram", "a dog", "a cat"], [0.9927937f, 0.00421068f, 0.00299572f], AreProbabilities: true),
    ];

    /// <summary>Compares what can be compared.</summary>
    /// <param name="clip">The model.</param>
    /// <param name="pictures">Paths; recognised by their names.</param>
    public static IEnumerable<Check> Run(Clip clip, IReadOnlyList<string> pictures)
    {
        foreach (string path in pictures.Where(static path => !Known.Any(known => known.Is(path))))
            yield return new Check(path, Outcome.Skipped, $"nothing is published on a picture of this name; known are {string.Join(" and ", Known.Select(static k => k.Title))}");
        foreach (Published known in Known)
        {
            string name = $"published: {known.Title}";
            if (!IsVitB32(clip.Config))
                yield return new Check(name, Outcome.Skipped, "the numbers are those of openai/clip-vit-base-patch32, and this is another model");
            else if (pictures.FirstOrDefault(known.Is) is not string path)
                yield return new Check(name, Outcome.Skipped, "give the picture with --picture");
            else
                yield return Compare(clip, known, path, name);
        }
    }

    private static Check Compare(Clip clip, Published known, string path, string name)
    {
        float[] picture = clip.EncodeImage(path);
        float[] found = [.. known.Texts.Select(text => clip.LogitScale * TensorPrimitives.Dot<float>(picture, clip.EncodeText(text)))];
        if (known.AreProbabilities)
            TensorPrimitives.SoftMax<float>(found, found);
        bool isClose = found.Zip(known.Numbers).All(static pair => MathF.Abs(pair.First - pair.Second) <= Tolerance * (1 + MathF.Abs(pair.Second)));
        string numbers = $"{Text(found)}, published is {Text(known.Numbers)}";
        return isClose
            ? new Check(name, Outcome.Passed, numbers)
            : new Check(name, Outcome.Failed, $"{numbers}. Other trainings of this very form (LAION-400M, MetaCLIP) give other numbers; else picture or weights differ");
    }

    private static string Text(float[] numbers) => string.Join(' ', numbers.Select(static n => n.ToString("0.0000", CultureInfo.InvariantCulture)));

    /// <summary>By sizes and activation, all that a configuration tells.</summary>
    private static bool IsVitB32(ClipConfig config) => config is
    {
        EmbeddingWidth: 512,
        Vision: { ImageSize: 224, PatchSize: 32, Transformer: { Width: 768, Layers: 12, Heads: 12, Gelu: GeluKind.Quick } },
        Text: { ContextLength: 77, VocabularySize: 49_408, Transformer: { Width: 512, Layers: 12, Heads: 8, Gelu: GeluKind.Quick } },
    };

    private sealed record Published(string FileName, string Title, string[] Texts, float[] Numbers, bool AreProbabilities)
    {
        public bool Is(string path) => Path.GetFileNameWithoutExtension(path).Equals(FileName, StringComparison.OrdinalIgnoreCase);
    }
}
