namespace PureClip.Labels;

/// <summary>What a calibrated classifier says about one label of a picture.</summary>
/// <param name="Label">Its place among <see cref="Classifier.Labels"/>.</param>
/// <param name="Probability">The softmax over the labels: right if exactly one of them holds.</param>
/// <param name="ZScore">Standard deviations above the mean of background pictures.</param>
/// <param name="PValue">How often a background picture would score as high on this label, 0 to 1.</param>
/// <param name="AdjustedPValue">
/// The same for the whole list of labels (Holm 1979): among pictures that show none of them, a label of such a value or a smaller one occurs at most so often.
/// </param>
public readonly record struct LabelScore(int Label, float Probability, double ZScore, double PValue, double AdjustedPValue);
