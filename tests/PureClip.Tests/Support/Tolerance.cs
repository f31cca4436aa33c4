namespace PureClip.Tests.Support;

/// <summary>How far a float may be from the truth, and why that far.</summary>
internal sealed record Tolerance(double AbsolutePart, double RelativePart, string Reason)
{
    /// <summary>|found − expected| ≤ bound.</summary>
    public static Tolerance Absolute(double bound, string reason) => new(bound, 0, reason);

    /// <summary>|found − expected| ≤ bound · |expected|.</summary>
    public static Tolerance Relative(double bound, string reason) => new(0, bound, reason);

    /// <summary>|found − expected| ≤ bound · max(1, |expected|).</summary>
    public static Tolerance OfOneOrLarger(double bound, string reason) => new(bound, bound, reason);

    public bool Allows(double expected, double found) =>
        Math.Abs(found - expected) <= Math.Max(AbsolutePart, RelativePart * Math.Abs(expected));
}
