using System.Buffers;
using System.Text;

namespace PureClip.Tokenization;

/// <summary>
/// CLIP's tokenizer: text to the ids that the text tower takes. Byte-level BPE with OpenAI's vocabulary, or another one in the same
/// format. Immutable and thread-safe.
/// </summary>
/// <remarks>
/// Time is linear in the length of the text (n log n for a single word of length n), for texts of any shape.
/// Sources: Radford et al. 2021; openai/CLIP simple_tokenizer.py; Hugging Face CLIPTokenizerFast. Character classes and case follow
/// the runtime's Unicode 16, normalization follows Unicode 14; the references' versions vary, and texts in scripts encoded since then
/// may get other ids.
/// </remarks>
public sealed class BpeTokenizer : ITokenizer
{
    /// <summary>A start, an end, and one token between them.</summary>
    internal const int MinContextLength = 3;

    private const int DefaultContextLength = 77;
    private const int StackBytes = 256;

    private readonly BpeVocabulary _vocabulary;
    private readonly SpecialToken[] _startAndEnd;
    private readonly SpecialTokenMatcher _inSource;
    private readonly SpecialTokenMatcher _inCleaned;
    private readonly HashSet<int> _specialIds;
    private readonly int _unknownId;
    private readonly TokenFrame _frame;

    internal BpeTokenizer(TokenizerFiles files, TokenizerOptions options)
    {
        _vocabulary = files.Vocabulary;
        Cleaning = options.Cleaning ?? TextCleaning.OpenAI;
        if (Cleaning is not (TextCleaning.OpenAI or TextCleaning.HuggingFace))
            throw new ArgumentException(
                $"CLIP's own tokenizer has the cleanings {TextCleaning.OpenAI} and {TextCleaning.HuggingFace}, not {Cleaning}.",
                nameof(options));
        DefaultTruncation = options.Truncation;
        ContextLength = options.ContextLength ?? files.ContextLength ?? DefaultContextLength;
        if (ContextLength < MinContextLength)
            throw new ArgumentException(
                $"The context length is {ContextLength}; it must be {MinContextLength} at least, for a start, an end and one token " +
                "between them.", nameof(options));
        StartId = files.StartId;
        EndId = files.EndId;
        PadId = options.PadId ?? (Cleaning == TextCleaning.OpenAI ? 0 : files.PadId ?? EndId);
        _unknownId = files.UnknownId;
        _frame = new(StartId, EndId, PadId, ContextLength);
        _startAndEnd = [.. files.SpecialTokens.Where(t => t.Id == StartId || t.Id == EndId).OrderBy(t => t.Id == StartId ? 0 : 1)];
        _inSource = new SpecialTokenMatcher(files.SpecialTokens.Where(t => !t.Normalized), t => t.Points);
        _inCleaned = new SpecialTokenMatcher(files.SpecialTokens.Where(t => t.Normalized), t => t.Folded);
        _specialIds = [.. (Cleaning == TextCleaning.OpenAI ? _startAndEnd : files.SpecialTokens).Select(t => t.Id)];
    }

    /// <inheritdoc/>
    public int ContextLength { get; }

    /// <summary>The id that begins every text.</summary>
    public int StartId { get; }

    /// <inheritdoc/>
    int? ITokenizer.StartId => StartId;

    /// <summary>The id that ends every text; the model reads the embedding at its first occurrence.</summary>
    public int EndId { get; }

    /// <inheritdoc/>
    public int PadId { get; }

    /// <inheritdoc/>
    public int VocabularySize => _vocabulary.Size;

    /// <inheritdoc/>
    public string Kind => "CLIP's byte-level BPE";

    /// <inheritdoc/>
    public TextCleaning Cleaning { get; }

    /// <inheritdoc/>
    public Truncation DefaultTruncation { get; }

    /// <summary>The tokenizer with CLIP's own vocabulary of 49,408 tokens, which this assembly carries.</summary>
    /// <param name="options">Cleaning, spelling, length; null for <see cref="TokenizerOptions.Default"/>.</param>
    /// <exception cref="ArgumentException">The context length is below 3.</exception>
    public static BpeTokenizer CreateClip(TokenizerOptions? options = null)
    {
        options ??= TokenizerOptions.Default;
        return new BpeTokenizer(TokenizerFiles.Embedded(options.Spelling), options);
    }

    /// <summary>
    /// The tokenizer of a model directory in Hugging Face's layout: <c>tokenizer.json</c>, or <c>vocab.json</c> and <c>merges.txt</c>;
    /// with <c>tokenizer_config.json</c>, <c>special_tokens_map.json</c> and <c>added_tokens.json</c> where they are present.
    /// </summary>
    /// <param name="directory">The directory.</param>
    /// <param name="options">Cleaning, length; null for <see cref="TokenizerOptions.Default"/>.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such directory.</exception>
    /// <exception cref="FileNotFoundException">It has no vocabulary, and the options do not allow the embedded one.</exception>
    /// <exception cref="InvalidDataException">
    /// A file is damaged, or of another kind of tokenizer; the message says which and why.
    /// </exception>
    /// <exception cref="ArgumentException">The context length is below 3.</exception>
    public static BpeTokenizer FromDirectory(string directory, TokenizerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(directory);
        options ??= TokenizerOptions.Default;
        return new BpeTokenizer(TokenizerFiles.FromDirectory(directory, options), options);
    }

