using PureClip.Models;

namespace PureClip.Tests.Architecture;

/// <summary>The program that the README of the shipped model's package shows.</summary>
internal static class ReadmePictogramExample
{
    /// <param name="Console">Where it prints: the name is the program's own.</param>
    public static void Run(TextWriter Console)
    {
        // example
        using Clip clip = Pictogram.Load();

        float[] cake = clip.EncodeText("birthday cake");
        foreach (string other in (string[])["cupcake", "ice cream", "submarine"])
            Console.WriteLine($"{Similarity.Cosine(cake, clip.EncodeText(other)):F2} {other}");
        // end
    }
}
