using PureClip.Model;

namespace PureClip;

/// <summary>What a call encodes: pictures or texts, each a sequence of tokens, and where their embeddings go.</summary>
internal interface ISequences
{
    /// <summary>How many there are.</summary>
    int Count { get; }

    /// <summary>Tokens that are computed of a sequence; at least 1.</summary>
    int Tokens(int index);

    /// <summary>Fills <see cref="Pass.Embeddings"/> with those of some sequences. Other threads may do the same for others at the same time.</summary>
    /// <param name="first">The first of them.</param>
    /// <param name="count">How many.</param>
    /// <param name="a">The pass.</param>
    void Forward(int first, int count, Pass a);

    /// <summary>Takes the finished embedding of a sequence.</summary>
    void Deliver(int index, ReadOnlySpan<float> embedding);
}
