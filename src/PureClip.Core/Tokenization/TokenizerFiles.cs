using System.Text;
using System.Text.Json;
using PureClip.Files;

namespace PureClip.Tokenization;

/// <summary>
/// What a <see cref="BpeTokenizer"/> is built from: the files of a model directory, read and checked, or the embedded vocabulary.
/// </summary>
internal sealed record TokenizerFiles
{
    private const string DefaultStart = "<|startoftext|>", DefaultEnd = "<|endoftext|>";
    private const string OpenClipStart = "<start_of_text>", OpenClipEnd = "<end_of_text>";

    public required BpeVocabulary Vocabulary { get; init; }

    public required int StartId { get; init; }

    public required int EndId { get; init; }

    /// <summary>Id of <c>pad_token</c>; null where the files name none.</summary>
    public int? PadId { get; init; }

    /// <summary>Id of a byte that the vocabulary has no token for: <c>unk_token</c>, end-of-text in CLIP.</summary>
    public required int UnknownId { get; init; }

    /// <summary><c>model_max_length</c>; null where the files name none.</summary>
    public int? ContextLength { get; init; }

    /// <summary>Added tokens, and start, end, pad and unknown: Hugging Face takes all of them out of a text before anything else.</summary>
    public required IReadOnlyList<SpecialToken> SpecialTokens { get; init; }

    /// <summary>CLIP's own vocabulary.</summary>
    public static TokenizerFiles Embedded(SpecialTokenSpelling spelling)
    {
        TokenizerConfig config = spelling == SpecialTokenSpelling.OpenClip
            ? new() { Start = new(OpenClipStart), End = new(OpenClipEnd) }
            : new() { Start = new(DefaultStart), End = new(DefaultEnd) };
        BpeVocabulary vocabulary = BpeVocabulary.CreateClip(config.Start!.Content, config.End!.Content);
        return Combine(vocabulary, config, "embedded vocabulary");
    }

    /// <summary>Reads a directory; see <see cref="BpeTokenizer.FromDirectory"/>.</summary>
    public static TokenizerFiles FromDirectory(string directory, TokenizerOptions options)
    {
        if (!Directory.Exists(directory))
            throw new DirectoryNotFoundException($"{directory} is no directory. A tokenizer is read from the directory of a model.");
        TokenizerConfig config = TokenizerConfig.Read(directory);
        if (VocabularyFiles.Read(directory, ref config) is { } vocabulary)
            return Combine(vocabulary, config, directory);
        if (!options.AllowEmbeddedVocabulary)
            throw new FileNotFoundException($"{directory} has no tokenizer.json, and no vocab.json with merges.txt.");
        TokenizerFiles embedded = Embedded(options.Spelling);
        return embedded with { ContextLength = config.ContextLength };
    }

    /// <summary>
    /// The id that ends a directory's texts, without building its vocabulary; null where it has none, or does not name that token.
    /// </summary>
    /// <exception cref="InvalidDataException">A file is damaged.</exception>
    public static int? EndIdOf(string directory)
    {
        TokenizerConfig config = TokenizerConfig.Read(directory);
        string end = config.End?.Content ?? DefaultEnd;
        return config.AddedTokens.FirstOrDefault(token => token.Content == end)?.Id ?? VocabularyFiles.IdIn(directory, end);
    }

    private static TokenizerFiles Combine(BpeVocabulary vocabulary, TokenizerConfig config, string source)
    {
        AddedToken start = config.Start ?? new(DefaultStart);
        AddedToken end = config.End ?? new(DefaultEnd);
        AddedToken unknown = config.Unknown ?? end;
        Dictionary<int, SpecialToken> specials = [];
        foreach (AddedToken token in (IEnumerable<AddedToken>)[.. config.AddedTokens, start, end, unknown, config.Pad ?? end])
        {
            int id = IdOf(token, vocabulary, source);
            specials.TryAdd(id, new SpecialToken(token.Content, id, token.Normalized));
        }
        return new TokenizerFiles
        {
            Vocabulary = vocabulary,
            StartId = IdOf(start, vocabulary, source),
            EndId = IdOf(end, vocabulary, source),
            UnknownId = IdOf(unknown, vocabulary, source),
            PadId = config.Pad is null ? null : IdOf(config.Pad, vocabulary, source),
            ContextLength = config.ContextLength,
            SpecialTokens = [.. specials.Values],
        };
    }

    private static int IdOf(AddedToken token, BpeVocabulary vocabulary, string source) =>
        vocabulary.TryGetId(token.Content, out int id)
            ? id
            : Problem.InvalidData<int>(
                $"{source}: the special token \"{token.Content}\" is not in the vocabulary of {vocabulary.Size} tokens. Name the model's " +
                "own in tokenizer_config.json.");
}

