using System.Text.Json;
using PureClip.Files;

namespace PureClip.Tokenization;

/// <summary>Reads <c>model</c> of tokenizer.json: Unigram, BPE on characters, WordPiece.</summary>
internal static class JsonModels
{
    /// <summary>Reads vocabulary and model.</summary>
    /// <param name="model">The object.</param>
    /// <param name="added">Tokens beside the model's own; added to the table.</param>
    /// <param name="isOfBytes">Whether the letters of a BPE are bytes, spelled with GPT-2's alphabet.</param>
    public static (TokenTable Tokens, SubwordModel Model) Read(JsonPart model, IReadOnlyList<JsonAdded> added, bool isOfBytes = false)
    {
        (TokenTable Tokens, SubwordModel Model) read = model.Type switch
        {
            "Unigram" => ReadUnigram(model),
            "WordPiece" => ReadWordPiece(model),
            "BPE" => ReadBpe(model, isOfBytes),
            "" when isOfBytes => ReadBpe(model, isOfBytes), // files of before 2020 name no type
            string other => throw model.Refuse("type", other.Length == 0 ? "missing" : other, "Unigram, BPE or WordPiece"),
        };
        foreach ((CutToken token, _, _) in added)
            if (!(read.Tokens.TryGetId(token.Content, out int known) && known == token.Id))
                Add(read.Tokens, token.Content, token.Id, model.Path);
        return read;
    }

    private static (TokenTable Tokens, SubwordModel Model) ReadUnigram(JsonPart model)
    {
        JsonElement list = Vocabulary(model, JsonValueKind.Array);
        int count = list.GetArrayLength();
        if (count is 0 or > BpeVocabulary.MaxSize)
            throw model.Refuse("vocab", $"of {count} tokens", $"one of 1 to {BpeVocabulary.MaxSize}");
        TokenTable tokens = new(count);
        PieceTrie trie = new(4 * count);
        double[] scores = new double[count];
        foreach (JsonElement entry in list.EnumerateArray())
        {
            int id = tokens.Count;
            if (entry.ValueKind != JsonValueKind.Array || entry.GetArrayLength() != 2 || entry[1].ValueKind != JsonValueKind.Number
                || !double.IsFinite(scores[id] = entry[1].GetDouble()))
                throw model.Refuse($"vocab[{id}]", "other than that", "a token and its score");
            string token = JsonText.String(entry[0], model.Path, $"vocab[{id}]");
            Add(tokens, token, id, model.Path);
            if (token.Length > 0)
                trie.TryAdd(token, id, model.Path);
        }
        int unknown = model.Int("unk_id") is int found && (uint)found < (uint)count
            ? found
            : throw model.Refuse("unk_id", model.Int("unk_id")?.ToString() ?? "missing", "the id of a token");
        return (tokens, new Unigram(trie, scores, new(unknown, scores.Min(), scores.Max(), IsSingle: false, UserDefined: null,
            model.Flag("byte_fallback") ? ByteTokens.Find(tokens) : null)));
    }

    private static (TokenTable Tokens, SubwordModel Model) ReadWordPiece(JsonPart model)
    {
        TokenTable tokens = ReadTokens(model);
        return (tokens, WordPieceOf(tokens, model.Text("unk_token") ?? "[UNK]", model.Text("continuing_subword_prefix") ?? "##",
            model.Int("max_input_chars_per_word") ?? 100, model.Path));
    }

    /// <summary>WordPiece over a vocabulary.</summary>
    /// <param name="tokens">The tokens.</param>
    /// <param name="unknown">The one of words that are not covered.</param>
    /// <param name="mark">How tokens begin that go on in a word.</param>
    /// <param name="mostLetters">Longer words are unknown.</param>
    /// <param name="source">The file, for messages.</param>
    public static WordPiece WordPieceOf(TokenTable tokens, string unknown, string mark, int mostLetters, string source)
    {
        if (!tokens.TryGetId(unknown, out int unknownId))
            Problem.InvalidData($"{source}: the token of unknown words, {Problem.Quote(unknown)}, is not in the vocabulary.");
        PieceTrie begins = new(2 * tokens.Count), continues = new(tokens.Count);
        for (int id = 0; id < tokens.Size; id++)
        {
            if (!tokens.Contains(id))
                continue;
            ReadOnlySpan<char> token = tokens[id];
            begins.TryAdd(token, id, source);
            if (mark.Length > 0 && token.StartsWith(mark))
                continues.TryAdd(token[mark.Length..], id, source);
        }
        return new(begins, mark.Length > 0 ? continues : begins, unknownId, mostLetters);
    }

