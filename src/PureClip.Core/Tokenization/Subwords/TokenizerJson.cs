using System.Text.Json;
using PureClip.Files;

namespace PureClip.Tokenization;

/// <summary>
/// Reads <c>tokenizer.json</c> of Hugging Face's tokenizers library: added tokens, steps, a model of subwords, and what is put around its
/// tokens. What is not computed here is refused by name, because its ids would look plausible and be wrong.
/// </summary>
internal static class TokenizerJson
{
    public const string FileName = "tokenizer.json";

    // What cuts texts where nothing else of a file tells its BPE from CLIP's: GPT-2's pattern alone, or SentencePiece's mark.
    private const string ByteLevel = "ByteLevel", Mark = "Metaspace";

    /// <summary>Whether a file is of a tokenizer that is not CLIP's own.</summary>
    public static bool IsSubwords(JsonElement root) =>
        root.TryGetProperty("model", out JsonElement model) && model.ValueKind == JsonValueKind.Object
        && (model.TextOrNull("type") is "Unigram" or "WordPiece"
            || (model.TryGetProperty("byte_fallback", out JsonElement bytes) && bytes.ValueKind == JsonValueKind.True)
            || (root.TryGetProperty("pre_tokenizer", out JsonElement cut) && cut.ValueKind == JsonValueKind.Object
                && (cut.TextOrNull("type") is Mark
                    // CLIP's tokens end words with a mark.
                    || (cut.TextOrNull("type") is ByteLevel && model.TextOrNull("end_of_word_suffix") is not { Length: > 0 })
                    || (cut.TryGetProperty("pretokenizers", out JsonElement steps) && steps.ValueKind == JsonValueKind.Array
                        && steps.EnumerateArray().Any(static step =>
                            step.ValueKind == JsonValueKind.Object && step.TextOrNull("type") == Mark)))));

    /// <summary>Reads a file.</summary>
    /// <param name="root">The file.</param>
    /// <param name="path">Its path, for messages.</param>
    /// <param name="settings">The files beside it.</param>
    /// <exception cref="InvalidDataException">It is damaged, or asks for what is not supported.</exception>
    public static SubwordProgram Read(JsonElement root, string path, TokenizerSettings settings)
    {
        JsonPart file = new(root, path, FileName);
        JsonPart model = file.Part("model");
        List<JsonAdded> added = ReadAdded(file);
        JsonPart? cuts = file.PartOrNull("pre_tokenizer");
        bool isOfBytes = cuts?.Type == ByteLevel;
        (TokenTable tokens, SubwordModel subwords) = JsonModels.Read(model, added, isOfBytes);
        JsonFrame frame = settings.Frame ?? JsonFrame.Read(file.PartOrNull("post_processor") ?? throw file.Refuse(
            "post_processor", "missing", "one that ends texts with a token"));
        (int? length, int? pad) = ReadLimits(file);
        string? padToken = settings.Token("pad_token");
        int padId = padToken is null ? pad ?? (isOfBytes && tokens.TryGetId("<pad>", out int usual) ? usual : 0)
            : tokens.TryGetId(padToken, out int id) ? id
            : Problem.InvalidData<int>($"{path}: pad_token, {Problem.Quote(padToken)}, is not in the vocabulary.");
        return new()
        {
            FileName = FileName,
            Tokens = tokens,
            Model = subwords,
            Normalizers = JsonSteps.Normalizers(file.PartOrNull("normalizer")),
            PreTokenizers = JsonSteps.PreTokenizers(cuts),
            InSource = new(added.Where(token => !token.IsNormalized).Select(token => token.Token), path),
            InNormalized = new(added.Where(token => token.IsNormalized).Select(token => token.Token), path),
            StartId = frame.Start is string start ? IdOf(start, tokens, path) : null,
            EndId = IdOf(frame.End, tokens, path),
            PadId = padId,
            ContextLength = settings.ContextLength ?? length,
            SpecialIds = [.. added.Where(token => token.IsSpecial).Select(token => token.Token.Id)],
            WantsLowerCase = settings.IsSiglip2,
            IsWordPiece = subwords is WordPiece,
            Continuation = model.Text("continuing_subword_prefix") is { Length: > 0 } mark ? mark : "##",
            HasBytes = model.Flag("byte_fallback"),
            IsOfBytes = isOfBytes,
            MarksBeginnings = isOfBytes ? cuts!.Value.Flag("add_prefix_space") : subwords is WordPiece || cuts is not null,
        };
    }

