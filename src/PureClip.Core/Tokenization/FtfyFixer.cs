using System.Globalization;

namespace PureClip.Tokenization;

/// <summary>
/// The deterministic part of ftfy 6.3.1's <c>fix_text</c> with its default settings: HTML entities, C1 controls, Latin ligatures,
/// character width, curly quotes, line breaks, terminal escapes, control characters, NFC. Its mojibake repair
/// (<c>fix_encoding</c>: "schÃ¶n" to "schön") is not done; texts that need it keep their mojibake.
/// </summary>
/// <remarks>
/// ftfy repeats its fixers until the text stays as it is. Two passes reach the same end: after the first, only entities that were
/// nested in entities can still change (<c>&amp;amp;amp;lt;</c>), and the second decodes those from the inside out in one scan, where
/// repeating would be quadratic. One trace of the order remains in theory, a line break more or less where CR and LF come from
/// entities of different depth, and the white space cleaning that follows removes it.
/// </remarks>
internal sealed class FtfyFixer
{
    private const int MaxSegment = 1_000_000; // code points; ftfy's max_decode_length
    private const int Escape = 0x1B;

    private readonly CodePoints _segment = new();
    private readonly CodePoints _work = new();
    private readonly CodePoints _decoded = new();
    private readonly CodePoints _fragment = new();
    private readonly CodePoints _pending = new();
    private readonly CodePoints _mapped = new();
    private readonly CodePoints _kept = new();

    /// <summary>Fixes a whole text. ftfy works on lines, and stops decoding entities at the first line that contains a "&lt;".</summary>
    public static CodePoints Fix(CodePoints text)
    {
        FtfyFixer? fixer = null; // most texts need none
        CodePoints result = new();
        bool unescape = true;
        for (int start = 0; start < text.Count;)
        {
            ReadOnlySpan<int> rest = text.Values[start..];
            int lineFeed = rest.IndexOf('\n');
            int length = Math.Min(lineFeed < 0 ? rest.Length : lineFeed + 1, MaxSegment);
            ReadOnlySpan<int> segment = rest[..length];
            unescape &= !segment.Contains('<');
            if (NeedsNothing(segment, unescape))
                result.AddRange(text, start, length);
            else
                (fixer ??= new FtfyFixer()).FixSegment(text, start, length, unescape, result);
            start += length;
        }
        return result;
    }

    // Printable ASCII without ampersands, the usual prompt, passes every fixer unchanged.
    private static bool NeedsNothing(ReadOnlySpan<int> segment, bool unescape)
    {
        if (unescape && segment.Contains('&'))
            return false;
        foreach (int point in segment)
            if (point is not ((>= ' ' and <= '~') or '\n' or '\t'))
                return false;
        return true;
    }

    private void FixSegment(CodePoints text, int start, int length, bool unescape, CodePoints result)
    {
        _segment.Clear();
        _segment.AddRange(text, start, length);
        if (!unescape)
        {
            FixCharacters(_segment, result);
            return;
        }
        UnescapeOnce(_segment, _work);
        _segment.Clear();
        FixCharacters(_work, _segment);
        UnescapeNested(_segment, _work);
        FixCharacters(_work, result);
    }

    // One pass of ftfy's unescape_html: what an entity decodes to is not looked at again.
    private static void UnescapeOnce(CodePoints source, CodePoints target)
    {
        target.Clear();
        int decodedUntil = 0; // nothing before this index of target may be part of a reference
        for (int i = 0; i < source.Count; i++)
        {
            target.AddRange(source, i, 1);
            if (source[i] != ';'
                || !HtmlEntities.EndsWithStrict(target.Values[decodedUntil..], out int length, out HtmlEntities.Decoded decoded))
                continue;
            ReplaceEnd(target, length, decoded);
            decodedUntil = target.Count;
        }
    }

    // All further passes at once: whatever an entity decodes to may complete another.
    private void UnescapeNested(CodePoints source, CodePoints target)
    {
        target.Clear();
        for (int i = 0; i < source.Count; i++)
        {
            _pending.Clear();
            _pending.AddRange(source, i, 1);
            while (_pending.Count > 0)
            {
                int last = _pending.Count - 1;
                target.AddRange(_pending, last, 1);
                _pending.Truncate(last);
                if (target[target.Count - 1] == ';'
                    && HtmlEntities.EndsWithStrict(target.Values, out int length, out HtmlEntities.Decoded decoded))
                    MoveDecodedToPending(target, length, decoded);
            }
        }
    }

