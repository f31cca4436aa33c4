using PureClip.Model;

namespace PureClip.TextToImage;

// The table. Sources: diffusers' pipelines, Stability's sgm encoders, ComfyUI's sd1_clip, sdxl_clip, sd2_clip, sd3_clip and flux.
public sealed partial record ConditioningPreset
{
    private const int End = 49_407, Exclamation = 0;

    private static readonly EncoderRule L = new("clip_l", "text_encoder", GeluKind.Quick, End)
    {
        LoraPrefixes = ["lora_te_", "lora_te1_"],
    };

    private static readonly EncoderRule H = new("clip_h", "text_encoder", GeluKind.Erf, Exclamation) { LoraPrefixes = ["lora_te_"] };

    // The same weights are padded with "!" by some and with the end token by others.
    private static readonly EncoderRule G = new("clip_g", "text_encoder_2", GeluKind.Erf, Exclamation)
    {
        LoraPrefixes = ["lora_te2_"],
        Pooled = PooledVector.Projected,
    };

    private static readonly EncoderRule LoneG = G with
    {
        Folder = "text_encoder",
        PadId = End,
        LoraPrefixes = ["lora_prior_te_", "lora_te_"],
        Prefixes = ["text_encoders.clip_g.transformer."],
    };

    /// <summary>Stable Diffusion 1.x.</summary>
    public static ConditioningPreset SD1 { get; } = new("sd1",
        [L with { IsNormed = true, Prefixes = ["cond_stage_model.transformer."] }]);

    /// <summary>Stable Diffusion 2.x: folders hold 23 blocks of 24, single files all.</summary>
    public static ConditioningPreset SD2 { get; } = new("sd2",
        [H with { IsNormed = true, SingleFileLayer = -2, Prefixes = ["cond_stage_model.model.", "conditioner.embedders.0.model."] }]);

    /// <summary>SDXL's base model.</summary>
    public static ConditioningPreset SdxlBase { get; } = new("sdxl",
        [
            L with { Layer = -2, Prefixes = ["conditioner.embedders.0.transformer."] },
            G with { Layer = -2, Prefixes = ["conditioner.embedders.1.model."] },
        ])
    {
        PooledName = "pooled_prompt_embeds",
        Negative = AbsentNegative.Zeros,
        Remark = "The pipeline adds sizes and crop (time_ids) by itself.",
    };

    /// <summary>SDXL's refiner.</summary>
    public static ConditioningPreset SdxlRefiner { get; } = new("sdxl-refiner",
        [G with { Layer = -2, Prefixes = ["conditioner.embedders.0.model."] }])
    {
        PooledName = "pooled_prompt_embeds",
        Remark = "The pipeline adds sizes and the aesthetic score by itself.",
    };

    /// <summary>Stable Diffusion 3 and 3.5, what CLIP gives: T5's rows follow below.</summary>
    public static ConditioningPreset SD3 { get; } = new("sd3",
        [
            L with { Layer = -2, Pooled = PooledVector.Normed, Prefixes = ["text_encoders.clip_l.transformer."] },
            G with { Layer = -2, Prefixes = ["text_encoders.clip_g.transformer."] },
        ])
    {
        PooledName = "pooled_prompt_embeds",
        StatesWidth = 4096,
        SkipsForNegative = false,
        Remark = "These are the first 77 rows of prompt_embeds; T5's come below them, or 77 rows of zeros where it is left out.",
    };

    /// <summary>FLUX.1, what CLIP gives.</summary>
    public static ConditioningPreset Flux { get; } = new("flux",
        [L with { Layer = 0, Pooled = PooledVector.Normed, Prefixes = ["text_encoders.clip_l.transformer."] }])
    {
        StatesName = null,
        PooledName = "pooled_prompt_embeds",
        Negative = AbsentNegative.Nothing,
        Remark = "prompt_embeds is T5's.",
    };

    /// <summary>Stable Cascade's prior: the last block without the final norm, and padding unseen.</summary>
    public static ConditioningPreset StableCascade { get; } = new("cascade", [LoneG with { MasksPadding = true }])
    {
        PooledName = "prompt_embeds_pooled",
        IsPooledARow = true,
    };

    /// <summary>Kandinsky 2.2's prior.</summary>
    public static ConditioningPreset Kandinsky22 { get; } = new("kandinsky22", [LoneG with { IsNormed = true }])
    {
        StatesName = "text_encoder_hidden_states",
        PooledName = "prompt_embeds",
        MaskName = "text_mask",
        Remark = "The prior takes these inside; the decoder takes image_embeds.",
    };

    /// <summary>Kandinsky 2.1's prior.</summary>
    public static ConditioningPreset Kandinsky21 { get; } = new("kandinsky21",
        [L with { IsNormed = true, PadId = Exclamation, Pooled = PooledVector.Projected }])
    {
        StatesName = "text_encoder_hidden_states",
        PooledName = "prompt_embeds",
        MaskName = "text_mask",
        Remark = "The prior takes these inside; the decoder takes image_embeds.",
    };

    /// <summary>Every preset.</summary>
    public static IReadOnlyList<ConditioningPreset> All { get; } =
        [SD1, SD2, SdxlBase, SdxlRefiner, SD3, Flux, StableCascade, Kandinsky22, Kandinsky21];

    /// <summary>The preset of a name, in any case; null where there is none.</summary>
    public static ConditioningPreset? Find(string name) =>
        All.FirstOrDefault(preset => preset.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
}
