namespace PureClip.Labels;

/// <summary>What a classifier was made from.</summary>
public enum ClassifierKind
{
    /// <summary>Names alone: the text tower says where a label lies.</summary>
    ZeroShot,

    /// <summary>Pictures of each class, told apart by logistic regression.</summary>
    LinearProbe,

    /// <summary>Pictures of each class, each class being its pictures' mean direction.</summary>
    Prototypes,
}
