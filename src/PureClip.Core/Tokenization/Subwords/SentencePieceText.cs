namespace PureClip.Tokenization;

/// <summary>
/// How SentencePiece prepares a text: its character map, always the longest string first; spaces at the ends dropped and runs of them
/// joined; a space in front; spaces to ▁.
/// </summary>
/// <param name="Map">The character map; null where the file has none.</param>
/// <param name="UserDefined">Tokens that stay as they are; null where there are none.</param>
/// <param name="AddsPrefix">Whether a space is put in front.</param>
/// <param name="RemovesSpaces">Whether spaces at the ends and runs of them are removed.</param>
/// <remarks>sentencepiece/normalizer.cc, <c>Normalize</c>.</remarks>
internal sealed record SentencePieceText(CharacterMap? Map, PieceTrie? UserDefined, bool AddsPrefix, bool RemovesSpaces) : ITextStep
{
    /// <summary>What stands for a space in tokens.</summary>
    public const int Space = 0x2581;

    public void Run(CodePoints text, int start, int end, Pieces target)
    {
        Writer writer = new(target.Text, this);
        for (int i = start; i < end;)
        {
            ReadOnlySpan<int> rest = text.Values[i..end];
            int length = 0;
            if (UserDefined is null || UserDefined.Longest(rest, out length) == PieceTrie.None)
            {
                ReadOnlySpan<byte> replacement = Map is null ? default : Map.Longest(rest, out length);
                if (length > 0)
                {
                    writer.AddReplacement(replacement, text.SourceStart(i), text.SourceEnd(i + length - 1));
                    i += length;
                    continue;
                }
                length = 1;
            }
            writer.AddUnchanged(text, i, length);
            i += length;
        }
        if (RemovesSpaces)
            writer.TrimEnd();
    }

    private ref struct Writer(CodePoints target, SentencePieceText rules)
    {
        private readonly int _first = target.Count;
        private bool _hasBegun;
        private bool _afterSpace = rules.RemovesSpaces;

        public void AddReplacement(ReadOnlySpan<byte> utf8, int sourceStart, int sourceEnd)
        {
            if (!Begin(utf8.SequenceEqual(" "u8), sourceStart))
                return;
            while (_afterSpace && utf8.StartsWith(" "u8))
                utf8 = utf8[1..];
            int from = target.Count;
            target.AddUtf8(utf8, sourceStart, sourceEnd);
            Escape(from);
        }

        public void AddUnchanged(CodePoints text, int index, int count)
        {
            if (!Begin(count == 1 && text[index] == ' ', text.SourceStart(index)))
                return;
            while (_afterSpace && count > 0 && text[index] == ' ')
                (index, count) = (index + 1, count - 1);
            int from = target.Count;
            target.AddRange(text, index, count);
            Escape(from);
        }

        public readonly void TrimEnd()
        {
            int count = target.Count;
            while (count > _first && target[count - 1] == Space)
                count--;
            target.Truncate(count);
        }

        /// <summary>Spaces that begin a text are passed over; then comes the one in front.</summary>
        private bool Begin(bool isSpace, int source)
        {
            if (!_hasBegun && isSpace && rules.RemovesSpaces)
                return false;
            if (!_hasBegun && rules.AddsPrefix)
                target.Add(Space, source, source);
            _hasBegun = true;
            return true;
        }

        private void Escape(int from)
        {
            if (target.Count == from)
                return;
            _afterSpace = rules.RemovesSpaces && target[target.Count - 1] == ' ';
            for (int i = from; i < target.Count; i++)
                if (target[i] == ' ')
                    target.Replace(i, Space, target.SourceEnd(i));
        }
    }
}

/// <summary>
/// How Hugging Face's SiglipTokenizer prepares a text before its spiece.model: a ▁ in front of the whole text, lower case, no ASCII
/// punctuation, white space collapsed and trimmed, and a literal &lt;unk&gt; in front of it all, whose tokens are dropped again: it
/// keeps the ▁ from being taken for a space at the beginning.
/// </summary>
/// <remarks>transformers, <c>tokenization_siglip.py</c>: <c>tokenize</c>, <c>canonicalize_text</c>, <c>_tokenize</c>.</remarks>
internal sealed class SiglipText(bool lowerCase) : ITextStep
{
    /// <summary>What is put in front.</summary>
    public const string Guard = "<unk>";

    public void Run(CodePoints text, int start, int end, Pieces target)
    {
        int source = text.SourceStart(start);
        foreach (char letter in Guard)
            target.Text.Add(letter, source, source);
        if (source == 0)
            target.Text.Add(SentencePieceText.Space, source, source);
        int first = target.Text.Count;
        bool afterSpace = source != 0; // of the text's beginning only the ▁ is left, which is no white space
        for (int i = start; i < end; i++)
        {
            int point = text[i] == SentencePieceText.Space ? ' ' : text[i];
            bool isSpace = CharacterClasses.IsSpace(point) || point is >= 0x1C and <= 0x1F; // as Python sees it
            if (point < 0x80 && IsPunctuation((char)point))
                continue;
            if (isSpace && !afterSpace)
                target.Text.AddFrom(text, i, ' ');
            else if (!isSpace && lowerCase)
                LowerCase.AppendTo(text, i, target.Text, finalSigma: true);
            else if (!isSpace)
                target.Text.AddFrom(text, i, point);
            afterSpace = isSpace;
        }
        if (target.Text.Count > first && target.Text[target.Text.Count - 1] == ' ')
            target.Text.Truncate(target.Text.Count - 1);
    }

    /// <summary>Python's <c>string.punctuation</c>.</summary>
    public static bool IsPunctuation(char letter) => char.IsAscii(letter) && (char.IsPunctuation(letter) || char.IsSymbol(letter));
}
