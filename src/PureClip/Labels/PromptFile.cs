using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace PureClip.Labels;

/// <summary>
/// Files of labels and of templates, in the forms in which they are published: one a line; a JSON array of strings; a list of strings
/// out of a Python file or notebook, such as OpenAI's <c>imagenet_templates = ['a bad photo of a {}.', …]</c> and OpenCLIP's
/// <c>lambda c: f'a bad photo of a {c}.'</c>; or a dictionary of names by number, or of numbers by name, in JSON or Python, such as
/// <c>id2label</c> in a model's <c>config.json</c> (or that whole file) and <c>{0: 'tench', 1: 'goldfish', …}</c>.
/// </summary>
public static partial class PromptFile
{
    // ImageNet-22k's labels are under 1 MB.
    private const long MostBytes = 16 << 20;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads labels.</summary>
    /// <exception cref="InvalidDataException">There is none, or the file is no text of these forms.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static string[] ReadLabels(string path) => [.. Read(path, "label").Select(entry => entry.Text)];

    /// <summary>Reads templates, each a sentence with <c>{}</c> where the label goes.</summary>
    /// <exception cref="InvalidDataException">
    /// There is none, one has not exactly one <c>{}</c>, or the file is no text of these forms.
    /// </exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static PromptTemplate[] ReadTemplates(string path) => [.. Read(path, "template").Select(entry => Template(path, entry))];

    private static PromptTemplate Template(string path, (int Line, string Text) entry)
    {
        try
        {
            return new(entry.Text);
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException(
                $"{path}, line {entry.Line}: \"{entry.Text}\" must have exactly one {{}}, where the label goes.", e);
        }
    }

    private static List<(int Line, string Text)> Read(string path, string what)
    {
        string text = Decode(path);
        List<(int Line, string Text)> entries = IsQuoted(text) ? new QuotedListReader(text, path).Read() : Lines(text);
        entries.RemoveAll(entry => entry.Text.Length == 0);
        return entries.Count > 0
            ? entries
            : throw new InvalidDataException($"{path}: there is no {what} in it; give one a line, or a list of quoted strings.");
    }

    /// <summary>Its text, every line of which ends in a line feed: old Macs and some spreadsheets write carriage returns alone.</summary>
    private static string Decode(string path)
    {
        long bytes = new FileInfo(path).Length;
        if (bytes > MostBytes)
            throw new InvalidDataException($"{path} has {bytes} bytes; a list of labels or templates has at most {MostBytes}. Is it the "
                + "right file?");
        try
        {
            string text = Strict.GetString(File.ReadAllBytes(path)).TrimStart('\uFEFF');
            return text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        }
        catch (DecoderFallbackException e)
        {
            throw new InvalidDataException($"{path} is no text in UTF-8. Is it the right file?", e);
        }
    }

    private static List<(int Line, string Text)> Lines(string text) =>
        [.. text.Split('\n').Select((line, index) => (index + 1, line.Trim()))];

    private static bool IsQuoted(string text) => QuotedList().IsMatch(text) || JsonOfOtherThings().IsMatch(text);

