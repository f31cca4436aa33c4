using System.Globalization;

namespace PureClip.Tokenization;

/// <summary>
/// HTML 5 character references, by the two rules that CLIP's cleaning uses: Python's <c>html.unescape</c>, which also decodes names
/// without a semicolon, and ftfy's stricter one, which wants the semicolon and knows some names in capitals (<c>&amp;EACUTE;</c>).
/// </summary>
internal static class HtmlEntities
{
    private const int MaxName = 32; // html.unescape reads at most so many characters, and a semicolon
    private const int MaxStrictName = 24; // ftfy 6: &#?[0-9A-Za-z]{1,24};
    private const int ReplacementCharacter = 0xFFFD;
    private const int MaxCodePoint = 0x10FFFF;

    private static readonly Lazy<Tables> Loaded = new(static () => new Tables(EmbeddedData.HtmlEntities));

    /// <summary>Appends a text to another with every reference decoded, as <c>html.unescape</c> does.</summary>
    public static void UnescapeTo(CodePoints source, CodePoints target)
    {
        ReadOnlySpan<int> text = source.Values;
        int position = 0;
        while (position < text.Length)
        {
            int ampersand = text[position..].IndexOf('&');
            int plain = ampersand < 0 ? text.Length - position : ampersand;
            target.AddRange(source, position, plain);
            position += plain;
            if (ampersand < 0)
                return;
            int length = Match(text[position..], out Decoded decoded);
            if (length == 0)
                target.AddRange(source, position, length = 1);
            else
                Append(target, decoded, source.SourceStart(position), source.SourceEnd(position + length - 1));
            position += length;
        }
    }

    /// <summary>
    /// Whether the text ends with a reference that ftfy decodes. It looks back no further than the longest name.
    /// </summary>
    /// <param name="text">A text whose last character is a semicolon.</param>
    /// <param name="length">How many characters at the end the reference takes.</param>
    /// <param name="decoded">What they stand for.</param>
    public static bool EndsWithStrict(ReadOnlySpan<int> text, out int length, out Decoded decoded)
    {
        int name = text.Length - 1;
        int earliest = Math.Max(0, name - MaxStrictName);
        while (name > earliest && IsAsciiAlphanumeric(text[name - 1]))
            name--;
        bool hash = name > 0 && text[name - 1] == '#';
        int ampersand = name - (hash ? 2 : 1);
        length = text.Length - ampersand;
        decoded = default;
        return name < text.Length - 1 && ampersand >= 0 && text[ampersand] == '&' && DecodeStrict(text[(ampersand + 1)..], out decoded);
    }

    /// <summary>Appends what a reference stands for, each code point with the reference's own place in the original.</summary>
    public static void Append(CodePoints target, Decoded decoded, int sourceStart, int sourceEnd)
    {
        for (int i = 0; i < decoded.Count; i++)
            target.Add(decoded[i], sourceStart, sourceEnd);
    }

    // body: what follows the ampersand, semicolon included.
    private static bool DecodeStrict(ReadOnlySpan<int> body, out Decoded decoded)
    {
        if (body[0] != '#')
            return Loaded.Value.TryGet(body, strict: true, out decoded);
        // ftfy leaves a number alone where html.unescape would leave or make a semicolon.
        int length = MatchNumber(body, out decoded);
        return length == body.Length && !(decoded.Count == 1 && decoded[0] == ';');
    }

    // Length of the reference at the start of the text, ampersand included; 0 where there is none.
    private static int Match(ReadOnlySpan<int> text, out Decoded decoded)
    {
        ReadOnlySpan<int> body = text[1..];
        decoded = default;
        if (body.IsEmpty)
            return 0;
        int length = body[0] == '#' ? MatchNumber(body, out decoded) : MatchName(body, out decoded);
        return length == 0 ? 0 : 1 + length;
    }

    private static int MatchName(ReadOnlySpan<int> body, out Decoded decoded)
    {
        int length = 0;
        while (length < MaxName && length < body.Length && body[length] is not ('\t' or '\n' or '\f' or ' ' or '<' or '&' or '#' or ';'))
            length++;
        bool semicolon = length > 0 && length < body.Length && body[length] == ';';
        Tables tables = Loaded.Value;
        if (semicolon && tables.TryGet(body[..(length + 1)], strict: false, out decoded))
            return length + 1;
        // Otherwise the longest name that needs no semicolon: "&notit;" is "¬it;". Every such name is short.
        for (length = Math.Min(length, tables.LongestWithoutSemicolon); length > 1; length--)
            if (tables.TryGet(body[..length], strict: false, out decoded))
                return length;
        decoded = default;
        return 0;
    }

    private static int MatchNumber(ReadOnlySpan<int> body, out Decoded decoded)
    {
        bool hexadecimal = body.Length > 1 && (body[1] | 0x20) == 'x';
        int start = hexadecimal ? 2 : 1;
        int end = start;
        int value = 0;
        for (; end < body.Length && TryDigit(body[end], hexadecimal, out int digit); end++)
            value = Math.Min((value * (hexadecimal ? 16 : 10)) + digit, MaxCodePoint + 1);
        decoded = default;
        if (end == start)
            return 0;
        decoded = FromNumber(value);
        return end < body.Length && body[end] == ';' ? end + 1 : end;
    }

