namespace PureClip.Concepts;

/// <summary>How likely chance gives such a score.</summary>
/// <param name="P">That it gives this word such a score.</param>
/// <param name="FamilyWiseP">That it gives any of the words such a score: the one to go by after looking for the best of many words.</param>
public readonly record struct WordSignificance(double P, double FamilyWiseP);
