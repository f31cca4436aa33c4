namespace PureClip.Convert.Resolution;

/// <summary>One thing about a model that its tensors do not tell, and where it was taken from.</summary>
/// <param name="What">Such as "vision heads".</param>
/// <param name="Value">What was decided.</param>
/// <param name="From">Where from, as the end of "... from".</param>
/// <param name="IsAssumed">True where nothing in the source says so.</param>
/// <param name="Override">How to decide otherwise; null where there is no way.</param>
internal sealed record Decision(string What, string Value, string From, bool IsAssumed, string? Override);
