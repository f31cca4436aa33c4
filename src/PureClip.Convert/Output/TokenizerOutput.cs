using System.Text;
using System.Text.Json;
using PureClip.Files;
using PureClip.Model;
using PureClip.Tokenization;

namespace PureClip.Convert.Output;

/// <summary>
/// Writes the tokenizer: the files of a directory as they are, and what they lack in Hugging Face's form; or CLIP's own vocabulary, which
/// the library brings, for files that carry none.
/// </summary>
internal static class TokenizerOutput
{
    private const string VocabularyName = "vocab.json", MergesName = "merges.txt", TokenizerName = "tokenizer.json";
    private const string ConfigName = "tokenizer_config.json", SpecialsName = "special_tokens_map.json";
    private const string MergesHead = "#version: 0.2\n";
    private const int ClipSize = 49_408;

    private static readonly string[] Copied = [VocabularyName, MergesName, TokenizerName, ConfigName, SpecialsName, "added_tokens.json"];

    /// <summary>Writes the files into a directory.</summary>
    /// <param name="output">The directory.</param>
    /// <param name="text">The text tower that they are for.</param>
    /// <param name="asked">The directory that the user named, or null.</param>
    /// <param name="input">The directory that the weights come from, or null.</param>
    /// <param name="tokens">Tokens in id order where the container has them, or null.</param>
    /// <returns>Where the vocabulary came from.</returns>
    /// <exception cref="InvalidDataException">There is no vocabulary that fits the model.</exception>
    public static string Write(string output, TextConfig text, string? asked, string? input, IReadOnlyList<string>? tokens)
    {
        if (asked is not null && !HasVocabulary(asked))
            Problem.InvalidData(
                $"{asked} has no {TokenizerName}, and no {VocabularyName} with {MergesName}. Name a directory with a tokenizer.");
        string? source = asked ?? (input is not null && HasVocabulary(input) ? input : null);
        if (source is null)
        {
            WriteClip(output, text, tokens);
            return "CLIP's own, which this program brings";
        }
        BpeTokenizer tokenizer = BpeTokenizer.FromDirectory(source, new() { AllowEmbeddedVocabulary = false });
        RequireFit(tokenizer, text, source);
        string[] copied = [.. Copied.Where(name => File.Exists(Path.Combine(source, name)))];
        foreach (string name in copied) // the bytes alone: not the mode of a read-only file, not a link
            File.WriteAllBytes(Path.Combine(output, name), File.ReadAllBytes(Path.Combine(source, name)));
        Complete(output, text, tokenizer);
        return $"{string.Join(", ", copied)} of the {(asked is null ? "input" : "given")} directory";
    }

    private static bool HasVocabulary(string directory) =>
        File.Exists(Path.Combine(directory, TokenizerName))
        || (File.Exists(Path.Combine(directory, VocabularyName)) && File.Exists(Path.Combine(directory, MergesName)));

    private static void RequireFit(BpeTokenizer tokenizer, TextConfig text, string source)
    {
        if (tokenizer.VocabularySize > text.VocabularySize)
            throw Undecided($"The tokenizer in {source} has {tokenizer.VocabularySize} tokens, the text tower {text.VocabularySize}.");
        if (text.EndOfTextId is int end && end != tokenizer.EndId)
            throw Undecided($"The tokenizer in {source} ends texts with {tokenizer.EndId}, the model reads them at {end}.");
    }

    private static ConversionException Undecided(string found) =>
        new($"{found} Name a directory with the model's own tokenizer.", ConversionSetting.Vocabulary);

    private static void WriteClip(string output, TextConfig text, IReadOnlyList<string>? tokens)
    {
        if (text.VocabularySize != ClipSize)
            throw Undecided(
                $"The text tower has {text.VocabularySize} tokens and not CLIP's {ClipSize}, and its tokenizer is not beside it.");
        BpeVocabulary vocabulary = TokenizerFiles.Embedded(SpecialTokenSpelling.OpenAI).Vocabulary;
        string[] words = [.. Enumerable.Range(0, vocabulary.Size).Select(id => vocabulary.Token(id)!)];
        if (tokens is not null && !tokens.SequenceEqual(words, StringComparer.Ordinal))
            throw Undecided("The container's tokens are not CLIP's own, and it has no merges for them.");
        JsonOutput.Write(Path.Combine(output, VocabularyName), json =>
        {
            for (int id = 0; id < words.Length; id++)
                json.WriteNumber(words[id], id);
        }, indented: false);
        File.WriteAllText(Path.Combine(output, MergesName), MergesHead + MergesFile.ClipText(vocabulary));
        BpeTokenizer tokenizer = BpeTokenizer.FromDirectory(output, new() { AllowEmbeddedVocabulary = false });
        Complete(output, text, tokenizer);
    }

    /// <summary>Adds the files that a directory lacks; those that it has stay as they are.</summary>
    private static void Complete(string output, TextConfig text, BpeTokenizer tokenizer)
    {
        if (!File.Exists(Path.Combine(output, VocabularyName)) || !File.Exists(Path.Combine(output, MergesName)))
            SplitTokenizer(output);
        string config = Path.Combine(output, ConfigName), specials = Path.Combine(output, SpecialsName);
        bool hadConfig = File.Exists(config) || File.Exists(specials);
        if (!File.Exists(config))
            JsonOutput.Write(config, json =>
            {
                json.WriteString("tokenizer_class", "CLIPTokenizer");
                json.WriteNumber("model_max_length", text.ContextLength);
                json.WriteBoolean("do_lower_case", true);
                json.WriteBoolean("add_prefix_space", false);
                json.WriteString("errors", "replace");
                WriteSpecials(json, tokenizer, hadConfig);
            });
        if (!File.Exists(specials))
            JsonOutput.Write(specials, json => WriteSpecials(json, tokenizer, hadConfig));
    }

    /// <summary>Published models pad with the end of text, and read bytes without a token as one.</summary>
    private static void WriteSpecials(Utf8JsonWriter json, BpeTokenizer tokenizer, bool hadConfig)
    {
        json.WriteString("bos_token", tokenizer.Token(tokenizer.StartId));
        json.WriteString("eos_token", tokenizer.Token(tokenizer.EndId));
        json.WriteString("unk_token", tokenizer.Token(tokenizer.EndId));
        json.WriteString("pad_token", tokenizer.Token(hadConfig ? tokenizer.PadId : tokenizer.EndId));
    }

    /// <summary>vocab.json and merges.txt out of tokenizer.json, which the library has checked by now.</summary>
    private static void SplitTokenizer(string output)
    {
        string path = Path.Combine(output, TokenizerName);
        using JsonDocument document = JsonText.Parse(File.ReadAllBytes(path), path);
        JsonElement model = document.RootElement.GetProperty("model");
        JsonOutput.Write(Path.Combine(output, VocabularyName), json =>
        {
            foreach (JsonProperty token in model.GetProperty("vocab").EnumerateObject())
                token.WriteTo(json);
        }, indented: false);
        StringBuilder merges = new(MergesHead);
        foreach (JsonElement merge in model.GetProperty("merges").EnumerateArray())
            merges.Append(merge.ValueKind == JsonValueKind.Array ? $"{merge[0]} {merge[1]}" : merge.ToString()).Append('\n');
        File.WriteAllText(Path.Combine(output, MergesName), merges.ToString());
    }
}
