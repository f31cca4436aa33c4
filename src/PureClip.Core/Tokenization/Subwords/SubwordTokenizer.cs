using System.Text;

namespace PureClip.Tokenization;

/// <summary>
/// A tokenizer that is not CLIP's own: a text is prepared step by step, cut into pieces, and a model of subwords cuts those into tokens.
/// Time is linear in the length of the text, n log n for BPE; encoding into the caller's memory allocates nothing once it is warm, unless
/// open_clip's cleanings repair the text first.
/// </summary>
internal sealed class SubwordTokenizer : ITokenizer
{
    /// <summary>An end, and one token before it.</summary>
    public const int MinContextLength = 3;

    private const int UsualContextLength = 512;

    private readonly SubwordProgram _program;
    private readonly TokenFrame _frame;

    public SubwordTokenizer(SubwordProgram program, TokenizerOptions options)
    {
        _program = program;
        Cleaning = options.Cleaning ?? (program.WantsLowerCase ? TextCleaning.LowerCase : TextCleaning.HuggingFace);
        DefaultTruncation = options.Truncation;
        ContextLength = options.ContextLength ?? program.ContextLength ?? UsualContextLength;
        if (ContextLength < MinContextLength)
            throw new ArgumentException(
                $"The context length is {ContextLength}; it must be {MinContextLength} at least, for a start, an end and one token " +
                "between them.", nameof(options));
        PadId = options.PadId ?? program.PadId;
        EndId = options.PadsEnd ? PadId : program.EndId;
        _frame = new(program.StartId, EndId, PadId, ContextLength);
    }

    public int ContextLength { get; }

    public int? StartId => _program.StartId;

    public int EndId { get; }

    public int PadId { get; }

    public int VocabularySize => _program.Tokens.Size;

    public string Kind => $"{_program.Model.Name} ({_program.FileName})";

    public TextCleaning Cleaning { get; }

    public Truncation DefaultTruncation { get; }

    public TokenizedText Encode(string text, Truncation? truncation = null, bool pad = false)
    {
        ArgumentNullException.ThrowIfNull(text);
        SubwordScratch scratch = SubwordScratch.Take();
        Split(text, scratch);
        TokenizedText result = _frame.Describe(scratch.Result, text, truncation ?? DefaultTruncation, pad);
        scratch.Return();
        return result;
    }

    public int Encode(string text, Span<int> ids, Truncation? truncation = null, bool pad = false)
    {
        ArgumentNullException.ThrowIfNull(text);
        SubwordScratch scratch = SubwordScratch.Take();
        Split(text, scratch);
        int count = _frame.Write(scratch.Result, text, truncation ?? DefaultTruncation, pad, ids);
        scratch.Return();
        return count;
    }

    public int[] EncodeWithoutSpecials(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        SubwordScratch scratch = SubwordScratch.Take();
        Split(text, scratch);
        int[] ids = [.. scratch.Result.Ids];
        scratch.Return();
        return ids;
    }

    public string Decode(ReadOnlySpan<int> ids, bool skipSpecials = false)
    {
        List<byte> bytes = [];
        foreach (int id in ids)
        {
            string token = Token(id);
            if (_program.SpecialIds.Contains(id))
            {
                if (!skipSpecials)
                    bytes.AddRange(Encoding.UTF8.GetBytes(_program.IsWordPiece ? $" {token}" : token));
            }
            else if (_program.IsWordPiece)
            {
                bool goesOn = token.StartsWith(_program.Continuation, StringComparison.Ordinal);
                bytes.AddRange(Encoding.UTF8.GetBytes(goesOn ? token[_program.Continuation.Length..] : $" {token}"));
            }
            else if (_program.IsOfBytes)
            {
                foreach (char letter in token)
                    if (ByteToUnicode.TryToByte(letter, out byte of))
                        bytes.Add(of);
            }
            else if (_program.HasBytes && ByteTokens.TryParse(token, out byte value))
            {
                bytes.Add(value);
            }
            else
            {
                bytes.AddRange(Encoding.UTF8.GetBytes(token.Replace((char)SentencePieceText.Space, ' ')));
            }
        }
        string text = Encoding.UTF8.GetString([.. bytes]);
        return _program.MarksBeginnings && text.StartsWith(' ') ? text[1..] : text;
    }

    public string Token(int id) => _program.Tokens.Contains(id)
        ? _program.Tokens[id].ToString()
        : throw new ArgumentOutOfRangeException(nameof(id), id,
            $"No token of the vocabulary has this id; ids are from 0 to {VocabularySize - 1}.");

    public string? WordOrNull(int id)
    {
        if (!_program.Tokens.Contains(id) || _program.SpecialIds.Contains(id))
            return null;
        ReadOnlySpan<char> token = _program.Tokens[id];
        if (_program.IsWordPiece)
            return token.StartsWith(_program.Continuation) ? null : token.ToString();
        if (_program.IsOfBytes)
            return Decode([id]) is [' ', _, ..] word && !word[1..].Contains(' ') && !word.Contains('\uFFFD') ? word[1..] : null;
        return token.Length > 1 && token[0] == SentencePieceText.Space && !token[1..].Contains((char)SentencePieceText.Space)
            ? token[1..].ToString()
            : null;
    }

    private void Split(string text, SubwordScratch scratch)
    {
        scratch.Source.AddText(text);
        CodePoints source = Clean(scratch.Source, scratch.Cleaned);
        for (int position = 0; position < source.Count;)
        {
            int id = _program.InSource.Find(source.Values, position, out int start, out int end);
            scratch.Section.Clear();
            scratch.Section.AddRange(source, position, start - position);
            SplitSection(scratch);
            if (id >= 0)
                AddWhole(source, start, end, Placed(id), scratch.Result);
            position = end;
        }
    }

