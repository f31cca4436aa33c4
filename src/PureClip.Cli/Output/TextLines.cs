using System.Globalization;
using System.Text;

namespace PureClip.Cli.Output;

/// <summary>What a text is, which decides where a line of it may end.</summary>
internal enum TextKind
{
    /// <summary>Words: between two of them.</summary>
    Words,

    /// <summary>A path: behind a separator.</summary>
    Path,

    /// <summary>A name of several parts, such as a tensor's: behind a point.</summary>
    Name,
}

/// <summary>
/// Lines for a terminal: texts of any origin on one line, and long ones on several. Nothing is cut: what may not be broken goes over the
/// edge whole, so that it can be copied.
/// </summary>
internal static class TextLines
{
    private const int BeginningLength = 40;

    // First and last of the characters that take two columns: East Asian Width W and F in Unicode 16, neighbours joined where what lies
    // between is not assigned.
    private static readonly int[] Wide =
    [
        0x1100, 0x115F, 0x231A, 0x231B, 0x2329, 0x232A, 0x23E9, 0x23EC, 0x23F0, 0x23F0, 0x23F3, 0x23F3, 0x25FD, 0x25FE, 0x2614, 0x2615,
        0x2648, 0x2653, 0x267F, 0x267F, 0x2693, 0x2693, 0x26A1, 0x26A1, 0x26AA, 0x26AB, 0x26BD, 0x26BE, 0x26C4, 0x26C5, 0x26CE, 0x26CE,
        0x26D4, 0x26D4, 0x26EA, 0x26EA, 0x26F2, 0x26F3, 0x26F5, 0x26F5, 0x26FA, 0x26FA, 0x26FD, 0x26FD, 0x2705, 0x2705, 0x270A, 0x270B,
        0x2728, 0x2728, 0x274C, 0x274C, 0x274E, 0x274E, 0x2753, 0x2755, 0x2757, 0x2757, 0x2795, 0x2797, 0x27B0, 0x27B0, 0x27BF, 0x27BF,
        0x2B1B, 0x2B1C, 0x2B50, 0x2B50, 0x2B55, 0x2B55, 0x2E80, 0x303E, 0x3041, 0x4DBF, 0x4E00, 0xA4CF, 0xA960, 0xA97F, 0xAC00, 0xD7A3,
        0xF900, 0xFAFF, 0xFE10, 0xFE19, 0xFE30, 0xFE6F, 0xFF01, 0xFF60, 0xFFE0, 0xFFE6, 0x16FE0, 0x18DFF, 0x1AFF0, 0x1B2FF, 0x1F004,
        0x1F004, 0x1F0CF, 0x1F0CF, 0x1F18E, 0x1F18E, 0x1F191, 0x1F19A, 0x1F200, 0x1F320, 0x1F32D, 0x1F335, 0x1F337, 0x1F37C, 0x1F37E,
        0x1F393, 0x1F3A0, 0x1F3CA, 0x1F3CF, 0x1F3D3, 0x1F3E0, 0x1F3F0, 0x1F3F4, 0x1F3F4, 0x1F3F8, 0x1F43E, 0x1F440, 0x1F440, 0x1F442,
        0x1F4FC, 0x1F4FF, 0x1F53D, 0x1F54B, 0x1F567, 0x1F57A, 0x1F57A, 0x1F595, 0x1F596, 0x1F5A4, 0x1F5A4, 0x1F5FB, 0x1F64F, 0x1F680,
        0x1F6C5, 0x1F6CC, 0x1F6CC, 0x1F6D0, 0x1F6DF, 0x1F6EB, 0x1F6EC, 0x1F6F4, 0x1F6FC, 0x1F7E0, 0x1F7F0, 0x1F90C, 0x1F9FF, 0x1FA70,
        0x1FAFF, 0x20000, 0x3FFFD,
    ];