    /// <inheritdoc/>
    public TokenizedText Encode(string text, Truncation? truncation = null, bool pad = false)
    {
        ArgumentNullException.ThrowIfNull(text);
        return _frame.Describe(Split(text), text, truncation ?? DefaultTruncation, pad);
    }

    /// <inheritdoc/>
    public int Encode(string text, Span<int> ids, Truncation? truncation = null, bool pad = false)
    {
        ArgumentNullException.ThrowIfNull(text);
        return _frame.Write(Split(text), text, truncation ?? DefaultTruncation, pad, ids);
    }

    /// <inheritdoc/>
    public int[] EncodeWithoutSpecials(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return [.. Split(text).Ids];
    }

    /// <summary>The text that ids stand for. Cleaning is not undone: it is lower case, with a blank behind every word.</summary>
    /// <param name="ids">Ids, of a whole text or a part of one; bytes that are not UTF-8 together become U+FFFD.</param>
    /// <param name="skipSpecials">Whether start, end and other special tokens are left out.</param>
    /// <exception cref="ArgumentOutOfRangeException">An id is not in the vocabulary.</exception>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecials = false)
    {
        List<byte> bytes = [];
        foreach (int id in ids)
        {
            Token(id);
            if (!skipSpecials || !_specialIds.Contains(id))
                _vocabulary.AppendBytes(id, bytes);
        }
        return Encoding.UTF8.GetString([.. bytes]).Replace(BpeVocabulary.EndOfWord, " ", StringComparison.Ordinal);
    }

    /// <summary>A token as the vocabulary spells it: bytes as visible characters, <c>&lt;/w&gt;</c> at the end of a word.</summary>
    /// <param name="id">The token's id.</param>
    /// <exception cref="ArgumentOutOfRangeException">The id is not in the vocabulary.</exception>
    public string Token(int id) =>
        _vocabulary.Token(id) ?? throw new ArgumentOutOfRangeException(nameof(id), id,
            $"No token of the vocabulary has this id; ids are from 0 to {VocabularySize - 1}.");

    /// <inheritdoc/>
    public string? WordOrNull(int id) =>
        _vocabulary.Token(id) is string token
        && token.EndsWith(BpeVocabulary.EndOfWord, StringComparison.Ordinal)
        && !_specialIds.Contains(id)
            ? Decode([id]).TrimEnd(' ')
            : null;

    private TokenSequence Split(string text)
    {
        TokenSequence result = new();
        if (Cleaning == TextCleaning.OpenAI)
        {
            TextCleaner.OpenAITo(CodePoints.From(text), result.Text);
            Split(result, 0, result.Text.Count, _startAndEnd);
        }
        else
        {
            SplitAtAddedTokens(CodePoints.From(text), result);
        }
        return result;
    }

    // Hugging Face: added tokens are cut out of the original, what lies between is cleaned, and tokens that ask for it
    // ("normalized") are cut out of the cleaned text.
    private void SplitAtAddedTokens(CodePoints source, TokenSequence result)
    {
        for (int position = 0; position < source.Count;)
        {
            bool found = _inSource.TryFind(source.Values, position, out int start, out int length, out int id);
            CodePoints between = new();
            between.AddRange(source, position, start - position);
            SplitCleaned(between, result);
            if (found)
            {
                result.Text.AddRange(source, start, length);
                result.AddSpecial(id, result.Text.Count - length, length);
            }
            position = start + length;
        }
    }

    private void SplitCleaned(CodePoints source, TokenSequence result)
    {
        int position = result.Text.Count;
        TextCleaner.HuggingFaceTo(source, result.Text);
        while (position < result.Text.Count)
        {
            bool found = _inCleaned.TryFind(result.Text.Values, position, out int start, out int length, out int id);
            Split(result, position, start, []);
            if (found)
                result.AddSpecial(id, start, length);
            position = start + length;
        }
    }

    private void Split(TokenSequence result, int from, int to, ReadOnlySpan<SpecialToken> specials)
    {
        ReadOnlySpan<int> text = result.Text.Values[from..to];
        PreTokenizer pieces = new(text, specials, ignoreCase: Cleaning == TextCleaning.OpenAI);
        for (int position = 0; pieces.TryNext(ref position, out int start, out int special);)
        {
            if (special >= 0)
                result.AddSpecial(special, from + start, position - start);
            else
                AddPiece(result, from + start, text[start..position]);
        }
    }

    private void AddPiece(TokenSequence result, int start, ReadOnlySpan<int> piece)
    {
        int most = checked(piece.Length * 4);
        byte[]? rentedBytes = most > StackBytes ? ArrayPool<byte>.Shared.Rent(most) : null;
        int[]? rentedSymbols = most > StackBytes ? ArrayPool<int>.Shared.Rent(most) : null;
        Span<byte> bytes = rentedBytes ?? stackalloc byte[StackBytes];
        Span<int> symbols = rentedSymbols ?? stackalloc int[StackBytes];
        int length = 0;
        foreach (int point in piece)
            length += new Rune(point).EncodeToUtf8(bytes[length..]);
        symbols = symbols[..length];
        _vocabulary.ToSymbols(bytes[..length], symbols);
        int count = BpeMerger.Merge(symbols, _vocabulary.Merges);
        result.AddPiece(start, symbols[..count], _vocabulary, _unknownId);
        if (rentedBytes is not null)
            ArrayPool<byte>.Shared.Return(rentedBytes);
        if (rentedSymbols is not null)
            ArrayPool<int>.Shared.Return(rentedSymbols);
    }
}
