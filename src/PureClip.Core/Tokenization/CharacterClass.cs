using System.Globalization;
using System.Text;

namespace PureClip.Tokenization;

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
