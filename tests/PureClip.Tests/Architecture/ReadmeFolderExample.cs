using PureClip.Models;
using PureClip.Search;

namespace PureClip.Tests.Architecture;

/// <summary>The program of the root's README: search in a folder. What stands between the markers is in it to the letter.</summary>
internal static class ReadmeFolderExample
{
    /// <param name="Console">Where it prints: the name is the program's own.</param>
    public static void Run(TextWriter Console)
    {
        // example
        using Clip clip = Pictogram.Load();
        using FolderIndex photos = FolderIndex.OpenOrCreate("photos.index", clip);

        photos.Update("tests/data/gallery");
        foreach (SearchHit hit in photos.Search("birthday cake", new() { Top = 2 }))
            Console.WriteLine($"{hit.Score:F3} {photos.PathOf(hit)}");
        // end
    }
}