    private static bool TryDigit(int character, bool hexadecimal, out int digit)
    {
        digit = character switch
        {
            >= '0' and <= '9' => character - '0',
            >= 'a' and <= 'f' when hexadecimal => character - 'a' + 10,
            >= 'A' and <= 'F' when hexadecimal => character - 'A' + 10,
            _ => -1,
        };
        return digit >= 0;
    }

    // HTML 5, numeric character reference end state, as Python has it: C1 controls are read as windows-1252, and controls and
    // noncharacters vanish.
    private static Decoded FromNumber(int value) => value switch
    {
        0 or > MaxCodePoint or (>= 0xD800 and <= 0xDFFF) => new(ReplacementCharacter),
        '\r' => new('\r'),
        >= 0x80 and <= 0x9F => new(Windows1252.FromC1(value)),
        _ when IsInvalid(value) => default,
        _ => new(value),
    };

    private static bool IsInvalid(int value) =>
        value is (>= 0x1 and <= 0x8) or 0xB or (>= 0xE and <= 0x1F) or 0x7F or (>= 0xFDD0 and <= 0xFDEF) || (value & 0xFFFE) == 0xFFFE;

    private static bool IsAsciiAlphanumeric(int character) => character < 0x80 && char.IsAsciiLetterOrDigit((char)character);

    /// <summary>What a reference stands for: no, one, two or three code points (ftfy's <c>&amp;FFILIG;</c> is FFI).</summary>
    internal readonly struct Decoded
    {
        private readonly int _first, _second, _third;

        public Decoded(int value)
        {
            _first = value;
            Count = 1;
        }

        public Decoded(ReadOnlySpan<int> values)
        {
            _first = values[0];
            _second = values.Length > 1 ? values[1] : 0;
            _third = values.Length > 2 ? values[2] : 0;
            Count = values.Length;
        }

        public int Count { get; }

        public int this[int index] => index switch { 0 => _first, 1 => _second, _ => _third };
    }

    /// <summary>The embedded list, parsed.</summary>
    private sealed class Tables
    {
        private readonly Dictionary<string, Decoded> _names = new(2231);
        private readonly Dictionary<string, Decoded> _capitals = new(1376); // ftfy's own
        private readonly Dictionary<string, Decoded>.AlternateLookup<ReadOnlySpan<char>> _byName;
        private readonly Dictionary<string, Decoded>.AlternateLookup<ReadOnlySpan<char>> _byCapitals;

        public Tables(string text)
        {
            _byName = _names.GetAlternateLookup<ReadOnlySpan<char>>();
            _byCapitals = _capitals.GetAlternateLookup<ReadOnlySpan<char>>();
            foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
                if (!line.IsEmpty)
                    Read(line);
        }

        public int LongestWithoutSemicolon { get; private set; }

        /// <param name="name">A name as it stands in the text, with its semicolon where it has one.</param>
        /// <param name="strict">ftfy's names (capitals too) or Python's.</param>
        /// <param name="decoded">What it stands for.</param>
        public bool TryGet(ReadOnlySpan<int> name, bool strict, out Decoded decoded)
        {
            Span<char> characters = stackalloc char[MaxName + 1];
            for (int i = 0; i < name.Length; i++)
            {
                if (name[i] >= 0x80)
                {
                    decoded = default;
                    return false;
                }
                characters[i] = (char)name[i];
            }
            characters = characters[..name.Length];
            return _byName.TryGetValue(characters, out decoded) || (strict && _byCapitals.TryGetValue(characters, out decoded));
        }

        private void Read(ReadOnlySpan<char> line)
        {
            Span<int> values = stackalloc int[3];
            int space = line.IndexOf(' ');
            int count = 0;
            foreach (Range range in line[(space + 1)..].Split(' '))
                values[count++] = int.Parse(line[(space + 1)..][range], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            bool capitals = line[0] == '^';
            string name = line[(capitals ? 1 : 0)..space].ToString();
            (capitals ? _capitals : _names).Add(name, new Decoded(values[..count]));
            if (!capitals && name[^1] != ';')
                LongestWithoutSemicolon = Math.Max(LongestWithoutSemicolon, name.Length);
        }
    }
}

/// <summary>The part of code page 1252 that differs from Latin-1.</summary>
internal static class Windows1252
{
    // What bytes 0x80-0x9F stand for. The five that the code page leaves open stay the control characters they are.
    private const string High =
        "\u20AC\u0081\u201A\u0192\u201E\u2026\u2020\u2021\u02C6\u2030\u0160\u2039\u0152\u008D\u017D\u008F" +
        "\u0090\u2018\u2019\u201C\u201D\u2022\u2013\u2014\u02DC\u2122\u0161\u203A\u0153\u009D\u017E\u0178";

    /// <summary>The character that was meant by a C1 control (U+0080-U+009F).</summary>
    public static int FromC1(int control) => High[control - 0x80];
}
