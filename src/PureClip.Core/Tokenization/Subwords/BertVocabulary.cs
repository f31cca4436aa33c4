using PureClip.Files;

namespace PureClip.Tokenization;

/// <summary>A WordPiece tokenizer out of <c>vocab.txt</c>, one token a line, and what <c>tokenizer_config.json</c> says of BERT's rules.</summary>
internal static class BertVocabulary
{
    public const string FileName = "vocab.txt";

    private const string Mark = "##";
    private const int MostLetters = 100;

    /// <summary>Builds the program of a directory.</summary>
    /// <param name="path">The vocabulary.</param>
    /// <param name="settings">The files beside it.</param>
    /// <exception cref="InvalidDataException">A file is damaged, or a token is missing.</exception>
    public static SubwordProgram Read(string path, TokenizerSettings settings)
    {
        TokenTable tokens = ReadTokens(path);
        bool lowersCase = settings.LowersCase ?? true;
        string[] specials = [.. new[] { ("cls_token", "[CLS]"), ("sep_token", "[SEP]"), ("pad_token", "[PAD]"), ("unk_token", "[UNK]"),
            ("mask_token", "[MASK]") }.Select(special => settings.Token(special.Item1) ?? special.Item2)];
        int[] ids = [.. specials.Select((token, i) => tokens.TryGetId(token, out int id) ? id : i == specials.Length - 1 ? -1 // no mask
            : Problem.InvalidData<int>($"{path}: the special token {Problem.Quote(token)} is not in the vocabulary."))];
        return new()
        {
            FileName = FileName,
            Tokens = tokens,
            Model = JsonModels.WordPieceOf(tokens, specials[3], Mark, MostLetters, path),
            Normalizers = BertText.Steps(cleans: true, settings.SpacesIdeographs ?? true, settings.StripsAccents ?? lowersCase, lowersCase),
            PreTokenizers = BertText.Cuts(),
            InSource = new(specials.Zip(ids).Where(special => special.Second >= 0)
                .Select(special => new CutToken(special.First, special.Second, false, false)), path),
            InNormalized = new([], path),
            StartId = ids[0],
            EndId = ids[1],
            PadId = ids[2],
            ContextLength = settings.ContextLength,
            SpecialIds = [.. ids.Where(id => id >= 0)],
            IsWordPiece = true,
            MarksBeginnings = true,
        };
    }

    private static TokenTable ReadTokens(string path)
    {
        string text = SmallFile.ReadText(path, TokenizerConfig.MaxBytes, TokenizerConfig.Sizes);
        int lines = text.AsSpan().Count('\n') + 1;
        TokenTable tokens = new(Math.Min(lines, BpeVocabulary.MaxSize));
        int id = 0;
        ReadOnlySpan<char> all = text.AsSpan().TrimEnd("\r\n");
        foreach (Range line in all.Split('\n')) // other line ends of Unicode may be tokens
        {
            if (id == BpeVocabulary.MaxSize)
                Problem.InvalidData($"{path} has more than {BpeVocabulary.MaxSize} lines, which are supported.");
            JsonModels.Add(tokens, all[line].TrimEnd('\r'), id++, path);
        }
        return tokens;
    }
}
