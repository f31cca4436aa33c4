namespace PureClip.Labels;

/// <summary>Pictures of one class that were taken for another.</summary>
/// <param name="Label">Their class.</param>
/// <param name="TakenFor">What they were taken for.</param>
/// <param name="Count">How many.</param>
/// <param name="Of">Pictures of their class.</param>
public readonly record struct Confusion(string Label, string TakenFor, int Count, int Of);
