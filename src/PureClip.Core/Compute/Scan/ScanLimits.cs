namespace PureClip.Search;

/// <summary>Which rows a scan may return.</summary>
/// <param name="Top">At most so many, 1 or more.</param>
/// <param name="MinimumScore">None with a lower score.</param>
/// <param name="Among">Only these.</param>
internal readonly record struct ScanLimits(int Top, float MinimumScore = float.NegativeInfinity, RowSet Among = default);
