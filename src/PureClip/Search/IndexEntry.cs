namespace PureClip.Search;

/// <summary>What an index knows of an entry beside its vector. Only the key is needed; the rest are facts of a file, to tell whether it has changed.</summary>
/// <param name="Key">What the entry is found by: a path, an id, anything but an empty text. At most <see cref="MaxKeyBytes"/> bytes in UTF-8.</param>
/// <param name="Size">Bytes of the file; 0 or more.</param>
/// <param name="Modified">When the file was last changed, in UTC.</param>
/// <param name="ContentHash">Tells contents apart, such as the first half of a SHA-256; 0 where it is not known.</param>
public readonly record struct IndexEntry(string Key, long Size = 0, DateTime Modified = default, UInt128 ContentHash = default)
{
    /// <summary>The longest key, in bytes of UTF-8.</summary>
    public const int MaxKeyBytes = 1 << 17;
}
