using System.Globalization;
using System.Text;

namespace PureClip.Tokenization;

/// <summary>
/// CLIP's split pattern, by hand: <c>start|end|'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+</c>. Every character is looked at
/// a constant number of times.
/// </summary>
internal readonly ref struct PreTokenizer
{
    private const int LongS = 0x17F, IotaBelow = 0x345;
    private readonly ReadOnlySpan<int> _text;
    private readonly ReadOnlySpan<SpecialToken> _specials;
    private readonly bool _ignoreCase;

    /// <param name="text">Cleaned text: lower case.</param>
    /// <param name="specials">Strings that are pieces by themselves wherever a piece may begin.</param>
    /// <param name="ignoreCase">
    /// OpenAI's pattern ignores case. In a text that is lower case already two things are left of that: ſ (U+017F) matches s, and
    /// U+0345, a mark whose capital is the letter iota, matches no class at all and parts the text like white space.
    /// </param>
    public PreTokenizer(ReadOnlySpan<int> text, ReadOnlySpan<SpecialToken> specials, bool ignoreCase)
    {
        _text = text;
        _specials = specials;
        _ignoreCase = ignoreCase;
    }

    /// <summary>Finds the next piece.</summary>
    /// <param name="position">Where to look from; moved behind the piece.</param>
    /// <param name="start">Where the piece begins.</param>
    /// <param name="specialId">The id of the special token that the piece is, or -1.</param>
    /// <returns>False at the end of the text.</returns>
    public bool TryNext(ref int position, out int start, out int specialId)
    {
        specialId = -1;
        while (position < _text.Length && ClassOf(_text[position]) == CharacterClass.Space)
            position++;
        start = position;
        if (position == _text.Length)
            return false;
        position += PieceLength(_text[position..], out specialId);
        return true;
    }

    private int PieceLength(ReadOnlySpan<int> text, out int specialId)
    {
        int special = Special(text, out specialId);
        if (special > 0)
            return special;
        int contraction = Contraction(text);
        if (contraction > 0)
            return contraction;
        CharacterClass first = ClassOf(text[0]);
        int length = 1;
        if (first != CharacterClass.Number)
            while (length < text.Length && ClassOf(text[length]) == first)
                length++;
        return length;
    }

    private CharacterClass ClassOf(int point) => _ignoreCase && point == IotaBelow ? CharacterClass.Space : CharacterClasses.Of(point);

    private int Special(ReadOnlySpan<int> text, out int id)
    {
        id = -1;
        foreach (SpecialToken special in _specials)
        {
            ReadOnlySpan<int> wanted = special.Folded;
            if (text.Length < wanted.Length || !EqualsFolded(text[..wanted.Length], wanted))
                continue;
            // With a ſ inside, the reference finds the piece but not its id, and splits it by merges like any other.
            if (!text[..wanted.Length].Contains(LongS))
                id = special.Id;
            return wanted.Length;
        }
        return 0;
    }

    private static bool EqualsFolded(ReadOnlySpan<int> text, ReadOnlySpan<int> wanted)
    {
        for (int i = 0; i < wanted.Length; i++)
            if (text[i] != wanted[i] && !(text[i] == LongS && wanted[i] == 's'))
                return false;
        return true;
    }

    private int Contraction(ReadOnlySpan<int> text)
    {
        if (text[0] != '\'' || text.Length < 2)
            return 0;
        int next = text.Length > 2 ? text[2] : 0;
        return (text[1], next) switch
        {
            ('s' or 't' or 'm' or 'd', _) => 2,
            (LongS, _) when _ignoreCase => 2,
            ('r' or 'v', 'e') or ('l', 'l') => 3,
            _ => 0,
        };
    }
}

/// <summary>The four classes that CLIP's split pattern tells apart.</summary>
internal enum CharacterClass : byte
{
    /// <summary><c>[^\s\p{L}\p{N}]</c></summary>
    Other,

    /// <summary><c>\p{L}</c></summary>
    Letter,

    /// <summary><c>\p{N}</c>: digits, but also ½, ① and Roman numerals.</summary>
    Number,

    /// <summary><c>\s</c>: the property White_Space. U+200B is not in it, U+0085 and U+3000 are.</summary>
    Space,
}

/// <summary>Classes of code points, from the runtime's Unicode tables (16.0 in .NET 10).</summary>
internal static class CharacterClasses
{
    private static readonly CharacterClass[] Ascii = [.. Enumerable.Range(0, 128).Select(c => Classify(c))];

    /// <summary>The class of a code point that is no surrogate.</summary>
    public static CharacterClass Of(int codePoint) => codePoint < 128 ? Ascii[codePoint] : Classify(codePoint);

    /// <summary>Whether <c>\s</c> matches.</summary>
    public static bool IsSpace(int codePoint) => Of(codePoint) == CharacterClass.Space;

    private static CharacterClass Classify(int codePoint)
    {
        if (Rune.IsWhiteSpace(new Rune(codePoint)))
            return CharacterClass.Space;
        return CharUnicodeInfo.GetUnicodeCategory(codePoint) switch
        {
            <= UnicodeCategory.OtherLetter => CharacterClass.Letter,
            >= UnicodeCategory.DecimalDigitNumber and <= UnicodeCategory.OtherNumber => CharacterClass.Number,
            _ => CharacterClass.Other,
        };
    }
}
