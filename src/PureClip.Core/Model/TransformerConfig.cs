using PureClip.Kernels;

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

/// <summary>Where the norms of a block stand.</summary>
public enum NormPlace
{
    /// <summary>Before attention and MLP: x + f(norm(x)), as in most models of pictures.</summary>
    Before,

    /// <summary>At the end of a branch: x + norm(f(x)), as in EVA02-E.</summary>
    Branch,

    /// <summary>After the sum: norm(x + f(x)), as in BERT.</summary>
    After,
}

/// <summary>How queries and keys of patches are turned by their places: pairs of neighbours, by angles of place and pair.</summary>
/// <param name="ColumnsFirst">Whether the first half of a head's numbers tells the column and the second the row, else the reverse.</param>
/// <param name="FirstPlace">The place of the first patch of a side: 0 in EVA02, 1 in the Perception Encoder.</param>
/// <param name="TrainedGrid">Patches of a side to which any grid is scaled, 1 or more.</param>
/// <remarks>Su et al. 2021, RoFormer; in two dimensions Fang et al. 2023, EVA-02, and Bolya et al. 2025, Perception Encoder.</remarks>
public sealed record RotaryConfig(bool ColumnsFirst, int FirstPlace, int TrainedGrid);

/// <summary>The sizes of a stack of residual attention blocks.</summary>
/// <param name="Width">Numbers a token, a multiple of <paramref name="Heads"/>.</param>
/// <param name="Layers">Blocks, at least 1.</param>
/// <param name="Heads">Attention heads. OpenAI's models have one for every 64 of width; others do not.</param>
/// <param name="MlpWidth">Hidden numbers of the MLP, usually 4 times the width.</param>
/// <param name="Gelu">Activation of the MLP.</param>
/// <param name="LayerNormEps">Added to the variance in every layer norm, usually 1e-5.</param>
public sealed record TransformerConfig(int Width, int Layers, int Heads, int MlpWidth, GeluKind Gelu, float LayerNormEps)
{
    private const int MostTokens = 65_536;

    // 256 MiB a buffer: 30 times what the largest published tower takes (ViT-bigG at 448 pixels).
    private const long MostNumbers = 1 << 26;

    /// <summary>Where the norms of a block stand.</summary>
    public NormPlace Norms { get; init; }

    /// <summary>Whether the MLP has a gate: SiLU(x·W₁ + b₁) ⊙ (x·W₂ + b₂), in place of the activation.</summary>
    public bool IsGated { get; init; }

    /// <summary>
    /// Whether the MLP norms what it takes once more and has a gate of GELU: GELU(x·W₁ + b₁) ⊙ (x·W₂ + b₂), in place of the activation:
    /// ViTamin.
    /// </summary>
    public bool IsGeGlu { get; init; }

    /// <summary>Whether the MLP's activation is max(x, 0), in place of a GELU: NLLB.</summary>
    public bool IsRelu { get; init; }

    /// <summary>Whether there are two more norms in a block: of the mixture of the heads, and of the MLP's hidden numbers.</summary>
    public bool HasInnerNorms { get; init; }

    /// <summary>How queries and keys are turned by their places; null for not at all.</summary>
    public RotaryConfig? Rotary { get; init; }

    /// <summary>Whether blocks are CLIP's own: norms before, a GELU and no gate, no further norms, nothing turned.</summary>
    internal bool IsPlain => Norms == NormPlace.Before && !IsGated && !IsGeGlu && !IsRelu && !HasInnerNorms && Rotary is null;

    /// <summary>Numbers of one head's query, key and value.</summary>
    public int HeadWidth => Width / Heads;

    /// <summary>Which activation, in the words of who computes it.</summary>
    internal Act Act => Gelu switch
    {
        _ when IsRelu => Act.Relu,
        GeluKind.Quick => Act.QuickGelu,
        GeluKind.Erf => Act.Gelu,
        _ => Act.GeluTanh,
    };

    /// <summary>Numbers that tell one stack of blocks from another, in an order that stays: fingerprints are made of them.</summary>
    internal float[] Signature => IsPlain
        ? [Width, Layers, Heads, MlpWidth, (int)Gelu, LayerNormEps]
        :
        [
            Width, Layers, Heads, MlpWidth, (int)Gelu, LayerNormEps, (int)Norms, IsGated ? 1 : 0, HasInnerNorms ? 1 : 0,
            Rotary is null ? 0 : Rotary.ColumnsFirst ? 2 : 1, Rotary?.FirstPlace ?? 0, Rotary?.TrainedGrid ?? 0,
            .. IsRelu ? (float[])[1] : [], .. IsGeGlu ? (float[])[2] : [],
        ];

    /// <summary>What it says, by name, for people.</summary>
    internal IEnumerable<KeyValuePair<string, object>> Facts(string tower) =>
    [
        new($"{tower}_width", Width), new($"{tower}_layers", Layers), new($"{tower}_heads", Heads), new($"{tower}_mlp_width", MlpWidth),
        new($"{tower}_gelu", IsGated ? "none: a gate of SiLU" : IsRelu ? "none: ReLU" : Gelu.ToString()),
        new($"{tower}_layer_norm_eps", LayerNormEps),
        .. Norms == NormPlace.Before ? (KeyValuePair<string, object>[])[] : [new($"{tower}_norms", Norms.ToString())],
        .. IsGeGlu ? (KeyValuePair<string, object>[])[new($"{tower}_mlp_gate", "GELU, behind a norm")] : [],
        .. HasInnerNorms ? (KeyValuePair<string, object>[])[new($"{tower}_inner_norms", "in attention and MLP")] : [],
        .. Rotary is null ? (KeyValuePair<string, object>[])[] :
            [new($"{tower}_rotary_positions", $"trained on {Rotary.TrainedGrid} x {Rotary.TrainedGrid} patches")],
    ];

    /// <summary>
    /// Bounds what the tokens of one sequence take, before anything is read: a buffer of the residual stream has tokens · width floats, and
    /// attention packs a head's keys and values, at most twice that, for each thread.
    /// </summary>
    internal void ValidateTokens(string tower, int tokens, string what)
    {
        ClipConfig.Require(tokens, 1, MostTokens, $"number of {tower} tokens ({what})");
        if ((long)tokens * Width > MostNumbers)
            throw new ArgumentException(
                $"The {tower} tower has {tokens} tokens ({what}) of {Width} numbers, {(long)tokens * Width} together; " +
                $"at most {MostNumbers} are supported.");
    }

    internal void Validate(string tower)
    {
        ClipConfig.Require(Width, 1, 16_384, $"{tower} width");
        ClipConfig.Require(Layers, 1, 256, $"{tower} layers");
        ClipConfig.Require(Heads, 1, Width, $"{tower} heads");
        ClipConfig.Require(MlpWidth, 1, 131_072, $"{tower} MLP width");
        if (Width % Heads != 0)
            throw new ArgumentException($"{tower} width {Width} is not a multiple of its {Heads} heads.");
        if (!(LayerNormEps >= 0f && LayerNormEps < 1f))
            throw new ArgumentException($"{tower} layer norm eps is {LayerNormEps}; it must be at least 0 and below 1.");
        if (Rotary is null)
            return;
        ClipConfig.Require(Rotary.FirstPlace, 0, 1, $"{tower} first place of rotary positions");
        ClipConfig.Require(Rotary.TrainedGrid, 1, 4096, $"{tower} grid of rotary positions");
        if (HeadWidth % 4 != 0)
            throw new ArgumentException($"{tower} heads have {HeadWidth} numbers; rotary positions need a multiple of 4.");
    }
}
