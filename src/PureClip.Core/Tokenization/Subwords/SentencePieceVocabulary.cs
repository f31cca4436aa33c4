using PureClip.Files;

namespace PureClip.Tokenization;

/// <summary>A tokenizer out of a SentencePiece model alone: its pieces, its own preparation of texts, and the ids that a family gives them.</summary>
internal static class SentencePieceVocabulary
{
    private const string Siglip = "SiglipTokenizer";
    private const int FairseqPad = 1, FairseqSpecials = 3;

    /// <summary>Builds the program of a directory.</summary>
    /// <param name="file">The model.</param>
    /// <param name="settings">The files beside it.</param>
    /// <exception cref="InvalidDataException">They do not fit one another, or something is not supported.</exception>
    public static SubwordProgram Read(SentencePieceFile file, TokenizerSettings settings)
    {
        bool isFairseq = IsFairseq(file, settings);
        int[] ids = IdsOf(file, isFairseq);
        TokenTable tokens = new(file.Pieces.Count + 2);
        for (int i = 0; i < file.Pieces.Count; i++)
            JsonModels.Add(tokens, file.TextOf(file.Pieces[i]), ids[i], file.Path);
        if (isFairseq)
        {
            JsonModels.Add(tokens, "<pad>", FairseqPad, file.Path);
            JsonModels.Add(tokens, "<mask>", tokens.Size, file.Path);
        }
        PieceTrie? defined = UserDefined(file, ids);
        SubwordModel model = file.IsBpe ? BpeOf(file, ids, tokens, defined) : UnigramOf(file, ids, tokens);
        bool isSiglip = settings.Class == Siglip;
        ITextStep[] steps = [new SentencePieceText(file.Map, defined, file.AddsPrefix && !isSiglip, file.RemovesSpaces)];
        SubwordProgram program = new()
        {
            FileName = Path.GetFileName(file.Path),
            Tokens = tokens,
            Model = model,
            Normalizers = isSiglip ? [new SiglipText(settings.LowersCase ?? true), .. steps] : steps,
            PreTokenizers = [],
            InSource = new(isSiglip ? SpecialStrings(settings, tokens) : [], file.Path),
            InNormalized = new([], file.Path),
            StartId = StartOf(file, settings, isFairseq, tokens),
            EndId = EndOf(file, settings, isFairseq, tokens),
            PadId = PadOf(file, settings, isFairseq, tokens),
            ContextLength = settings.ContextLength,
            SpecialIds = SpecialIds(file, ids, tokens, isFairseq),
            WantsLowerCase = settings.IsSiglip2,
            HasBytes = file.HasByteFallback,
            MarksBeginnings = file.AddsPrefix,
        };
        return isSiglip ? program with { GuardTokens = CountGuard(program) } : program;
    }

    /// <summary>
    /// XLM-R's order: fairseq's four special tokens come first, so that all other ids are one higher than the file's.
    /// </summary>
    private static bool IsFairseq(SentencePieceFile file, TokenizerSettings settings)
    {
        bool isNamed = settings.Class is string name
            ? name.StartsWith("XLMRoberta", StringComparison.Ordinal)
            : Path.GetFileName(file.Path) == SentencePieceFile.Names[0];
        if (isNamed && !(file.Pieces.Count > FairseqSpecials && file.Pieces[0].Type == PieceType.Unknown
            && file.TextOf(file.Pieces[1]) == "<s>" && file.TextOf(file.Pieces[2]) == "</s>"))
            Problem.InvalidData($"{file.Path} does not begin with <unk>, <s> and </s>, as XLM-RoBERTa's model does.");
        return isNamed;
    }

    private static int[] IdsOf(SentencePieceFile file, bool isFairseq)
    {
        int[] ids = new int[file.Pieces.Count];
        for (int i = 0; i < ids.Length; i++)
            ids[i] = isFairseq ? i + 1 : i;
        if (isFairseq)
            (ids[0], ids[1], ids[2]) = (3, 0, 2);
        return ids;
    }

    private static PieceTrie? UserDefined(SentencePieceFile file, int[] ids)
    {
        PieceTrie defined = new(64);
        for (int i = 0; i < ids.Length; i++)
            if (file.Pieces[i].Type == PieceType.UserDefined)
                defined.TryAdd(file.TextOf(file.Pieces[i]), ids[i], file.Path);
        return defined.Count > 0 ? defined : null;
    }

    private static Unigram UnigramOf(SentencePieceFile file, int[] ids, TokenTable tokens)
    {
        PieceTrie trie = new(4 * ids.Length);
        double[] scores = new double[tokens.Size];
        HashSet<int> defined = [];
        (double lowest, double highest) = (double.PositiveInfinity, double.NegativeInfinity);
        for (int i = 0; i < ids.Length; i++)
        {
            SentencePiece piece = file.Pieces[i];
            if (piece.Type is not (PieceType.Normal or PieceType.UserDefined))
                continue;
            trie.TryAdd(file.TextOf(piece), ids[i], file.Path);
            scores[ids[i]] = piece.Score;
            if (piece.Type == PieceType.UserDefined)
                defined.Add(ids[i]);
            else
                (lowest, highest) = (Math.Min(lowest, piece.Score), Math.Max(highest, piece.Score));
        }
        if (lowest > highest)
            Problem.InvalidData($"{file.Path} has no pieces that stand in texts.");
        return new(trie, scores, new(UnknownOf(file, ids), lowest, highest, IsSingle: true, defined.Count > 0 ? defined : null,
            file.HasByteFallback ? ByteTokens.Find(tokens) : null));
    }

