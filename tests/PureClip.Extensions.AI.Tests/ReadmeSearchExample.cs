using Microsoft.Extensions.AI;
using PureClip.Models;

namespace PureClip.Extensions.AI.Tests;

/// <summary>The README's program that finds a picture by a text.</summary>
internal static class ReadmeSearchExample
{
    /// <param name="Console">Where it prints: the name is the program's own.</param>
    public static async Task RunAsync(TextWriter Console)
    {
        // example
        using Clip clip = Pictogram.Load();
        var pictures = clip.AsImageEmbeddingGenerator();
        var texts = clip.AsTextEmbeddingGenerator();

        var gallery = await pictures.GenerateAndZipAsync(Directory.EnumerateFiles("tests/data/gallery", "*.png")
            .Select(file => new DataContent(File.ReadAllBytes(file), "image/png") { Name = Path.GetFileName(file) }));
        ReadOnlyMemory<float> query = await texts.GenerateVectorAsync("birthday cake");
        var found = gallery.MaxBy(picture => Similarity.Cosine(picture.Embedding.Vector.Span, query.Span));
        Console.WriteLine(found.Value.Name);
        // end
    }
}
