namespace PureClip.Cli.Labelling;

/// <summary>What is asked of a classifier.</summary>
internal enum Question
{
    /// <summary>Which label fits best; one has to.</summary>
    Which,

    /// <summary>Which label, if any.</summary>
    WhichIfAny,

    /// <summary>Of each label for itself whether it holds.</summary>
    WhetherEach,
}
