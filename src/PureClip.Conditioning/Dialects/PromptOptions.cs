namespace PureClip.TextToImage;

/// <summary>Whose marks a prompt is written with: what brackets, signs and long texts mean.</summary>
public enum PromptDialect
{
    /// <summary>None: a text, cut after 75 tokens. diffusers.</summary>
    Plain,

    /// <summary>AUTOMATIC1111's <c>(word:1.2)</c>, <c>[word]</c> and BREAK; chunks of 75 tokens that end at commas.</summary>
    A1111,

    /// <summary>ComfyUI's <c>(word:1.2)</c>; what has one weight is kept together where chunks end.</summary>
    ComfyUI,

    /// <summary>As <see cref="ComfyUI"/> of before 2024: words are kept together where chunks end.</summary>
    ComfyUIByWord,

    /// <summary>compel's <c>word++</c>, <c>(some words)0.8</c>, <c>.blend()</c> and <c>.and()</c>.</summary>
    Compel,
}

/// <summary>What <see cref="PromptDialect.A1111"/> does with weights.</summary>
public enum A1111Emphasis
{
    /// <summary>States times weights, then times what brings their mean back.</summary>
    Original,

    /// <summary>States times weights; said to suit SDXL better.</summary>
    NoNorm,

    /// <summary>Marks are read, and every weight is 1.</summary>
    Ignore,

    /// <summary>Marks are text.</summary>
    None,
}

/// <summary>How a prompt is read and encoded.</summary>
public sealed record PromptOptions
{
    /// <summary>The usual: <see cref="PromptDialect.Plain"/>.</summary>
    public static PromptOptions Default { get; } = new();

    /// <summary>Whose marks it is written with.</summary>
    public PromptDialect Dialect { get; init; }

    /// <summary>
    /// Blocks that are left out at the end: diffusers' <c>clip_skip</c>, which is A1111's "clip skip" minus 1, and 1 for ComfyUI's "stop
    /// at -2".
    /// From 0 to one less than the encoder has.
    /// </summary>
    public int ClipSkip { get; init; }

    /// <summary>What A1111's dialect does with weights.</summary>
    public A1111Emphasis Emphasis { get; init; }

    /// <summary>
    /// Tokens behind the last comma that A1111's dialect moves to the next chunk, at most, where a chunk is full: 0 to 75 (its
    /// <c>comma_padding_backtrack</c>).
    /// </summary>
    public int CommaReach { get; init; } = 20;

    /// <summary>Whether A1111's dialect allows blanks around the number of a weight, as it does since 1.8.</summary>
    public bool AllowBlanksInWeights { get; init; } = true;

    /// <summary>Whether compel's dialect cuts long prompts after 75 tokens, in place of splitting them where sentences end.</summary>
    public bool Truncate { get; init; }

    internal void Validate()
    {
        Require(Enum.IsDefined(Dialect), nameof(Dialect), Dialect, "Plain, A1111, ComfyUI, ComfyUIByWord or Compel");
        Require(Enum.IsDefined(Emphasis), nameof(Emphasis), Emphasis, "Original, NoNorm, Ignore or None");
        Require(ClipSkip is >= 0 and <= 100, nameof(ClipSkip), ClipSkip, "0 or more, and less than the encoder has blocks");
        Require(CommaReach is >= 0 and <= 75, nameof(CommaReach), CommaReach, "from 0 to 75");
    }

    private static void Require(bool holds, string name, object value, string allowed)
    {
        if (!holds)
            throw new ArgumentException($"{name} is {value}; it must be {allowed}.", name);
    }
}
