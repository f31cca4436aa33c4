using PureClip.Search;

namespace PureClip.Tests.Architecture;

/// <summary>The README's program that searches an index. What stands between the markers is in the README to the letter.</summary>
internal static class ReadmeIndexExample
{
    /// <param name="Console">Where it prints: the name is the program's own.</param>
    public static void Run(TextWriter Console)
    {
        // example
        using Clip clip = Clip.Load("weights/pictogram-mini");
        using EmbeddingIndex index = EmbeddingIndex.Open("gallery.index", clip);
        foreach (SearchHit hit in index.Search("birthday cake", new() { Top = 2 }))
            Console.WriteLine($"{hit.Score:F3} {Path.GetFileName(hit.Key)}");
        // end
    }
}
