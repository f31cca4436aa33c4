using System.Globalization;

namespace PureClip.Search;

/// <summary>The files of an index: a folder.</summary>
/// <param name="directory">The folder.</param>
internal sealed class IndexFiles(string directory)
{
    private const string VectorsPrefix = "vectors-", VectorsSuffix = ".bin", EntriesPrefix = "entries-", EntriesSuffix = ".log";

    /// <summary>The folder, as it was named.</summary>
    public string Directory => directory;

    /// <summary>What the index is of, and which generation of the other files counts.</summary>
    public string Header => Path.Combine(directory, "index.json");

    /// <summary>The header while it is written.</summary>
    public string NewHeader => Header + ".tmp";

    /// <summary>Held open by the one writer. It stays where it is: two processes could otherwise lock two files of that name.</summary>
    public string Lock => Path.Combine(directory, "writer.lock");

    /// <summary>The rows of a generation.</summary>
    public string Vectors(long generation) => Path.Combine(directory, Name(VectorsPrefix, generation, VectorsSuffix));

    /// <summary>The commits of a generation.</summary>
    public string Entries(long generation) => Path.Combine(directory, Name(EntriesPrefix, generation, EntriesSuffix));

    /// <summary>Whether this folder holds nothing but what a writer that was killed while it made an index may have left.</summary>
    public bool HoldsNothingElse => System.IO.Directory.EnumerateFileSystemEntries(directory)
        .All(path => IsNamedAs(path, Lock) || IsNamedAs(path, NewHeader) || IsOfAnyGeneration(path));

    /// <summary>Deletes what killed writers and compactions have left. What another process still holds stays for the next time.</summary>
    public void DeleteLeftovers(long generation)
    {
        IEnumerable<string> others = System.IO.Directory.EnumerateFiles(directory)
            .Where(path => IsNamedAs(path, NewHeader)
                || (IsOfAnyGeneration(path) && !IsNamedAs(path, Vectors(generation)) && !IsNamedAs(path, Entries(generation))));
        foreach (string path in others.ToArray())
            TryDelete(path);
    }

    /// <summary>The error for a file that cannot be what a writer has left.</summary>
    /// <param name="file">Its path.</param>
    /// <param name="found">What is wrong, without a full stop.</param>
    /// <param name="inner">What was caught.</param>
    public InvalidDataException Damaged(string file, string found, Exception? inner = null) =>
        new($"{file}: {found}. The index is damaged: delete the folder {directory} and make the index anew.", inner);

    private static string Name(string prefix, long generation, string suffix) => prefix + generation.ToString(CultureInfo.InvariantCulture) + suffix;

    private static bool IsNamedAs(string path, string other) => Path.GetFileName(path) == Path.GetFileName(other);

    private static bool IsOfAnyGeneration(string path) => Is(path, VectorsPrefix, VectorsSuffix) || Is(path, EntriesPrefix, EntriesSuffix);

    private static bool Is(string path, string prefix, string suffix)
    {
        string name = Path.GetFileName(path);
        return name.Length > prefix.Length + suffix.Length && name.StartsWith(prefix, StringComparison.Ordinal) && name.EndsWith(suffix, StringComparison.Ordinal)
            && name.AsSpan(prefix.Length, name.Length - prefix.Length - suffix.Length).IndexOfAnyExceptInRange('0', '9') < 0;
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Windows keeps what a reader has mapped.
        }
    }
}
