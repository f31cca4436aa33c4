namespace PureClip.Convert.Mapping;

/// <summary>A tensor of the source that is not written.</summary>
/// <param name="Name">Its name in the source.</param>
/// <param name="Reason">Why it carries nothing here.</param>
internal sealed record IgnoredTensor(string Name, string Reason);
