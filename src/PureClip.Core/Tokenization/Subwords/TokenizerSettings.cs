using System.Text.Json;
using PureClip.Files;

namespace PureClip.Tokenization;

/// <summary>
/// <c>tokenizer_config.json</c> and <c>special_tokens_map.json</c>, as far as a tokenizer that is not CLIP's own asks them.
/// </summary>
internal sealed class TokenizerSettings
{
    private const double NoLimit = 1e6; // transformers writes 1e30 where a tokenizer has no limit of its own

    private readonly Dictionary<string, string> _tokens = [];

    /// <summary>The file's path, for messages.</summary>
    public required string Path { get; init; }

    /// <summary><c>tokenizer_class</c>; null where it is not said.</summary>
    public string? Class { get; private set; }

    /// <summary><c>processor_class</c>; null where it is not said.</summary>
    public string? Processor { get; private set; }

    /// <summary><c>model_max_length</c>; null where there is none.</summary>
    public int? ContextLength { get; private set; }

    /// <summary><c>do_lower_case</c>.</summary>
    public bool? LowersCase { get; private set; }

    /// <summary><c>strip_accents</c>.</summary>
    public bool? StripsAccents { get; private set; }

    /// <summary><c>tokenize_chinese_chars</c>.</summary>
    public bool? SpacesIdeographs { get; private set; }

    /// <summary>
    /// What NLLB's class puts around texts, whatever tokenizer.json says: the language (<c>src_lang</c>, English where it is not said) and
    /// the end. Null for other classes.
    /// </summary>
    public JsonFrame? Frame { get; private set; }

    /// <summary><c>add_bos_token</c>.</summary>
    public bool? AddsStart { get; private set; }

    /// <summary><c>add_eos_token</c>.</summary>
    public bool? AddsEnd { get; private set; }

    /// <summary>
    /// The texts whose tokens are in lower case without a word of it in the files: SigLIP 2's, which has Gemma's tokenizer, was trained so.
    /// </summary>
    public bool IsSiglip2 => Class is "Siglip2Tokenizer" or "Siglip2TokenizerFast"
        || (Class is "GemmaTokenizer" or "GemmaTokenizerFast" && Processor is "SiglipProcessor" or "Siglip2Processor");

    /// <summary>Reads the two files of a directory; a missing one says nothing.</summary>
    /// <exception cref="InvalidDataException">A file is damaged.</exception>
    public static TokenizerSettings Read(string directory)
    {
        string path = System.IO.Path.Combine(directory, "tokenizer_config.json");
        TokenizerSettings settings = new() { Path = path };
        settings.ReadTokens(System.IO.Path.Combine(directory, "special_tokens_map.json"));
        using JsonDocument? document = TokenizerConfig.ReadObject(path);
        if (document is null)
            return settings;
        JsonElement root = document.RootElement;
        settings.Class = Text(root, "tokenizer_class", path);
        settings.Processor = Text(root, "processor_class", path);
        settings.ContextLength = ReadContextLength(root, path);
        settings.LowersCase = Flag(root, "do_lower_case");
        settings.StripsAccents = Flag(root, "strip_accents");
        settings.SpacesIdeographs = Flag(root, "tokenize_chinese_chars");
        if (settings.Class is "NllbTokenizer" or "NllbTokenizerFast")
            settings.Frame = Flag(root, "legacy_behaviour") == true
                ? Problem.InvalidData<JsonFrame>(
                    $"{path}: legacy_behaviour is true, which puts the language behind texts; supported is false.")
                : new(Text(root, "src_lang", path) ?? "eng_Latn", "</s>");
        settings.AddsStart = Flag(root, "add_bos_token");
        settings.AddsEnd = Flag(root, "add_eos_token");
        settings.ReadTokens(path);
        return settings;
    }

    /// <summary><c>tokenizer_class</c> of a directory; null where it is not said.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static string? ClassOf(string directory)
    {
        string path = System.IO.Path.Combine(directory, "tokenizer_config.json");
        using JsonDocument? document = TokenizerConfig.ReadObject(path);
        return document is null ? null : Text(document.RootElement, "tokenizer_class", path);
    }

    /// <summary>The string of a special token such as <c>pad_token</c>; null where no file names it.</summary>
    public string? Token(string name) => _tokens.GetValueOrDefault(name);

    private void ReadTokens(string path)
    {
        using JsonDocument? document = TokenizerConfig.ReadObject(path);
        if (document is null)
            return;
        foreach (string name in (string[])["bos_token", "eos_token", "cls_token", "sep_token", "pad_token", "unk_token", "mask_token"])
            if (document.RootElement.TryGetProperty(name, out JsonElement token) && token.ValueKind != JsonValueKind.Null)
                _tokens[name] = TokenizerConfig.ReadToken(token, path, name).Content;
    }

    private static int? ReadContextLength(JsonElement root, string path)
    {
        if (!root.TryGetProperty("model_max_length", out JsonElement element) || element.ValueKind == JsonValueKind.Null)
            return null;
        if (element.ValueKind != JsonValueKind.Number || !element.TryGetDouble(out double length)
            || length < SubwordTokenizer.MinContextLength)
            return Problem.InvalidData<int>(
                $"{path}: model_max_length is {element}; it must be a number from {SubwordTokenizer.MinContextLength}.");
        return length < NoLimit ? (int)length : null;
    }

    private static string? Text(JsonElement root, string name, string path) =>
        root.TryGetProperty(name, out JsonElement element) && element.ValueKind != JsonValueKind.Null
            ? JsonText.String(element, path, name)
            : null;

    private static bool? Flag(JsonElement root, string name) =>
        root.TryGetProperty(name, out JsonElement flag) ? flag.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => null,
        } : null;
}
