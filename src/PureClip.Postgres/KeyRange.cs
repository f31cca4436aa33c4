using PureClip.Search;

namespace PureClip.Postgres;

/// <summary>Conditions on keys that are paths: those in a folder or below it are a range, as bytes are compared.</summary>
internal static class KeyRange
{
    /// <summary>A WHERE clause, with a blank in front, and its parameters; both empty where no folder is named.</summary>
    /// <param name="below">Folders or files.</param>
    /// <param name="keys">How the table names pictures.</param>
    /// <param name="first">The number of the first parameter.</param>
    public static (string Where, object?[] Values) Of(IReadOnlyCollection<string> below, PictureKeys keys, int first)
    {
        RealPaths real = new();
        List<string> conditions = [];
        List<object?> values = [];
        foreach (string path in below)
        {
            string key = Directory.Exists(path) ? KeyOfFolder(path, keys, real) : keys.KeyOf(path, real);
            if (key.Length == 0)
                return ("", []); // the root, or the folder to which all are relative
            // A picture's own path equals its key. What lies in a folder begins with its key and '/', in a tar file with '!'.
            char mark = TarMember.IsTar(path) ? '!' : '/', next = (char)(mark + 1);
            conditions.Add($"key = ${first + values.Count} OR (key >= ${first + values.Count + 1} AND key < ${first + values.Count + 2})");
            values.AddRange([key, key + mark, key + next]);
        }
        return conditions.Count == 0 ? ("", []) : ($" WHERE ({string.Join(" OR ", conditions)})", [.. values]);
    }

    private static string KeyOfFolder(string path, PictureKeys keys, RealPaths real)
    {
        const string Inside = "x"; // the key of a file in it, without the file
        string key = keys.KeyOf(Path.Join(real.OfFolder(path), Inside), real);
        return key.Length == Inside.Length ? "" : key[..^(Inside.Length + 1)];
    }
}
