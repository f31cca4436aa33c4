using System.Globalization;

namespace PureClip.Tokenization;

/// <summary>The cleanings of <see cref="TextCleaning"/>.</summary>
internal static class TextCleaner
{
    /// <summary>OpenAI CLIP, simple_tokenizer.py: <c>whitespace_clean(basic_clean(text)).lower()</c>; appended to the target.</summary>
    public static void OpenAITo(CodePoints text, CodePoints target)
    {
        CodePoints second = new();
        CollapseSpaceTo(Repaired(text), second);
        LowerCase.AppendTo(second, target, finalSigma: true);
    }

    /// <summary>open_clip's <c>_clean_whitespace</c>; appended to the target.</summary>
    public static void WhitespaceTo(CodePoints text, CodePoints target) => CollapseSpaceTo(Repaired(text), target);

    /// <summary>open_clip's <c>_clean_canonicalize</c>; appended to the target.</summary>
    public static void CanonicalTo(CodePoints text, CodePoints target)
    {
        CodePoints repaired = Repaired(text), words = new();
        for (int i = 0; i < repaired.Count; i++)
            if (repaired[i] == '_')
                words.AddFrom(repaired, i, ' ');
            else if (repaired[i] >= 0x80 || !SiglipText.IsPunctuation((char)repaired[i]))
                words.AddRange(repaired, i, 1);
        CodePoints lower = new();
        LowerCase.AppendTo(words, lower, finalSigma: true);
        CollapseSpaceTo(lower, target);
    }

    /// <summary>Hugging Face's normalizer of CLIPTokenizerFast: NFC, <c>\s+</c> to one blank, Lowercase; appended to the target.</summary>
    public static void HuggingFaceTo(CodePoints text, CodePoints target)
    {
        CodePoints composed = new();
        UnicodeNormalization.ComposeTo(text, composed);
        CodePoints spaced = new();
        SingleSpaceTo(composed, spaced);
        LowerCase.AppendTo(spaced, target, finalSigma: false);
    }

    /// <summary>ftfy, and HTML entities decoded twice.</summary>
    private static CodePoints Repaired(CodePoints text)
    {
        CodePoints first = FtfyFixer.Fix(text);
        if (!first.Values.Contains('&'))
            return first;
        CodePoints second = new();
        HtmlEntities.UnescapeTo(first, second);
        first.Clear();
        HtmlEntities.UnescapeTo(second, first);
        return first;
    }

    private static void CollapseSpaceTo(CodePoints source, CodePoints target)
    {
        SingleSpaceTo(source, target, atStart: true);
        if (target.Count > 0 && target[target.Count - 1] == ' ')
            target.Truncate(target.Count - 1);
    }

    // Each run of white space becomes one blank; none is written at all where the text starts with one and atStart is set.
    private static void SingleSpaceTo(CodePoints source, CodePoints target, bool atStart = false)
    {
        bool afterSpace = atStart;
        for (int i = 0; i < source.Count; i++)
        {
            bool space = CharacterClasses.IsSpace(source[i]);
            if (!space)
                target.AddRange(source, i, 1);
            else if (!afterSpace)
                target.AddFrom(source, i, ' ');
            afterSpace = space;
        }
    }
}

/// <summary>
/// Full Unicode lower case. Beyond the one-to-one mapping it has the two cases that change ids: U+0130 becomes two code
/// points (i, U+0307), and a capital sigma at the end of a word becomes ς (Unicode Standard 3.13, condition Final_Sigma).
/// </summary>
internal static class LowerCase
{
    private const int CapitalIWithDot = 0x130, CombiningDotAbove = 0x307;
    private const int CapitalSigma = 0x3A3, FinalSigma = 0x3C2;

    /// <summary>Appends the lower case of a text to another.</summary>
    /// <param name="source">The text.</param>
    /// <param name="target">Where it goes.</param>
    /// <param name="finalSigma">
    /// Python's <c>str.lower</c> looks at a sigma's neighbours; Hugging Face maps each character by itself.
    /// </param>
    public static void AppendTo(CodePoints source, CodePoints target, bool finalSigma)
    {
        for (int i = 0; i < source.Count; i++)
            AppendTo(source, i, target, finalSigma);
    }

    /// <summary>Appends the lower case of one character of a text.</summary>
    /// <inheritdoc cref="AppendTo(CodePoints, CodePoints, bool)"/>
    public static void AppendTo(CodePoints source, int index, CodePoints target, bool finalSigma)
    {
        if (finalSigma && source[index] == CapitalSigma && EndsWord(source.Values, index))
        {
            target.AddFrom(source, index, FinalSigma);
        }
        else if (source[index] == CapitalIWithDot)
        {
            target.AddFrom(source, index, 'i');
            target.AddFrom(source, index, CombiningDotAbove);
        }
        else
        {
            target.AddFrom(source, index, Simple(source[index]));
        }
    }

    /// <summary>The one-to-one mapping of a code point.</summary>
    public static int Simple(int point) => point switch
    {
        >= 'A' and <= 'Z' => point + ('a' - 'A'),
        < 0x80 => point,
        _ => LowerCaseTable.Of(point),
    };

    // Preceded by a cased letter and not followed by one, whatever case-ignorable characters stand between.
    // Linear over a whole text: a run of ignorable characters is read at most once from each of its two sides.
    private static bool EndsWord(ReadOnlySpan<int> text, int index)
    {
        int before = index - 1;
        while (before >= 0 && IsCaseIgnorable(text[before]))
            before--;
        if (before < 0 || !IsCased(text[before]))
            return false;
        int after = index + 1;
        while (after < text.Length && IsCaseIgnorable(text[after]))
            after++;
        return after == text.Length || !IsCased(text[after]);
    }

    // Derived property Cased; its modifier letters are left out because they are case-ignorable too and never asked for.
    private static bool IsCased(int point) => CharUnicodeInfo.GetUnicodeCategory(point) switch
    {
        UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter => true,
        UnicodeCategory.OtherLetter => point is 0xAA or 0xBA,
        UnicodeCategory.LetterNumber => point is >= 0x2160 and <= 0x217F,
        UnicodeCategory.OtherSymbol => point is (>= 0x24B6 and <= 0x24E9)
            or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189),
        _ => false,
    };

    // Derived property Case_Ignorable: five categories, and the apostrophes, full stops and colons inside words.
    private static bool IsCaseIgnorable(int point) => CharUnicodeInfo.GetUnicodeCategory(point) switch
    {
        UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format
            or UnicodeCategory.ModifierLetter or UnicodeCategory.ModifierSymbol => true,
        _ => point is '\'' or '.' or ':' or 0xB7 or 0x387 or 0x55F or 0x5F4 or 0x2018 or 0x2019 or 0x2024 or 0x2027
            or 0xFE13 or 0xFE52 or 0xFE55 or 0xFF07 or 0xFF0E or 0xFF1A,
    };
}