    /// <summary>
    /// A piece merges from each two pieces that it can be cut into, the one with the highest score first: what the trainer's list of merges
    /// said, which the file does not hold.
    /// </summary>
    private static CharacterBpe BpeOf(SentencePieceFile file, int[] ids, TokenTable tokens, PieceTrie? defined)
    {
        int[] order = [.. Enumerable.Range(0, ids.Length).Where(i => file.Pieces[i].Type == PieceType.Normal)];
        HashSet<int> normal = [.. order.Select(i => ids[i])];
        MergeTable merges = new(2 * order.Length);
        int rank = 0;
        float score = float.NaN;
        foreach (int i in order.OrderByDescending(i => file.Pieces[i].Score))
        {
            rank += file.Pieces[i].Score == score ? 0 : 1;
            score = file.Pieces[i].Score;
            string text = file.TextOf(file.Pieces[i]);
            for (int at = 1; at < text.Length; at++)
                if (tokens.TryGetId(text.AsSpan(0, at), out int left) && tokens.TryGetId(text.AsSpan(at), out int right)
                    && normal.Contains(left) && normal.Contains(right))
                    merges.TryAdd(left, right, rank, ids[i]);
        }
        if (file.Pieces.Any(piece => piece.Type == PieceType.Unused))
            Problem.InvalidData($"{file.Path} has unused pieces, which are not supported with BPE.");
        PieceTrie letters = new(1024);
        foreach (int i in order)
            if (file.TextOf(file.Pieces[i]) is { Length: 1 or 2 } letter && (letter.Length == 1 || char.IsHighSurrogate(letter[0])))
                letters.TryAdd(letter, ids[i], file.Path);
        return new(letters, merges, new(UnknownOf(file, ids), FusesUnknown: true, defined,
            file.HasByteFallback ? ByteTokens.Find(tokens) : null));
    }

    private static int UnknownOf(SentencePieceFile file, int[] ids)
    {
        for (int i = 0; i < ids.Length; i++)
            if (file.Pieces[i].Type == PieceType.Unknown)
                return ids[i];
        return Problem.InvalidData<int>($"{file.Path} has no piece for unknown characters (type 2). Download it again.");
    }

    private static int? StartOf(SentencePieceFile file, TokenizerSettings settings, bool isFairseq, TokenTable tokens) =>
        isFairseq ? 0
        : settings.AddsStart != true ? null
        : Named(settings, "bos_token", tokens, file.Path) ?? Known(file.StartId, "bos_id", file, tokens);

    private static int EndOf(SentencePieceFile file, TokenizerSettings settings, bool isFairseq, TokenTable tokens) =>
        isFairseq ? 2
        : settings.AddsEnd == false
            ? Problem.InvalidData<int>($"{settings.Path}: add_eos_token is off, so that texts have no end to be read at.")
        : Named(settings, "eos_token", tokens, file.Path) ?? Known(file.EndId, "eos_id", file, tokens);

    private static int PadOf(SentencePieceFile file, TokenizerSettings settings, bool isFairseq, TokenTable tokens) =>
        isFairseq ? FairseqPad : Named(settings, "pad_token", tokens, file.Path) ?? Math.Max(file.PadId, 0);

    private static int? Named(TokenizerSettings settings, string name, TokenTable tokens, string path) =>
        settings.Token(name) is not string token ? null
        : tokens.TryGetId(token, out int id) ? id
        : Problem.InvalidData<int>($"{path}: {name}, {Problem.Quote(token)}, is not in the vocabulary.");

    private static int Known(int id, string name, SentencePieceFile file, TokenTable tokens) => tokens.Contains(id)
        ? id
        : Problem.InvalidData<int>($"{file.Path}: {name} is {id}, which is no piece. Name the token in tokenizer_config.json.");

    private static IEnumerable<CutToken> SpecialStrings(TokenizerSettings settings, TokenTable tokens)
    {
        foreach (string name in (string[])["eos_token", "unk_token"])
            if (settings.Token(name) is string token && tokens.TryGetId(token, out int id))
                yield return new(token, id, TakesLeft: true, TakesRight: true);
    }

    private static HashSet<int> SpecialIds(SentencePieceFile file, int[] ids, TokenTable tokens, bool isFairseq)
    {
        HashSet<int> special = [];
        for (int i = 0; i < ids.Length; i++)
            if (file.Pieces[i].Type is PieceType.Unknown or PieceType.Control)
                special.Add(ids[i]);
        if (isFairseq)
            special.UnionWith([FairseqPad, tokens.Size - 1]);
        return special;
    }

    private static int CountGuard(SubwordProgram program)
    {
        TokenizerOptions plain = new() { Cleaning = TextCleaning.HuggingFace };
        SubwordProgram guard = program with { InSource = new([], ""), Normalizers = [program.Normalizers[^1]] };
        return new SubwordTokenizer(guard, plain).EncodeWithoutSpecials(SiglipText.Guard).Length;
    }
}
