namespace PureClip.Search;

/// <summary>An entry that a search found.</summary>
/// <param name="Entry">Its place in the index: 0 to <see cref="EmbeddingIndex.Count"/> - 1.</param>
/// <param name="Key">What it is found by.</param>
/// <param name="Score">Its cosine with the query, -1 to 1, if its stored vector has length 1.</param>
public readonly record struct SearchHit(int Entry, string Key, float Score);
