namespace PureClip.Concepts;

/// <summary>One summand of a concept: the embedding of a picture or a text, and how much it counts.</summary>
/// <param name="Weight">Finite and not 0; negative to take away.</param>
/// <param name="Embedding">[width], of any length above 0: its direction counts.</param>
/// <param name="Source">What it is the embedding of, for people: a path, or a text in quotes.</param>
public readonly record struct ConceptTerm(float Weight, ReadOnlyMemory<float> Embedding, string Source);
