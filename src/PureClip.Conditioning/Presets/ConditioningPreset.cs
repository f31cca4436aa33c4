using PureClip.Model;

namespace PureClip.TextToImage;

/// <summary>Which vector of a text encoder a generator takes as the meaning of the whole prompt.</summary>
public enum PooledVector
{
    /// <summary>None.</summary>
    None,

    /// <summary>The end token's state after the final norm: transformers' <c>pooler_output</c>.</summary>
    Normed,

    /// <summary>The same, projected: <c>text_embeds</c>. Not of length 1.</summary>
    Projected,
}

/// <summary>What stands for a negative prompt where none is given.</summary>
public enum AbsentNegative
{
    /// <summary>The empty text, encoded.</summary>
    EmptyText,

    /// <summary>Zeros.</summary>
    Zeros,

    /// <summary>Nothing: the generator takes none unless it is asked to.</summary>
    Nothing,
}

/// <summary>One text encoder of a generator, and what is taken of it.</summary>
/// <param name="Key">Its name in files of several: <c>clip_l</c>, <c>clip_h</c>, <c>clip_g</c>.</param>
/// <param name="Folder">Its folder in a directory of diffusers.</param>
/// <param name="Gelu">Its activation, for files that do not say it.</param>
/// <param name="PadId">What fills a prompt where no tokenizer's folder says it: 49407, the end token, or 0, which is "!".</param>
public sealed record EncoderRule(string Key, string Folder, GeluKind Gelu, int PadId)
{
    /// <summary>The hidden state that is taken, from the end: -1 is what the last block gives. 0 where states are not taken.</summary>
    public int Layer { get; init; } = -1;

    /// <summary>The same for single files, where they hold more blocks than folders do.</summary>
    public int? SingleFileLayer { get; init; }

    /// <summary>Whether the final norm is applied to it.</summary>
    public bool IsNormed { get; init; }

    /// <summary>Whether tokens do not see padding.</summary>
    public bool MasksPadding { get; init; }

    /// <summary>Which vector of the whole prompt is taken.</summary>
    public PooledVector Pooled { get; init; }

    /// <summary>What its tensors' names begin with in single files.</summary>
    public IReadOnlyList<string> Prefixes { get; init; } = [];

    /// <summary>What stands before its modules' names in LoRA files of kohya's kind.</summary>
    public IReadOnlyList<string> LoraPrefixes { get; init; } = [];

    /// <summary>The folder of its tokenizer.</summary>
    internal string TokenizerFolder => Folder.Replace("text_encoder", "tokenizer", StringComparison.Ordinal);
}

/// <summary>
/// What a generator takes from CLIP, as data: a new one needs an entry, and no code. Those that are known are in <see cref="All"/>.
/// </summary>
/// <param name="Name">Its name.</param>
/// <param name="Encoders">Its text encoders, in the order in which what they give is joined.</param>
public sealed partial record ConditioningPreset(string Name, IReadOnlyList<EncoderRule> Encoders)
{
    /// <summary>The pipeline's argument with token states: [1, 77 · chunks, widths side by side]; null where it takes none.</summary>
    public string? StatesName { get; init; } = "prompt_embeds";

    /// <summary>Its argument with pooled vectors, side by side; null where it takes none.</summary>
    public string? PooledName { get; init; }

    /// <summary>Its argument that says which tokens are no padding: [1, 77 · chunks]; null where it takes none.</summary>
    public string? MaskName { get; init; }

    /// <summary>Whether the pooled vector is a row: [1, 1, width] in place of [1, width].</summary>
    public bool IsPooledARow { get; init; }

    /// <summary>Columns that states are filled up to with zeros; 0 for none.</summary>
    public int StatesWidth { get; init; }

    /// <summary>What stands for a negative prompt where none is given.</summary>
    public AbsentNegative Negative { get; init; }

    /// <summary>Whether clip skip holds for the negative prompt too.</summary>
    public bool SkipsForNegative { get; init; } = true;

    /// <summary>What else the pipeline needs, which is no concern of CLIP's, for people; empty for nothing.</summary>
    public string Remark { get; init; } = "";

    /// <inheritdoc/>
    public override string ToString() => Name;
}