/// <summary>Reads <c>tokenizer.json</c>, or <c>vocab.json</c> with <c>merges.txt</c>.</summary>
internal static class VocabularyFiles
{
    /// <summary>The vocabulary of a directory with the tokens that its configuration adds; null where it has none.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="config">Its configuration; the added tokens of a <c>tokenizer.json</c> are put before its own.</param>
    /// <exception cref="InvalidDataException">A file is damaged, of another kind, or the files do not fit one another.</exception>
    public static BpeVocabulary? Read(string directory, ref TokenizerConfig config)
    {
        string tokenizer = Path.Combine(directory, "tokenizer.json");
        string vocabulary = Path.Combine(directory, "vocab.json");
        string merges = Path.Combine(directory, "merges.txt");
        if (File.Exists(tokenizer))
            return ReadTokenizerJson(tokenizer, ref config);
        if (File.Exists(vocabulary) != File.Exists(merges))
            Problem.InvalidData(
                $"{directory}: has {(File.Exists(merges) ? "merges.txt without vocab.json" : "vocab.json without merges.txt")}; a " +
                "vocabulary needs both.");
        return File.Exists(vocabulary) ? ReadPair(vocabulary, merges, config) : null;
    }

    /// <summary>The id of one token, read from the file of a directory's vocabulary alone; null where there is none.</summary>
    public static int? IdIn(string directory, string token)
    {
        string tokenizer = Path.Combine(directory, "tokenizer.json"), vocabulary = Path.Combine(directory, "vocab.json");
        using JsonDocument? document = TokenizerConfig.ReadObject(tokenizer) ?? TokenizerConfig.ReadObject(vocabulary);
        if (document is null)
            return null;
        string path = File.Exists(tokenizer) ? tokenizer : vocabulary;
        JsonElement ids = path == vocabulary
            ? document.RootElement
            : Property(Property(document.RootElement, "model", JsonValueKind.Object, path), "vocab", JsonValueKind.Object, path);
        return ids.TryGetProperty(token, out JsonElement id)
            ? TokenizerConfig.Id(id, path, $"\"{token}\"")
            : path == vocabulary ? null : ReadAddedTokens(document.RootElement, path).Find(added => added.Content == token)?.Id;
    }

    private static BpeVocabulary ReadPair(string vocabularyPath, string mergesPath, TokenizerConfig config)
    {
        using JsonDocument document = TokenizerConfig.ReadObject(vocabularyPath)!;
        TokenTable tokens = ReadTokens(document.RootElement, vocabularyPath, config.AddedTokens);
        return BpeVocabulary.Create(
            tokens, MergesFile.Split(SmallFile.ReadText(mergesPath, TokenizerConfig.MaxBytes, TokenizerConfig.Sizes)), mergesPath);
    }

    private static BpeVocabulary ReadTokenizerJson(string path, ref TokenizerConfig config)
    {
        using JsonDocument document = TokenizerConfig.ReadObject(path)!;
        JsonElement model = Property(document.RootElement, "model", JsonValueKind.Object, path);
        CheckModel(model, path);
        TokenizerProgram program = TokenizerProgram.Read(document.RootElement, path, config.GeneralClass);
        config = program.Apply(config, path) with { AddedTokens = [.. ReadAddedTokens(document.RootElement, path), .. config.AddedTokens] };
        TokenTable tokens = ReadTokens(Property(model, "vocab", JsonValueKind.Object, path), path, config.AddedTokens);
        return BpeVocabulary.Create(tokens, [.. ReadMerges(Property(model, "merges", JsonValueKind.Array, path), path)], path);
    }

    private static List<AddedToken> ReadAddedTokens(JsonElement root, string path)
    {
        if (!root.TryGetProperty("added_tokens", out JsonElement list) || list.ValueKind != JsonValueKind.Array)
            return [];
        List<AddedToken> tokens = [];
        foreach (JsonElement token in list.EnumerateArray())
        {
            string name = $"added_tokens[{tokens.Count}]";
            JsonElement id = default;
            if (token.ValueKind != JsonValueKind.Object || !token.TryGetProperty("id", out id))
                Problem.InvalidData($"{path}: {name} has no \"id\".");
            tokens.Add(TokenizerConfig.ReadToken(token, path, name, TokenizerConfig.Id(id, path, name)));
        }
        return tokens;
    }

