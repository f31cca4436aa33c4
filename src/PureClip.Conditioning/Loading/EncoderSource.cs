using PureClip.Checkpoints;
using PureClip.Files;
using PureClip.Model;
using PureClip.Tokenization;

namespace PureClip.TextToImage;

/// <summary>Where an encoder's weights lie, and what is known of it before they are read.</summary>
/// <param name="Rule">What is taken of it.</param>
/// <param name="Path">The folder, or the file.</param>
/// <param name="WeightsPath">The file with its tensors.</param>
/// <param name="Prefix">What its tensors' names begin with there.</param>
/// <param name="Config">Its sizes.</param>
/// <param name="Tokenizer">CLIP's, with the folder's settings where there is one.</param>
/// <param name="PadId">What fills its prompts.</param>
/// <param name="Layer">The hidden state that is taken, from the end.</param>
internal sealed record EncoderSource(
    EncoderRule Rule, string Path, string WeightsPath, string Prefix, ClipConfig Config, ITokenizer Tokenizer, int PadId, int Layer)
{
    private const string SpecialTokens = "special_tokens_map.json", Settings = "tokenizer_config.json";

    /// <summary>An encoder in a folder of its own, as transformers saves it.</summary>
    /// <param name="rule">What is taken of it.</param>
    /// <param name="folder">Its folder.</param>
    /// <param name="tokenizerFolder">The folder of its tokenizer; it need not be there.</param>
    /// <exception cref="InvalidDataException">It is no text encoder of CLIP, or damaged.</exception>
    public static EncoderSource OfFolder(EncoderRule rule, string folder, string tokenizerFolder)
    {
        ModelDirectory directory = ModelDirectory.Open(folder);
        if (directory.Config.Text is not { ReadAt: TextReadOut.EndOfText, Bert: null })
            throw new InvalidDataException(
                $"{folder} holds no text encoder of CLIP's kind. Give the folder that the generator was published in.");
        bool hasTokenizer = Directory.Exists(tokenizerFolder);
        TokenizerOptions options = new() { Cleaning = TextCleaning.HuggingFace };
        ITokenizer tokenizer = hasTokenizer ? BpeTokenizer.FromDirectory(tokenizerFolder, options) : BpeTokenizer.CreateClip(options);
        return Create(
            rule, folder, directory.WeightsPath, "", directory.Config, tokenizer,
            hasTokenizer ? PadIdOf(tokenizerFolder, tokenizer) : null, rule.Layer);
    }

    /// <summary>An encoder in a file.</summary>
    /// <param name="rule">What is taken of it.</param>
    /// <param name="path">The file.</param>
    /// <param name="prefix">What its tensors' names begin with.</param>
    /// <param name="config">Its sizes.</param>
    public static EncoderSource OfFile(EncoderRule rule, string path, string prefix, ClipConfig config) => Create(
        rule, path, path, prefix, config, BpeTokenizer.CreateClip(new() { Cleaning = TextCleaning.HuggingFace }), null,
        rule.SingleFileLayer ?? rule.Layer);

    /// <summary>Opens its weights.</summary>
    /// <param name="read">Whether they are read when they are wanted, instead of being mapped.</param>
    public Checkpoint Open(bool read) => Checkpoint.Open(WeightsPath, Config, Prefix, read);

    private static EncoderSource Create(
        EncoderRule rule, string path, string weightsPath, string prefix, ClipConfig config, ITokenizer tokenizer, int? padId, int layer)
    {
        if (rule.Pooled == PooledVector.Projected && config.Text!.Projection == TextProjection.Missing)
            throw new InvalidDataException(
                $"{path} is a text encoder without its projection, which the pooled vector of this generator is made with. Use the "
                + "encoder that "
                + "was published with the generator (a CLIPTextModelWithProjection).");
        if (config.Text!.ContextLength < PromptVocabulary.Limit + 2)
            throw new InvalidDataException(
                $"{path} takes {config.Text.ContextLength} tokens; the text encoders of generators take {PromptVocabulary.Limit + 2}.");
        // Vectors of textual inversions have ids beyond the end token's: the largest id is not the end.
        return new(
            rule, path, weightsPath, prefix, config with { Text = config.Text with { EndOfTextId = tokenizer.EndId } }, tokenizer,
            padId ?? rule.PadId, layer);
    }

    /// <summary>
    /// The padding that a tokenizer's folder names. Where its two files differ, as in Stable Diffusion 2's, every other program goes by <c>
    /// special_tokens_map.json</c>.
    /// </summary>
    private static int? PadIdOf(string folder, ITokenizer tokenizer)
    {
        foreach (string name in (string[])[SpecialTokens, Settings])
        {
            string path = System.IO.Path.Combine(folder, name);
            using System.Text.Json.JsonDocument? document = TokenizerConfig.ReadObject(path);
            if (document is null || !document.RootElement.TryGetProperty("pad_token", out System.Text.Json.JsonElement pad)
                || pad.ValueKind == System.Text.Json.JsonValueKind.Null)
                continue;
            string token = TokenizerConfig.ReadToken(pad, path, "pad_token").Content;
            for (int id = 0; id < tokenizer.VocabularySize; id++)
                if (tokenizer.Token(id) == token)
                    return id;
            throw new InvalidDataException($"{path}: pad_token {Problem.Quote(token)} is not in the vocabulary.");
        }
        return null;
    }
}
