namespace PureClip.Labels;

/// <summary>How far a training has come.</summary>
/// <param name="Done">Parts of the cross-validation done, the last training on all pictures being one more.</param>
/// <param name="Total">Of how many.</param>
public readonly record struct TrainingProgress(int Done, int Total);