    /// <summary>Enough of a text to recognise it by.</summary>
    public static string Beginning(string text)
    {
        if (text.Length <= BeginningLength)
            return text;
        int length = char.IsHighSurrogate(text[BeginningLength - 1]) ? BeginningLength - 1 : BeginningLength;
        return text[..length] + "…";
    }

    /// <summary>
    /// A text on one line: lines joined by blanks, other control characters replaced, for names of files and messages may hold terminal
    /// commands.
    /// </summary>
    public static string One(string text)
    {
        if (!text.Any(char.IsControl))
            return text;
        string joined = string.Join(' ', text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        return string.Create(joined.Length, joined, (span, source) =>
        {
            for (int i = 0; i < span.Length; i++)
                span[i] = char.IsControl(source[i]) ? '\uFFFD' : source[i];
        });
    }

    /// <summary>How many columns a text takes in a terminal.</summary>
    public static int Columns(string text)
    {
        int columns = 0;
        foreach (Rune rune in text.EnumerateRunes())
            columns += Columns(rune);
        return columns;
    }

    /// <summary>How many columns the longest part takes that may not be broken: no line can be narrower.</summary>
    public static int LeastColumns(string text, TextKind kind) =>
        Pieces(text, kind).Select(piece => Columns(piece.Trim(' '))).DefaultIfEmpty().Max();

    /// <summary>Breaks a text into lines of at most a number of columns, or of one unbreakable part each where that is longer.</summary>
    /// <param name="text">One line.</param>
    /// <param name="columns">How wide a line may be, 0 or more; null for any width.</param>
    /// <param name="kind">Where a line may end.</param>
    /// <param name="indent">Blanks before every line but the first; left away where they would take half of the line.</param>
    public static IEnumerable<string> Wrap(string text, int? columns, TextKind kind = TextKind.Words, int indent = 0)
    {
        if (columns is not int most || Columns(text) <= most)
            return [text];
        List<string> lines = [];
        StringBuilder line = new();
        string margin = 2 * indent > most ? "" : new(' ', indent);
        int taken = 0;
        foreach (string piece in kind == TextKind.Words ? WordsOf(text, most - margin.Length) : Pieces(text, kind))
        {
            if (taken > 0 && taken + Columns(piece.TrimEnd(' ')) > most)
            {
                lines.Add(line.ToString().TrimEnd(' '));
                line.Clear().Append(margin);
                taken = margin.Length;
            }
            line.Append(piece);
            taken += Columns(piece);
        }
        lines.Add(line.ToString().TrimEnd(' '));
        return lines;
    }

    private static int Columns(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.Control or UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format => 0,
        _ => IsWide(rune.Value) ? 2 : 1,
    };

    private static bool IsWide(int rune)
    {
        int place = Array.BinarySearch(Wide, rune);
        return place >= 0 || (~place & 1) == 1; // behind a first and before a last
    }

    /// <summary>Words; a path in a sentence that does not fit on a line of its own may be broken as paths are.</summary>
    private static IEnumerable<string> WordsOf(string text, int most) =>
        Pieces(text, TextKind.Words).SelectMany(word => Columns(word.TrimEnd(' ')) > most ? Pieces(word, TextKind.Path) : [word]);

    /// <summary>What may not be broken, in order: words with the blanks behind them, parts with their separators.</summary>
    private static IEnumerable<string> Pieces(string text, TextKind kind)
    {
        int start = 0;
        for (int i = 1; i < text.Length; i++)
        {
            char last = text[i - 1], next = text[i];
            bool mayBreak = kind switch
            {
                // Blanks in front belong to the first word.
                TextKind.Words => last == ' ' && next != ' ' && text.AsSpan(start, i - start).ContainsAnyExcept(' '),
                TextKind.Path => last is '/' or '\\' && next is not ('/' or '\\'),
                _ => last == '.',
            };
            if (!mayBreak)
                continue;
            yield return text[start..i];
            start = i;
        }
        if (start < text.Length)
            yield return text[start..];
    }
}
