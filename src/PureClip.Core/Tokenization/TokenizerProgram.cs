using System.Text.Json;
using PureClip.Files;

namespace PureClip.Tokenization;

/// <summary>
/// <c>tokenizer.json</c> is a program: steps that clean a text, split it, and put a start and an end around its ids. Only CLIP's own is
/// computed here, and any other is refused: its ids would look plausible and be wrong.
/// </summary>
/// <param name="Start">The token that begins a text; null where the file does not say.</param>
/// <param name="End">The token that ends it.</param>
internal readonly record struct TokenizerProgram(string? Start, string? End)
{
    // Hugging Face's CLIPConverter; some files name the special tokens first, which have been taken out by then.
    private const string Pieces = @"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+";
    private const string PiecesBehindSpecials = @"<\|startoftext\|>|<\|endoftext\|>|" + Pieces;

    /// <summary>Reads the steps. What a file leaves out, as those made by hand do, is taken for CLIP's.</summary>
    /// <param name="root">The file.</param>
    /// <param name="path">Its path, for messages.</param>
    /// <param name="generalClass">The class of its tokenizer, where that says nothing: the file has to say all then; else null.</param>
    /// <exception cref="InvalidDataException">A step is not CLIP's.</exception>
    public static TokenizerProgram Read(JsonElement root, string path, string? generalClass)
    {
        foreach (string part in (string[])["normalizer", "pre_tokenizer", "post_processor"])
            if (generalClass is not null && !root.TryGetProperty(part, out _))
                Problem.InvalidData(
                    $"{path} has no {part}, and the tokenizer's class, {generalClass}, does not say which it is. Name CLIPTokenizer as " +
                    "tokenizer_class in tokenizer_config.json if it is CLIP's.");
        if (root.TryGetProperty("normalizer", out JsonElement normalizer) && !IsClipNormalizer(Steps(normalizer, "normalizers")))
            throw Other(path, "normalizer", normalizer, "NFC, \\s+ to one blank and lower case, in that order");
        if (root.TryGetProperty("pre_tokenizer", out JsonElement pre) && !IsClipPreTokenizer(Steps(pre, "pretokenizers")))
            throw Other(path, "pre_tokenizer", pre, "a split into words, digits and signs, and bytes without a blank before them");
        return root.TryGetProperty("post_processor", out JsonElement post)
            ? Frame(Steps(post, "processors")) ?? throw Other(path, "post_processor", post, "one token before a text and one behind it")
            : default;
    }

    /// <summary>Puts start and end where the configuration beside the file does not name them, and compares them where it does.</summary>
    /// <exception cref="InvalidDataException">They differ.</exception>
    public TokenizerConfig Apply(TokenizerConfig config, string path)
    {
        Compare(Start, config.Start, "begins", path);
        Compare(End, config.End, "ends", path);
        return config with
        {
            Start = config.Start ?? (Start is null ? null : new(Start)),
            End = config.End ?? (End is null ? null : new(End)),
        };
    }

    private static void Compare(string? here, AddedToken? there, string does, string path)
    {
        if (here is not null && there is not null && here != there.Content)
            Problem.InvalidData(
                $"{path}: post_processor {does} texts with \"{here}\", tokenizer_config.json with \"{there.Content}\". Put the model's " +
                "own two files there.");
    }

    private static bool IsClipNormalizer(JsonElement[] steps) =>
        steps.Length == 3 && IsOf(steps[0], "NFC") && IsOf(steps[2], "Lowercase")
        && IsOf(steps[1], "Replace") && Text(steps[1], "content") == " " && Pattern(steps[1]) == @"\s+";

    private static bool IsClipPreTokenizer(JsonElement[] steps) =>
        steps.Length == 2 && IsOf(steps[0], "Split") && Pattern(steps[0]) is Pieces or PiecesBehindSpecials
        && Text(steps[0], "behavior") == "Removed" && IsTrue(steps[0], "invert")
        && IsOf(steps[1], "ByteLevel") && !IsTrue(steps[1], "add_prefix_space");

    /// <summary>Start and end of a text; null where there is not one of each. <c>ByteLevel</c> among them moves offsets alone.</summary>
    private static TokenizerProgram? Frame(JsonElement[] steps)
    {
        if (Array.FindAll(steps, static step => !IsOf(step, "ByteLevel")) is not [JsonElement step])
            return null;
        if (IsOf(step, "RobertaProcessing") || IsOf(step, "BertProcessing"))
            return First(step, "cls") is string start && First(step, "sep") is string end ? new(start, end) : null;
        if (!IsOf(step, "TemplateProcessing") || !step.TryGetProperty("single", out JsonElement single)
            || single.ValueKind != JsonValueKind.Array || single.GetArrayLength() != 3 || Inner(single[1], "Sequence") is null)
            return null;
        return Inner(single[0], "SpecialToken") is string before && Inner(single[2], "SpecialToken") is string behind
            ? new(before, behind)
            : null;
    }

    /// <summary>The steps of a part: those of its sequences, or itself; none where it is null.</summary>
    private static JsonElement[] Steps(JsonElement part, string name) => part.ValueKind switch
    {
        JsonValueKind.Null => [],
        JsonValueKind.Object when IsOf(part, "Sequence") && part.TryGetProperty(name, out JsonElement list)
            && list.ValueKind == JsonValueKind.Array => [.. list.EnumerateArray().SelectMany(step => Steps(step, name))],
        _ => [part],
    };

    private static string? Pattern(JsonElement step) =>
        step.TryGetProperty("pattern", out JsonElement pattern) && pattern.ValueKind == JsonValueKind.Object ? Text(pattern, "Regex")
            : null;

    private static string? First(JsonElement step, string name) =>
        step.TryGetProperty(name, out JsonElement pair) && pair.ValueKind == JsonValueKind.Array && pair.GetArrayLength() == 2
            && pair[0].ValueKind == JsonValueKind.String ? pair[0].GetString() : null;

    private static string? Inner(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement inner)
            && inner.ValueKind == JsonValueKind.Object ? Text(inner, "id") : null;

    private static bool IsOf(JsonElement step, string type) => step.ValueKind == JsonValueKind.Object && Text(step, "type") == type;

    private static bool IsTrue(JsonElement step, string name) =>
        step.TryGetProperty(name, out JsonElement e) && e.ValueKind == JsonValueKind.True;

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;

    private static InvalidDataException Other(string path, string part, JsonElement found, string clips)
    {
        string text = found.GetRawText().ReplaceLineEndings(" ");
        return new(
            $"{path}: {part} is {(text.Length <= 80 ? text : text[..80] + "…")}; CLIP's is {clips}. This is another kind of tokenizer, " +
            "whose ids would be others.");
    }
}
