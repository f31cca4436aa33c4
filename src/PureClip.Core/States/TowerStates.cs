using PureClip.Model;

namespace PureClip;

/// <summary>
/// What a tower computed of one text or picture on the way to its embedding. Numbers are row-major and belong to whoever holds this; nothing
/// is normalised to length 1.
/// </summary>
/// <remarks>
/// Numbered as in transformers' <c>hidden_states</c> (modeling_clip.py): never normed, the last one included. The norm that follows is in <see
/// cref="Normed"/>; a text tower's <c>last_hidden_state</c> is <c>Normed(-1)</c>, a vision tower's <c>Hidden(-1)</c>.
/// </remarks>
public sealed class TowerStates
{
    private readonly float[]?[] _hidden, _attention;
    private readonly (float[] Weight, float[] Bias, float Eps)? _norm;
    private readonly int _read;

    internal TowerStates(
        int[] ids, int tokens, Insides inside, float[]?[] hidden, float[]?[] attention, int read, int skipped)
    {
        (Ids, Tokens, _hidden, _attention) = (ids, tokens, hidden, attention);
        (Width, Layers, Heads) = (inside.Blocks.Width, inside.Blocks.Layers, inside.Blocks.Heads);
        _norm = inside.FinalNorm is Norm norm ? (norm.Weight.ToArray(), norm.Bias.ToArray(), norm.Eps) : null;
        (_read, SpecialTokens) = (read, skipped);
    }

    /// <summary>Ids of a text's tokens; empty for a picture.</summary>
    public ReadOnlyMemory<int> Ids { get; }

    /// <summary>Rows of every state: a text's tokens, or a picture's class token and patches, row by row from the top left.</summary>
    public int Tokens { get; }

    /// <summary>Tokens of a picture before its first patch: 1 where there is a class token.</summary>
    public int SpecialTokens { get; }

    /// <summary>Numbers of a token.</summary>
    public int Width { get; }

    /// <summary>Blocks of the tower.</summary>
    public int Layers { get; }

    /// <summary>Heads of a block.</summary>
    public int Heads { get; }

    /// <summary>Where the tower reads: of a text its end token's row, of a picture that of its class token; -1 where it reads no one
    /// token.</summary>
    public int ReadAt => Math.Max(_read, -1);

    /// <summary>
    /// [embedding width]: the embedding before it gets length 1; null where the tower was saved without its projection.
    /// </summary>
    public float[]? Projected { get; internal init; }

    /// <summary>
    /// [<see cref="Tokens"/>, embedding width]: every token after the final norm and the projection; null unless <see
    /// cref="StateOptions.Project"/> asked for it.
    /// </summary>
    public float[]? ProjectedTokens { get; internal init; }

    /// <summary>A hidden state.</summary>
    /// <param name="layer">0 before the first block, k after block k; negative from the end.</param>
    /// <returns>[<see cref="Tokens"/>, <see cref="Width"/>]</returns>
    /// <exception cref="ArgumentException">There is no such layer, or it was not asked for.</exception>
    public ReadOnlyMemory<float> Hidden(int layer) => HiddenOf(layer);

    /// <summary>A hidden state after the tower's final norm, as Stable Diffusion takes it, with clip skip as well: <c>Normed(-2)</c>.</summary>
    /// <param name="layer">As for <see cref="Hidden"/>.</param>
    /// <returns>[<see cref="Tokens"/>, <see cref="Width"/>]; as <see cref="Hidden"/> where the tower has no such norm.</returns>
    /// <exception cref="ArgumentException">There is no such layer, or it was not asked for.</exception>
    public float[] Normed(int layer = -1)
    {
        float[] result = [.. HiddenOf(layer)];
        for (int token = 0; token < Tokens; token++)
            Norm(result.AsSpan(token * Width, Width));
        return result;
    }

    /// <summary>What each token gives each token in a block.</summary>
    /// <param name="block">0 for the first; negative from the end.</param>
    /// <returns>[<see cref="Heads"/>, <see cref="Tokens"/> that look, <see cref="Tokens"/> that are looked at]: rows sum to 1.</returns>
    /// <exception cref="ArgumentException">There is no such block, or it was not asked for.</exception>
    public ReadOnlyMemory<float> Attention(int block) =>
        _attention[StateOptions.Resolve(block, Layers, nameof(block), "attention weights of blocks", Layers)]
        ?? throw NotAsked(nameof(block), $"the attention weights of block {block}", nameof(StateOptions.Attention));

    /// <summary>
    /// What is projected: the token that the tower reads, or the mean where it reads that, after the last block and the final norm
    /// (transformers' <c>pooler_output</c>). Needs hidden state -1.
    /// </summary>
    /// <returns>[<see cref="Width"/>]</returns>
    /// <exception cref="ArgumentException">Hidden state -1 was not asked for.</exception>
    /// <exception cref="InvalidOperationException">An attention head reads all tokens: there is only its answer, <see cref="Projected"/>.</exception>
    public float[] Pooled()
    {
        if (_read == StateSequence.All)
            throw new InvalidOperationException(
                $"This tower pools its tokens by attention, so no token or mean is its pooled vector; what it makes of them is {nameof(Projected)}.");
        float[] last = HiddenOf(-1);
        float[] pooled = _read == StateSequence.Mean ? MeanOf(last) : last[(_read * Width)..((_read + 1) * Width)];
        Norm(pooled);
        return pooled;
    }

    private float[] MeanOf(float[] state)
    {
        IEnumerable<int> counted = Enumerable.Range(SpecialTokens, Tokens - SpecialTokens);
        return [.. Enumerable.Range(0, Width).Select(i => (float)counted.Average(token => (double)state[token * Width + i]))];
    }

    private float[] HiddenOf(int layer) =>
        _hidden[StateOptions.Resolve(layer, Layers + 1, nameof(layer), "hidden states", Layers)]
        ?? throw NotAsked(nameof(layer), $"hidden state {layer}", nameof(StateOptions.Hidden));

    private static ArgumentException NotAsked(string argument, string what, string option) =>
        new($"{what} was not kept. Name it in {nameof(StateOptions)}.{option}.", argument);

    /// <summary>In double precision: what comes of it is rounded once.</summary>
    private void Norm(Span<float> token)
    {
        if (_norm is not var (weight, bias, eps))
            return;
        double mean = 0, variance = 0;
        foreach (float x in token)
            mean += x;
        mean /= token.Length;
        foreach (float x in token)
            variance += (x - mean) * (x - mean);
        double factor = 1 / Math.Sqrt(variance / token.Length + eps);
        for (int i = 0; i < token.Length; i++)
            token[i] = (float)((token[i] - mean) * factor * weight[i] + bias[i]);
    }
}
