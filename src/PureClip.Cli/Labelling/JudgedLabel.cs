using PureClip.Labels;

namespace PureClip.Cli.Labelling;

/// <summary>A label of a picture.</summary>
/// <param name="Label">Its name.</param>
/// <param name="Probability">Softmax, or sigmoid where each label is judged for itself; null where there is no such number.</param>
/// <param name="Score">What the calibration says; null without one.</param>
/// <param name="Holds">Whether the picture gets it.</param>
internal sealed record JudgedLabel(string Label, float? Probability, LabelScore? Score, bool Holds);
