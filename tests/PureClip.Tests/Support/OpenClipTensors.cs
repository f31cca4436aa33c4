namespace PureClip.Tests.Support;

/// <summary>
/// Hugging Face's tensors in OpenCLIP's names and shapes. Written after the two Python implementations and not after the library's own
/// table, which it is there to check.
/// </summary>
internal static class OpenClipTensors
{
    // Replacements in a name, in this order.
    private static readonly (string HuggingFace, string OpenClip)[] Words =
    [
        ("vision_model.embeddings.class_embedding", "visual.class_embedding"),
        ("vision_model.embeddings.patch_embedding.weight", "visual.conv1.weight"),
        ("vision_model.embeddings.position_embedding.weight", "visual.positional_embedding"),
        ("vision_model.pre_layrnorm", "visual.ln_pre"),
        ("vision_model.post_layernorm", "visual.ln_post"),
        ("vision_model.encoder.layers", "visual.transformer.resblocks"),
        ("visual_projection.weight", "visual.proj"),
        ("text_model.embeddings.token_embedding", "token_embedding"),
        ("text_model.embeddings.position_embedding.weight", "positional_embedding"),
        ("text_model.final_layer_norm", "ln_final"),
        ("text_model.encoder.layers", "transformer.resblocks"),
        ("text_projection.weight", "text_projection"),
        ("layer_norm", "ln_"),
        ("self_attn.out_proj", "attn.out_proj"),
        ("self_attn.q_proj.", "attn.in_proj_"),
        ("mlp.fc1", "mlp.c_fc"),
        ("mlp.fc2", "mlp.c_proj"),
    ];

    /// <summary>Renames, stacks query, key and value, and transposes the projections.</summary>
    /// <param name="tensors">By Hugging Face's names.</param>
    /// <param name="textPrefix">What is put before the text tower's names.</param>
    public static Dictionary<string, TinyModel.Tensor> From(IReadOnlyDictionary<string, TinyModel.Tensor> tensors, string textPrefix)
    {
        Dictionary<string, TinyModel.Tensor> converted = [];
        foreach ((string name, TinyModel.Tensor tensor) in tensors)
        {
            if (name.Contains(".k_proj.") || name.Contains(".v_proj."))
                continue;
            string renamed = Words.Aggregate(name, (text, word) => text.Replace(word.HuggingFace, word.OpenClip));
            string prefix = name.StartsWith("text_", StringComparison.Ordinal) ? textPrefix : "";
            converted[prefix + renamed] = name.Contains(".q_proj.") ? Stack([tensor, tensors[name.Replace(".q_", ".k_")], tensors[name.Replace(".q_", ".v_")]])
                : name.EndsWith("_projection.weight", StringComparison.Ordinal) ? Transpose(tensor)
                : tensor;
        }
        return converted;
    }

    private static TinyModel.Tensor Stack(TinyModel.Tensor[] parts) =>
        parts[0] with { Shape = [3 * parts[0].Shape[0], .. parts[0].Shape[1..]], Numbers = [.. parts.SelectMany(part => part.Numbers)] };

    private static TinyModel.Tensor Transpose(TinyModel.Tensor matrix)
    {
        (long rows, long columns) = (matrix.Shape[0], matrix.Shape[1]);
        float[] numbers = new float[rows * columns];
        for (long row = 0; row < rows; row++)
            for (long column = 0; column < columns; column++)
                numbers[column * rows + row] = matrix.Numbers[row * columns + column];
        return matrix with { Shape = [columns, rows], Numbers = numbers };
    }
}