    private static (TokenTable Tokens, SubwordModel Model) ReadBpe(JsonPart model, bool isOfBytes)
    {
        foreach (string field in (string[])["continuing_subword_prefix", "end_of_word_suffix"])
            if (model.Text(field) is { Length: > 0 } mark)
                throw model.Refuse(field, Problem.Quote(mark), "none");
        if (model.Flag("ignore_merges"))
            throw model.Refuse("ignore_merges", "true", "false");
        if (model.Element.TryGetProperty("dropout", out JsonElement dropout) && dropout.ValueKind == JsonValueKind.Number
            && dropout.GetDouble() != 0)
            throw model.Refuse("dropout", dropout.ToString(), "none: ids would be random");
        TokenTable tokens = ReadTokens(model);
        PieceTrie letters = isOfBytes ? new(8) : CharactersOf(tokens, model.Path);
        ByteTokens? bytes = isOfBytes ? ByteTokens.FindVisible(tokens) : model.Flag("byte_fallback") ? ByteTokens.Find(tokens) : null;
        if (isOfBytes && bytes?.AreAll != true)
            throw model.Refuse("vocab", "without a token for some bytes", "one with a token for each of the 256");
        int unknown = -1;
        if (model.Text("unk_token") is string name && !tokens.TryGetId(name, out unknown))
            Problem.InvalidData($"{model.Path}: model.unk_token, {Problem.Quote(name)}, is not in the vocabulary.");
        if (unknown < 0 && bytes?.AreAll != true)
            throw model.Refuse("unk_token", "missing", "a token for what has none, or one for each byte");
        return (tokens, new CharacterBpe(
            letters, ReadMerges(model, tokens), new(unknown, model.Flag("fuse_unk"), null, bytes) { IsOfBytes = isOfBytes }));
    }

    /// <summary>The tokens of one character.</summary>
    public static PieceTrie CharactersOf(TokenTable tokens, string source)
    {
        PieceTrie letters = new(1024);
        for (int id = 0; id < tokens.Size; id++)
            if (tokens.Contains(id) && tokens[id].Length is 1 or 2 && (tokens[id].Length == 1 || char.IsHighSurrogate(tokens[id][0])))
                letters.TryAdd(tokens[id], id, source);
        return letters;
    }

    // "a b" in older files, ["a", "b"] in newer ones: a token may have blanks and line feeds in it.
    private static MergeTable ReadMerges(JsonPart model, TokenTable tokens)
    {
        if (!model.Element.TryGetProperty("merges", out JsonElement list) || list.ValueKind != JsonValueKind.Array)
            throw model.Refuse("merges", "missing", "a list");
        MergeTable merges = new(list.GetArrayLength());
        int rank = 0;
        foreach (JsonElement merge in list.EnumerateArray())
        {
            bool isPair = merge.ValueKind == JsonValueKind.Array && merge.GetArrayLength() == 2;
            string text = isPair ? $"{Part(merge[0])} {Part(merge[1])}" : Part(merge);
            int blank = isPair ? Part(merge[0]).Length : -1;
            if (!TryRead(text, blank, tokens, out int left, out int right, out int joined))
                Problem.InvalidData(
                    $"{model.Path}: merge {rank} is {Problem.Quote(text)}, but its two symbols and their join are not all in the " +
                    "vocabulary. Merges and vocabulary must be of one model.");
            merges.TryAdd(left, right, rank++, joined); // the first of equal pairs counts
        }
        return merges;

        string Part(JsonElement element) => JsonText.String(element, model.Path, $"merge {rank}");
    }

    /// <summary>Splits at a blank, or at the first one that leaves two tokens.</summary>
    private static bool TryRead(string text, int blank, TokenTable tokens, out int left, out int right, out int joined)
    {
        left = right = joined = -1;
        int from = blank < 0 ? 1 : blank, last = blank < 0 ? text.Length - 2 : blank;
        for (int at = from; at <= last; at++)
            if (text[at] == ' ' && tokens.TryGetId(text.AsSpan(0, at), out left) && tokens.TryGetId(text.AsSpan(at + 1), out right)
                && tokens.TryGetId(text.Remove(at, 1), out joined))
                return true;
        return false;
    }

    private static TokenTable ReadTokens(JsonPart model)
    {
        JsonElement vocabulary = Vocabulary(model, JsonValueKind.Object);
        TokenTable tokens = new(Math.Min(vocabulary.GetPropertyCount(), BpeVocabulary.MaxSize));
        foreach (JsonProperty token in vocabulary.EnumerateObject())
            Add(tokens, token.Name, TokenizerConfig.Id(token.Value, model.Path, Problem.Quote(token.Name)), model.Path);
        return tokens.Count > 0 ? tokens : throw model.Refuse("vocab", "empty", "one with tokens");
    }

    private static JsonElement Vocabulary(JsonPart model, JsonValueKind kind) =>
        model.Element.TryGetProperty("vocab", out JsonElement vocabulary) && vocabulary.ValueKind == kind
            ? vocabulary
            : throw model.Refuse("vocab", JsonText.Words(vocabulary.ValueKind), JsonText.Words(kind));

    /// <summary>Adds a token; ids and strings are unique.</summary>
    /// <exception cref="InvalidDataException">One of them is there already.</exception>
    public static void Add(TokenTable tokens, ReadOnlySpan<char> token, int id, string path)
    {
        if (tokens.Contains(id))
            Problem.InvalidData(
                $"{path}: the id {id} belongs to {Problem.Quote(tokens[id].ToString())} and to {Problem.Quote(token.ToString())}; " +
                "ids must be unique.");
        if (!tokens.TryAdd(token, id))
            Problem.InvalidData($"{path}: the token {Problem.Quote(token.ToString())} stands twice, the second time with id {id}.");
    }
}
