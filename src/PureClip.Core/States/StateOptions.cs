namespace PureClip;

/// <summary>What is to be seen of the inside of a tower.</summary>
public sealed record StateOptions
{
    /// <summary>
    /// Which hidden states: 0 is what goes into the first block, k what comes out of block k, and negative numbers count from the end as in
    /// Python (-1 after the last block, -2 before it). Null for all of them, empty for none.
    /// </summary>
    public IReadOnlyList<int>? Hidden { get; init; }

    /// <summary>
    /// Of which blocks the attention weights are kept: 0 for the first, negative numbers from the end; null for all, empty for none. They are
    /// heads · tokens² numbers a block: 22 MB for all of a ViT-B/16, 101 MB for a ViT-L/14.
    /// </summary>
    public IReadOnlyList<int>? Attention { get; init; } = [];

    /// <summary>Whether every token is projected into the space of embeddings as well: patch features, for pictures.</summary>
    public bool Project { get; init; }

    /// <summary>
    /// Whether a text is filled up to the model's context with the tokenizer's padding, as generators of pictures want it. Without it, a text
    /// has the tokens that its embedding is made of.
    /// </summary>
    public bool Pad { get; init; }

    /// <summary>Hidden states by their number from 0.</summary>
    internal int[] HiddenOf(int layers) => Resolve(Hidden, layers + 1, nameof(Hidden), "hidden states", layers);

    /// <summary>Blocks by their number from 0.</summary>
    internal int[] AttentionOf(int layers) => Resolve(Attention, layers, nameof(Attention), "attention weights of blocks", layers);

    internal static int Resolve(int asked, int count, string name, string what, int layers)
    {
        int index = asked < 0 ? asked + count : asked;
        return index >= 0 && index < count ? index : throw new ArgumentException(
            $"{name} asks for {asked}, but a tower of {layers} blocks has {what} 0 to {count - 1}, or {-count} to -1 from the end.", name);
    }

    private static int[] Resolve(IReadOnlyList<int>? asked, int count, string name, string what, int layers) =>
        asked is null
            ? [.. Enumerable.Range(0, count)]
            : [.. asked.Select(index => Resolve(index, count, name, what, layers)).Distinct()];
}