    private static int IdOf(string token, TokenTable tokens, string path) => tokens.TryGetId(token, out int id)
        ? id
        : Problem.InvalidData<int>($"{path}: post_processor names the token {Problem.Quote(token)}, which is not in the vocabulary.");

    private static List<JsonAdded> ReadAdded(JsonPart file)
    {
        List<JsonAdded> added = [];
        foreach (JsonPart token in file.List("added_tokens"))
        {
            string content = token.Text("content") is { Length: > 0 } text ? text : throw token.Refuse("content", "missing", "a string");
            if (token.Flag("single_word"))
                throw token.Refuse("single_word", "true", "false");
            int id = token.TokenId("id", content);
            bool isSpecial = token.Flag("special");
            added.Add(new(new(content, id, token.Flag("lstrip"), token.Flag("rstrip")),
                IsNormalized: token.Has("normalized") ? token.Flag("normalized") : !isSpecial, isSpecial));
        }
        return added;
    }

    // What a library would do unless it is told otherwise; texts here are padded and cut as a call says, to the model's length.
    private static (int? Length, int? Pad) ReadLimits(JsonPart file)
    {
        int? length = null, pad = null;
        if (file.PartOrNull("truncation") is JsonPart truncation)
        {
            if (truncation.Text("direction") is string side and not "Right")
                throw truncation.Refuse("direction", side, "Right");
            length = truncation.Int("max_length");
        }
        if (file.PartOrNull("padding") is JsonPart padding)
        {
            if (padding.Text("direction") is string side and not "Right")
                throw padding.Refuse("direction", side, "Right");
            pad = padding.Int("pad_id");
            length ??= padding.PartOrNull("strategy")?.Int("Fixed");
        }
        return (length >= SubwordTokenizer.MinContextLength ? length : null, pad);
    }
}

/// <summary>An added token of tokenizer.json.</summary>
/// <param name="Token">What is looked for.</param>
/// <param name="IsNormalized">Whether it is looked for in the normalised text.</param>
/// <param name="IsSpecial">Whether it is no text.</param>
internal sealed record JsonAdded(CutToken Token, bool IsNormalized, bool IsSpecial);

/// <summary>What <c>post_processor</c> puts around the tokens of a single text.</summary>
/// <param name="Start">The token before it; null where there is none.</param>
/// <param name="End">The token behind it.</param>
internal readonly record struct JsonFrame(string? Start, string End)
{
    private const string Allowed = "one token behind a text, and none or one before it";

    public static JsonFrame Read(JsonPart post)
    {
        JsonFrame? found = null;
        foreach (JsonPart step in post.Steps("processors"))
        {
            if (step.Type == "ByteLevel") // moves offsets alone
                continue;
            if (found is not null)
                throw post.Refuse("processors", "several that add tokens", "one");
            found = step.Type switch
            {
                "TemplateProcessing" => OfTemplate(step),
                "BertProcessing" or "RobertaProcessing" => new(step.First("cls"), step.First("sep")),
                string other => throw step.Refuse("type", other, "TemplateProcessing, BertProcessing or RobertaProcessing"),
            };
        }
        return found ?? throw post.Refuse("processors", "none that adds a token", Allowed);
    }

    private static JsonFrame OfTemplate(JsonPart step)
    {
        string? start = null, end = null;
        bool isBehind = false;
        foreach (JsonPart part in step.List("single"))
        {
            string? special = part.PartOrNull("SpecialToken")?.Text("id");
            bool isText = part.PartOrNull("Sequence") is not null;
            if (isText == special is not null || (isText && isBehind) || (special is not null && (isBehind ? end : start) is not null))
                throw step.Refuse("single", "other than that", Allowed);
            isBehind |= isText;
            if (isBehind)
                end = special;
            else
                start = special;
        }
        return end is null ? throw step.Refuse("single", "without a token behind the text", Allowed) : new(start, end);
    }
}