    private void MoveDecodedToPending(CodePoints target, int length, HtmlEntities.Decoded decoded)
    {
        int start = target.Count - length;
        ReplaceEnd(target, length, decoded);
        _decoded.Clear();
        _decoded.AddRange(target, start, target.Count - start);
        target.Truncate(start);
        _fragment.Clear();
        FixCharacters(_decoded, _fragment);
        for (int i = _fragment.Count - 1; i >= 0; i--)
            _pending.AddRange(_fragment, i, 1);
    }

    private static void ReplaceEnd(CodePoints text, int length, HtmlEntities.Decoded decoded)
    {
        int start = text.Count - length;
        int sourceStart = text.SourceStart(start), sourceEnd = text.SourceEnd(text.Count - 1);
        text.Truncate(start);
        HtmlEntities.Append(text, decoded, sourceStart, sourceEnd);
    }

    // Fixers 3-11 in ftfy's order; the result is appended.
    private void FixCharacters(CodePoints source, CodePoints target)
    {
        _mapped.Clear();
        MapCharacters(source, _mapped);
        _kept.Clear();
        RemoveControls(_mapped, _kept);
        UnicodeNormalization.ComposeTo(_kept, target);
    }

    // fix_c1_controls, fix_latin_ligatures, fix_character_width, uncurl_quotes: one character each, none of context.
    private static void MapCharacters(CodePoints source, CodePoints target)
    {
        for (int i = 0; i < source.Count; i++)
        {
            int point = source[i];
            if (point < 0x80)
            {
                target.AddFrom(source, i, point);
                continue;
            }
            if (point <= 0x9F)
                point = Windows1252.FromC1(point);
            if (Ligature(point) is { } letters)
                foreach (char letter in letters)
                    target.AddFrom(source, i, Uncurl(letter));
            else if (UnicodeNormalization.NormalWidth(point) is { IsEmpty: false } form)
                foreach (int part in form)
                    target.AddFrom(source, i, Uncurl(part));
            else
                target.AddFrom(source, i, Uncurl(point));
        }
    }

    private static string? Ligature(int point) => point switch
    {
        0x132 => "IJ",
        0x133 => "ij",
        0x149 => "\u02BCn",
        0x1F1 => "DZ",
        0x1F2 => "Dz",
        0x1F3 => "dz",
        0x1C4 => "D\u017D",
        0x1C5 => "D\u017E",
        0x1C6 => "d\u017E",
        0x1C7 => "LJ",
        0x1C8 => "Lj",
        0x1C9 => "lj",
        0x1CA => "NJ",
        0x1CB => "Nj",
        0x1CC => "nj",
        0xFB00 => "ff",
        0xFB01 => "fi",
        0xFB02 => "fl",
        0xFB03 => "ffi",
        0xFB04 => "ffl",
        0xFB05 => "\u017Ft",
        0xFB06 => "st",
        _ => null,
    };

    private static int Uncurl(int point) => point switch
    {
        0x02BC or (>= 0x2018 and <= 0x201B) => '\'',
        >= 0x201C and <= 0x201F => '"',
        0x3000 => ' ', // fix_character_width's one character outside U+FF01-U+FFEF
        _ => point,
    };

    // fix_line_breaks, remove_terminal_escapes, remove_control_chars.
    private static void RemoveControls(CodePoints source, CodePoints target)
    {
        for (int i = 0; i < source.Count; i++)
        {
            int point = source[i];
            if (point == '\r' && i + 1 < source.Count && source[i + 1] == '\n')
                continue;
            if (point == Escape)
                i += TerminalEscape(source.Values[i..]);
            else if (point is '\r' or 0x85 or 0x2028 or 0x2029)
                target.AddFrom(source, i, '\n');
            else if (!IsControl(point))
                target.AddFrom(source, i, point);
        }
    }

    // How many characters after the escape belong to "ESC [ digits and semicolons, letter"; 0 where that does not follow.
    private static int TerminalEscape(ReadOnlySpan<int> text)
    {
        if (text.Length < 3 || text[1] != '[')
            return 0;
        int end = 2;
        while (end < text.Length
            && (text[end] == ';' || CharUnicodeInfo.GetUnicodeCategory(text[end]) == UnicodeCategory.DecimalDigitNumber))
            end++;
        return end < text.Length && text[end] < 0x80 && char.IsAsciiLetter((char)text[end]) ? end : 0;
    }

    private static bool IsControl(int point) =>
        point is (>= 0 and <= 0x8) or 0xB or (>= 0xE and <= 0x1F) or 0x7F
            or (>= 0x206A and <= 0x206F) or 0xFEFF or (>= 0xFFF9 and <= 0xFFFC);
}
