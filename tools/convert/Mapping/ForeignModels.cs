namespace PureClip.Convert.Mapping;

/// <summary>Relatives of CLIP that are recognised by a name of theirs and refused, because the library has no such tower.</summary>
internal static class ForeignModels
{
    private static readonly (string Start, string Refusal)[] Known =
    [
        ("visual.layer1.", "a CLIP with a ResNet as its vision tower (RN50, RN101, RN50x4, RN50x16, RN50x64). ResNet towers are not supported yet"),
        ("visual.attnpool.", "a CLIP with a ResNet as its vision tower (RN50, RN101, RN50x4, RN50x16, RN50x64). ResNet towers are not supported yet"),
        ("visual.trunk.", "an OpenCLIP model whose vision tower comes from timm (SigLIP, ConvNeXt, MobileCLIP, EVA-02 and others)"),
        ("visual.attn_pool.", "a CoCa, whose vision tower ends in an attention pooler"),
        ("text_decoder.", "a CoCa, which has a text decoder"),
        ("visual.blocks.", "an EVA-CLIP"),
        ("vision_model.head.", "a SigLIP, whose vision tower has no class token and ends in an attention pooler"),
        ("text_model.head.", "a SigLIP"),
        ("bert.", "a Chinese-CLIP, whose text tower is a BERT"),
        ("text.transformer.embeddings.", "an OpenCLIP model whose text tower comes from transformers (RoBERTa, XLM-RoBERTa, NLLB)"),
        ("roberta.", "an AltCLIP, whose text tower is a RoBERTa"),
    ];

    /// <summary>Fails where the names are those of a model that is known and not supported.</summary>
    /// <exception cref="InvalidDataException">They are.</exception>
    public static void Refuse(IReadOnlyCollection<string> names)
    {
        foreach ((string start, string refusal) in Known)
            if (names.FirstOrDefault(name => name.StartsWith(start, StringComparison.Ordinal)) is string found)
                Throw.InvalidData($"This is {refusal} (it has '{found}'). Supported are CLIPs with a ViT and CLIP's own text transformer.");
    }
}
