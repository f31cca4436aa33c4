using System.Globalization;

namespace PureClip.Tokenization;

/// <summary>What becomes of the separators between pieces; names and meaning are those of tokenizer.json.</summary>
internal enum Separators
{
    Removed,
    Isolated,
    Contiguous,
    MergedWithPrevious,
    MergedWithNext,
}

/// <summary>Cuts at separators: characters of a class, each by itself, or a string.</summary>
internal sealed class SplitAt(Func<int, bool>? isSeparator, int[] separator, Separators behavior) : ITextStep
{
    /// <summary>Cuts at characters of a class.</summary>
    public SplitAt(Func<int, bool> isSeparator, Separators behavior)
        : this(isSeparator, [], behavior)
    {
    }

    /// <summary>Cuts at a string.</summary>
    public SplitAt(int[] separator, Separators behavior)
        : this(null, separator, behavior)
    {
    }

    public void Run(CodePoints text, int start, int end, Pieces target)
    {
        bool wasSeparator = false, isFirst = true;
        for (int i = start; i < end;)
        {
            int length = SeparatorLength(text.Values[i..end]), begin = i;
            bool isOne = length > 0;
            if (isOne)
                i += length;
            else
                do
                    i++;
                while (i < end && SeparatorLength(text.Values[i..end]) == 0);
            if (!isFirst && !Joins(wasSeparator, isOne))
                target.Close();
            if (!isOne || behavior != Separators.Removed)
                target.Text.AddRange(text, begin, i - begin);
            (wasSeparator, isFirst) = (isOne, false);
        }
        target.Close();
    }

    private bool Joins(bool left, bool right) => behavior switch
    {
        Separators.Contiguous => left == right,
        Separators.MergedWithPrevious => right && !left,
        Separators.MergedWithNext => left && !right,
        _ => false,
    };

    private int SeparatorLength(ReadOnlySpan<int> rest) => isSeparator is not null
        ? isSeparator(rest[0]) ? 1 : 0
        : rest.StartsWith(separator) ? separator.Length : 0;
}

/// <summary><c>Whitespace</c>: runs of word characters and runs of signs (\w+|[^\w\s]+).</summary>
internal sealed class SplitWords : ITextStep
{
    public void Run(CodePoints text, int start, int end, Pieces target)
    {
        CharacterKind last = CharacterKind.Space;
        for (int i = start; i < end; i++)
        {
            CharacterKind kind = KindOf(text[i]);
            if (kind != last)
                target.Close();
            if (kind != CharacterKind.Space)
                target.Text.AddRange(text, i, 1);
            last = kind;
        }
        target.Close();
    }

    // \w as Unicode Technical Standard 18 has it: alphabetic, marks, decimal digits, connectors.
    private static CharacterKind KindOf(int point) => CharUnicodeInfo.GetUnicodeCategory(point) switch
    {
        <= UnicodeCategory.OtherLetter or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark
            or UnicodeCategory.EnclosingMark or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber
            or UnicodeCategory.ConnectorPunctuation => CharacterKind.Word,
        UnicodeCategory.OtherSymbol when point is (>= 0x24B6 and <= 0x24E9)
            or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189) => CharacterKind.Word,
        _ => CharacterClasses.IsSpace(point) ? CharacterKind.Space : CharacterKind.Sign,
    };

    private enum CharacterKind
    {
        Space,
        Word,
        Sign,
    }
}

/// <summary>
/// <c>ByteLevel</c>, GPT-2's pattern by hand: <c>'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</c>. A blank
/// belongs to what follows it; of a longer run of white space the last one is left for that.
/// </summary>
/// <param name="addsBlank">Whether a piece that does not begin with white space gets a blank in front.</param>
/// <param name="cuts">Whether it is cut at all.</param>
internal sealed class SplitBeforeBlanks(bool addsBlank, bool cuts) : ITextStep
{
    public void Run(CodePoints text, int start, int end, Pieces target)
    {
        bool isMarked = addsBlank && !CharacterClasses.IsSpace(text[start]);
        if (isMarked)
            target.Text.Add(' ', text.SourceStart(start), text.SourceStart(start));
        for (int i = start, next; i < end; i = next)
        {
            // The blank that was put in front stands before the first piece as one of the text would.
            next = cuts ? i + Length(text.Values[i..end], isBehindBlank: isMarked && i == start) : end;
            target.Text.AddRange(text, i, next - i);
            target.Close();
        }
    }

    private static int Length(ReadOnlySpan<int> text, bool isBehindBlank)
    {
        if (!isBehindBlank && Contraction(text) is int letters and > 0)
            return letters;
        int first = text[0] == ' ' && text.Length > 1 && !isBehindBlank ? 1 : 0;
        CharacterClass kind = CharacterClasses.Of(text[first]);
        if (kind == CharacterClass.Space)
        {
            int spaces = 1;
            while (spaces < text.Length && CharacterClasses.IsSpace(text[spaces]))
                spaces++;
            return spaces == text.Length || spaces == 1 ? spaces : spaces - 1;
        }
        int length = first + 1;
        while (length < text.Length && CharacterClasses.Of(text[length]) == kind)
            length++;
        return length;
    }

    private static int Contraction(ReadOnlySpan<int> text) => text switch
    {
        ['\'', 's' or 't' or 'm' or 'd', ..] => 2,
        ['\'', 'r' or 'v', 'e', ..] or ['\'', 'l', 'l', ..] => 3,
        _ => 0,
    };
}

/// <summary><c>Metaspace</c>: blanks become ▁, one is put in front, and pieces begin with one.</summary>
internal sealed class Metaspace(int replacement, MetaspacePrefix prefix, bool split) : ITextStep
{
    public void Run(CodePoints text, int start, int end, Pieces target)
    {
        bool isMarked = text[start] == ' ' || text[start] == replacement;
        if (!isMarked && (prefix == MetaspacePrefix.Always || (prefix == MetaspacePrefix.First && text.SourceStart(start) == 0)))
            target.Text.Add(replacement, text.SourceStart(start), text.SourceStart(start));
        for (int i = start; i < end; i++)
        {
            int point = text[i] == ' ' ? replacement : text[i];
            if (split && point == replacement)
                target.Close();
            target.Text.AddFrom(text, i, point);
        }
        target.Close();
    }
}

/// <summary>Which pieces <see cref="Metaspace"/> puts its mark in front of.</summary>
internal enum MetaspacePrefix
{
    Always,
    First,
    Never,
}