    // What would give other ids than CLIP's algorithm.
    private static void CheckModel(JsonElement model, string path)
    {
        Expect(model, path, "type", "BPE", orMissing: true);
        Expect(model, path, "end_of_word_suffix", BpeVocabulary.EndOfWord, orMissing: false);
        Expect(model, path, "continuing_subword_prefix", "", orMissing: true);
        if (model.TryGetProperty("byte_fallback", out JsonElement fallback) && fallback.ValueKind == JsonValueKind.True)
            Problem.InvalidData($"{path}: model.byte_fallback is set; CLIP's tokenizer works on bytes and has no fallback.");
        if (model.TryGetProperty("ignore_merges", out JsonElement ignore) && ignore.ValueKind == JsonValueKind.True)
            Problem.InvalidData(
                $"{path}: model.ignore_merges is set, so that words of the vocabulary are not made by merges; CLIP's tokenizers make all " +
                "words by merges. This is another kind of tokenizer.");
        if (model.TryGetProperty("dropout", out JsonElement dropout) && dropout.ValueKind == JsonValueKind.Number
            && dropout.GetDouble() != 0)
            Problem.InvalidData($"{path}: model.dropout is {dropout}, so that ids are random; it must be null or 0.");
    }

    private static void Expect(JsonElement model, string path, string name, string value, bool orMissing)
    {
        bool missing = !model.TryGetProperty(name, out JsonElement found) || found.ValueKind == JsonValueKind.Null;
        if (missing ? !orMissing : found.ValueKind != JsonValueKind.String || !found.ValueEquals(value))
            Problem.InvalidData(
                $"{path}: model.{name} is {(missing ? "missing" : found.ToString())}; CLIP's tokenizers have \"{value}\". This is " +
                "another kind of tokenizer.");
    }

    // "a b" in older files, ["a", "b"] in newer ones.
    private static IEnumerable<ReadOnlyMemory<char>> ReadMerges(JsonElement merges, string path)
    {
        foreach (JsonElement merge in merges.EnumerateArray())
            if (merge.ValueKind == JsonValueKind.Array && merge.GetArrayLength() == 2)
                yield return $"{JsonText.String(merge[0], path, "a merge")} {JsonText.String(merge[1], path, "a merge")}".AsMemory();
            else
                yield return JsonText.String(merge, path, "a merge").AsMemory();
    }

    private static JsonElement Property(JsonElement parent, string name, JsonValueKind kind, string path) =>
        parent.TryGetProperty(name, out JsonElement element) && element.ValueKind == kind
            ? element
            : Problem.InvalidData<JsonElement>(
                $"{path}: \"{name}\" is {JsonText.Words(element.ValueKind)}; it must be {JsonText.Words(kind)}.");

    private static TokenTable ReadTokens(JsonElement vocabulary, string path, IReadOnlyList<AddedToken> added)
    {
        TokenTable tokens = new(Math.Min(vocabulary.GetPropertyCount() + added.Count, BpeVocabulary.MaxSize));
        foreach (JsonProperty token in vocabulary.EnumerateObject())
            Add(tokens, token.Name, TokenizerConfig.Id(token.Value, path, $"\"{token.Name}\""), path);
        if (tokens.Count == 0)
            Problem.InvalidData($"{path}: the vocabulary has no tokens.");
        foreach (AddedToken token in added)
            if (token.Id is { } id && !(tokens.TryGetId(token.Content, out int known) && known == id))
                Add(tokens, token.Content, id, path);
        return tokens;
    }

    private static void Add(TokenTable tokens, string token, int id, string path)
    {
        if (tokens.Contains(id))
            Problem.InvalidData($"{path}: the id {id} belongs to \"{tokens[id]}\" and to \"{token}\"; ids must be unique.");
        if (!tokens.TryAdd(token, id))
            Problem.InvalidData($"{path}: the token \"{token}\" stands twice, the second time with id {id}; it must have one id.");
    }
}

/// <summary>The text of <c>merges.txt</c>: perhaps a "#version" line, then one merge a line in order of rank.</summary>
internal static class MergesFile
{
    /// <summary>The lines that are merges.</summary>
    public static List<ReadOnlyMemory<char>> Split(string text)
    {
        ReadOnlyMemory<char> rest = text.AsMemory().TrimEnd('\n').TrimEnd('\r');
        List<ReadOnlyMemory<char>> merges = new((rest.Length / 8) + 1); // CLIP's lines are 10 characters long on average
        bool first = true;
        while (!rest.IsEmpty)
        {
            int end = rest.Span.IndexOf('\n');
            ReadOnlyMemory<char> line = end < 0 ? rest : rest[..end];
            rest = end < 0 ? default : rest[(end + 1)..];
            if (!first || !line.Span.StartsWith("#version"))
                merges.Add(line.TrimEnd('\r'));
            first = false;
        }
        return merges;
    }

    /// <summary>CLIP's own merges as such lines, without a version.</summary>
    /// <param name="clip">CLIP's own vocabulary, for the strings.</param>
    public static string ClipText(BpeVocabulary clip)
    {
        ushort[] pairs = EmbeddedData.MergePairs();
        StringBuilder text = new(6 * pairs.Length);
        for (int i = 0; i < pairs.Length; i += 2)
            text.Append(clip.Token(pairs[i])).Append(' ').Append(clip.Token(pairs[i + 1])).Append('\n');
        return text.ToString();
    }
}
