using PureClip.Model;

namespace PureClip.Checkpoints;

/// <summary>In whose words a weight file names its tensors.</summary>
internal enum CheckpointDialect
{
    /// <summary>OpenAI's and OpenCLIP's flat names: <c>visual.conv1.weight</c>, <c>transformer.resblocks.0…</c></summary>
    OpenClip,

    /// <summary>As <see cref="OpenClip"/>, with the text tower's names below <c>text.</c> (OpenCLIP's CustomTextCLIP).</summary>
    OpenClipCustomText,

    /// <summary>Hugging Face's: <c>vision_model.…</c>, <c>text_model.…</c></summary>
    HuggingFace,
}

/// <summary>One number block of the model and what each dialect calls it.</summary>
/// <param name="Canonical">Its name here: OpenAI's words with dots.</param>
/// <param name="OpenClip">Name in OpenAI's and OpenCLIP's files.</param>
/// <param name="OpenClipShape">Shape there.</param>
/// <param name="HuggingFace">Names in Hugging Face's files: three (query, key, value) where the other dialect stacks them in one.</param>
/// <param name="HuggingFaceShape">Shape of each there.</param>
internal sealed record CheckpointTensor(string Canonical, string OpenClip, int[] OpenClipShape, string[] HuggingFace, int[] HuggingFaceShape)
{
    /// <summary>Whether the two dialects store the transpose of one another: OpenAI multiplies by it from the right.</summary>
    public bool IsTransposed { get; init; }

    /// <summary>Whether it belongs to the text tower, whose names some files put below <c>text.</c></summary>
    public bool IsText => Canonical.StartsWith("text.", StringComparison.Ordinal);

    /// <summary>Names in a dialect: one, or query, key and value.</summary>
    public string[] NamesIn(CheckpointDialect dialect) => dialect switch
    {
        CheckpointDialect.HuggingFace => HuggingFace,
        CheckpointDialect.OpenClipCustomText when IsText => ["text." + OpenClip],
        _ => [OpenClip],
    };

    /// <summary>Shape of each tensor in a dialect.</summary>
    public int[] ShapeIn(CheckpointDialect dialect) => dialect == CheckpointDialect.HuggingFace ? HuggingFaceShape : OpenClipShape;
}

/// <summary>
/// The one table of checkpoint names: every number block of a model, in both dialects, with its shape. Reading uses it in one direction,
/// writing in the other. A file must hold exactly these tensors and the ignorable ones.
/// </summary>
internal static class CheckpointNames
{
    /// <summary>e to the power of it multiplies cosines.</summary>
    public const string LogitScale = "logit_scale";

    /// <summary>Added to the scaled cosines, in models trained with a sigmoid loss.</summary>
    public const string LogitBias = "logit_bias";

    /// <summary>Tensors that carry nothing: they are dropped by name, never by silence.</summary>
    private static readonly string[] Ignorable =
    [
        "input_resolution", "context_length", "vocab_size", "attn_mask", "text.attn_mask",
        "text_model.embeddings.position_ids", "vision_model.embeddings.position_ids",
    ];

    /// <summary>Whether a file may hold this tensor although nothing needs it.</summary>
    public static bool IsIgnorable(string name) => Array.IndexOf(Ignorable, name) >= 0;

    /// <summary>Whether a name belongs to the vision tower, in any dialect.</summary>
    public static bool IsOfVision(string name) => StartsWithAny(name, ["visual.", "vision_model.", "visual_projection."]);

    /// <summary>Whether a name belongs to the text tower, in any dialect.</summary>
    public static bool IsOfText(string name) =>
        StartsWithAny(name, ["transformer.", "token_embedding.", "positional_embedding", "ln_final.", "text_projection", "text.", "text_model."]);

    /// <summary>The tensors of the towers that a configuration has.</summary>
    public static List<CheckpointTensor> TensorsOf(ClipConfig config)
    {
        List<CheckpointTensor> table = [];
        if (config.Vision is VisionConfig vision)
            AddVision(table, vision, config.EmbeddingWidth);
        if (config.Text is TextConfig text)
            AddText(table, text, config.EmbeddingWidth);
        return table;
    }

    private static bool StartsWithAny(string name, ReadOnlySpan<string> prefixes)
    {
        foreach (string prefix in prefixes)
            if (name.StartsWith(prefix, StringComparison.Ordinal))
                return true;
        return false;
    }

