namespace PureClip.Labels;

/// <summary>A classifier trained on labelled pictures, and how well it may be expected to do.</summary>
/// <param name="Classifier">Trained on all pictures with the best setting.</param>
/// <param name="Settings">What each setting did in the cross-validation, in the order tried.</param>
/// <param name="Folds">Parts of the cross-validation.</param>
/// <param name="Confusions">What was mistaken for what with the best setting, most often first.</param>
public sealed record TrainedProbe(Classifier Classifier, IReadOnlyList<ValidatedSetting> Settings, int Folds, IReadOnlyList<Confusion> Confusions);
