namespace PureClip.Cli.Indexing;

/// <summary>What became of the pictures that an index was to be made of.</summary>
internal sealed class IndexingResult
{
    /// <summary>Pictures that are in the index now and were not before.</summary>
    public int Added { get; set; }

    /// <summary>Pictures that were there, but whose file has changed.</summary>
    public int Updated { get; set; }

    /// <summary>Pictures whose file is as it was.</summary>
    public int Unchanged { get; set; }

    /// <summary>Of those that were added or updated, the ones whose content was there already, so that nothing had to be computed.</summary>
    public int Reused { get; set; }

    /// <summary>Entries that are gone with their files.</summary>
    public int Removed { get; set; }

    /// <summary>Pictures that could not be read, and why.</summary>
    public List<(string Path, Exception Reason)> Broken { get; } = [];
}
