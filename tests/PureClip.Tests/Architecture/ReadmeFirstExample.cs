using PureClip.Models;

namespace PureClip.Tests.Architecture;

/// <summary>The first program that the library's README shows, with the model that a package carries.</summary>
internal static class ReadmeFirstExample
{
    /// <param name="Console">Where it prints: the name is the program's own.</param>
    public static void Run(TextWriter Console)
    {
        // example
        using Clip clip = Pictogram.Load();

        float[] dog = clip.EncodeText("dog");
        foreach (string other in (string[])["wolf", "cat", "truck"])
            Console.WriteLine($"{Similarity.Cosine(dog, clip.EncodeText(other)):F2} {other}");
        // end
    }
}
