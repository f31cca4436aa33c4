namespace PureClip.Model;

/// <summary>Which GELU a checkpoint was trained with. No weight file stores it, and a wrong one is silently wrong.</summary>
public enum GeluKind
{
    /// <summary>x·σ(1.702·x): OpenAI's models, DFN, MetaCLIP.</summary>
    Quick,

    /// <summary>x·Φ(x) with the error function: most OpenCLIP models.</summary>
    Erf,

    /// <summary>The tanh approximation of x·Φ(x).</summary>
    Tanh,
}