    /// <summary>An end that a text spells is one too.</summary>
    private int Placed(int id) => id == _program.EndId ? EndId : id;

    private CodePoints Clean(CodePoints source, CodePoints cleaned)
    {
        if (Cleaning == TextCleaning.HuggingFace)
            return source;
        cleaned.Clear();
        switch (Cleaning)
        {
            case TextCleaning.OpenAI:
                TextCleaner.OpenAITo(source, cleaned);
                break;
            case TextCleaning.Whitespace:
                TextCleaner.WhitespaceTo(source, cleaned);
                break;
            case TextCleaning.Canonical:
                TextCleaner.CanonicalTo(source, cleaned);
                break;
            default:
                LowerCase.AppendTo(source, cleaned, finalSigma: true);
                break;
        }
        return cleaned;
    }

    /// <summary>The text between two added tokens: normalised, cut at those that are looked for in what is normalised, tokenised.</summary>
    private void SplitSection(SubwordScratch scratch)
    {
        if (scratch.Section.Count == 0)
            return;
        Begin(scratch.Section, 0, scratch.Section.Count, scratch);
        Run(_program.Normalizers, scratch);
        if (_program.InNormalized.Count == 0)
        {
            Tokenize(scratch);
            return;
        }
        scratch.Section.Clear();
        scratch.Section.AddRange(scratch.Front.Text, 0, scratch.Front.Text.Count);
        for (int position = 0; position < scratch.Section.Count;)
        {
            int id = _program.InNormalized.Find(scratch.Section.Values, position, out int start, out int end);
            Begin(scratch.Section, position, start, scratch);
            Tokenize(scratch);
            if (id >= 0)
                AddWhole(scratch.Section, start, end, Placed(id), scratch.Result);
            position = end;
        }
    }

    private void Tokenize(SubwordScratch scratch)
    {
        Run(_program.PreTokenizers, scratch);
        (Pieces pieces, TokenSequence result) = (scratch.Front, scratch.Result);
        int offset = result.Text.Count, first = result.Ids.Count;
        result.Text.AddRange(pieces.Text, 0, pieces.Text.Count);
        for (int i = 0; i < pieces.Count; i++)
            _program.Model.Encode(result.Text, offset + pieces.Start(i), offset + pieces.End(i), result, scratch);
        if (_program.GuardTokens > 0)
            result.Remove(first, Math.Min(_program.GuardTokens, result.Ids.Count - first));
    }

    private static void Begin(CodePoints text, int start, int end, SubwordScratch scratch)
    {
        scratch.Front.Clear();
        scratch.Front.Text.AddRange(text, start, end - start);
        scratch.Front.Close();
    }

    private static void Run(ITextStep[] steps, SubwordScratch scratch)
    {
        foreach (ITextStep step in steps)
        {
            (Pieces from, Pieces to) = (scratch.Front, scratch.Back);
            to.Clear();
            for (int i = 0; i < from.Count; i++)
            {
                step.Run(from.Text, from.Start(i), from.End(i), to);
                to.Close();
            }
            scratch.Swap();
        }
    }

    private static void AddWhole(CodePoints source, int start, int end, int id, TokenSequence result)
    {
        result.Text.AddRange(source, start, end - start);
        result.AddSpecial(id, result.Text.Count - (end - start), end - start);
    }
}

/// <summary>What the files of a directory say of a tokenizer.</summary>
internal sealed record SubwordProgram
{
    /// <summary>The file that it was read from.</summary>
    public required string FileName { get; init; }

    public required TokenTable Tokens { get; init; }

    public required SubwordModel Model { get; init; }

    /// <summary>Steps that rewrite a text.</summary>
    public required ITextStep[] Normalizers { get; init; }

    /// <summary>Steps that cut it into pieces.</summary>
    public required ITextStep[] PreTokenizers { get; init; }

    /// <summary>Added tokens that are looked for in the text as it is given.</summary>
    public required AddedTokens InSource { get; init; }

    /// <summary>Those that are looked for in the normalised text.</summary>
    public required AddedTokens InNormalized { get; init; }

    public required int? StartId { get; init; }

    public required int EndId { get; init; }

    public required int PadId { get; init; }

    /// <summary>Most tokens of a text; null where no file says.</summary>
    public int? ContextLength { get; init; }

    /// <summary>Tokens that are no text.</summary>
    public required HashSet<int> SpecialIds { get; init; }

    /// <summary>Whether texts are to be in lower case although the files do not make them so.</summary>
    public bool WantsLowerCase { get; init; }

    /// <summary>How many tokens of each section are of what <see cref="SiglipText"/> puts in front, and dropped.</summary>
    public int GuardTokens { get; init; }

    /// <summary>Whether words are spelled as WordPiece does: what goes on in a word is marked.</summary>
    public bool IsWordPiece { get; init; }

    /// <summary>That mark.</summary>
    public string Continuation { get; init; } = "##";

    /// <summary>Whether tokens spell bytes as visible characters, as GPT-2's do.</summary>
    public bool IsOfBytes { get; init; }

    /// <summary>Whether there are tokens of bytes.</summary>
    public bool HasBytes { get; init; }

    /// <summary>Whether a decoded text begins with a blank that was not in it.</summary>
    public bool MarksBeginnings { get; init; }
}