    /// <summary>
    /// A bracket, after a name or not, with a string, a comment or its end behind it; a brace with a string or a number as key behind it;
    /// or a line that is a quoted string and a comma.
    /// </summary>
    [GeneratedRegex("""
        ^\s*(\w+\s*=\s*)?(
            [\[(]\s*( f?['"] | lambda\b | \# | [\])] )
            | \{\s*( '[^\n]*'\s*: | "[^\n]*"\s*: | -?\d+\s*: | \# )
        )
        | ^\s*( lambda\b.* | f?'[^\n]*' | f?"[^\n]*" ),\s*(\n|$)
        """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex QuotedList();

    /// <summary>A list of objects, of lists or of numbers: no labels, but no lines of text either.</summary>
    [GeneratedRegex("""^\s*\[\s*([\[{]\s*["'\d\-]|-?\d+(\.\d+)?\s*[,\]]|(null|true|false)\s*[,\]])""")]
    private static partial Regex JsonOfOtherThings();
}

/// <summary>
/// A list of string literals as JSON and Python write them: <c>["a", "b"]</c>, <c>name = ['a', 'b',]</c>, <c>(lambda c: f'a {c}', …)</c>,
/// with comments or not; or a dictionary, of which the texts are taken where they belong to numbers. Nothing is run: a literal is read,
/// everything but commas between literals is an error.
/// </summary>
/// <param name="text">The file.</param>
/// <param name="path">Its name, for messages.</param>
internal sealed partial class QuotedListReader(string text, string path)
{
    private int _at;

    // Counted as far as was asked: counting from the start for every entry would take hours in a long file.
    private int _line = 1, _counted;

    /// <summary>The strings with the lines on which they begin.</summary>
    /// <exception cref="InvalidDataException">It is something else.</exception>
    public List<(int Line, string Text)> Read()
    {
        Match labels = LabelsOfAModel().Match(text);
        Skip(labels.Success ? labels.Length : Opening().Match(text).Length);
        bool isDictionary = _at > 0 && text[_at - 1] == '{';
        List<Entry> entries = [];
        while (!AtEnd())
        {
            entries.Add(isDictionary ? Pair() : new(Line(), Literal(), IsKey: false));
            if (entries[^1].IsKey != entries[0].IsKey)
                throw new InvalidDataException($"{path}, line {entries[^1].Line}: names stand before numbers and behind them. Give a name "
                    + "for every number, or a number for every name.");
            SkipBlanks();
            if (!AtEnd() && text[_at++] != ',')
                throw Unexpected("a comma between strings", _at - 1);
        }
        RequireThatNoOtherFollows(isDictionary && !labels.Success);
        return entries.ConvertAll(entry => (entry.Line, entry.Text));
    }

    /// <summary>A name with its number, in either order.</summary>
    private Entry Pair()
    {
        int line = Line();
        string? key = Skip(Number()).Success ? null : Literal();
        SkipBlanks();
        if (_at >= text.Length || text[_at] != ':')
            throw Unexpected("a colon behind the key", _at);
        _at++;
        SkipBlanks();
        return key is not null && Skip(Number()).Success ? new(line, key, IsKey: true) : new(line, Literal(), IsKey: false);
    }

    /// <summary>A dictionary a line is a table of other things: its first line alone must not pass for all.</summary>
    private void RequireThatNoOtherFollows(bool isDictionary)
    {
        if (!isDictionary || _at >= text.Length)
            return;
        _at++;
        SkipBlanks();
        if (_at < text.Length && text[_at] == '{')
            throw Unexpected("the end of the file", _at);
    }

    private int Line()
    {
        int end = Math.Clamp(_at, _counted, text.Length);
        _line += text.AsSpan(_counted, end - _counted).Count('\n');
        _counted = end;
        return _line;
    }

    /// <summary>Whether the list is over: its bracket, or the file. What stands behind the bracket is another matter.</summary>
    private bool AtEnd()
    {
        SkipBlanks();
        return _at >= text.Length || text[_at] is ']' or ')' or '}';
    }

    private string Literal()
    {
        Match variable = Skip(Lambda());
        Match quote = Skip(Quote());
        if (!quote.Success)
            throw Unexpected("a quoted string", _at);
        char mark = quote.Value[^1];
        StringBuilder literal = new();
        while (_at < text.Length && text[_at] is not '\n' && text[_at] != mark)
            literal.Append(text[_at] == '\\' ? Escape() : text[_at++]);
        if (_at >= text.Length || text[_at] != mark)
            throw Unexpected($"a closing {mark}", _at);
        _at++;
        return variable.Success
            ? literal.ToString().Replace($"{{{variable.Groups[1].Value}}}", "{}", StringComparison.Ordinal)
            : literal.ToString();
    }

    private char Escape()
    {
        int start = _at++;
        char kind = _at < text.Length ? text[_at++] : '\0';
        switch (kind)
        {
            case '\\' or '\'' or '"' or '/': return kind;
            case 'n' or 'r' or 't' or 'b' or 'f': return ' '; // a prompt is one line
            case 'u' when TryHexadecimal(4, out char unit): return unit;
            case 'x' when TryHexadecimal(2, out char code): return code;
            default: throw Unexpected("an escape of JSON's or Python's", start);
        }
    }

    private bool TryHexadecimal(int digits, out char value)
    {
        bool found = ushort.TryParse(
            text.AsSpan(_at, Math.Min(digits, text.Length - _at)), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture,
            out ushort unit)
            && text.Length - _at >= digits;
        value = (char)unit;
        _at += digits;
        return found;
    }

    private void SkipBlanks() => Skip(Blanks());

    private void Skip(int characters) => _at += characters;

    /// <summary>Goes behind what matches here.</summary>
    private Match Skip(Regex pattern)
    {
        Match match = pattern.Match(text, _at);
        _at += match.Length;
        return match;
    }

    private InvalidDataException Unexpected(string expected, int at)
    {
        _at = Math.Min(at, text.Length);
        string found = _at < text.Length ? $"'{(char.IsControl(text[_at]) ? "end of line" : text[_at])}'" : "the end of the file";
        return new($"{path}, line {Line()}: {found} stands where {expected} should be. Give one entry a line, a JSON array of strings, a "
            + "Python list of strings, or a dictionary of names by number.");
    }

    [GeneratedRegex(@"\G\s*(?:\w+\s*=\s*)?[\[({]")]
    private static partial Regex Opening();

    /// <summary>A model's configuration as far as the names of its classes.</summary>
    [GeneratedRegex("""\A\s*\{.*?"id2label"\s*:\s*\{""", RegexOptions.Singleline)]
    private static partial Regex LabelsOfAModel();

    [GeneratedRegex(@"\G-?\d+")]
    private static partial Regex Number();

    [GeneratedRegex(@"\Glambda\s+(\w+)\s*:\s*")]
    private static partial Regex Lambda();

    [GeneratedRegex(@"\Gf?['""]")]
    private static partial Regex Quote();

    [GeneratedRegex(@"\G(?:\s|\#[^\n]*)*")]
    private static partial Regex Blanks();

    /// <summary>An entry.</summary>
    /// <param name="Line">Where it begins.</param>
    /// <param name="Text">The string.</param>
    /// <param name="IsKey">Whether it stood in front of its number.</param>
    private readonly record struct Entry(int Line, string Text, bool IsKey);
}
