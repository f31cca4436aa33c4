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
    /// <param name="spelling">How start and end are spelled where there is no vocabulary that says it.</param>
    /// <param name="tokens">Tokens in id order where the container has them, or null.</param>
    /// <returns>What was written, and where it came from.</returns>
    /// <exception cref="InvalidDataException">There is no vocabulary that fits the model.</exception>
    public static WrittenTokenizer Write(
        string output, TextConfig text, string? asked, string? input, SpecialTokenSpelling spelling, IReadOnlyList<string>? tokens)
    {
        if (asked is not null && !HasVocabulary(asked))
            Problem.InvalidData(
                $"{asked} has no {TokenizerName}, and no {VocabularyName} with {MergesName}. Name a directory with a tokenizer.");
        string? source = asked ?? (input is not null && HasVocabulary(input) ? input : null);
        if (source is null)
            return new(WriteClip(output, text, spelling, tokens), "CLIP's own, which this program brings");
        TokenizerFiles files = TokenizerFiles.FromDirectory(source, new() { AllowEmbeddedVocabulary = false });
        RequireFit(files, text, source);
        string[] copied = [.. Copied.Where(name => File.Exists(Path.Combine(source, name)))];
        foreach (string name in copied) // the bytes alone: not the mode of a read-only file, not a link
            File.WriteAllBytes(Path.Combine(output, name), File.ReadAllBytes(Path.Combine(source, name)));
        Complete(output, text, files);
        return new(files, $"{string.Join(", ", copied)} of the {(asked is null ? "input" : "given")} directory");
    }

    /// <summary>Whether a directory has one, be it incomplete: CLIP's own in its place would be another.</summary>
    private static bool HasVocabulary(string directory) =>
        Array.Exists([TokenizerName, VocabularyName, MergesName], name => File.Exists(Path.Combine(directory, name)));

    private static void RequireFit(TokenizerFiles files, TextConfig text, string source)
    {
        if (files.Vocabulary.Size > text.VocabularySize)
            throw Undecided($"The tokenizer in {source} has {files.Vocabulary.Size} tokens, the text tower {text.VocabularySize}.");
        if (text.EndOfTextId is int end && end != files.EndId)
            throw Undecided($"The tokenizer in {source} ends texts with {files.EndId}, the model reads them at {end}.");
    }

    private static ConversionException Undecided(string found) =>
        new($"{found} Name a directory with the model's own tokenizer.", ConversionSetting.Vocabulary);

    private static TokenizerFiles WriteClip(
        string output, TextConfig text, SpecialTokenSpelling spelling, IReadOnlyList<string>? tokens)
    {
        if (text.VocabularySize != ClipSize)
            throw Undecided(
                $"The text tower has {text.VocabularySize} tokens and not CLIP's {ClipSize}, and its tokenizer is not beside it.");
        TokenizerFiles files = TokenizerFiles.Embedded(spelling);
        string[] words = [.. Enumerable.Range(0, ClipSize).Select(id => files.Vocabulary.Token(id)!)];
        if (tokens is not null && !tokens.SequenceEqual(words, StringComparer.Ordinal))
            throw Undecided("The container's tokens are not CLIP's own, and it has no merges for them.");
        JsonOutput.Write(Path.Combine(output, VocabularyName), json =>
        {
            for (int id = 0; id < words.Length; id++)
                json.WriteNumber(words[id], id);
        }, indented: false);
        File.WriteAllText(Path.Combine(output, MergesName), MergesHead + MergesFile.ClipText(files.Vocabulary));
        Complete(output, text, files);
        return files;
    }

    /// <summary>
    /// Adds the files that a directory lacks; those that it has stay as they are. Special tokens are written only where no file of the
    /// source speaks of any: one that it does not name would be cut out of texts.
    /// </summary>
    private static void Complete(string output, TextConfig text, TokenizerFiles files)
    {
        if (!File.Exists(Path.Combine(output, VocabularyName)) || !File.Exists(Path.Combine(output, MergesName)))
            SplitTokenizer(output);
        string config = Path.Combine(output, ConfigName), specials = Path.Combine(output, SpecialsName);
        bool areNamed = File.Exists(config) || File.Exists(specials);
        if (!File.Exists(config))
            JsonOutput.Write(config, json =>
            {
                json.WriteString("tokenizer_class", "CLIPTokenizer");
                json.WriteNumber("model_max_length", text.ContextLength);
                json.WriteBoolean("do_lower_case", true);
                json.WriteBoolean("add_prefix_space", false);
                json.WriteString("errors", "replace");
                if (!areNamed)
                    WriteSpecials(json, files);
            });
        if (!areNamed)
            JsonOutput.Write(specials, json => WriteSpecials(json, files));
    }

    /// <summary>Published models pad with the end of text, and read bytes without a token as one.</summary>
    private static void WriteSpecials(Utf8JsonWriter json, TokenizerFiles files)
    {
        json.WriteString("bos_token", files.Vocabulary.Token(files.StartId));
        json.WriteString("eos_token", files.Vocabulary.Token(files.EndId));
        json.WriteString("unk_token", files.Vocabulary.Token(files.UnknownId));
        json.WriteString("pad_token", files.Vocabulary.Token(files.PadId ?? files.EndId));
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

/// <summary>The tokenizer of a result.</summary>
/// <param name="Files">The one it was made of.</param>
/// <param name="From">Where that came from, for people.</param>
internal readonly record struct WrittenTokenizer(TokenizerFiles Files, string From);
