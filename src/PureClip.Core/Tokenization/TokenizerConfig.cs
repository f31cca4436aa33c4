using System.Globalization;
using System.Text.Json;
using PureClip.Files;

namespace PureClip.Tokenization;

/// <summary>
/// <c>tokenizer_config.json</c>, <c>special_tokens_map.json</c> and <c>added_tokens.json</c> of a directory, as far as they change ids.
/// <c>do_lower_case</c> does not: Hugging Face's CLIP tokenizers ignore it, and so does this one.
/// </summary>
internal sealed record TokenizerConfig
{
    // The largest tokenizer.json in use (256,000 tokens) has 34 MB.
    public const long MaxBytes = 64 << 20;

    /// <summary>How the limit begins in a message.</summary>
    public const string Sizes = "a tokenizer's file has";

    // transformers writes 1e30 where a tokenizer has no limit of its own.
    private const double NoLimit = 1e6;

    public AddedToken? Start { get; init; }

    public AddedToken? End { get; init; }

    public AddedToken? Unknown { get; init; }

    public AddedToken? Pad { get; init; }

    public int? ContextLength { get; init; }

    /// <summary>
    /// A class that says nothing of the tokenizer, which newer libraries write for all: tokenizer.json has to say all of it then. Null for
    /// CLIP's own.
    /// </summary>
    public string? GeneralClass { get; init; }

    /// <summary>Tokens beyond the vocabulary file's, or of it, that stand for themselves in a text.</summary>
    public IReadOnlyList<AddedToken> AddedTokens { get; init; } = [];

    /// <summary>Reads the three files; a missing one says nothing.</summary>
    /// <exception cref="InvalidDataException">A file is damaged, or of another kind of tokenizer.</exception>
    public static TokenizerConfig Read(string directory)
    {
        TokenizerConfig config = ReadConfig(Path.Combine(directory, "tokenizer_config.json"));
        // transformers reads the two older files only where the newer list is missing.
        return config.AddedTokens.Count > 0
            ? config
            : ReadAddedTokens(
                Path.Combine(directory, "added_tokens.json"),
                ReadSpecialTokens(Path.Combine(directory, "special_tokens_map.json"), config));
    }

    /// <summary>Parses a file whose top level is an object; null where there is no such file.</summary>
    /// <exception cref="InvalidDataException">The file is too large or not such JSON.</exception>
    public static JsonDocument? ReadObject(string path)
    {
        if (!File.Exists(path))
            return null;
        JsonDocument document = JsonText.Parse(SmallFile.ReadBytes(path, MaxBytes, Sizes), path);
        return document.RootElement.ValueKind == JsonValueKind.Object
            ? document
            : Problem.InvalidData<JsonDocument>(
                $"{path}: the top level is {JsonText.Words(document.RootElement.ValueKind)}; it must be an object.");
    }

