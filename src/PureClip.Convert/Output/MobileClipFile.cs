using PureClip.Model;

namespace PureClip.Convert.Output;

/// <summary>Writes the configuration of Apple's program for weights that come without one.</summary>
internal static class MobileClipFile
{
    /// <summary>Writes the file.</summary>
    /// <param name="path">File to create.</param>
    /// <param name="config">The model.</param>
    public static void Write(string path, ClipConfig config) => JsonOutput.Write(path, json =>
    {
        TextConfig text = config.Text!;
        TransformerConfig blocks = text.Transformer;
        json.WriteNumber("embed_dim", config.EmbeddingWidth);
        json.WriteStartObject("image_cfg");
        json.WriteNumber("image_size", config.Vision!.ImageSize);
        json.WriteString("model_name", config.Vision is FastVitConfig vision ? NameOf(vision) : "vit_b16");
        json.WriteEndObject();
        json.WriteStartObject("text_cfg");
        json.WriteNumber("context_length", text.ContextLength);
        json.WriteNumber("vocab_size", text.VocabularySize);
        json.WriteNumber("dim", blocks.Width);
        json.WriteNumber("ffn_multiplier_per_layer", (double)blocks.MlpWidth / blocks.Width);
        json.WriteNumber("n_heads_per_layer", blocks.Heads);
        json.WriteNumber("n_transformer_layers", blocks.Layers - (text.Mixer is null ? 0 : 2));
        json.WriteString("norm_layer", "layer_norm_fp32");
        json.WriteBoolean("causal_masking", text.IsCausal);
        json.WriteString("model_name", text.Mixer is null ? "base" : "mct");
        json.WriteEndObject();
    });

    /// <summary>The three sizes differ in blocks and channels, which are read off the tensors anyway.</summary>
    private static string NameOf(FastVitConfig config) =>
        config.Stages[0].Width == 80 ? "mci2" : config.Stages.Sum(static stage => stage.Blocks) == 40 ? "mci1" : "mci0";
}
