using PureClip.Labels;

namespace PureClip.Tests.Architecture;

/// <summary>The library's example of pictures and labels. What stands between the markers is in its README to the letter.</summary>
internal static class ReadmeExample
{
    /// <param name="Console">Where it prints: the name is the program's own.</param>
    public static void Run(TextWriter Console)
    {
        // example
        using Clip clip = Clip.Load("weights/pictogram-mini");

        float[] picture = clip.EncodeImage("tests/data/gallery/birthday-cake.png");
        float[] text = clip.EncodeText("birthday cake");
        Console.WriteLine($"similarity {Similarity.Cosine(picture, text):F3}");

        Classifier classifier = ZeroShotClassifier.Create(clip, ["birthday cake", "guitar", "rocket"]);
        float[] probabilities = classifier.Classify(picture);
        for (int i = 0; i < probabilities.Length; i++)
            Console.WriteLine($"{classifier.Labels[i],-14} {probabilities[i]:P1}");
        // end
    }
}