    /// <summary>A token id.</summary>
    public static int Id(JsonElement element, string path, string name) =>
        element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out int id) && id is >= 0 and < BpeVocabulary.MaxSize
            ? id
            : Problem.InvalidData<int>(
                $"{path}: the id of {name} is {element}; it must be a whole number from 0 to {BpeVocabulary.MaxSize - 1}.");

    /// <summary>An added token in its long form; <c>single_word</c> alone is not supported, blanks around a token never matter.</summary>
    public static AddedToken ReadToken(JsonElement element, string path, string name, int? id = null)
    {
        if (element.ValueKind == JsonValueKind.String)
            return new AddedToken(NotEmpty(JsonText.String(element, path, name), path, name), id);
        if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty("content", out JsonElement content))
            return Problem.InvalidData<AddedToken>(
                $"{path}: {name} is {JsonText.Words(element.ValueKind)}; it must be a string or an object with \"content\".");
        if (Flag(element, "single_word"))
            Problem.InvalidData($"{path}: {name} has single_word set, which is not supported.");
        string text = NotEmpty(JsonText.String(content, path, name), path, name);
        return new AddedToken(text, id, !Flag(element, "normalized", JsonValueKind.False));
    }

    private static TokenizerConfig ReadConfig(string path)
    {
        using JsonDocument? document = ReadObject(path);
        if (document is null)
            return new();
        JsonElement root = document.RootElement;
        return ReadSpecialTokens(root, path, new()) with
        {
            GeneralClass = ReadClass(root, path),
            ContextLength = ReadContextLength(root, path),
            AddedTokens = ReadAddedTokensDecoder(root, path),
        };
    }

    private static TokenizerConfig ReadSpecialTokens(string path, TokenizerConfig config)
    {
        using JsonDocument? document = ReadObject(path);
        return document is null ? config : ReadSpecialTokens(document.RootElement, path, config);
    }

    private static TokenizerConfig ReadSpecialTokens(JsonElement root, string path, TokenizerConfig config) => config with
    {
        Start = Optional(root, "bos_token", path) ?? config.Start,
        End = Optional(root, "eos_token", path) ?? config.End,
        Unknown = Optional(root, "unk_token", path) ?? config.Unknown,
        Pad = Optional(root, "pad_token", path) ?? config.Pad,
    };

    private static TokenizerConfig ReadAddedTokens(string path, TokenizerConfig config)
    {
        using JsonDocument? document = ReadObject(path);
        if (document is null)
            return config;
        return config with
        {
            AddedTokens =
            [
                .. document.RootElement.EnumerateObject()
                    .Select(p => new AddedToken(NotEmpty(p.Name, path, "a token"), Id(p.Value, path, p.Name))),
            ],
        };
    }

    private static IReadOnlyList<AddedToken> ReadAddedTokensDecoder(JsonElement root, string path)
    {
        if (!root.TryGetProperty("added_tokens_decoder", out JsonElement tokens))
            return [];
        if (tokens.ValueKind != JsonValueKind.Object)
            Problem.InvalidData($"{path}: added_tokens_decoder is {JsonText.Words(tokens.ValueKind)}; it must be an object.");
        List<AddedToken> list = [];
        foreach (JsonProperty token in tokens.EnumerateObject())
        {
            if (!int.TryParse(token.Name, NumberStyles.None, CultureInfo.InvariantCulture, out int id) || id >= BpeVocabulary.MaxSize)
                Problem.InvalidData(
                    $"{path}: added_tokens_decoder has the key \"{token.Name}\"; keys must be ids from 0 to {BpeVocabulary.MaxSize - 1}.");
            list.Add(ReadToken(token.Value, path, $"added_tokens_decoder[{id}]", id));
        }
        return list;
    }

    private static string? ReadClass(JsonElement root, string path)
    {
        if (!root.TryGetProperty("tokenizer_class", out JsonElement element) || element.ValueKind == JsonValueKind.Null)
            return null;
        string name = JsonText.String(element, path, "tokenizer_class");
        bool isGeneral = name is "TokenizersBackend" or "PreTrainedTokenizerFast";
        if (isGeneral ? !File.Exists(Path.Combine(Path.GetDirectoryName(path)!, "tokenizer.json"))
            : name is not ("CLIPTokenizer" or "CLIPTokenizerFast"))
            Problem.InvalidData(
                $"{path}: tokenizer_class is {name}; supported are CLIPTokenizer and CLIPTokenizerFast, and TokenizersBackend or " +
                "PreTrainedTokenizerFast beside a tokenizer.json that is CLIP's. This model needs another kind of tokenizer.");
        return isGeneral ? name : null;
    }

    private static int? ReadContextLength(JsonElement root, string path)
    {
        if (!root.TryGetProperty("model_max_length", out JsonElement element) || element.ValueKind == JsonValueKind.Null)
            return null;
        if (element.ValueKind != JsonValueKind.Number || !element.TryGetDouble(out double length) || length < BpeTokenizer.MinContextLength)
            return Problem.InvalidData<int>(
                $"{path}: model_max_length is {element}; it must be a number from {BpeTokenizer.MinContextLength}.");
        return length < NoLimit ? (int)length : null;
    }

    private static AddedToken? Optional(JsonElement root, string name, string path) =>
        root.TryGetProperty(name, out JsonElement element) && element.ValueKind != JsonValueKind.Null
            ? ReadToken(element, path, name)
            : null;

    private static bool Flag(JsonElement element, string name, JsonValueKind value = JsonValueKind.True) =>
        element.TryGetProperty(name, out JsonElement flag) && flag.ValueKind == value;

    private static string NotEmpty(string token, string path, string name) =>
        token.Length > 0 ? token : Problem.InvalidData<string>($"{path}: {name} is an empty string; a token must have characters.");
}
