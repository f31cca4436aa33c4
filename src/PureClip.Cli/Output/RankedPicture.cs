namespace PureClip.Cli.Output;

/// <summary>A picture that was found.</summary>
/// <param name="Rank">1 is the best.</param>
/// <param name="Score">Cosine with the query, -1 to 1.</param>
/// <param name="Path">Its file.</param>
internal readonly record struct RankedPicture(int Rank, float Score, string Path);