/// <summary>A part of tokenizer.json, with errors that name it.</summary>
/// <param name="Element">The object.</param>
/// <param name="Path">The file.</param>
/// <param name="Name">Where in it.</param>
internal readonly record struct JsonPart(JsonElement Element, string Path, string Name)
{
    /// <summary><c>type</c>; empty where it is missing.</summary>
    public string Type => Text("type") ?? "";

    public bool Has(string name) => Element.TryGetProperty(name, out JsonElement e) && e.ValueKind != JsonValueKind.Null;

    public bool Flag(string name) => Element.TryGetProperty(name, out JsonElement e) && e.ValueKind == JsonValueKind.True;

    public string? Text(string name) => Has(name) ? JsonText.String(Element.GetProperty(name), Path, $"{Name}.{name}") : null;

    public int? Int(string name) => Element.TryGetProperty(name, out JsonElement e) && e.ValueKind == JsonValueKind.Number
        && e.TryGetInt32(out int value) ? value : null;

    public int TokenId(string name, string token) => Element.TryGetProperty(name, out JsonElement e)
        ? TokenizerConfig.Id(e, Path, Problem.Quote(token))
        : throw Refuse(name, "missing", "a token's id");

    public JsonPart Part(string name) => PartOrNull(name) ?? throw Refuse(name, "missing", "an object");

    public JsonPart? PartOrNull(string name)
    {
        if (!Has(name))
            return null;
        JsonElement element = Element.GetProperty(name);
        return element.ValueKind == JsonValueKind.Object
            ? new(element, Path, Name == TokenizerJson.FileName ? name : $"{Name}.{name}")
            : throw Refuse(name, JsonText.Words(element.ValueKind), "an object");
    }

    /// <summary>The objects of a list; none where it is missing.</summary>
    public IEnumerable<JsonPart> List(string name)
    {
        if (!Has(name))
            yield break;
        JsonElement list = Element.GetProperty(name);
        if (list.ValueKind != JsonValueKind.Array)
            throw Refuse(name, JsonText.Words(list.ValueKind), "a list");
        int index = 0;
        foreach (JsonElement element in list.EnumerateArray())
            yield return element.ValueKind == JsonValueKind.Object
                ? new(element, Path, $"{Name}.{name}[{index++}]")
                : throw Refuse($"{name}[{index}]", JsonText.Words(element.ValueKind), "an object");
    }

    /// <summary>The first of a pair of a token and its id.</summary>
    public string First(string name) =>
        Element.TryGetProperty(name, out JsonElement pair) && pair.ValueKind == JsonValueKind.Array && pair.GetArrayLength() == 2
            ? JsonText.String(pair[0], Path, $"{Name}.{name}[0]")
            : throw Refuse(name, "missing", "a token and its id");

    /// <summary>The steps of a sequence, nested or not; itself where it is none.</summary>
    public IEnumerable<JsonPart> Steps(string list) => Type == "Sequence"
        ? List(list).SelectMany(step => step.Steps(list))
        : [this];

    public InvalidDataException Refuse(string field, string found, string allowed) =>
        new($"{Path}: {Name}.{field} is {found}; supported is {allowed}. This tokenizer needs what is not computed here, so that its ids " +
            "would be others.");
}

/// <summary>Short ways into JSON.</summary>
internal static class JsonElementText
{
    /// <summary>A string; null where it is missing or something else.</summary>
    public static string? TextOrNull(this JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;
}
