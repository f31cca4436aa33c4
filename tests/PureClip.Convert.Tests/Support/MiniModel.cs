namespace PureClip.Convert.Tests.Support;

/// <summary>
/// The model in the repository, weights/pictogram-mini, in the words and orientations of other programs. The tables are written here
/// anew, from the facts of each format, so that they prove those of the converter.
/// </summary>
internal static class MiniModel
{
    private static readonly (string HuggingFace, string OpenAi)[] Words =
    [
        ("text_model.embeddings.token_embedding", "token_embedding"),
        ("text_model.embeddings.position_embedding.weight", "positional_embedding"),
        ("text_model.final_layer_norm", "ln_final"),
        ("text_model.encoder.layers", "transformer.resblocks"),
        ("vision_model.embeddings.class_embedding", "visual.class_embedding"),
        ("vision_model.embeddings.patch_embedding", "visual.conv1"),
        ("vision_model.embeddings.position_embedding.weight", "visual.positional_embedding"),
        ("vision_model.pre_layrnorm", "visual.ln_pre"),
        ("vision_model.post_layernorm", "visual.ln_post"),
        ("vision_model.encoder.layers", "visual.transformer.resblocks"),
        ("text_projection.weight", "text_projection"),
        ("visual_projection.weight", "visual.proj"),
        ("layer_norm", "ln_"), ("self_attn.out_proj", "attn.out_proj"), ("mlp.fc1", "mlp.c_fc"), ("mlp.fc2", "mlp.c_proj"),
    ];

    private static readonly (string HuggingFace, string ClipCpp)[] ClipCppWords =
    [
        ("text_model.embeddings.token_embedding", "t.token_embd"), ("text_model.embeddings.position_embedding", "t.position_embd"),
        ("text_model.final_layer_norm", "t.post_ln"), ("text_model.encoder.layers", "t.blk"),
        ("vision_model.embeddings.class_embedding", "v.class_embd"), ("vision_model.embeddings.patch_embedding", "v.patch_embd"),
        ("vision_model.embeddings.position_embedding", "v.position_embd"), ("vision_model.pre_layrnorm", "v.pre_ln"),
        ("vision_model.post_layernorm", "v.post_ln"), ("vision_model.encoder.layers", "v.blk"),
        ("layer_norm", "ln"), ("self_attn.q_proj", "attn_q"), ("self_attn.k_proj", "attn_k"), ("self_attn.v_proj", "attn_v"),
        ("self_attn.out_proj", "attn_out"), ("mlp.fc1", "ffn_down"), ("mlp.fc2", "ffn_up"),
    ];

    public static string Path => TestData.Weights("pictogram-mini");

    /// <summary>All tensors, F16, by Hugging Face's names.</summary>
    public static Dictionary<string, (long[] Shape, byte[] Bytes)> Tensors(string? directory = null)
    {
        using SourceCheckpoint checkpoint = CheckpointOpener.OpenPath(directory ?? Path);
        return checkpoint.Tensors.ToDictionary(static t => t.Name, static t =>
        {
            byte[] bytes = new byte[t.ByteCount];
            t.Read(0, bytes);
            return (t.Shape.ToArray(), bytes);
        });
    }

    /// <summary>A safetensors file in OpenAI's words: query, key and value in one tensor, projections from the right.</summary>
    /// <param name="prefix">What stands before every name.</param>
    /// <param name="textPrefix">What stands before names of the text tower.</param>
    public static byte[] InOpenAiWords(string prefix = "", string textPrefix = "")
    {
        Dictionary<string, (long[] Shape, byte[] Bytes)> tensors = Tensors();
        SafetensorsBuilder file = new();
        foreach ((string name, (long[] shape, byte[] bytes)) in tensors)
        {
            if (name.Contains(".k_proj.") || name.Contains(".v_proj."))
                continue;
            string openAi = Words.Aggregate(name, static (n, w) => n.Replace(w.HuggingFace, w.OpenAi));
            (long[] newShape, byte[] newBytes) = (shape, bytes);
            if (name.Contains(".q_proj."))
            {
                openAi = openAi.Replace("self_attn.q_proj.", "attn.in_proj_");
                newShape = [3 * shape[0], .. shape[1..]];
                newBytes = [.. bytes, .. tensors[name.Replace("q_proj", "k_proj")].Bytes, .. tensors[name.Replace("q_proj", "v_proj")].Bytes];
            }
            else if (name.EndsWith("_projection.weight", StringComparison.Ordinal))
                (newShape, newBytes) = ([shape[1], shape[0]], Transposed(bytes, (int)shape[0], (int)shape[1]));
            bool isText = !openAi.StartsWith("visual.", StringComparison.Ordinal) && openAi != "logit_scale";
            file.Add(prefix + (isText ? textPrefix : "") + openAi, "F16", newShape, newBytes);
        }
        return file.Build();
    }

    /// <summary>Hugging Face's name of what clip.cpp calls so.</summary>
    public static string FromClipCpp(string name) => ClipCppWords.Aggregate(name, static (n, w) => n.Replace(w.ClipCpp, w.HuggingFace));

    /// <summary>
    /// A GGUF file as clip.cpp's converter writes it: no logit scale, the MLP's names the wrong way round, matrices F16, the rest F32.
    /// </summary>
    public static byte[] AsGguf()
    {
        GgufBuilder file = new GgufBuilder()
            .Key("general.architecture", 8, Text("clip")).Key("clip.use_gelu", 7, [0])
            .Key("clip.vision.attention.head_count", 4, BitConverter.GetBytes(3)).Key("clip.text.attention.head_count", 4, BitConverter.GetBytes(3))
            .Key("clip.vision.image_size", 4, BitConverter.GetBytes(64)).Key("clip.vision.patch_size", 4, BitConverter.GetBytes(8));
        foreach ((string name, (long[] shape, byte[] bytes)) in Tensors())
        {
            if (name == "logit_scale")
                continue;
            string clipCpp = ClipCppWords.Aggregate(name, static (n, w) => n.Replace(w.HuggingFace, w.ClipCpp));
            bool isMatrix = shape.Length > 1;
            file.Tensor(clipCpp, isMatrix ? 1u : 0u, [.. shape.Reverse().Select(static n => (ulong)n)], isMatrix ? bytes : Widened(bytes));
        }
        return file.Build();
    }

    private static byte[] Text(string text) => [.. BitConverter.GetBytes((ulong)text.Length), .. text.Select(static c => (byte)c)];

    private static byte[] Widened(byte[] halves) =>
        [.. Enumerable.Range(0, halves.Length / 2).SelectMany(i => BitConverter.GetBytes((float)BitConverter.ToHalf(halves, 2 * i)))];

    private static byte[] Transposed(byte[] matrix, int rows, int columns)
    {
        byte[] result = new byte[matrix.Length];
        for (int row = 0; row < rows; row++)
            for (int column = 0; column < columns; column++)
                matrix.AsSpan(2 * (row * columns + column), 2).CopyTo(result.AsSpan(2 * (column * rows + row)));
        return result;
    }
}
