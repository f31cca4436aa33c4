using PureClip.Cli.Output;
using PureClip.Labels;

namespace PureClip.Cli.Labelling;

/// <summary>Encodes the prompts of a zero-shot classifier, with progress: a thousand labels in eighty templates take minutes.</summary>
internal static class LabelPrompts
{
    /// <summary>Makes the classifier.</summary>
    public static Classifier Encode(Clip clip, IReadOnlyList<string> labels, IReadOnlyList<PromptTemplate> templates, Shell shell)
    {
        using ProgressLine progress = shell.StartProgress(labels.Count * templates.Count, "prompts", streams: false);
        return ZeroShotClassifier.Create(clip, labels, templates, new DirectProgress<int>(progress.Report), shell.Cancellation);
    }
}
