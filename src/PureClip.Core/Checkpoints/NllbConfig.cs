using PureClip.Files;
using PureClip.Model;

namespace PureClip.Checkpoints;

/// <summary>
/// NLLB's encoder as a text tower of OpenCLIP's: M2M-100's, whose sizes stand in no file of open_clip's but follow from the name of the base
/// model. The language of a text is its first token.
/// </summary>
/// <remarks>transformers, <c>configuration_m2m_100.py</c>, and the configurations that facebook publishes.</remarks>
internal static class NllbConfig
{
    /// <summary>Base models that are known, for messages.</summary>
    public const string Names = "nllb-200-distilled-600M, nllb-200-distilled-1.3B, nllb-200-1.3B or nllb-200-3.3B";

    /// <summary>Reads <c>hf_model_config</c>; null where the base model is none of these.</summary>
    /// <param name="file">What OpenCLIP's configuration changes of the base model's.</param>
    /// <param name="name"><c>hf_model_name</c>.</param>
    /// <exception cref="InvalidDataException">A field has a value that is not supported.</exception>
    public static TextConfig? Read(JsonFile file, string name)
    {
        (int Width, int Layers, int MlpWidth)? known = name[(name.LastIndexOf('/') + 1)..] switch
        {
            "nllb-200-distilled-600M" => (1024, 12, 4096),
            "nllb-200-distilled-1.3B" or "nllb-200-1.3B" => (1024, 24, 8192),
            "nllb-200-3.3B" => (2048, 24, 8192),
            _ => null,
        };
        if (known is not (int, int, int) usual)
            return null;
        if (file.String("activation_function") is string act and not "relu")
            throw file.NotSupported("activation_function", $"\"{act}\"", "relu");
        int width = file.Int("d_model", usual.Width), pad = file.Int("pad_token_id", 1);
        int positions = file.Int("max_position_embeddings", 1024);
        TransformerConfig blocks = new(
            width, file.Int("encoder_layers", usual.Layers), file.Int("encoder_attention_heads", 16),
            file.Int("encoder_ffn_dim", usual.MlpWidth), GeluKind.Erf, 1e-5f)
        {
            IsRelu = true,
        };
        return new(blocks, positions, file.Int("vocab_size", 256_206))
        {
            IsCausal = false,
            Bert = new(positions + pad + 1, pad + 1, 0, pad)
            {
                HasSinePositions = true,
                TokenScale = file.Bool("scale_embedding", true) ? MathF.Sqrt(width) : 1,
                HasEmbeddingNorm = false,
                HasFinalNorm = true,
            },
        };
    }
}
