using System.Text.Json;

namespace PureClip.Tokenization;

/// <summary>Reads <c>normalizer</c> and <c>pre_tokenizer</c> of tokenizer.json.</summary>
internal static class JsonSteps
{
    private const string SupportedNormalizers =
        "Precompiled, Replace, Prepend, Strip, Lowercase, NFC, NFD, NFKC, NFKD, StripAccents and BertNormalizer";
    private const string SupportedPreTokenizers =
        "WhitespaceSplit, Whitespace, Metaspace, ByteLevel, BertPreTokenizer, Punctuation, Digits and Split at a string";

    /// <summary>The steps that rewrite a text; none where there is no normalizer.</summary>
    public static ITextStep[] Normalizers(JsonPart? part) =>
        part is JsonPart normalizer ? [.. normalizer.Steps("normalizers").SelectMany(Normalizer)] : [];

    /// <summary>The steps that cut it.</summary>
    public static ITextStep[] PreTokenizers(JsonPart? part) =>
        part is JsonPart preTokenizer ? [.. preTokenizer.Steps("pretokenizers").SelectMany(PreTokenizer)] : [];

    private static ITextStep[] Normalizer(JsonPart step) => step.Type switch
    {
        "Precompiled" => [new MapClusters(ReadMap(step))],
        "Replace" => [Replace(step)],
        "Prepend" => [new Prepend(Points(step.Text("prepend") ?? ""))],
        "Strip" => [new Strip(step.Flag("strip_left"), step.Flag("strip_right"))],
        "Lowercase" => [new ToLowerCase()],
        "StripAccents" => [new StripMarks()],
        "NFC" => [new Normalize(Composed: true)],
        "NFD" => [new Normalize(Composed: false)],
        "NFKC" => [new Normalize(Composed: true, Compatible: true)],
        "NFKD" => [new Normalize(Composed: false, Compatible: true)],
        "BertNormalizer" => BertText.Steps(
            step.Flag("clean_text"), step.Flag("handle_chinese_chars"),
            step.Has("strip_accents") ? step.Flag("strip_accents") : step.Flag("lowercase"), step.Flag("lowercase")),
        string other => throw step.Refuse("type", other.Length == 0 ? "missing" : other, SupportedNormalizers),
    };

    private static ITextStep[] PreTokenizer(JsonPart step) => step.Type switch
    {
        "WhitespaceSplit" => [new SplitAt(CharacterClasses.IsSpace, Separators.Removed)],
        "Whitespace" => [new SplitWords()],
        "Metaspace" => [ReadMetaspace(step)],
        "ByteLevel" => [new SplitBeforeBlanks(step.Flag("add_prefix_space"), cuts: !step.Has("use_regex") || step.Flag("use_regex"))],
        "BertPreTokenizer" => BertText.Cuts(),
        "Punctuation" => [new SplitAt(BertText.IsPunctuation, Behavior(step))],
        "Digits" => [new SplitAt(BertText.IsDigit, step.Flag("individual_digits") ? Separators.Isolated : Separators.Contiguous)],
        "Split" => [ReadSplit(step)],
        string other => throw step.Refuse("type", other.Length == 0 ? "missing" : other, SupportedPreTokenizers),
    };

    private static CharacterMap ReadMap(JsonPart step)
    {
        if (step.Element.TryGetProperty("precompiled_charsmap", out JsonElement map) && map.ValueKind == JsonValueKind.String
            && map.TryGetBytesFromBase64(out byte[]? bytes))
            return CharacterMap.Read(bytes, step.Path);
        throw step.Refuse("precompiled_charsmap", "missing or not Base64", "a compiled character map in Base64");
    }

    private static ITextStep Replace(JsonPart step)
    {
        int[] content = Points(step.Text("content") ?? "");
        JsonPart pattern = step.Part("pattern");
        if (pattern.Text("String") is { Length: > 0 } text)
            return new ReplaceString(Points(text), content);
        return pattern.Text("Regex") switch
        {
            @"\s+" => new ReplaceRuns(onlyBlanks: false, 1, content),
            " +" => new ReplaceRuns(onlyBlanks: true, 1, content),
            " {2,}" => new ReplaceRuns(onlyBlanks: true, 2, content),
            string other => throw pattern.Refuse("Regex", $"\"{other}\"", "a string, or one of \\s+, \" +\" and \" {2,}\""),
            null => throw pattern.Refuse("String", "missing or empty", "a string"),
        };
    }

    private static Metaspace ReadMetaspace(JsonPart step)
    {
        int[] replacement = Points(step.Text("replacement") ?? "▁");
        if (replacement.Length != 1)
            throw step.Refuse("replacement", "of several characters", "one character");
        MetaspacePrefix prefix = step.Text("prepend_scheme") switch
        {
            "always" => MetaspacePrefix.Always,
            "first" => MetaspacePrefix.First,
            "never" => MetaspacePrefix.Never,
            null => step.Has("add_prefix_space") && !step.Flag("add_prefix_space") ? MetaspacePrefix.Never : MetaspacePrefix.Always,
            string other => throw step.Refuse("prepend_scheme", other, "always, first or never"),
        };
        return new(replacement[0], prefix, split: !step.Has("split") || step.Flag("split"));
    }

    private static SplitAt ReadSplit(JsonPart step)
    {
        JsonPart pattern = step.Part("pattern");
        if (step.Flag("invert") || pattern.Text("String") is not { Length: > 0 } text)
            throw pattern.Refuse("Regex", "there, or the pattern is inverted", "a string");
        return new(Points(text), Behavior(step));
    }

    private static Separators Behavior(JsonPart step) => step.Text("behavior") switch
    {
        "Removed" => Separators.Removed,
        "Isolated" or null => Separators.Isolated,
        "Contiguous" => Separators.Contiguous,
        "MergedWithPrevious" => Separators.MergedWithPrevious,
        "MergedWithNext" => Separators.MergedWithNext,
        string other => throw step.Refuse(
            "behavior", other, "Removed, Isolated, Contiguous, MergedWithPrevious or MergedWithNext"),
    };

    private static int[] Points(string text) => CodePoints.From(text).Values.ToArray();
}
