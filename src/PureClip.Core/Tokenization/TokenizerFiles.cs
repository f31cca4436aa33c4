namespace PureClip.Tokenization;

/// <summary>What a <see cref="BpeTokenizer"/> is built from: the files of a model directory, read and checked, or the embedded vocabulary.</summary>
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
            : Throw.InvalidFile<int>(source, $"the special token \"{token.Content}\" is not in the vocabulary of {vocabulary.Size} tokens. Name the model's own in tokenizer_config.json.");
}
