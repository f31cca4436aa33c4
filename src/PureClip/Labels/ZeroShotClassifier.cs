namespace PureClip.Labels;

/// <summary>
/// Labels for pictures without training: a label's vector is the mean over its prompts, and the nearest label is the answer.
/// </summary>
/// <remarks>Radford et al. 2021, 3.1.4: embeddings of several templates are normalised, averaged and normalised again.</remarks>
public static class ZeroShotClassifier
{
    /// <summary>Encodes the labels.</summary>
    /// <param name="clip">A model with a text tower.</param>
    /// <param name="labels">At least one label.</param>
    /// <param name="templates">Prompts, averaged for each label; null or empty for the bare label.</param>
    /// <param name="progress">Told the number of prompts encoded so far, of labels times templates.</param>
    /// <param name="cancellationToken">Checked while labels are encoded.</param>
    /// <returns>Logits are the model's scale times the cosine, plus the model's bias.</returns>
    /// <exception cref="ArgumentException">There is no label, or a label is empty.</exception>
    public static Classifier Create(Clip clip, IReadOnlyList<string> labels, IReadOnlyList<PromptTemplate>? templates = null,
        IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(clip);
        Classifier.RequireLabels(labels);
        templates = templates is { Count: > 0 } ? templates : [PromptTemplate.Bare];
        string[] prompts = [.. labels.SelectMany(label => templates.Select(template => template.Fill(label)))];
        float[][] embeddings = clip.EncodeTexts(prompts, progress, cancellationToken);
        float[][] directions = [.. embeddings.Chunk(templates.Count).Select(chunk => MeanDirection.Of(chunk))];
        // Made of texts: no rule for pictures has a part in it.
        return new(ClassifierKind.ZeroShot, clip.Space with { PictureRules = null }, labels,
            LinearHead.OfDirections(directions, clip.LogitScale, clip.LogitBias))
        {
            Templates = [.. templates.Select(template => template.Text)],
            IsSigmoid = clip.IsSigmoid,
        };
    }
}
