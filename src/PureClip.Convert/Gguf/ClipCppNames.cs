namespace PureClip.Convert.Gguf;

/// <summary>
/// clip.cpp's tensor names (models/convert_hf_to_gguf.py) back to the Hugging Face names they were made from. clip.cpp names the two
/// matrices of the MLP the wrong way round: ffn_down is fc1, ffn_up is fc2.
/// </summary>
internal static class ClipCppNames
{
    private static readonly Dictionary<string, string> Whole = new(StringComparer.Ordinal)
    {
        ["t.token_embd.weight"] = "text_model.embeddings.token_embedding.weight",
        ["t.position_embd.weight"] = "text_model.embeddings.position_embedding.weight",
        ["t.post_ln.weight"] = "text_model.final_layer_norm.weight",
        ["t.post_ln.bias"] = "text_model.final_layer_norm.bias",
        ["v.class_embd"] = "vision_model.embeddings.class_embedding",
        ["v.patch_embd.weight"] = "vision_model.embeddings.patch_embedding.weight",
        ["v.position_embd.weight"] = "vision_model.embeddings.position_embedding.weight",
        ["v.pre_ln.weight"] = "vision_model.pre_layrnorm.weight",
        ["v.pre_ln.bias"] = "vision_model.pre_layrnorm.bias",
        ["v.post_ln.weight"] = "vision_model.post_layernorm.weight",
        ["v.post_ln.bias"] = "vision_model.post_layernorm.bias",
        ["text_projection.weight"] = "text_projection.weight",
        ["visual_projection.weight"] = "visual_projection.weight",
        ["logit_scale"] = "logit_scale",
    };

    private static readonly Dictionary<string, string> InBlock = new(StringComparer.Ordinal)
    {
        ["ln1"] = "layer_norm1",
        ["ln2"] = "layer_norm2",
        ["attn_q"] = "self_attn.q_proj",
        ["attn_k"] = "self_attn.k_proj",
        ["attn_v"] = "self_attn.v_proj",
        ["attn_out"] = "self_attn.out_proj",
        ["ffn_down"] = "mlp.fc1",
        ["ffn_up"] = "mlp.fc2",
    };

    /// <summary>The Hugging Face name of a tensor, or null for a name that clip.cpp does not write.</summary>
    public static string? ToHuggingFace(string name)
    {
        if (Whole.TryGetValue(name, out string? whole))
            return whole;
        string[] parts = name.Split('.');
        if (parts is not ["t" or "v", "blk", var block, var module, "weight" or "bias"]
            || !InBlock.TryGetValue(module, out string? words)
            || block.Length > 4 || !block.All(char.IsAsciiDigit))
            return null;
        string tower = parts[0] == "t" ? "text_model" : "vision_model";
        return $"{tower}.encoder.layers.{block}.{words}.{parts[4]}";
    }
}