    private static void AddVision(List<CheckpointTensor> table, VisionConfig config, int embeddingWidth)
    {
        int width = config.Transformer.Width, patch = config.PatchSize;
        table.Add(Same("vision.class_embedding", "visual.class_embedding", "vision_model.embeddings.class_embedding", width));
        table.Add(Same("vision.patch_embedding", "visual.conv1.weight", "vision_model.embeddings.patch_embedding.weight", width, 3, patch, patch));
        table.Add(Same("vision.positional_embedding", "visual.positional_embedding", "vision_model.embeddings.position_embedding.weight", config.Tokens, width));
        AddLayerNorm(table, "vision.ln_pre", "visual.ln_pre", "vision_model.pre_layrnorm", width); // misspelt in the published files
        AddBlocks(table, "vision", "visual.transformer", "vision_model", config.Transformer);
        AddLayerNorm(table, "vision.ln_post", "visual.ln_post", "vision_model.post_layernorm", width);
        table.Add(Transposed("vision.projection", "visual.proj", "visual_projection.weight", width, embeddingWidth));
    }

    private static void AddText(List<CheckpointTensor> table, TextConfig config, int embeddingWidth)
    {
        int width = config.Transformer.Width;
        table.Add(Same("text.token_embedding", "token_embedding.weight", "text_model.embeddings.token_embedding.weight", config.VocabularySize, width));
        table.Add(Same("text.positional_embedding", "positional_embedding", "text_model.embeddings.position_embedding.weight", config.ContextLength, width));
        AddBlocks(table, "text", "transformer", "text_model", config.Transformer);
        AddLayerNorm(table, "text.ln_final", "ln_final", "text_model.final_layer_norm", width);
        table.Add(Transposed("text.projection", "text_projection", "text_projection.weight", width, embeddingWidth));
    }

    private static void AddBlocks(List<CheckpointTensor> table, string tower, string openClip, string huggingFace, TransformerConfig config)
    {
        int width = config.Width, mlp = config.MlpWidth;
        for (int i = 0; i < config.Layers; i++)
        {
            string ours = $"{tower}.blocks.{i}", oc = $"{openClip}.resblocks.{i}", hf = $"{huggingFace}.encoder.layers.{i}";
            AddLayerNorm(table, $"{ours}.ln_1", $"{oc}.ln_1", $"{hf}.layer_norm1", width);
            table.Add(Stacked($"{ours}.attn.qkv.weight", $"{oc}.attn.in_proj_weight", $"{hf}.self_attn", "weight", width, width));
            table.Add(Stacked($"{ours}.attn.qkv.bias", $"{oc}.attn.in_proj_bias", $"{hf}.self_attn", "bias", width));
            AddLinear(table, $"{ours}.attn.out", $"{oc}.attn.out_proj", $"{hf}.self_attn.out_proj", width, width);
            AddLayerNorm(table, $"{ours}.ln_2", $"{oc}.ln_2", $"{hf}.layer_norm2", width);
            AddLinear(table, $"{ours}.mlp.fc", $"{oc}.mlp.c_fc", $"{hf}.mlp.fc1", mlp, width);
            AddLinear(table, $"{ours}.mlp.proj", $"{oc}.mlp.c_proj", $"{hf}.mlp.fc2", width, mlp);
        }
    }

    private static void AddLayerNorm(List<CheckpointTensor> table, string ours, string openClip, string huggingFace, int width)
    {
        table.Add(Same(ours + ".weight", openClip + ".weight", huggingFace + ".weight", width));
        table.Add(Same(ours + ".bias", openClip + ".bias", huggingFace + ".bias", width));
    }

    private static void AddLinear(List<CheckpointTensor> table, string ours, string openClip, string huggingFace, int outputs, int inputs)
    {
        table.Add(Same(ours + ".weight", openClip + ".weight", huggingFace + ".weight", outputs, inputs));
        table.Add(Same(ours + ".bias", openClip + ".bias", huggingFace + ".bias", outputs));
    }

    private static CheckpointTensor Same(string ours, string openClip, string huggingFace, params int[] shape) =>
        new(ours, openClip, shape, [huggingFace], shape);

    private static CheckpointTensor Transposed(string ours, string openClip, string huggingFace, int inputs, int outputs) =>
        new(ours, openClip, [inputs, outputs], [huggingFace], [outputs, inputs]) { IsTransposed = true };

    /// <summary>Query, key and value: rows of one tensor, or three tensors.</summary>
    private static CheckpointTensor Stacked(string ours, string openClip, string huggingFace, string what, params int[] shape) =>
        new(ours, openClip, [3 * shape[0], .. shape[1..]], [$"{huggingFace}.q_proj.{what}", $"{huggingFace}.k_proj.{what}", $"{huggingFace}.v_proj.{what}"], shape);
}
