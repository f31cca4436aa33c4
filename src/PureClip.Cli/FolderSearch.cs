using PureClip.Cli.Commands;
using PureClip.Search;

namespace PureClip.Cli;

/// <summary>How much of what is found is wanted.</summary>
/// <param name="Top">At most so many pictures.</param>
/// <param name="Least">None with a lower score.</param>
internal readonly record struct SearchLimits(int Top, float Least);

/// <summary>What a search has found.</summary>
/// <param name="Best">The pictures, best first.</param>
/// <param name="Searched">How many there were to choose from.</param>
internal sealed record SearchResult(Found[] Best, int Searched)
{
    /// <summary>What to know of the scores; null for nothing.</summary>
    public string? Remark { get; init; }
}

/// <summary>A search of folders and files that are named: folders by the index that is kept of them, files by computing them.</summary>
/// <param name="clip">The model.</param>
/// <param name="caches">Where indexes are kept; null for nowhere.</param>
/// <param name="shell">Told of pictures that cannot be read.</param>
internal sealed class FolderSearch(Clip clip, string? caches, Shell shell)
{
    /// <summary>Whether indexes are used and kept at all.</summary>
    public bool Keeps { get; init; } = true;

    /// <summary>Searches.</summary>
    /// <param name="arguments">What the user named.</param>
    /// <param name="pictures">The pictures that it stands for.</param>
    /// <param name="queries">What is looked for; of several vectors the nearest to a picture counts.</param>
    /// <param name="limits">How much of it.</param>
    public SearchResult Run(string[] arguments, List<string> pictures, float[][] queries, SearchLimits limits)
    {
        List<(string Path, float Score)> scored = [];
        int searched = 0;
        foreach ((string folder, List<string> below) in Keeps ? TakeFolders(arguments, pictures) : [])
        {
            using KeptIndex? kept = KeptIndex.Of(folder, below, clip, caches, shell);
            if (kept is null)
            {
                pictures.AddRange(below);
                continue;
            }
            if (kept.IsNew)
                shell.Hint($"the vectors of {folder} are kept in {kept.Path}, so that the next search of it computes nothing. (--no-index "
                    + "keeps nothing.)");
            searched += kept.Count;
            scored.AddRange(queries.SelectMany(query => kept.Search(query, limits.Top, limits.Least, shell.Cancellation))
                .GroupBy(static picture => picture.Path, StringComparer.Ordinal)
                .Select(static same => same.MaxBy(static picture => picture.Score)));
        }
        foreach ((string path, float[] embedding) in PictureEmbeddings.Of(clip, pictures, shell, streams: false, mayPassOver: true))
        {
            searched++;
            if (queries.Max(query => Similarity.Cosine(query, embedding)) is float score && score >= limits.Least)
                scored.Add((path, score));
        }
        IEnumerable<Found> best = scored
            .OrderByDescending(picture => picture.Score) // stable: equal scores stay in the order of the folders
            .Take(limits.Top)
            .Select((picture, place) => new Found(place + 1, picture.Score, picture.Path));
        return new([.. best], searched);
    }

    /// <summary>The folders among the arguments, each with its pictures, which are taken out of the list.</summary>
    private static List<(string Folder, List<string> Pictures)> TakeFolders(string[] arguments, List<string> pictures)
    {
        List<(string, List<string>)> folders = [];
        RealPaths real = new();
        foreach (string folder in arguments.Where(Directory.Exists))
        {
            string root = real.OfFolder(folder);
            List<string> below = pictures.FindAll(picture => PictureKeys.IsBelow(root, real.OfFile(picture)));
            if (below.Count == 0)
                continue;
            folders.Add((folder, below));
            HashSet<string> taken = [.. below];
            pictures.RemoveAll(taken.Contains);
        }
        return folders;
    }
}
