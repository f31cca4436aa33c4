using PureClip.Search;

namespace PureClip.Tests.Architecture;

/// <summary>
/// The library's example that does what <c>pureclip index</c> and <c>pureclip search</c> do. What stands between the markers is in its
/// README to the letter.
/// </summary>
internal static class ReadmeIndexExample
{
    /// <param name="Console">Where it prints: the name is the program's own.</param>
    public static void Run(TextWriter Console)
    {
        // example
        using Clip clip = Clip.Load("weights/pictogram-mini");
        using FolderIndex photos = FolderIndex.OpenOrCreate("gallery.index", clip);

        FolderUpdate update = photos.Update("tests/data/gallery");
        Console.WriteLine($"{update.Added} new, {update.Updated} changed, {update.Unchanged} as before, {update.Removed} gone");
        foreach ((string path, Exception error) in update.Failures)
            Console.WriteLine($"{path}: {error.Message}");

        foreach (SearchHit hit in photos.Search("birthday cake", new() { Top = 2 }))
            Console.WriteLine($"{hit.Score:F3} {photos.PathOf(hit)}");
        // end
    }
}
