namespace PureClip.Search;

/// <summary>Vectors in groups.</summary>
/// <param name="Centres">[groups][width], of length 1.</param>
/// <param name="Members">[groups] The vectors of each group, those nearest to its centre first.</param>
/// <param name="Scores">[vectors] The cosine of each vector with its group's centre.</param>
/// <param name="Objective">The sum of the scores, which is what is made large.</param>
internal sealed record Clustering(float[][] Centres, int[][] Members, float[] Scores, double Objective);
