namespace PureClip.Concepts;

/// <summary>A word and how near it lies.</summary>
/// <param name="Word">The word.</param>
/// <param name="Index">Its place in <see cref="WordTable.Words"/>.</param>
/// <param name="Score">Cosine with the word's embedding after the mean over all words was taken from it, -1 to 1.</param>
public readonly record struct WordScore(string Word, int Index, float Score);
