using Microsoft.Extensions.AI;
using Microsoft.Extensions.VectorData;
using PureClip.Extensions.AI.Tests.Support;
using PureClip.Models;

namespace PureClip.Extensions.AI.Tests;

/// <summary>The README's program that keeps pictures in a vector store.</summary>
internal static class ReadmeVectorStoreExample
{
    /// <param name="Console">Where it prints: the name is the program's own.</param>
    public static async Task RunAsync(TextWriter Console)
    {
        // example
        using Clip clip = Pictogram.Load();
        var pictures = clip.AsImageEmbeddingGenerator();
        var texts = clip.AsTextEmbeddingGenerator();
        VectorStoreCollection<string, Picture> gallery = new InMemoryVectorStore().GetCollection<string, Picture>("gallery");
        await gallery.EnsureCollectionExistsAsync();

        DataContent[] files = [.. Directory.EnumerateFiles("tests/data/gallery", "*.png")
            .Select(file => new DataContent(File.ReadAllBytes(file), "image/png") { Name = Path.GetFileName(file) })];
        var embeddings = await pictures.GenerateAsync(files);
        await gallery.UpsertAsync(files.Zip(embeddings, (file, embedding) => new Picture { Name = file.Name!, Vector = embedding.Vector }));

        ReadOnlyMemory<float> query = await texts.GenerateVectorAsync("birthday cake");
        await foreach (var found in gallery.SearchAsync(query, top: 3))
            Console.WriteLine($"{found.Score:F3} {found.Record.Name}");
        // end
    }

    // example
    internal sealed class Picture
    {
        [VectorStoreKey]
        public string Name { get; set; } = "";

        [VectorStoreVector(256, DistanceFunction = DistanceFunction.CosineSimilarity)]
        public ReadOnlyMemory<float> Vector { get; set; }
    }
    // end
}
