using System.Runtime.InteropServices;
using System.Runtime.InteropServices.JavaScript;
using System.Runtime.Versioning;
using PureClip.Concepts;
using PureClip.Labels;
using PureClip.Maps;
using PureClip.Search;

[assembly: SupportedOSPlatform("browser")]

namespace PureClip.Browser;

/// <summary>A model in the runtime of browsers, as JavaScript calls it.</summary>
internal static partial class Program
{
    private static Clip? _clip;

    /// <summary>Nothing: the exported methods are called.</summary>
    private static void Main()
    {
    }

    /// <summary>Writes a file into the runtime's own file system, which is memory.</summary>
    [JSExport]
    internal static void Write(string path, byte[] bytes)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
    }

    /// <summary>Loads a model directory of that file system.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="vectors">The name of a <see cref="VectorWidth"/>.</param>
    [JSExport]
    internal static void Load(string directory, string vectors)
    {
        _clip?.Dispose();
        _clip = Clip.Load(directory, new() { Runtime = new(threads: 1, Enum.Parse<VectorWidth>(vectors, ignoreCase: true)) });
    }

    /// <summary>A text's embedding as little-endian floats.</summary>
    [JSExport]
    internal static byte[] Text(string text) => MemoryMarshal.AsBytes(_clip!.EncodeText(text).AsSpan()).ToArray();

    /// <summary>A picture's embedding as little-endian floats.</summary>
    /// <param name="file">Its file.</param>
    [JSExport]
    internal static byte[] Picture(byte[] file) =>
        MemoryMarshal.AsBytes(_clip!.EncodeImage(ImageSource.FromBytes(file)).AsSpan()).ToArray();

    /// <summary>
    /// Uses what is made of embeddings, so that a type which this runtime alone cannot load is found: indexes in memory and on disk,
    /// groups, near duplicates, a map, labels, a probe, words and concepts, integer weights.
    /// </summary>
    /// <returns>What came of each.</returns>
    [JSExport]
    internal static string Tour(string directory)
    {
        Clip clip = _clip!;
        string[] words = ["cat", "dog", "wolf", "horse", "car", "bus", "truck", "train", "apple", "pear", "cherry", "lemon"];
        string[] kinds = ["animal", "vehicle", "fruit"];
        float[][] vectors = [.. words.Select(word => clip.EncodeText(word))];
        using EmbeddingIndex index = EmbeddingIndex.FromVectors(words, vectors, clip.Space);
        string folder = Path.Combine(directory, "index");
        using (EmbeddingIndexWriter writer = EmbeddingIndexWriter.Create(folder, clip.Space, VectorType.Int8))
        {
            for (int i = 0; i < words.Length; i++)
                writer.Add(new(words[i]), vectors[i]);
            writer.Commit();
        }
        using EmbeddingIndex stored = EmbeddingIndex.Open(folder, clip);
        EntryMap map = index.Map(new() { Perplexity = 3, Steps = 50 });
        LabelledEmbeddings labelled = new(clip.Space, kinds, vectors, [.. words.Select((_, i) => i / 4)]);
        ConceptVector concept = ConceptVector.Difference(clip.Space, vectors[0], vectors[4]);
        using Clip integers = Clip.Load(directory, new() { Weights = WeightType.Int8 });
        return string.Join(", ",
            $"a horse is found as {index.KeyOf(index.Search(vectors[3])[0].Entry)}",
            $"and among INT8 as {stored.KeyOf(stored.Search(vectors[3])[0].Entry)}",
            $"{index.Group(new() { Count = 3 }).Count} groups",
            $"{index.FindDuplicates(new() { Threshold = 0.9f }).Count} near duplicates",
            $"{map.Points.Count} points of a map",
            $"a train is a {kinds[ZeroShotClassifier.Create(clip, kinds).Best(vectors[7]).Label]}",
            $"by a probe a {kinds[LinearProbe.Train(labelled).Classifier.Best(vectors[7]).Label]}",
            $"a concept of {concept.Width} numbers, next to {new NearestWords(WordTable.Create(clip, words)).Of(concept, 1)[0].Word}",
            $"INT8 weights {Similarity.Cosine(vectors[0], integers.EncodeText("cat")):F2}");
    }
}
